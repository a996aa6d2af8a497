"""The breaking m of a data set (arXiv:2510.01349) under the operations that a classifier is tested with.

Entries of a suite that belong to a classification block: the same test as under `challenge`, for each strength.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symbench import registry
from symbench.errors import UnknownNameError
from symbench.metrics.operations.base import MatrixOperation


def texts(operations: Sequence[Mapping[str, Any]]) -> list[str]:
    """The transformations of the operations of a block: each strength of those that multiply vectors by a matrix."""
    found: list[str] = []
    for stated in operations:
        try:
            operation = registry.find_operation(str(stated.get("name")))
            settings = operation.settings({key: value for key, value in stated.items() if key != "name"})
        except (UnknownNameError, ValueError):
            continue  # reported with the operations, or with generators that are not known yet
        if isinstance(operation, MatrixOperation) and not operation.needs_generators:
            found += [text_of(operation.name, suffix) for suffix, _ in operation.variants(settings)]
    return found


def text_of(operation: str, suffix: str) -> str:
    """The transformation of an operation and the suffix of its metrics, `_0.5` as `:0.5`."""
    return f"{operation}:{suffix.removeprefix('_')}" if suffix else operation
