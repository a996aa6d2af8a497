"""Exceptions that no check of a suite foresaw, as errors with their place.

Validators and components, also those of plug-ins, may raise anything. The value that is to blame is the innermost one
without which the suite is read without this exception.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from symbench.errors import (
    InfrastructureError,
    JournalError,
    MissingExtraError,
    PluginError,
    SuiteError,
    UnknownNameError,
)
from symbench.suite.source import SuiteSource, YamlPath
from symbench.words import error_kind, error_message

T = TypeVar("T")

_FORESEEN = (SuiteError, PluginError, MissingExtraError, JournalError, InfrastructureError)
_MOST_READINGS = 200


def located(read: Callable[[Mapping[str, Any]], T], source: SuiteSource) -> T:
    """`read` of the content of the source; an unforeseen exception becomes a SuiteError with file, line and key."""
    try:
        return read(source.content)
    except _FORESEEN:
        raise
    except Exception as error:
        place = _Search(read, source.content, error).place()
        raise SuiteError(source.file, [source.problem(place, _message(error))]) from error


class _Search:
    """Reads the content without one value after the other."""

    def __init__(self, read: Callable[[Mapping[str, Any]], Any], content: Mapping[str, Any], error: Exception) -> None:
        self._read, self._content, self._kind = read, content, type(error)
        self._left = _MOST_READINGS
        self._second: YamlPath = ()

    def place(self) -> YamlPath:
        """The path of the innermost value without which the suite is read, or else is refused for another reason."""
        found = self._find((), self._content)
        return self._second if found is None else found

    def _find(self, path: YamlPath, value: Any) -> YamlPath | None:
        """The path of a value inside this one without which there is no error at all."""
        for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
            if self._left == 0:
                return None
            self._left -= 1
            inside = (*path, key)
            error = self._error_without(inside)
            if error is not None and not isinstance(error, SuiteError) and isinstance(error, self._kind):
                continue
            innermost = self._find(inside, value[key])
            if innermost is not None:
                return innermost
            if error is None:
                return inside
            if len(inside) > len(self._second):
                self._second = inside
        return None

    def _error_without(self, path: YamlPath) -> Exception | None:
        try:
            self._read(_without(self._content, path))
        except Exception as error:
            return error
        return None


def _without(content: Any, path: YamlPath) -> Any:
    """A copy of mappings and lists without the value at `path`."""
    key, *rest = path
    if isinstance(content, list):
        assert isinstance(key, int)
        inside = [_without(content[key], tuple(rest))] if rest else []
        return [*content[:key], *inside, *content[key + 1 :]]
    if rest:
        return {**content, key: _without(content[key], tuple(rest))}
    return {name: value for name, value in content.items() if name != key}


def _message(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return str(error.errors(include_url=False)[0]["msg"]).removeprefix("Value error, ")
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnknownNameError):
        return error_message(error)
    return f"cannot be used: {error_kind(error)}: {error_message(error)}"
