"""The catalogue of metrics: titles, units and directions, collected from the modules that compute them. Light.

Every module of a folder of metrics/ states its entries as `METRICS`. Metrics of an operation are entries of functions
`of_operation` and `of_lie_derivative`, so that an operation of a plug-in has titles as well.
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import ModuleType

from symbench import builtin, registry
from symbench.component import Track
from symbench.metrics.invariance.lie import of_discovered
from symbench.metrics.metric import Metric
from symbench.metrics.operations.base import Operation

SCORE: dict[Track, str] = {
    Track.FUNCTION: "f1_chance_corrected",
    Track.DISTRIBUTION: "f1_chance_corrected",
    Track.DYNAMICS: "f1_chance_corrected",
    Track.INVARIANT: "f1_chance_corrected",
    Track.CLASSIFICATION: "auc",
    Track.REGRESSION: "decades",
    Track.CHALLENGE: "challenge_z",
}
"""The metric that a track is ranked by."""

COLUMNS: dict[Track, tuple[str, ...]] = {
    Track.FUNCTION: (
        "f1",
        "recall",
        "precision",
        "count",
        "angle_max_deg",
        "label_spread_max",
        "defect_max",
        "breaking_claimed",
        "breaking_true",
        "unbroken_f1",
        "published_f1",
        "false_discovery",
        "learnt",
        "fit_seconds",
    ),
    Track.DISTRIBUTION: (
        "f1",
        "recall",
        "precision",
        "count",
        "angle_max_deg",
        "defect_max",
        "two_sample_auc_max",
        "published_f1",
        "false_discovery",
        "fit_seconds",
    ),
    Track.DYNAMICS: ("f1", "count", "recall", "precision", "drift_max", "false_discovery", "fit_seconds"),
    Track.INVARIANT: (
        "f1",
        "recall",
        "precision",
        "explained_true",
        "explained_claimed",
        "count",
        "form_cosine",
        "signature_correct",
        "charges_named",
        "angle_max_deg",
        "spread_max",
        "false_discovery",
        "fit_seconds",
    ),
    Track.CLASSIFICATION: (
        "accuracy",
        "balanced_accuracy",
        "rejection_30",
        "rejection_50",
        "invariance_rotation_float32",
        "invariance_boost_float32",
        "parameters",
        "train_jets_per_s",
        "fit_seconds",
    ),
    Track.REGRESSION: (
        "relative_mse",
        "mse",
        "equivariance_float64",
        "equivariance_float32",
        "equivariance_discrete_float64",
        "parameters",
        "train_events_per_s",
        "fit_seconds",
    ),
    Track.CHALLENGE: ("challenge_accuracy", "challenge_p", "challenge_events", "fit_seconds"),
}
"""The columns beside the score, shown if a group of rows has them."""


def catalog() -> dict[str, Metric]:
    """Every entry by name: those of the metrics' modules, and those of all registered operations over their grids."""
    return {**_entries(), **_of_operations(tuple(registry.operations()))}


def metric(name: str) -> Metric:
    """The entry of this name; a metric without an entry keeps its name as title."""
    return described(name) or Metric(name, name.replace("_", " "), "", style="significant")


def described(name: str) -> Metric | None:
    """The entry of this name, of an operation at one strength, or of one generator; None if there is none."""
    operations = tuple(registry.operations())
    return _entries().get(name) or _of_operations(operations).get(name) or _at_strength(name) or of_discovered(name)


def higher_is_better(track: Track) -> bool:
    """Whether the track's score is better when higher."""
    return _entries()[SCORE[track]].better != "lower"


@functools.cache
def _modules() -> tuple[ModuleType, ...]:
    return tuple(importlib.import_module(name) for name in builtin.metric_modules())


@functools.cache
def _entries() -> Mapping[str, Metric]:
    entries: dict[str, Metric] = {}
    for module in _modules():
        for entry in getattr(module, "METRICS", ()):
            if entry.name in entries:
                raise ValueError(f"the metric {entry.name!r} has a second entry, in {module.__name__}")
            entries[entry.name] = entry
    return entries


@functools.lru_cache(maxsize=8)
def _of_operations(operations: tuple[Operation, ...]) -> Mapping[str, Metric]:
    """The metrics of operations over their grids, and their Lie derivatives."""
    derivatives = {entry.name: entry for entry in _made_by("of_lie_derivative", operations)}
    return {**_with_strength(operations), **derivatives}


@functools.lru_cache(maxsize=8)
def _with_strength(operations: tuple[Operation, ...]) -> Mapping[str, Metric]:
    """The metrics that an operation has at each strength."""
    return {entry.name: entry for entry in _made_by("of_operation", operations)}


def _made_by(function: str, operations: Iterable[Operation]) -> Iterable[Metric]:
    functions = [getattr(module, function) for module in _modules() if hasattr(module, function)]
    for operation in operations:
        for make in functions:
            yield from make(operation)


def _at_strength(name: str) -> Metric | None:
    """`invariance_boost_0.5_float32` and the like: an operation at one strength of its grid."""
    whole = _with_strength(tuple(registry.operations()))
    for match in re.finditer(r"_([0-9][0-9.e+-]*)(?=_|$)", name):
        base, strength = whole.get(name[: match.start()] + name[match.end() :]), match[1]
        if base is not None:
            definition = f"{base.definition} at {strength}"
            return replace(base, name=name, title=f"{base.title}, {strength}", definition=definition)
    return None
