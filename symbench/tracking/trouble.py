"""What an error of MLflow means: to try again, to set one record aside, or to stop waiting."""

from __future__ import annotations

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
    return getattr(error, "error_code", None) == "INVALID_PARAMETER_VALUE"


def is_lasting(error: BaseException) -> bool:
    """Whether waiting will not help: the address, the rights or the installation are wrong."""
    if isinstance(error, FileExistsError | NotADirectoryError | IsADirectoryError | PermissionError | ImportError):
        return True
    return getattr(error, "error_code", None) in _LASTING_CODES
