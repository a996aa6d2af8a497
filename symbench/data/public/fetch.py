"""Bring files of public records into the home's data folder: by download, or from a file that is already on the disk.

A `Download` states one file of any record. Nothing with another checksum is kept.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from symbench.errors import DataError, InfrastructureError, MissingDataError
from symbench.extras import require

TIMEOUT = 60  # seconds without a byte

_NAMES = {"sha256": "SHA-256", "md5": "MD5"}


@dataclass(frozen=True)
class Download:
    """One file: its published checksum, its address, and where it is kept.

    checksum  `md5:…` or `sha256:…`, as the record publishes it
    url       None if no address is known: the file is then put in place by hand
    by_hand   how to get the file without this program, as the end of a sentence
    large     `put` makes a hard link instead of a copy if the file system allows it
    """

    name: str
    checksum: str
    folder: Path
    url: str | None
    by_hand: str
    large: bool = False


def fetch(file: Download, url: str | None = None) -> Path:
    """Download the file unless it is in place already; returns its path.

    url replaces the file's own address. Raises MissingDataError if no address is known or it does not answer, DataError
    if it answers with other bytes.
    """
    require("pooch", "data")
    import pooch

    address = url or file.url
    if address is None:
        raise MissingDataError(f"{file.name} is not among the files of its record: {file.by_hand}")
    _make_folder(file.folder)
    pooch.get_logger().setLevel("WARNING")
    try:
        pooch.retrieve(
            address,
            file.checksum,
            fname=file.name,
            path=file.folder,
            downloader=pooch.HTTPDownloader(timeout=TIMEOUT),
        )
    except ValueError as error:  # pooch's error for another checksum
        raise DataError(f"{address} answered with something else than {file.name} ({file.checksum})") from error
    except OSError as error:  # includes the errors of requests
        raise MissingDataError(
            f"{file.name} cannot be fetched from {address}: {_reason(error)}; without a network {file.by_hand}"
        ) from error
    return file.folder / file.name


def put(file: Download, source: Path) -> Path:
    """Bring the file from `source`, itself or a folder that contains it, into place; returns its path.

    Raises MissingDataError if there is no such file, DataError for other bytes, InfrastructureError if it cannot be
    written.
    """
    path = source / file.name if source.is_dir() else source
    if not path.is_file():
        raise MissingDataError(f"{path}: there is no such file")
    _make_folder(file.folder)
    target = file.folder / file.name
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        if target.exists() and target.samefile(path):
            verify(file.name, file.checksum, path)
            return target
        try:
            _link_or_copy(path, beside, link=file.large)
            verify(file.name, file.checksum, beside, shown=path)  # the bytes that are kept, not those that were there
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        if error.filename == str(path):
            raise DataError(f"{path}: {error.strerror}") from error
        raise InfrastructureError(f"cannot write {target}: {error.strerror}") from error
    return target


def verify(name: str, checksum: str, path: Path, *, shown: Path | None = None, hint: str = "") -> None:
    """Raise DataError unless the file has the published checksum; the file is read in pieces.

    shown  the path that the error names, if it is another than `path`
    hint   the end of the error: what to do
    """
    kind = checksum.partition(":")[0]
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise DataError(f"{shown or path}: {error.strerror}") from error
    require_digest(name, checksum, digest, shown or path, hint)


def require_digest(name: str, checksum: str, digest: str, path: Path, hint: str = "") -> None:
    """Raise DataError unless `digest`, computed from the content of `path`, is that of the published checksum."""
    kind, _, expected = checksum.partition(":")
    if digest != expected:
        raise DataError(
            f"{path} has {_NAMES[kind]} {digest}, not the {expected} of {name}: it is damaged or another edition{hint}"
        )


def _link_or_copy(path: Path, target: Path, *, link: bool) -> None:
    if link:
        try:
            os.link(path, target)
            return
        except OSError:  # another file system, or one without hard links
            pass
    shutil.copyfile(path, target)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InfrastructureError(f"cannot make {folder}: {error.strerror}") from error


def _reason(error: OSError) -> str:
    """A few words: the text of requests about a failed connection fills a paragraph."""
    import requests

    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT} s"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
