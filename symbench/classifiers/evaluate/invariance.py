"""The invariance of a trained network: finite operations, and Lie derivatives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.classifiers.evaluate.lie import LIE_JETS, given_generators, lie_errors, standard_generators
from symbench.classifiers.evaluate.probe import Probe
from symbench.metrics import invariance
from symbench.metrics.operations import OPERATIONS
from symbench.metrics.transformations import Moved, move, operation_rng

Floats = npt.NDArray[np.float64]
Auc = Callable[[Floats, npt.NDArray[Any]], float | None]
"""AUC of outputs (N, K) with labels (N,)."""

FLOAT32_JETS = 1000  # test jets that finite operations move: AUC after is compared with AUC of the same jets before

_FAMILIES = {
    "rotation": ("rotation_x", "rotation_y", "rotation_z"),
    "beam_rotation": ("rotation_z",),
    "boost": ("boost_x", "boost_y", "boost_z"),
    "beam_boost": ("boost_z",),
    "scale": ("scale",),
}


def invariance_metrics(
    probe: Probe, label: npt.NDArray[Any], evaluation: Mapping[str, Any], auc: Auc, seed: int
) -> tuple[dict[str, float], dict[str, str]]:
    """Metrics under each operation of `evaluation`, Lie-derivative errors, and notes on how they were measured."""
    count = min(FLOAT32_JETS, len(label))
    before = probe.outputs(count=count)
    found: dict[str, float | None] = {"auc_unmoved": auc(before, label[:count])}
    generators = standard_generators()
    for operation in evaluation.get("operations", []):
        name = operation["name"]
        settings = OPERATIONS[name].settings({k: v for k, v in operation.items() if k != "name"})
        found |= _finite(probe, before, label[:count], name, settings, auc, seed)
        if "generators" in settings:
            generators |= given_generators(np.array(settings["generators"]))
    errors = lie_errors(probe, generators, min(LIE_JETS, len(label)))
    given = tuple(name for name in generators if name.startswith("generator_"))
    for suffix, by_generator in (("", errors.float64), ("_float32", errors.float32)):
        found |= {f"lie_{name}{suffix}": value for name, value in by_generator.items()}
        for family, members in {**_FAMILIES, "generators": given}.items():
            known = [by_generator[name] for name in members if name in by_generator]
            found[f"lie_{family}{suffix}"] = float(np.mean(known)) if known else None
    notes = {} if errors.note is None else {"lie_derivatives": errors.note}
    return {name: value for name, value in found.items() if value is not None}, notes


def _finite(
    probe: Probe,
    before: Floats,
    label: npt.NDArray[Any],
    name: str,
    settings: Mapping[str, Any],
    auc: Auc,
    seed: int,
) -> dict[str, float | None]:
    """Metrics at each strength of an operation, and over its grid."""
    found: dict[str, float | None] = {}
    variants = OPERATIONS[name].variants(settings)
    for suffix, chosen in variants:
        found |= _at(probe, before, label, f"{name}{suffix}", name, chosen, auc, seed)
    if OPERATIONS[name].grid is None:
        return found
    for metric in ("float32", "float64", "fixed_beams"):
        errors = [found.get(f"invariance_{name}{suffix}_{metric}") for suffix, _ in variants]
        known = [error for error in errors if error is not None]
        found[f"invariance_{name}_{metric}"] = invariance.over_grid(known) if known else None
    for metric in ("flip_rate", "auc"):
        values = [found.get(f"{metric}_{name}{suffix}") for suffix, _ in variants]
        known = [value for value in values if value is not None]
        found[f"{metric}_{name}"] = float(np.mean(known)) if known else None
    return found


def _at(
    probe: Probe,
    before: Floats,
    label: npt.NDArray[Any],
    title: str,
    name: str,
    settings: Mapping[str, Any],
    auc: Auc,
    seed: int,
) -> dict[str, float | None]:
    count = len(before)
    jets = probe.jets.take(slice(count))
    rng = operation_rng(name, seed)  # the same at every strength: directions do not differ along a curve
    moved = move(name, settings, jets.p.cpu().numpy(), jets.mask.cpu().numpy(), rng)
    after = probe.outputs(moved, count=count)
    exact = probe.exact_outputs[:count]
    some = _first(moved, len(exact))
    found = {
        f"invariance_{title}_float32": invariance.invariance_error(before, after),
        f"invariance_{title}_float64": invariance.invariance_error(
            exact, probe.outputs(some, count=len(exact), double=True)
        ),
        f"flip_rate_{title}": invariance.flip_rate(before, after),
        f"auc_{title}": auc(after, label),
    }
    if probe.spurions is not None and moved.matrices is not None:
        fixed = probe.outputs(some, count=len(exact), double=True, fixed_beams=True)
        found[f"invariance_{title}_fixed_beams"] = invariance.invariance_error(exact, fixed)
    return found


def _first(moved: Moved, count: int) -> Moved:
    matrices = None if moved.matrices is None else moved.matrices[:count]
    return Moved(moved.vectors[:count], moved.mask[:count], moved.source[:count], matrices)
