"""The user's own files at an address, `https://…`, `root://…` (XRootD), `s3://…`: any that fsspec opens, copied once.

A suite reads files of this machine only, so that planning contacts no other one and a digest stands for bytes that
stay. An address is therefore fetched by a command of its own.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from symbench.data.public.fetch import TIMEOUT
from symbench.errors import DataError, InfrastructureError, MissingDataError, MissingExtraError
from symbench.redaction import redact_address, redact_message

PLUGINS = {
    "http": "aiohttp",
    "https": "aiohttp",
    "root": "fsspec-xrootd",
    "roots": "fsspec-xrootd",
    "s3": "s3fs",
    "gs": "gcsfs",
}
"""Package of the fsspec plug-in for each kind of address."""

_PIECE = 2**22
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def is_address(text: str) -> bool:
    """Whether a path is the address of another machine."""
    return _ADDRESS.match(text) is not None


def fetch_address(url: str, folder: Path) -> tuple[Path, str]:
    """Copy the file at an address into a folder, under its own name; returns its path and its SHA-256.

    The file appears in the folder when it is complete. Raises MissingExtraError if the plug-in of fsspec for this kind
    of address is not installed, MissingDataError if there is no answer, DataError if another file of this name is in
    the folder, InfrastructureError if it cannot be written.
    """
    shown, parts = redact_address(url), urlsplit(url)
    name = PurePosixPath(unquote(parts.path)).name
    if not name or name in (".", ".."):
        raise DataError(f"{shown}: the address does not end in the name of a file")
    target = folder / name
    beside = target.with_name(f".{name}.{os.getpid()}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            digest = _copy(url, beside)
            if target.exists():
                with target.open("rb") as there:
                    if hashlib.file_digest(there, "sha256").hexdigest() != digest:
                        raise DataError(f"{target} is another file than {shown}: move it, or fetch into another folder")
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)
    except _Unreachable as error:
        raise MissingDataError(f"{shown} cannot be fetched: {redact_message(str(error), url)[:300]}") from None
    except OSError as error:
        raise InfrastructureError(f"cannot write {target}: {error.strerror}") from error
    return target, digest


class _Unreachable(Exception):
    """The other end does not answer, or has no such file."""


def _copy(url: str, path: Path) -> str:
    """Copy in pieces; returns the SHA-256."""
    kind = urlsplit(url).scheme.lower()
    import fsspec

    try:
        options = {"client_kwargs": {"timeout": _timeout()}} if kind in ("http", "https") else {}
        store, place = fsspec.core.url_to_fs(url, **options)
    except (ImportError, ValueError) as error:
        package = PLUGINS.get(kind)
        if package is None:
            raise DataError(f"{redact_address(url)}: fsspec knows no addresses of the kind {kind}://") from error
        raise MissingExtraError(
            f"addresses of the kind {kind}:// need a plug-in of fsspec that is not installed: "
            f"run `pip install {package}`"
        ) from error
    digest = hashlib.sha256()
    with path.open("wb") as file:
        try:
            stream = store.open(place, "rb")
        except Exception as error:  # every plug-in has errors of its own
            raise _Unreachable(f"{type(error).__name__}: {error}") from error
        with stream:
            while True:
                try:
                    piece = stream.read(_PIECE)
                except Exception as error:
                    raise _Unreachable(f"{type(error).__name__}: {error}") from error
                if not piece:
                    return digest.hexdigest()
                digest.update(piece)
                file.write(piece)


def _timeout() -> object:
    import aiohttp

    return aiohttp.ClientTimeout(total=None, sock_connect=TIMEOUT, sock_read=TIMEOUT)
