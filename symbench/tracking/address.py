"""Where a store is, in a form that may be shown: an address without the secrets that it may carry."""

from __future__ import annotations

import os
import re
from urllib.parse import quote, unquote, unquote_plus, urlsplit

_SECRET_OPTION = re.compile(r"(?i)([?&;][^=&;]*(?:pass|pwd|secret|token|key)[^=&;]*=)([^&;\s]*)")
_SECRET_VARIABLE = re.compile(r"(?i)pass|pwd|secret|token|credential|(?:^|_)key")


def redact(uri: str) -> str:
    """A store's address without the password that it may carry, before the host or among the options."""
    scheme, separator, rest = uri.partition("://")
    authority, slash, path = rest.partition("/")
    credentials, at, host = authority.rpartition("@")
    if at and ":" in credentials:
        authority = f"{credentials.split(':')[0]}:***@{host}"
    elif at and scheme.startswith("http"):  # alone before a web server's name stands a token rather than a name
        authority = f"***@{host}"
    return _SECRET_OPTION.sub(r"\1***", f"{scheme}{separator}{authority}{slash}{path}")


def without_secrets(text: str, uri: str) -> str:
    """A message of MLflow, its libraries or its server, without the secrets of the address or the environment."""
    for secret in sorted(_secrets(uri), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _secrets(uri: str) -> set[str]:
    """Every secret that a message could repeat, as written and as decoded."""
    found: set[str] = {value for _, value in _SECRET_OPTION.findall(uri)}
    try:
        parts = urlsplit(uri)
        found.add(parts.password or (parts.username or "" if parts.scheme.startswith("http") else ""))
    except ValueError:  # not an address at all
        pass
    found |= {
        value for name, value in os.environ.items() if name.startswith("MLFLOW_") and _SECRET_VARIABLE.search(name)
    }
    found |= {os.environ.get("PGPASSWORD", "")}
    forms = {
        form for secret in found for form in (secret, unquote(secret), unquote_plus(secret), quote(secret, safe=""))
    }
    return {secret for secret in forms if len(secret) > 3 or secret in found} - {"", "true", "false"}
