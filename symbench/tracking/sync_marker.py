"""A file beside the journal that marks a store as up to date, so that a run with nothing to do need not open it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from symbench.files import replace_file
from symbench.tracking.client import sqlite_file
from symbench.tracking.sqlite_store import number_of


class SyncMarker:
    """Records that a store had all results of a journal."""

    def __init__(self, folder: Path, uri: str, journal: Path, suite_text: str) -> None:
        self._note = folder / "mirrored.json"
        self._uri, self._journal, self._suite_text = uri, journal, suite_text

    def is_current(self) -> bool:
        try:
            noted = json.loads(self._note.read_text())
        except (OSError, ValueError):
            return False
        file = sqlite_file(self._uri)
        return noted == self._state() and (file is None or number_of(file) is not None)

    def mark_current(self) -> None:
        replace_file(self._note, lambda file: file.write(json.dumps(self._state()).encode()))

    def _state(self) -> dict[str, Any]:
        # Digests, because the address may contain a password.
        store, suite = (hashlib.sha256(text.encode()).hexdigest() for text in (self._uri, self._suite_text))
        file = sqlite_file(self._uri)
        made = number_of(file) if file else None  # a store that was made anew does not hold what the last one did
        return {"store": store, "made": made, "suite": suite, "journal_bytes": self._journal.stat().st_size}
