"""The files that are sent with a job: the suite, the files that it names, at the same relative paths, and plug-ins.

Two packages are made. The open one (suite, files, plug-ins) reaches every node. The private one (arguments,
credentials) reaches only the job's driver, which deletes it; none of it is in the job's command, metadata or
environment, which Ray stores and logs.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import symbench
from symbench import registry
from symbench.component import Component, Track, is_location
from symbench.errors import SubmissionError
from symbench.files import sha256_of
from symbench.jobs import entry as cluster_entry
from symbench.plugins import Plugin
from symbench.redaction import redact_text
from symbench.suite.patterns import path_pattern
from symbench.suite.resolve import CheckedSuite
from symbench.suite.schema import SuiteFile
from symbench.suite.source import parse_source
from symbench.which_is_real.entry import WhichIsReal

MAXIMUM_BYTES = 99 * 1024**2
"""Ray stores packages of up to 512 MiB, but its Jobs API takes requests of at most 100 MiB (measured with 2.60)."""

ENTRY = "symbench_job.py"
_SUITE, _PLUGINS = Path("suite"), Path("plugins")


@dataclass(frozen=True)
class Job:
    """A suite to submit, and the options of its `symbench run`.

    home, journal, data_root   paths on the cluster, which are not read on this machine
    environment                variables for the driver alone: the tracking store and its credentials
    """

    suite: CheckedSuite
    plugins: tuple[Path, ...] = ()
    only: str | None = None
    fresh: bool = False
    home: Path | None = None
    journal: str | None = None
    data_root: Path | None = None
    with_source: bool = False
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Staging:
    """The folders of a job that is ready to be sent."""

    files: Path
    private: Path
    source: Path | None


def travelling_files(job: Job) -> dict[Path, Path]:
    """Place in the package → file: the suite, the files that it names in its folder, plug-ins, the entry script.

    Files under the data root are not sent. Raises SubmissionError for a path that would mean another file on the
    cluster, and for more than MAXIMUM_BYTES.
    """
    suite_file = Path(job.suite.file)
    folder = suite_file.resolve().parent
    files = {Path(ENTRY): Path(cluster_entry.__file__), _SUITE / suite_file.name: suite_file}
    for text in named_paths(job.suite):
        files |= _matching(folder, text)
    _check_unchanged(job.suite.plugins)
    for index, file in enumerate(job.plugins):
        files[_PLUGINS / str(index) / file.name] = file
    _check_size(files)
    return files


def named_paths(suite: CheckedSuite) -> list[str]:
    """Every path in a suite, of data and of plug-ins, as written there."""
    structure = _structure(suite)
    paths: list[str] = list(structure.plugins)
    for kind, block in ((kind, block) for kind, blocks in structure.kinds.items() for block in blocks):
        for entry in (block.task, *(method for _, method in block.entries())):
            model = registry.find_task(entry.name) if entry is block.task else _method(kind, entry.name)
            values = {k: v for k, v in entry.params.items() if k in model.model_fields and is_location(model, k)}
            paths += [path for path in values.values() if path is not None]
    return list(dict.fromkeys(paths))


def content_digest(job: Job) -> str:
    """SHA-256 of what decides the job: files, version and options, without paths of this machine and secrets."""
    files = travelling_files(job)
    content = {
        "version": symbench.__version__,
        "files": {place.as_posix(): sha256_of(file) for place, file in sorted(files.items())},
        "source": _tree_digest(_package()) if job.with_source else None,
        "arguments": [redact_text(argument, {}) for argument in _arguments(job)],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def stage(job: Job, folder: Path) -> Staging:
    """Make the packages in an empty folder that no other user can read."""
    staging = Staging(folder / "files", folder / cluster_entry.PRIVATE_FOLDER, None)
    for place, file in travelling_files(job).items():
        target = staging.files / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    staging.private.mkdir(mode=0o700)
    private = {
        "version": symbench.__version__,
        "arguments": _arguments(job),
        "environment": dict(job.environment),
        "once": secrets.token_hex(16),  # Ray names a package by its content: no one may guess or reuse this one
    }
    file = staging.private / cluster_entry.PRIVATE_FILE
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump(private, out)
    if not job.with_source:
        return staging
    source = folder / "symbench"
    shutil.copytree(_package(), source, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    return Staging(staging.files, staging.private, source)


def _arguments(job: Job) -> list[str]:
    """The arguments of `symbench run` in the job."""
    arguments = [(_SUITE / Path(job.suite.file).name).as_posix()]
    for index, file in enumerate(job.plugins):
        arguments += ["--plugin", (_PLUGINS / str(index) / file.name).as_posix()]
    for text in _structure(job.suite).plugins:  # the submitter allowed them, so the job names them as he would
        arguments += ["--plugin", (_SUITE / os.path.normpath(text)).as_posix()]
    for option, value in (
        ("--only", job.only),
        ("--home", job.home),
        ("--journal", job.journal),
        ("--data-root", job.data_root),
    ):
        arguments += [f"{option}={value}"] if value is not None else []
    return [*arguments, "--fresh"] if job.fresh else arguments


def _matching(folder: Path, text: str) -> dict[Path, Path]:
    """The same for a path in the suite that may be a pattern, or name a tree in a file."""
    parts = path_pattern(text)
    if not parts.pattern:
        return _files_at(folder, parts.base)
    base = folder / parts.base
    if Path(text).is_absolute() or not base.resolve().is_relative_to(folder):
        return _files_at(folder, parts.base)
    files: dict[Path, Path] = {}
    for file in parts.files(base):
        files |= _files_at(folder, os.path.relpath(file, folder))
    return files


def _files_at(folder: Path, text: str) -> dict[Path, Path]:
    """Place in the package → file, for a path in the suite; empty if the files are on the cluster."""
    target = (folder / text).resolve()
    if not target.is_relative_to(folder):
        if Path(text).is_absolute():
            return {}
        raise SubmissionError(
            f"{text!r} leaves the suite's folder, so it would mean another place on the cluster: move the file into "
            "the folder to send it along, or write its absolute path, which every node must see, under --data-root"
        )
    if Path(text).is_absolute():
        raise SubmissionError(
            f"{text!r} lies in the suite's folder but is written as an absolute path: write it relative to the suite"
        )
    place = Path(os.path.normpath(text))
    if not target.is_dir():
        return {_SUITE / place: target}
    inside = {path: path.resolve() for path in target.rglob("*") if path.is_file()}
    for path, file in inside.items():
        if not file.is_relative_to(folder):
            raise SubmissionError(f"{path} leads out of the suite's folder, to {file}")
    return {_SUITE / place / path.relative_to(target): file for path, file in inside.items()}


def _check_unchanged(plugins: Sequence[Plugin]) -> None:
    """Raise SubmissionError if a plug-in of the suite no longer has the text that the user allowed."""
    for plugin in plugins:
        file = Path(plugin.file)
        if not file.is_file() or sha256_of(file) != plugin.digest:
            raise SubmissionError(f"{file} was edited while the job was prepared: submit it again")


def _structure(suite: CheckedSuite) -> SuiteFile:
    return SuiteFile.model_validate(parse_source(suite.text, suite.file).content)


def _check_size(files: Mapping[Path, Path]) -> None:
    try:
        sizes = {place: file.stat().st_size for place, file in files.items()}
    except OSError as error:
        raise SubmissionError(f"{error.filename} cannot be sent: {error.strerror}") from error
    total = sum(sizes.values())
    if total > MAXIMUM_BYTES:
        largest = sorted(sizes, key=lambda place: -sizes[place])[:3]
        names = ", ".join(f"{files[place]} ({_mib(sizes[place])})" for place in largest)
        raise SubmissionError(
            f"the job's files have {_mib(total)}, and at most {_mib(MAXIMUM_BYTES)} travel with a job; the largest: "
            f"{names}. Put large files where every node sees them, write their absolute paths, and name the folder "
            "with --data-root"
        )


def _method(kind: str, name: str) -> type[Component]:
    if kind == "discovery":
        return registry.find_discovery_method(name)
    if kind == "challenge":
        return WhichIsReal
    return registry.find_learner(Track(kind), name)


def _package() -> Path:
    return Path(symbench.__file__).parent


def _tree_digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in _source_files(folder):
        digest.update(f"{file.relative_to(folder).as_posix()} {sha256_of(file)}\n".encode())
    return digest.hexdigest()


def _source_files(folder: Path) -> Iterator[Path]:
    yield from sorted(f for f in folder.rglob("*") if f.is_file() and "__pycache__" not in f.parts)


def _mib(size: int) -> str:
    return f"{size / 1024**2:.1f} MiB"
