"""Where the journal of a suite is: a file of this machine, and a copy behind it where `--journal` names a URL.

--journal results/cms.jsonl     that file
--journal results               results/<suite>.jsonl
--journal s3://bucket/results   <home>/runs/<suite>/journal.jsonl, copied to s3://bucket/results/<suite>/
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symbench.errors import JournalError
from symbench.files import replace_file
from symbench.home import Home
from symbench.journal import Journal

if TYPE_CHECKING:
    from symbench.journal_copy import JournalCopy

_SECRET = re.compile(r"KEY|SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL")


@dataclass(frozen=True)
class JournalPlace:
    """The local file, and the URL of the folder that its copy is in."""

    local: Path
    url: str | None = None

    @classmethod
    def of(cls, option: str | None, home: Home, suite: str) -> JournalPlace:
        """What `--journal` means for a suite."""
        if not option:
            return cls(home.journal(suite))
        if "://" in option:
            return cls(home.journal(suite), f"{option.rstrip('/')}/{suite}")
        path = Path(option).absolute()
        return cls(path if path.suffix == ".jsonl" else path / f"{suite}.jsonl")

    def __str__(self) -> str:
        return shown(self.url) if self.url else str(self.local)

    def identity(self) -> str | None:
        """What tells this journal from others of the same suite, whatever host opens it; for who holds it.

        A name in a file beside it, as hosts and containers may have the same path and the same name; None where that
        cannot be written.
        """
        if self.url is not None:
            return hashlib.sha256(self.url.encode()).hexdigest()[:16]
        named = self.local.with_suffix(".id")
        try:
            if not named.exists():
                replace_file(named, lambda file: file.write(uuid.uuid4().hex[:16].encode()))
            return named.read_text().strip() or None
        except OSError:
            return None

    @contextlib.contextmanager
    def unless_held(self) -> Iterator[str | None]:
        """The identity of a journal that nobody writes, nor will meanwhile; None where that is not known."""
        with contextlib.ExitStack() as held:
            identity = None
            if self.url is None and self.local.exists():
                with contextlib.suppress(JournalError):
                    held.enter_context(Journal(self.local))
                    identity = self.identity()
            yield identity

    @contextlib.contextmanager
    def write(self) -> Iterator[tuple[Journal, JournalCopy | None]]:
        """The journal open for writing, and what keeps its copy; raises JournalError."""
        with Journal(self.local) as journal:
            if self.url is None:
                yield journal, None
                return
            from symbench.journal_copy import JournalCopy

            with JournalCopy(journal, self.url) as copy:
                yield journal, copy

    def read(self) -> Journal:
        """The journal to read: of a URL what its copy holds now, brought to a file beside the local journal.

        Raises JournalError when the URL cannot be read.
        """
        if self.url is None:
            return Journal(self.local)
        from symbench.journal_copy import segment_lines

        name = hashlib.sha256(self.url.encode()).hexdigest()[:16]  # the address may carry a password
        path = self.local.parent / "copies" / f"{name}.jsonl"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = (line for _, line in segment_lines(*open_store(self.url)))
            return Journal(replace_file(path, lambda file: file.writelines(lines)))
        except JournalError:
            raise
        except Exception as error:
            raise JournalError(f"the journal at {self} cannot be read ({reason(error, self.url)})") from None


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
