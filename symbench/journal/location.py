"""The location of a suite's journal: a local file, and a copy of it if `--journal` is a URL.

--journal results/cms.jsonl     that file
--journal results               results/<suite>.jsonl
--journal s3://bucket/results   <home>/runs/<suite>/journal.jsonl, copied to s3://bucket/results/<suite>/
"""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from symbench.errors import JournalError
from symbench.files import replace_file
from symbench.home import Home
from symbench.journal.file import Journal
from symbench.journal.store import open_store, reason
from symbench.redaction import redact_address

if TYPE_CHECKING:
    from symbench.journal.remote import JournalCopy


@dataclass(frozen=True)
class JournalLocation:
    """The local file, and the URL of the folder that contains its copy."""

    local: Path
    url: str | None = None

    @classmethod
    def of(cls, option: str | None, home: Home, suite: str) -> JournalLocation:
        """The location that the value of `--journal` selects for a suite."""
        if not option:
            return cls(home.journal(suite))
        if "://" in option:
            return cls(home.journal(suite), f"{option.rstrip('/')}/{suite}")
        path = Path(option).absolute()
        return cls(path if path.suffix == ".jsonl" else path / f"{suite}.jsonl")

    def __str__(self) -> str:
        return redact_address(self.url) if self.url else str(self.local)

    def identity(self) -> str | None:
        """An identifier of this journal, the same on every host. Call it only while holding the journal's lock.

        For a local file it is stored in a file beside it, because hosts and containers may have equal names and paths;
        None if that file cannot be written.
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
        """The identity of the journal, locked meanwhile; None if it is a URL, missing, or locked by another process."""
        with contextlib.ExitStack() as held:
            identity = None
            if self.url is None and self.local.exists():
                with contextlib.suppress(JournalError):
                    held.enter_context(Journal(self.local))
                    identity = self.identity()
            yield identity

    @contextlib.contextmanager
    def write(self) -> Iterator[tuple[Journal, JournalCopy | None]]:
        """The journal open for writing, and its remote copy if there is one; raises JournalError."""
        with Journal(self.local) as journal:
            if self.url is None:
                yield journal, None
                return
            from symbench.journal.remote import JournalCopy

            with JournalCopy(journal, self.url) as copy:
                yield journal, copy

    def read(self) -> Journal:
        """The journal for reading; for a URL, its current content is downloaded to a file beside the local journal.

        Raises JournalError if the URL cannot be read.
        """
        if self.url is None:
            return Journal(self.local)
        from symbench.journal.remote import segment_lines

        name = hashlib.sha256(self.url.encode()).hexdigest()[:16]  # the address may contain a password
        path = self.local.parent / "copies" / f"{name}.jsonl"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = (line for _, line in segment_lines(*open_store(self.url)))
            return Journal(replace_file(path, lambda file: file.writelines(lines)))
        except JournalError:
            raise
        except Exception as error:
            raise JournalError(f"the journal at {self} cannot be read ({reason(error, self.url)})") from None
