"""Published figures as a suite states them: the phrases, what is refused, and that no trial depends on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from symbench.errors import SuiteError
from symbench.suite.published import Agreement, Published
from symbench.suite.resolve import parse_suite

SUITE = """
name: one
discovery:
  - task: so2
    train_sizes: [50, 20]
    methods:
      - name: random
        published:
          - {metric: f1, value: 0.5, error: 0.1, source: "a paper, table 1", agrees: within factor 2, note: other data}
          - {metric: method_loss, value: 0, source: a notebook, agrees: at most}
      - truth
"""


def published(**changes: Any) -> Published:
    return Published.model_validate(
        {"metric": "f1", "value": 0.5, "source": "a paper", "agrees": "within interval", **changes}
    )


@pytest.mark.parametrize(
    ("phrase", "kind", "amount"),
    [
        ("within interval", "interval", None),
        ("within scatter", "scatter", None),
        ("within factor 2", "factor", 2),
        ("within factor 1.5", "factor", 1.5),
        ("within 1e-6", "distance", 1e-6),
        ("within 0", "distance", 0),
        ("at least", "at least", None),
        ("at most", "at most", None),
    ],
)
def test_agreement_is_a_phrase(phrase: str, kind: str, amount: float | None) -> None:
    agrees = published(agrees=phrase).agrees
    assert agrees == Agreement(kind=kind, amount=amount)
    assert Published.model_validate(published(agrees=phrase).model_dump()).agrees == agrees


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"agrees": "roughly"}, "write the agreement as"),
        ({"agrees": "within factor 0.5"}, "write the agreement as"),
        ({"metric": "f2"}, "did you mean 'f1'"),
        ({"metric": "fit_seconds"}, "'fit_seconds' depends on the machine"),
        ({"metric": "peak_memory_mib"}, "depends on the machine and is not a metric"),
        ({"value": 0.0, "agrees": "within factor 2"}, "above 0"),
        ({"value": float("nan")}, "finite"),
        ({"error": 0}, "greater than 0"),
        ({"source": ""}, "at least 1 character"),
        ({"verdict": "agrees"}, "not permitted"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        published(**changes)


def test_a_suite_gives_its_figures_and_its_trials_do_not_know_them() -> None:
    suite = parse_suite(SUITE, folder=Path())
    figures = list(suite.published())
    assert [(f.task, f.method, f.train_size, f.published.metric) for f in figures] == [
        ("so2", "random", 50, "f1"),
        ("so2", "random", 50, "method_loss"),
    ]
    changed = parse_suite(SUITE.replace("value: 0.5", "value: 0.7"), folder=Path())
    assert [s.key for s in suite.trials()] == [s.key for s in changed.trials()]


def test_a_wrong_figure_is_told_with_its_place() -> None:
    with pytest.raises(SuiteError) as raised:
        parse_suite(SUITE.replace("metric: f1", "metric: recal"), folder=Path())
    (problem,) = raised.value.problems
    assert problem.path == "discovery[0].methods[0].published[0].metric"
    assert "did you mean 'recall'?" in str(raised.value)


def test_one_sided_rules_are_bounds() -> None:
    assert [
        published(agrees=rule).agrees.is_bound for rule in ("at most", "at least", "within 0", "within factor 2")
    ] == [
        True,
        True,
        False,
        False,
    ]
