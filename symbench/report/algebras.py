"""The algebra that each method claims in the seed of median score: name, ideals, rank and centre."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.algebra.approximate import broken_by, exact_part
from symbench.algebra.invariants import analyse, is_closed
from symbench.algebra.naming import also_known_as
from symbench.algebra.simple import simple_name
from symbench.algebra.subspace import orthonormal_generators
from symbench.leaderboard.table import NOTHING, Line, Table
from symbench.report.study import Study
from symbench.trial.result import TrialResult

FloatArray = npt.NDArray[np.float64]

_LARGEST = 30  # generators: the decomposition of larger algebras into ideals takes seconds

HEADS = (
    "method",
    "algebra",
    "also known as",
    "seeds",
    "confidence",
    "dimension",
    "ideals",
    "rank",
    "centre",
    "Killing form",
)
_WORDS = ("method", "algebra", "also known as", "ideals")


def algebra_table(study: Study, task: str) -> Table | None:
    """The algebras that methods claim at the largest size; None if no method claims generators."""
    size = study.largest(task)
    lines = []
    for method in study.methods(task):
        trials = study.ok(task, method, size)
        typical = study.typical(task, method, size)
        if typical is None or typical.spec.method.name == "random":
            continue
        line = _line(method, typical, trials)
        if line is not None:
            lines.append(Line(line, dim=study.is_reference(method)))
    return Table("Claimed algebras (seed of median score)", HEADS, tuple(lines), _WORDS) if lines else None


def _line(method: str, typical: TrialResult, trials: list[TrialResult]) -> tuple[str, ...] | None:
    generators, name = typical.array("generators"), typical.notes.get("algebra")
    matrices = (
        generators is not None and generators.ndim == 3 and generators.size > 0 and bool(np.isfinite(generators).all())
    )
    fields = typical.notes.get("claim") == "vector fields" and typical.metrics.get("count", 0) > 0
    if name is None or not (matrices or fields):
        return None
    breaking = typical.metrics.get("breaking_claimed")
    votes = sum(t.notes.get("algebra") == name for t in trials)
    confidences = [t.metrics["algebra_confidence"] for t in trials if "algebra_confidence" in t.metrics]
    basis = orthonormal_generators(np.asarray(generators, dtype=np.float64)) if matrices else None
    dimension = int(typical.metrics["count"]) if basis is None else len(basis)
    return (
        method,
        name if breaking is None else f"{name}, {broken_by(breaking)}",
        ", ".join(also_known_as(exact_part(name))) or NOTHING,
        f"{votes} of {len(trials)}",
        f"{np.mean(confidences):.2f}" if confidences else NOTHING,
        str(dimension),
        *_structure(basis),
    )


def _structure(basis: FloatArray | None) -> tuple[str, str, str, str]:
    """Ideals, rank, centre and signature of the Killing form; dashes for vector fields and spans that do not close."""
    if basis is None or len(basis) > _LARGEST:
        return (NOTHING,) * 4
    if not is_closed(basis):
        return "does not close", NOTHING, NOTHING, NOTHING
    structure = analyse(basis)
    parts = [simple_name(ideal) or f"simple({ideal.dimension})" for ideal in structure.ideals]
    if structure.radical:
        kind = "abelian" if structure.radical == structure.centre or structure.is_abelian else "solvable"
        parts.append(f"{kind}({structure.radical})")
    positive, negative, zero = structure.killing
    form = f"(n₊, n₋, n₀) = ({positive}, {negative}, {zero})"
    return " ⊕ ".join(parts), str(structure.rank), str(structure.centre), form
