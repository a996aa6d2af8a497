"""Bringing files of CERN Open Data into the home's data folder, from CERN or from where a person saved them."""

from __future__ import annotations

from pathlib import Path

from symbench.data.cms.open_data import FOLDER, OpenFile, verify
from symbench.errors import DataError, InfrastructureError, MissingDataError
from symbench.extras import require
from symbench.files import replace_file

TIMEOUT = 60  # seconds without a byte


def fetch(file: OpenFile, data: Path, url: str | None = None) -> Path:
    """Download the file from CERN, unless it lies in place already; gives its path.

    url replaces CERN's address. Nothing with another SHA-256 is kept. Raises MissingDataError where no address is
    known or it does not answer, DataError where it answers with something else.
    """
    require("pooch", "data")
    import pooch

    address = url or file.url
    if address is None:
        raise MissingDataError(f"{file.name} is not among the files of a CERN record: {file.by_hand}")
    folder = _folder(data)
    pooch.get_logger().setLevel("WARNING")
    try:
        pooch.retrieve(
            address,
            f"sha256:{file.sha256}",
            fname=file.name,
            path=folder,
            downloader=pooch.HTTPDownloader(timeout=TIMEOUT),
        )
    except ValueError as error:  # pooch's own word for another checksum
        raise DataError(f"{address} answered with something else than {file.name} (SHA-256 {file.sha256})") from error
    except OSError as error:  # of requests too
        raise MissingDataError(
            f"{file.name} cannot be fetched from {address}: {reason(error)}; without a network {file.by_hand}"
        ) from error
    return folder / file.name


def put(file: OpenFile, source: Path, data: Path) -> Path:
    """Copy the file from `source`, itself or a folder that holds it, into place; gives its path. Raises DataError."""
    path = source / file.name if source.is_dir() else source
    if not path.is_file():
        raise MissingDataError(f"{path}: there is no such file")
    content = verify(file, path)
    target = _folder(data) / file.name
    try:
        return replace_file(target, lambda out: out.write(content))
    except OSError as error:
        raise InfrastructureError(f"cannot write {target}: {error.strerror}") from error


def _folder(data: Path) -> Path:
    folder = data / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InfrastructureError(f"cannot make {folder}: {error.strerror}") from error
    return folder


def reason(error: OSError) -> str:
    """In a few words: what requests says of a failed connection fills a paragraph."""
    import requests

    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT} s"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
