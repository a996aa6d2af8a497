"""Which authentication Ray uses. Ray reads it at its import, so this module is used first and imports no Ray."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from symbench.errors import InfrastructureError
from symbench.executors.ray.private import cluster_asks_for_token


def choose_authentication(address: str | None) -> None:
    """Set explicitly how this process authenticates to Ray, unless the environment does.

    A cluster that symbench starts requires a token made for it, also on loopback: otherwise other users of the machine
    could run code in it. A cluster that is joined is addressed with the token of `find_token`, unless the cluster asks
    for none: a driver with a token refuses the messages of nodes without one.
    """
    if "RAY_AUTH_MODE" in os.environ:
        return
    imported = "ray" in sys.modules  # Ray then looks for a token itself when it starts or joins a cluster
    if address is None:
        if imported:
            return
        if not _in_environment():
            os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
        os.environ["RAY_AUTH_MODE"] = "token"
        return
    token = (_in_environment() or _default_file().is_file()) and cluster_asks_for_token(address) is not False
    if not (imported and token):
        os.environ["RAY_AUTH_MODE"] = "token" if token else "disabled"


def disagreement(own_token: bool, address: str) -> str | None:
    """Why the nodes of the cluster at HOST:PORT cannot answer a driver that requires a token; None if they can.

    Such a driver joins without an error, and then waits for ever for trials whose messages it refuses.
    """
    if not own_token or cluster_asks_for_token(address) is not False:
        return None
    return (
        "its nodes have no token, and this process requires one: set RAY_AUTH_MODE=disabled, or better start "
        "the cluster with RAY_AUTH_MODE=token"
    )


def find_token() -> str | None:
    """The token for a cluster, looked up as Ray does: RAY_AUTH_TOKEN, the file RAY_AUTH_TOKEN_PATH, ~/.ray/auth_token.

    Raises InfrastructureError if the file RAY_AUTH_TOKEN_PATH cannot be read.
    """
    token = os.environ.get("RAY_AUTH_TOKEN", "").strip()
    if token:
        return token
    path = os.environ.get("RAY_AUTH_TOKEN_PATH")
    file = Path(path) if path else _default_file()
    if not path and not file.is_file():
        return None
    try:
        return file.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise InfrastructureError(f"the token file {file} cannot be read: {error}") from error


_ADVICE = (
    "set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN to the cluster's token or RAY_AUTH_TOKEN_PATH to a file that holds it"
)


def refusal(error: BaseException, address: str | None) -> str | None:
    """What to do if Ray did not start or join because of a token, or possibly so; None for other errors.

    Ray refuses a driver with a wrong token after some twenty seconds, sometimes only with a connection error.
    """
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    if any(type(cause).__name__ == "AuthenticationError" or "Unauthenticated" in str(cause) for cause in causes):
        return f"the cluster asks for a token: {_ADVICE}"
    unreachable = next((cause for cause in causes if isinstance(cause, ConnectionError)), None)
    if address is not None and unreachable is not None:
        message = str(unreachable).rstrip(".")
        return f"{message}: nothing answers there, or it asks for a token; then {_ADVICE}"
    return None


def _in_environment() -> bool:
    return "RAY_AUTH_TOKEN" in os.environ or "RAY_AUTH_TOKEN_PATH" in os.environ


def _default_file() -> Path:
    return Path.home() / ".ray" / "auth_token"
