"""The line about an algebra: its parts where it is one, and nothing made up where it is not."""

from __future__ import annotations

import numpy as np

from symbench.algebra.names import named_algebra
from symbench.report.algebras import algebra_table
from symbench.report.study import Study, SuiteFacts
from symbench.trial.result import TrialResult
from tests.factories import trial


def claim(generators: np.ndarray, name: str, seed: int = 0, method: str = "method") -> TrialResult:
    metrics = {"f1": 1.0, "algebra_confidence": 0.5 + 0.1 * seed}
    return trial(method=method, seed=seed, metrics=metrics, arrays={"generators": generators}, notes={"algebra": name})


def cells(*results: TrialResult) -> list[dict[str, str]]:
    table = algebra_table(Study(SuiteFacts("demo"), results), "task")
    return [] if table is None else [dict(zip(table.heads, line.cells, strict=True)) for line in table.lines]


def test_ideals_rank_centre_and_other_names() -> None:
    (lorentz,) = cells(*(claim(named_algebra("so(1,3)"), "so(1,3)", s) for s in range(3)))
    assert lorentz == {
        "method": "method",
        "algebra": "so(1,3)",
        "also known as": "sl(2,C), so(3,C)",
        "seeds": "3 of 3",
        "confidence": "0.60",
        "dimension": "6",
        "ideals": "so(1,3)",
        "rank": "2",
        "centre": "0",
        "Killing form": "(n₊, n₋, n₀) = (3, 3, 0)",
    }
    (sums,) = cells(claim(named_algebra("so(3)+so(2,1)"), "so(3)+so(2,1)"))
    assert sums["ideals"] == "so(3) ⊕ so(2,1)"
    (scaled,) = cells(claim(named_algebra("so(1,3)+dilation"), "so(1,3)+abelian(1)"))
    assert (scaled["ideals"], scaled["centre"]) == ("so(1,3) ⊕ abelian(1)", "1")
    (solvable,) = cells(claim(named_algebra("e(2)"), "e(2)"))
    assert (solvable["ideals"], solvable["rank"]) == ("solvable(3)", "0")


def test_a_span_that_does_not_close_has_no_ideals() -> None:
    random = np.random.default_rng(0).normal(size=(6, 4, 4))
    (line,) = cells(claim(random, "unknown(6)"))
    assert (line["ideals"], line["rank"], line["dimension"]) == ("does not close", "–", "6")


def test_a_claim_of_nothing_has_no_line_and_seeds_that_differ_are_counted() -> None:
    nothing = claim(np.zeros((0, 4, 4)), "none", method="abstains")
    named = [claim(named_algebra("so(3)"), "so(3)", seed=0), claim(named_algebra("so(3)"), "unknown(3)", seed=1)]
    (line,) = cells(nothing, *named)
    assert (line["method"], line["seeds"]) == ("method", "1 of 2")
    assert cells(nothing) == []


def test_vector_fields_have_a_name_and_no_matrices() -> None:
    notes = {"algebra": "so(1,3)", "claim": "vector fields"}
    arrays = {"generators": np.zeros((0, 3, 3))}
    (line,) = cells(trial(metrics={"f1": 1.0, "count": 6.0}, arrays=arrays, notes=notes))
    assert (line["algebra"], line["dimension"], line["ideals"]) == ("so(1,3)", "6", "–")
