"""Opening the URL of a journal's copy with fsspec, and errors in one line without secrets."""

from __future__ import annotations

from typing import Any

from symbench.errors import JournalError
from symbench.redaction import redact_address, redact_message


def open_store(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL, and the folder in it; raises JournalError if fsspec cannot open such a URL."""
    import fsspec

    try:
        store, folder = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise JournalError(f"cannot open {redact_address(url)}: {reason(error, url)}") from None
    return store, str(folder).rstrip("/")


def reason(error: BaseException, url: str) -> str:
    """An error of a store in one line, without any secret of the URL or the environment."""
    text = redact_message((str(error).splitlines() or [""])[0], url)[:300]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
