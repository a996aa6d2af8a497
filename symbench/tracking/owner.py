"""The owner of a leaderboard run in an MLflow store that several people share."""

from __future__ import annotations

import getpass
import hashlib
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Owner:
    """The user, host and home folder that write runs, and an identity derived from the journal.

    identity   the same for every host that continues the same journal; runs with another identity are never changed
               or deleted
    """

    user: str
    host: str
    home: str
    identity: str

    @classmethod
    def of(cls, home: Path, journal: str | None = None) -> Owner:
        """This process's owner; `journal` is `JournalLocation.identity`, if known."""
        user, host = _user(), socket.gethostname()
        identity = journal or hashlib.sha256(f"{user}@{host}:{home}".encode()).hexdigest()[:16]
        return cls(user, host, str(home), identity)

    @property
    def tags(self) -> dict[str, str]:
        """Tags of MLflow runs that identify their owner."""
        return {"mlflow.user": self.user, "symbench.host": self.host, "symbench.home": self.home, OWNER: self.identity}


OWNER = "symbench.owner"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container, the user id may have no name
        return "unknown"
