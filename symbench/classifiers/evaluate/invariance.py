"""The invariance of a trained network: finite operations, and Lie derivatives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench import registry
from symbench.classifiers.evaluate.lie import LIE_JETS, lie_errors
from symbench.classifiers.evaluate.probe import Probe
from symbench.metrics.invariance.flip_rate import flip_rate
from symbench.metrics.invariance.invariance import PRECISIONS, invariance_error, over_grid
from symbench.metrics.operations.base import Operation
from symbench.metrics.operations.moved import Moved, operation_rng

Floats = npt.NDArray[np.float64]
Auc = Callable[[Floats, npt.NDArray[Any]], float | None]
"""AUC of outputs (N, K) with labels (N,)."""

FLOAT32_JETS = 1000  # test jets to which finite operations are applied; their AUC before is compared with that after


def invariance_metrics(
    probe: Probe, label: npt.NDArray[Any], evaluation: Mapping[str, Any], auc: Auc, seed: int
) -> tuple[dict[str, float], dict[str, str]]:
    """Metrics under each operation of `evaluation`, Lie-derivative errors, and notes on how they were measured.

    Raises UnknownNameError for an operation that is not registered, and RuntimeError for one of another version.
    """
    count = min(FLOAT32_JETS, len(label))
    before = probe.outputs(count=count)
    metrics: dict[str, float | None] = {"auc_unmoved": auc(before, label[:count])}
    measured = [_operation(stated) for stated in evaluation.get("operations", [])]
    for operation, settings in measured:
        metrics |= _finite(probe, before, label[:count], operation, settings, auc, seed)
    derivatives, notes = _derivatives(probe, measured, min(LIE_JETS, len(label)))
    metrics |= derivatives
    return {name: value for name, value in metrics.items() if value is not None}, notes


def _operation(stated: Mapping[str, Any]) -> tuple[Operation, dict[str, Any]]:
    """An operation of an evaluation with its settings."""
    operation = registry.find_operation(stated["name"])
    version = stated.get("version", operation.version)
    if version != operation.version:
        raise RuntimeError(
            f"{operation.name} is version {operation.version} here and {version} where the trial was planned: "
            "install the same symbench and plug-ins on every node"
        )
    return operation, operation.settings({k: v for k, v in stated.items() if k not in ("name", "version")})


def _derivatives(
    probe: Probe, measured: Sequence[tuple[Operation, Mapping[str, Any]]], count: int
) -> tuple[dict[str, float | None], dict[str, str]]:
    """The error along each generator, and for each operation the mean over its own; and how they were measured.

    Built-in operations that need no setting are always included, others only if they are among the measured ones.
    """
    standard = {name: registry.find_operation(name) for name in registry.default_operations()}
    settings: dict[str, Mapping[str, Any]] = {name: each.settings({}) for name, each in standard.items()}
    settings |= {operation.name: stated for operation, stated in measured}
    members = {
        operation.name: operation.lie_generators(settings[operation.name])
        for operation in registry.operations()
        if operation.has_lie_derivative and operation.name in settings
    }
    errors = lie_errors(probe, {name: m for each in members.values() for name, m in each.items()}, count)
    metrics: dict[str, float | None] = {}
    for suffix, by_generator in (("", errors.float64), ("_float32", errors.float32)):
        metrics |= {f"lie_{name}{suffix}": value for name, value in by_generator.items()}
        for operation_name, own in members.items():
            known = [by_generator[name] for name in own if name in by_generator]
            metrics[f"lie_{operation_name}{suffix}"] = float(np.mean(known)) if known else None
    return metrics, {} if errors.note is None else {"lie_derivatives": errors.note}


def _finite(
    probe: Probe,
    before: Floats,
    label: npt.NDArray[Any],
    operation: Operation,
    settings: Mapping[str, Any],
    auc: Auc,
    seed: int,
) -> dict[str, float | None]:
    """Metrics at each strength of an operation, and over its grid."""
    name, variants = operation.name, operation.variants(settings)
    metrics: dict[str, float | None] = {}
    for suffix, chosen in variants:
        metrics |= _at(probe, before, label, operation, suffix, chosen, auc, seed)
    if operation.grid is None:
        return metrics
    for precision in PRECISIONS:
        errors = [metrics.get(f"invariance_{name}{suffix}_{precision}") for suffix, _ in variants]
        known = [error for error in errors if error is not None]
        metrics[f"invariance_{name}_{precision}"] = over_grid(known) if known else None
    for family in ("flip_rate", "auc"):
        values = [metrics.get(f"{family}_{name}{suffix}") for suffix, _ in variants]
        known = [value for value in values if value is not None]
        metrics[f"{family}_{name}"] = float(np.mean(known)) if known else None
    return metrics


def _at(
    probe: Probe,
    before: Floats,
    label: npt.NDArray[Any],
    operation: Operation,
    suffix: str,
    settings: Mapping[str, Any],
    auc: Auc,
    seed: int,
) -> dict[str, float | None]:
    """Metrics at one strength; `suffix` follows the operation's name in theirs."""
    count = len(before)
    jets = probe.jets.take(slice(count))
    rng = operation_rng(operation.name, seed)  # the same at every strength, so that directions are equal along a curve
    moved = operation.move(settings, jets.p.cpu().numpy(), jets.mask.cpu().numpy(), rng)
    after = probe.outputs(moved, count=count)
    exact = probe.exact_outputs[:count]
    some = _first(moved, len(exact))
    name = f"{operation.name}{suffix}"
    metrics = {
        f"invariance_{name}_float32": invariance_error(before, after),
        f"invariance_{name}_float64": invariance_error(exact, probe.outputs(some, count=len(exact), double=True)),
        f"flip_rate_{name}": flip_rate(before, after),
        f"auc_{name}": auc(after, label),
    }
    if probe.spurions is not None and moved.matrices is not None:
        fixed = probe.outputs(some, count=len(exact), double=True, fixed_beams=True)
        metrics[f"invariance_{name}_fixed_beams"] = invariance_error(exact, fixed)
    return metrics


def _first(moved: Moved, count: int) -> Moved:
    matrices = None if moved.matrices is None else moved.matrices[:count]
    return Moved(moved.vectors[:count], moved.mask[:count], moved.source[:count], matrices)
