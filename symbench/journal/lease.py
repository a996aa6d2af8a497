"""The right to write the copy of a journal, as a small object in the store, since stores have no locks.

Guarantee: a driver that starts while another runs, on any host, gets an error that names the holder. A driver that
died blocks others for at most EXPIRES_S, and not at all on its own host.

Limits: file and object stores have no common compare-and-swap, so two drivers that start within the same second may
both become the holder, and a host whose clock is wrong by minutes may take a lease that is still held. No result is
lost in these cases: every driver writes only objects of its own name, and a trial that both ran is recorded by both
with the same result.
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
    """The right to write the copy, in `lease.json` of its folder; `store` is an fsspec file system.

    Methods raise what the store raises; `take` raises JournalError if another process holds the lease.
    """

    def __init__(self, store: Any, folder: str, shown: str) -> None:
        self.store, self.path, self.shown = store, f"{folder}/lease.json", shown
        self.holder = uuid.uuid4().hex[:12]

    def take(self) -> None:
        """Become the holder, unless another holder's lease has not expired and its process may be alive."""
        note = self._read()
        if note is not None and not _is_over(note):
            left = max(1.0, note["renewed"] + EXPIRES_S - time.time())
            raise JournalError(
                f"{self.shown} is being written by process {note['pid']} on {note['host']}; wait for it, or stop it "
                f"(if it is gone already, the journal is free in {left:.0f} s)"
            )
        self.renew()
        if note is not None:
            time.sleep(_SETTLE_S)  # another driver may take the expired lease at the same moment; the last has it
            rival = self._read()
            if rival is not None and rival["holder"] != self.holder:
                raise JournalError(f"{self.shown} was taken by process {rival['pid']} on {rival['host']} just now")

    def renew(self) -> None:
        """Write the time into the lease, as a sign that the holder is alive."""
        note = {"holder": self.holder, "host": socket.gethostname(), "pid": os.getpid(), "renewed": time.time()}
        self.store.pipe_file(self.path, json.dumps(note).encode())

    def lost_to(self) -> str | None:
        """The process that holds the lease instead of this one; None if there is none."""
        note = self._read()
        if note is None or note["holder"] == self.holder:
            return None
        return f"process {note['pid']} on {note['host']}"

    def release(self) -> None:
        """Delete the lease if this process still holds it."""
        if self.lost_to() is None:
            self.store.rm_file(self.path)

    def _read(self) -> dict[str, Any] | None:
        """The content of the lease, None without one; an incomplete object, which is being written, is read again."""
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


def _is_over(note: dict[str, Any]) -> bool:
    """Whether a lease has expired, or its holder is known to be dead."""
    if abs(time.time() - note["renewed"]) > EXPIRES_S:  # also a time in the future: a clock was changed
        return True
    if note["host"] != socket.gethostname():
        return False
    import psutil

    return not psutil.pid_exists(note["pid"])
