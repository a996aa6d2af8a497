"""Classification of MLflow's errors: retry, skip one record, or stop waiting."""

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
    """The type of an error, and the first line of its message that is not empty."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__


def is_refusal(error: BaseException) -> bool:
    """Whether the store rejects the content of a request, so that a retry would fail too."""
    return _code(error) == "INVALID_PARAMETER_VALUE"


def is_lasting(error: BaseException) -> bool:
    """Whether waiting cannot help, because the address, the permissions or the installation are wrong."""
    if isinstance(error, FileExistsError | NotADirectoryError | IsADirectoryError | PermissionError | ImportError):
        return True
    if isinstance(error, OSError) and error.errno == errno.EROFS:
        return True
    return _code(error) in _LASTING_CODES


def _code(error: BaseException) -> str | None:
    """MLflow's code of an error; None if another writer removed the run as a duplicate of its own.

    MLflow reports that as a bad parameter, but a retry after reading the store's content succeeds.
    """
    code: str | None = getattr(error, "error_code", None)
    return None if "must be in the 'active' state" in str(error) else code
