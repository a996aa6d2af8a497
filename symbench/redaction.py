"""Texts without the secrets that they may carry: passwords in addresses, and the values of secret variables.

Everything that leaves a process as text goes through `redact_text` at one of four gates: the record of a trial's error
(`worker`), what MLflow is told and what it answers (`tracking`), what the command line prints about an error (`cli`),
and what a submitted job is called (`cluster`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import quote

SECRET_VARIABLES = (
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "RAY_AUTH_TOKEN",
    "PGPASSWORD",
)
"""Environment variables whose values are never shown."""

HIDDEN = "***"
_SHORTEST = 6  # a shorter value would hide every other word with it
_USER_INFO = re.compile(r"(?P<start>\b[A-Za-z][A-Za-z0-9+.-]*://[^\s:/?#@'\"]*:)(?P<password>[^\s/'\"]+)@")
_SIGNED = re.compile(r"(?i)(?P<start>[?&;](?:password|passwd|token|secret|signature|x-amz-signature)=)[^&\s'\"]+")


def redact_text(text: str, environment: Mapping[str, str] | None = None) -> str:
    """The text with `***` for the password of every `scheme://user:password@host`, for passwords and signatures in
    the query of an address, and for the value of every secret variable of the environment (this process's)."""
    variables = os.environ if environment is None else environment
    for name in SECRET_VARIABLES:
        value = variables.get(name, "")
        for form in (value, quote(value, safe="")) if len(value) >= _SHORTEST else ():
            text = text.replace(form, HIDDEN)
    text = _USER_INFO.sub(rf"\g<start>{HIDDEN}@", text)
    return _SIGNED.sub(rf"\g<start>{HIDDEN}", text)
