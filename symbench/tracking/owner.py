"""Whose leaderboard a run of MLflow belongs to, in a store that several people share."""

from __future__ import annotations

import getpass
import hashlib
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Owner:
    """Who writes: user, host and home folder, and the journal that the results come from.

    identity   the same for every host that goes on with the same journal; a run with another identity is never
               changed or deleted
    """

    user: str
    host: str
    home: str
    identity: str

    @classmethod
    def of(cls, home: Path, journal: str | None = None) -> Owner:
        """This process's owner; `journal` is `JournalLocation.identity`, where known."""
        user, host = _user(), socket.gethostname()
        identity = journal or hashlib.sha256(f"{user}@{host}:{home}".encode()).hexdigest()[:16]
        return cls(user, host, str(home), identity)

    @property
    def tags(self) -> dict[str, str]:
        """Tags of MLflow runs that show whose they are."""
        return {"mlflow.user": self.user, "symbench.host": self.host, "symbench.home": self.home, OWNER: self.identity}


OWNER = "symbench.owner"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user id has no name
        return "unknown"
