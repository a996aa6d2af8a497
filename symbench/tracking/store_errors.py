"""What an error of MLflow means: to try again, to set one record aside, or to stop waiting."""

from __future__ import annotations

import errno

_LASTING_CODES = {
    "CUSTOMER_UNAUTHORIZED",
    "ENDPOINT_NOT_FOUND",
    "FEATURE_DISABLED",
    "INVALID_PARAMETER_VALUE",
    "PERMISSION_DENIED",
    "UNAUTHENTICATED",
}


def describe(error: BaseException) -> str:
    """The kind of an error and the first line that says something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__


def is_refusal(error: BaseException) -> bool:
    """Whether the store refuses what it was given, and would again."""
    return _code(error) == "INVALID_PARAMETER_VALUE"


def is_lasting(error: BaseException) -> bool:
    """Whether waiting will not help: the address, the rights or the installation are wrong."""
    if isinstance(error, FileExistsError | NotADirectoryError | IsADirectoryError | PermissionError | ImportError):
        return True
    if isinstance(error, OSError) and error.errno == errno.EROFS:
        return True
    return _code(error) in _LASTING_CODES


def _code(error: BaseException) -> str | None:
    """MLflow's code of an error; None for a run that another writer removed as the double of its own.

    MLflow calls that a bad parameter, but a look at what the store holds now and a second attempt cure it.
    """
    code: str | None = getattr(error, "error_code", None)
    return None if "must be in the 'active' state" in str(error) else code
