"""What a suite has recorded as a folder for others: suite, journal, report and provenance, without the data.

    DIR/suite.yaml       the suite; files of data are named, not contained
    DIR/journal.jsonl    the last result of each trial and training, under the labels of the suite
    DIR/report/          the report of these results
    DIR/provenance.json  the data of each task with their digest, and the versions that made the results
    DIR/plugins, …       the plug-ins that the suite names or the command line named
    DIR/export.json      version, and the SHA-256 of every file

The same results give the same bytes. Secrets and paths of this machine are removed from every text. `symbench
leaderboard DIR`, `report DIR`, `compare DIR DIR` and `merge SUITE DIR` read such a folder.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from symbench import __version__
from symbench.driver.plan import Plan
from symbench.errors import DataError
from symbench.files import sha256_of
from symbench.journal.file import Journal
from symbench.plugins import Plugin
from symbench.redaction import redact_text
from symbench.sharing.paths import suite_without_paths, without_paths
from symbench.trial.result import TrialResult

FILE = "export.json"
SUITE, JOURNAL, REPORT, PROVENANCE, PLUGINS = "suite.yaml", "journal.jsonl", "report", "provenance.json", "plugins"
_TEXTS = {".yaml", ".jsonl", ".json", ".md", ".html", ".csv", ".py", ".svg"}
_READ_BYTES = 1 << 22


@dataclass(frozen=True)
class Exported:
    """A written export: its folder, the number of results, and its files with their size in bytes."""

    folder: Path
    results: int
    files: dict[str, int]


def is_export(folder: Path) -> bool:
    """Whether a folder was written by `export`."""
    return (folder / FILE).is_file()


def export(plan: Plan, folder: Path, plugins: Sequence[Plugin] = ()) -> Exported:
    """Write what a journal holds for a suite into a folder that is new, empty, or an earlier export.

    plugins     those that the command line named, beside those of the suite
    The folder appears, or is replaced, as a whole. Raises DataError if nothing is recorded, if the folder has other
    content, and if a parameter or a plug-in, which cannot be changed without changing the results, contains a secret or
    a path of this machine.
    """
    if folder.exists() and not is_export(folder) and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder} has other content: name a new folder, or an earlier export")
    view = plan.view()
    trained = [result for search in plan.searches() for _, result in sorted(search.results.items())]
    if not (view.results or view.stale or trained):
        raise DataError(f"nothing is recorded for {plan.suite.name}: `symbench run` it first")
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = folder.absolute().parent / f".{folder.name}.{uuid.uuid4().hex[:8]}"
    made.mkdir()
    try:
        results = _write(plan, [*view.results, *view.stale, *trained], made, plugins)
        written = _seal(made, plan, results)
        _put(made, folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return Exported(folder, results, written)


def _write(plan: Plan, results: Sequence[TrialResult], folder: Path, plugins: Sequence[Plugin]) -> int:
    """All files but the last; returns the number of results."""
    from symbench.report import write_report
    from symbench.report.identity import report_identity

    suite, view = plan.suite, plan.view()
    files = [path for block in suite.blocks for path in block.task.locations().values()]
    files += [path for result in results for path in result.spec.task.locations.values()]
    text = redact_text(suite_without_paths(suite.text, files, str(suite.folder)))
    (folder / SUITE).write_text(text, encoding="utf-8")
    for plugin in suite.plugins:
        _write_plugin(plugin, folder / _inside(Path(plugin.file), suite.folder))
    for plugin in plugins:
        if plugin not in suite.plugins:
            _write_plugin(plugin, folder / PLUGINS / Path(plugin.file).name)
    known = [str(suite.folder), str(Path.home()), str(Path.cwd())]
    with Journal(folder / JOURNAL) as journal:
        keys = set[str]()
        for result in results:
            if result.key not in keys:
                keys.add(result.key)
                journal.write(_public(result.whole(), known))
    (folder / JOURNAL).with_suffix(".lock").unlink()
    public = list(Journal(folder / JOURNAL).latest().values())
    shown = [result for result in public if result.spec.configuration is None]
    if shown:
        identity = report_identity(text, view.digest)
        facts = replace(suite, text=text, description=redact_text(without_paths(suite.description)))
        write_report(facts, shown, folder / REPORT, current_keys=view.keys, identity=identity)
    stated = json.dumps(_provenance(plan, public), indent=1, sort_keys=True)
    (folder / PROVENANCE).write_text(stated + "\n", encoding="utf-8")
    (folder / JOURNAL).with_suffix(".index").unlink(missing_ok=True)
    return len(public)


def _public(result: TrialResult, folders: Sequence[str]) -> TrialResult:
    """The result without paths and secrets; everything that decides its key is unchanged."""

    def clean(text: str) -> str:
        return redact_text(without_paths(text, folders))

    spec, error = result.spec, result.error
    bare = {name: getattr(spec, name).model_copy(update={"locations": {}}) for name in ("task", "method")}
    changed: dict[str, Any] = {
        "spec": spec.model_copy(update=bare),
        "notes": {name: clean(text) for name, text in result.notes.items()},
        "environment": {name: clean(text) for name, text in result.environment.items()},
    }
    if error is not None:
        texts = {"message": clean(error.message), "traceback": clean(error.traceback)}
        changed["error"] = error.model_copy(update=texts)
    return result.model_copy(update=changed)


def _write_plugin(plugin: Plugin, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(plugin.source, encoding="utf-8")


def _inside(file: Path, folder: Path) -> Path:
    """The place of a plug-in that the suite names: relative to the suite, or beside it."""
    return file.relative_to(folder) if file.is_relative_to(folder) else Path(file.name)


def _provenance(plan: Plan, results: Sequence[TrialResult]) -> dict[str, Any]:
    """The data of each task, and what made the results."""
    tasks: dict[str, dict[str, Any]] = {}
    for result in results:
        spec = result.spec
        named = {name.removeprefix("data_"): text for name, text in result.notes.items() if name.startswith("data_")}
        task = tasks.setdefault(
            spec.task_label,
            {"track": spec.track.value, "task": spec.task.name, "parameters": spec.task.parameters, "data": {}},
        )
        task["data"].setdefault(spec.data_digest, {}).update(named)
    values: dict[str, Counter[str]] = {}
    for result in results:
        for name, value in result.environment.items():
            values.setdefault(name, Counter())[value] += 1
    return {
        "suite": plan.suite.name,
        "tasks": tasks,
        "environment": {name: dict(sorted(counts.items())) for name, counts in values.items()},
        "statuses": dict(sorted(Counter(result.status.value for result in results).items())),
    }


def _seal(folder: Path, plan: Plan, results: int) -> dict[str, int]:
    """Check every text for what must not leave this machine, then write the list of files."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        if path.suffix in _TEXTS:
            _require_public(path, path.relative_to(folder).as_posix(), plan)
    digests = {path.relative_to(folder).as_posix(): sha256_of(path) for path in files}
    content = {"symbench": __version__, "suite": plan.suite.name, "results": results, "files": digests}
    (folder / FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}


def _require_public(path: Path, name: str, plan: Plan) -> None:
    """Raise DataError if a text contains a secret of the environment, or a folder of this machine."""
    folders = (str(plan.suite.folder), str(Path.home()), str(Path.cwd()))
    private = {folder for folder in folders if folder.count("/") > 1}
    for part in _parts(path):
        if redact_text(part) != part:
            raise DataError(f"{name} would contain a password or token: remove it from the parameters or the plug-in")
        for text in private:
            if text in part:
                raise DataError(
                    f"{name} would contain {text!r}, which is of this machine: write relative paths in the suite, and "
                    "none in parameters and plug-ins"
                )


def _parts(path: Path) -> Iterator[str]:
    """The lines of a text in groups of some megabytes."""
    with path.open(encoding="utf-8") as file:
        while lines := file.readlines(_READ_BYTES):
            yield "".join(lines)


def _put(made: Path, folder: Path) -> None:
    """Move a complete folder to its place; an earlier export is removed only after the new one is there."""
    former = made.with_name(f"{made.name}.old")
    if folder.exists():
        os.rename(folder, former)
    os.rename(made, folder)
    shutil.rmtree(former, ignore_errors=True)
