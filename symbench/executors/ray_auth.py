"""Which authentication Ray uses. Ray reads it when it is imported, so this must run first and import no Ray."""

from __future__ import annotations

import os
import secrets
import sys


def choose_authentication(address: str | None) -> None:
    """Say explicitly how this process authenticates to Ray, unless the environment or an earlier import did.

    A cluster of our own speaks only to those who hold a token made for it, also on loopback: other users of the
    machine could run code in it otherwise. A cluster that is joined is asked with the token of the environment.
    """
    if "ray" in sys.modules or "RAY_AUTH_MODE" in os.environ:
        return
    has_token = "RAY_AUTH_TOKEN" in os.environ or "RAY_AUTH_TOKEN_PATH" in os.environ
    if address is None and not has_token:
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
        has_token = True
    os.environ["RAY_AUTH_MODE"] = "token" if has_token else "disabled"
