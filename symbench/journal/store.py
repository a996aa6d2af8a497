"""Opening the URL of a journal's copy with fsspec, and naming it and its errors without secrets."""

from __future__ import annotations

import os
import re
from typing import Any

from symbench.errors import JournalError

_SECRET = re.compile(r"KEY|SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL")


def open_store(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL, and the folder in it; raises JournalError where nothing opens such a URL."""
    import fsspec  # type: ignore[import-untyped]

    try:
        store, folder = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise JournalError(f"no way to open {shown(url)}: {reason(error, url)}") from None
    return store, str(folder).rstrip("/")


def shown(url: str) -> str:
    """A URL without the credentials that it may carry."""
    plain = url.partition("?")[0]
    return re.sub(r"://([^/@:]*)(:[^/@]*)?@", lambda found: f"://{'***@' if found[2] else found[1] + '@'}", plain)


def reason(error: BaseException, url: str) -> str:
    """An error of a store in one line, without any secret of the URL or the environment."""
    text = (str(error).splitlines() or [""])[0][:300]
    secrets = {value for name, value in os.environ.items() if _SECRET.search(name.upper()) and len(value) > 5}
    found = re.search(r"://([^/@]*)@", url)
    if found:
        secrets |= {part for part in (found[1], *found[1].split(":")) if part}
    query = url.partition("?")[2]
    secrets |= {query, *(pair.partition("=")[2] for pair in query.split("&"))} - {""}
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
