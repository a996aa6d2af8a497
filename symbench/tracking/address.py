"""Where a store is, in a form that may be shown, and messages about it without its secrets."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, unquote_plus, urlsplit

from symbench.redaction import HIDDEN, redact_text

_OPTION = re.compile(r"(?i)([?&;][^=&;]*(?:pass|pwd|secret|token|key)[^=&;]*=)([^&;\s]*)")


def redact(uri: str) -> str:
    """A store's address without the password that it may carry, before the host or among the options."""
    scheme, separator, rest = uri.partition("://")
    authority, slash, path = rest.partition("/")
    credentials, at, host = authority.rpartition("@")
    if at and ":" in credentials:
        authority = f"{credentials.split(':')[0]}:{HIDDEN}@{host}"
    elif at and scheme.startswith("http"):  # alone before a web server's name stands a token rather than a name
        authority = f"{HIDDEN}@{host}"
    return _OPTION.sub(rf"\1{HIDDEN}", f"{scheme}{separator}{authority}{slash}{path}")


def without_secrets(text: str, uri: str) -> str:
    """A message of MLflow, its libraries or its server, without the secrets of the address or the environment."""
    text = redact_text(text.replace(uri, redact(uri)))
    for secret in sorted(_secrets(uri), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def _secrets(uri: str) -> set[str]:
    """The secrets of an address in every form that a message could repeat."""
    found: set[str] = {value for _, value in _OPTION.findall(uri)}
    try:
        parts = urlsplit(uri)
    except ValueError:  # not an address at all
        return set()
    found.add(parts.password or "")
    if parts.scheme.startswith("http") and parts.password is None:
        found.add(parts.username or "")
    forms = (
        form for secret in found for form in (secret, unquote(secret), unquote_plus(secret), quote(secret, safe=""))
    )
    return {form for form in forms if len(form) > 3}  # a shorter one would hide every other word with it
