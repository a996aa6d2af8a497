"""Who writes the copy of a journal: a small object in the store, since a store has no locks.

What it gives: a driver that starts while another runs, on whichever host, is told who holds the journal. A driver that
died is not waited for longer than EXPIRES_S, and on its own host not at all. What it cannot give: stores of files and
objects have no compare-and-swap in common, so two drivers that start within the same second may both believe that
they hold it, and a host whose clock is wrong by minutes may take what is still held. Nothing is lost then: every
driver writes objects of its own name only, and a trial that both ran is recorded by both with the same answer.
"""

from __future__ import annotations

import json
import os
import socket
import time
import uuid
from typing import Any

from symbench.errors import JournalError

EXPIRES_S = 180.0
_SETTLE_S = 0.5


class Lease:
    """The right to write the copy, in `lease.json` of its folder; `store` is a fsspec file system.

    Methods raise what the store raises; `take` raises JournalError when somebody else holds it.
    """

    def __init__(self, store: Any, folder: str, shown: str) -> None:
        self.store, self.path, self.shown = store, f"{folder}/lease.json", shown
        self.holder = uuid.uuid4().hex[:12]

    def take(self) -> None:
        """Become the holder, unless another holds it whose time is not up and whose process may live."""
        found = self._read()
        if found is not None and not _is_over(found):
            left = max(1.0, found["renewed"] + EXPIRES_S - time.time())
            raise JournalError(
                f"{self.shown} is being written by process {found['pid']} on {found['host']}; wait for it, or stop it "
                f"(if it is gone already, the journal is free in {left:.0f} s)"
            )
        self.renew()
        if found is not None:
            time.sleep(_SETTLE_S)  # another may have found it over at the same moment: the last one to write has it
            rival = self._read()
            if rival is not None and rival["holder"] != self.holder:
                raise JournalError(f"{self.shown} was taken by process {rival['pid']} on {rival['host']} just now")

    def renew(self) -> None:
        """Say that the holder is alive."""
        note = {"holder": self.holder, "host": socket.gethostname(), "pid": os.getpid(), "renewed": time.time()}
        self.store.pipe_file(self.path, json.dumps(note).encode())

    def lost_to(self) -> str | None:
        """Who has it instead of this process, if anybody."""
        found = self._read()
        if found is None or found["holder"] == self.holder:
            return None
        return f"process {found['pid']} on {found['host']}"

    def release(self) -> None:
        """Give it back, if it is still this process's."""
        if self.lost_to() is None:
            self.store.rm_file(self.path)

    def _read(self) -> dict[str, Any] | None:
        """What the object says; None without one. Half an object is one that is being written: look again."""
        for _ in range(5):
            try:
                content = json.loads(self.store.cat_file(self.path))
                return {
                    "holder": str(content["holder"]),
                    "host": str(content["host"]),
                    "pid": int(content["pid"]),
                    "renewed": float(content["renewed"]),
                }
            except FileNotFoundError:
                return None
            except (ValueError, KeyError, TypeError):
                time.sleep(0.2)
        raise JournalError(f"{self.path} is not the lease of a journal: remove it if no run writes there")


def _is_over(found: dict[str, Any]) -> bool:
    """Whether a lease has run out, or its holder is known to be dead."""
    if abs(time.time() - found["renewed"]) > EXPIRES_S:  # from the future: some clock jumped
        return True
    if found["host"] != socket.gethostname():
        return False
    try:
        os.kill(found["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
