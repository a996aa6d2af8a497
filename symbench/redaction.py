"""Texts and addresses without their secrets: the only rules for what is hidden, in three functions.

redact_text      any text that leaves a process: the record of a trial's error (`trial.execute`), errors on the command
                 line (`cli`), what is written to MLflow (`tracking`), the name of a submitted job (`jobs`)
redact_address   the address of one store, to be shown
redact_message   an error message about the store of an address, which may repeat parts of that address

Hidden are
* the password in `scheme://user:password@host`; the user name too unless the scheme is that of a web server or a
  database, since for object stores it is an access key; before a web server's name also a user name alone, which is a
  token
* the value of options such as `?token=…` or `;password=…`; `redact_address` drops all options of an object store
* the values of environment variables with names such as AWS_SECRET_ACCESS_KEY
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, unquote, unquote_plus

from symbench.environment import encoded_environment

SECRET_VARIABLES = (
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "RAY_AUTH_TOKEN",
    "PGPASSWORD",
)
"""The environment variables with secrets that symbench itself passes on; others are recognised by their names."""

HIDDEN = "***"
_SHORTEST_VALUE = 6  # characters; a shorter value occurs in harmless words
_SHORTEST_PART = 4  # of an address
_SECRET_NAME = re.compile(r"(?:KEY|SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL)S?(?:_|$)")
_CREDENTIALS = re.compile(r"\b(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<credentials>[^\s:/?#@'\"]*(?::[^\s/'\"]+)?)@")
_OPTION = re.compile(
    r"(?i)(?P<start>[?&;](?:[^=&;\s'\"]*(?:pass|pwd|secret|token|key|credential)[^=&;\s'\"]*|[^=&;\s'\"]*sig(?:nature)?)=)"
    r"(?P<value>[^&;\s'\"]*)"
)
_WEB = re.compile(r"(?i)https?")
_NAMED_USERS = re.compile(r"(?i)https?|rediss?|(?:postgres(?:ql)?|mysql|mariadb|mssql|oracle|sqlite)(?:\+\w+)?")


def redact_text(text: str, environment: Mapping[str, str] | None = None) -> str:
    """The text with `***` for every secret of its addresses and of the environment (by default this process's)."""
    for value in _secrets_here() if environment is None else _secret_values(environment):
        text = text.replace(value, HIDDEN)
    if "://" in text:
        text = _CREDENTIALS.sub(lambda m: f"{m['scheme']}://{_public(m['scheme'], m['credentials'])}@", text)
    return _OPTION.sub(rf"\g<start>{HIDDEN}", text)


def redact_address(address: str) -> str:
    """The address of a store with `***` for its secrets; options of object stores are dropped."""
    scheme, separator, rest = address.partition("://")
    authority, slash, path = rest.partition("/")
    credentials, at, host = authority.rpartition("@")
    if at:
        authority = f"{_public(scheme, credentials)}@{host}"
    shown = _OPTION.sub(rf"\g<start>{HIDDEN}", f"{scheme}{separator}{authority}{slash}{path}")
    return shown if not separator or _NAMED_USERS.fullmatch(scheme) else shown.partition("?")[0]


def redact_message(text: str, address: str) -> str:
    """`redact_text` of a message about a store, without the secrets of the store's address in any encoding."""
    text = redact_text(text.replace(address, redact_address(address)))
    for secret in sorted(_secrets_of(address), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def _public(scheme: str, credentials: str) -> str:
    """What of the `user:password` of an address is shown."""
    user, colon, _ = credentials.partition(":")
    if not colon:
        return HIDDEN if user and _WEB.fullmatch(scheme) else user
    return f"{user}:{HIDDEN}" if _NAMED_USERS.fullmatch(scheme) else HIDDEN


def _secrets_here() -> tuple[str, ...]:
    """The secret values of this process, searched again only when its environment has changed."""
    global _searched
    now = encoded_environment()
    if _searched is None or _searched[0] != now:
        _searched = dict(now), tuple(_secret_values(os.environ))
    return _searched[1]


_searched: tuple[dict[bytes, bytes], tuple[str, ...]] | None = None


def _secret_values(environment: Mapping[str, str]) -> Iterator[str]:
    """The values of secret variables, as they are and as an address encodes them."""
    for name in environment:
        if _is_secret(name) and len(value := environment[name]) >= _SHORTEST_VALUE:
            yield value
            yield quote(value, safe="")


@functools.lru_cache(maxsize=4096)
def _is_secret(name: str) -> bool:
    return _SECRET_NAME.search(name.upper()) is not None


def _secrets_of(address: str) -> set[str]:
    """The secrets of an address, in every form in which a message could repeat them."""
    # not urlsplit or SQLAlchemy's make_url: both raise for mistyped ports and brackets, whose errors need this most,
    # and make_url ends a password at its first "@"
    secrets = {match["value"] for match in _OPTION.finditer(address)}
    scheme, _, rest = address.partition("://")
    credentials = rest.partition("/")[0].rpartition("@")[0]
    user, colon, password = credentials.partition(":")
    secrets.add(password)
    if not _NAMED_USERS.fullmatch(scheme):
        query = address.partition("?")[2]
        secrets |= {query, *(option.partition("=")[2] for option in query.split("&"))}
        secrets |= {user, credentials} if colon else set()
    elif _WEB.fullmatch(scheme) and not colon:
        secrets.add(user)
    forms = (
        form for secret in secrets for form in (secret, unquote(secret), unquote_plus(secret), quote(secret, safe=""))
    )
    return {form for form in forms if len(form) >= _SHORTEST_PART}
