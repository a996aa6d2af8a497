"""Bringing files of public records into the home's data folder, from the record or from where a person saved them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from symbench.data.cms.fetch import TIMEOUT, reason
from symbench.data.public.files import PublicFile, PublicRecord, verify
from symbench.errors import DataError, InfrastructureError, MissingDataError
from symbench.extras import require


def fetch(record: PublicRecord, file: PublicFile, data: Path, url: str | None = None) -> Path:
    """Download a file of the record, unless it lies in place already; gives its path.

    url replaces the record's address. Nothing with another checksum is kept. Raises MissingDataError where the address
    does not answer, DataError where it answers with something else.
    """
    require("pooch", "data")
    import pooch

    address = url or record.url(file)
    folder = _folder(record, data)
    pooch.get_logger().setLevel("WARNING")
    try:
        pooch.retrieve(
            address,
            file.checksum,
            fname=file.name,
            path=folder,
            downloader=pooch.HTTPDownloader(timeout=TIMEOUT),
        )
    except ValueError as error:  # pooch's own word for another checksum
        raise DataError(f"{address} answered with something else than {file.name} ({file.checksum})") from error
    except OSError as error:  # of requests too
        raise MissingDataError(
            f"{file.name} cannot be fetched from {address}: {reason(error)}; without a network download it from "
            f"{record.page} and run `symbench data fetch {record.name} --from FOLDER`"
        ) from error
    return folder / file.name


def put(record: PublicRecord, file: PublicFile, source: Path, data: Path) -> Path:
    """Bring the file from `source`, itself or a folder that holds it, into place; gives its path.

    On the same file system it is linked, not copied. Raises DataError for other bytes.
    """
    path = source / file.name if source.is_dir() else source
    if not path.is_file():
        raise MissingDataError(f"{path}: there is no such file")
    verify(file, path)
    target = _folder(record, data) / file.name
    try:
        if target.exists() and target.samefile(path):
            return target
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            try:
                os.link(path, beside)
            except OSError:
                shutil.copyfile(path, beside)
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise InfrastructureError(f"cannot write {target}: {error.strerror}") from error
    return target


def _folder(record: PublicRecord, data: Path) -> Path:
    folder = data / record.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InfrastructureError(f"cannot make {folder}: {error.strerror}") from error
    return folder
