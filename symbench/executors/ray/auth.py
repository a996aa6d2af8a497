"""Which authentication Ray uses. Ray reads it when it is imported, so this must run first and import no Ray."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from symbench.errors import InfrastructureError
from symbench.executors.ray.probe import asks_for_token


def choose_authentication(address: str | None) -> None:
    """Say explicitly how this process authenticates to Ray, unless the environment does.

    A cluster of our own speaks only to those who hold a token made for it, also on loopback: other users of the
    machine could run code in it otherwise. A cluster that is joined is asked with the token that `find_token` finds,
    unless it asks for none: a driver with a token would refuse what such a cluster's nodes, which have none, tell it.
    """
    if "RAY_AUTH_MODE" in os.environ:
        return
    imported = "ray" in sys.modules  # then it finds a token by itself when it starts or joins a cluster
    if address is None:
        if imported:
            return
        if not _stated():
            os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
        os.environ["RAY_AUTH_MODE"] = "token"
        return
    token = (_stated() or _default_file().is_file()) and asks_for_token(address) is not False
    if not (imported and token):
        os.environ["RAY_AUTH_MODE"] = "token" if token else "disabled"


def disagreement(own_token: bool, address: str) -> str | None:
    """Why the nodes of the cluster at HOST:PORT cannot answer a driver that demands a token; None where they can.

    Such a driver joins without an error, and then waits for ever for trials whose messages it refuses.
    """
    if not own_token or asks_for_token(address) is not False:
        return None
    return (
        "its nodes have no token, and this process demands one of them: set RAY_AUTH_MODE=disabled, or better start "
        "the cluster with RAY_AUTH_MODE=token"
    )


def find_token() -> str | None:
    """The token for a cluster, where Ray itself looks: RAY_AUTH_TOKEN, the file RAY_AUTH_TOKEN_PATH, ~/.ray/auth_token.

    Raises InfrastructureError when the file that was named cannot be read.
    """
    stated = os.environ.get("RAY_AUTH_TOKEN", "").strip()
    if stated:
        return stated
    named = os.environ.get("RAY_AUTH_TOKEN_PATH")
    file = Path(named) if named else _default_file()
    if not named and not file.is_file():
        return None
    try:
        return file.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise InfrastructureError(f"the token file {file} cannot be read: {error}") from error


_ADVICE = (
    "set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN to the cluster's token or RAY_AUTH_TOKEN_PATH to a file that holds it"
)


def refusal(error: BaseException, address: str | None) -> str | None:
    """What to do when Ray did not start or join because of a token, or may not have; None when that cannot be it.

    Ray tells a driver with a wrong token only after some twenty seconds, and not always more than that it cannot
    connect.
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
        said = str(unreachable).rstrip(".")
        return f"{said}: nothing answers there, or it asks for a token; then {_ADVICE}"
    return None


def _stated() -> bool:
    return "RAY_AUTH_TOKEN" in os.environ or "RAY_AUTH_TOKEN_PATH" in os.environ


def _default_file() -> Path:
    return Path.home() / ".ray" / "auth_token"
