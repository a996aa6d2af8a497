"""The ladder of symmetries is drawn from what classifiers say that they keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from symbench.component import Track
from symbench.leaderboard.efficiency import data_efficiency
from symbench.report import ladder as module
from symbench.report.ladder import kept_groups, ladder
from symbench.report.picture import Picture
from symbench.report.study import Study, SuiteFacts
from symbench.report.style import Palette
from symbench.trial.result import TrialResult
from tests.factories import trial

METHODS = {"lgatr": 0.95, "pfn": 0.9, "egnn": 0.85, "liegnn": 0.93, "mlp": 0.96}


def results(*methods: str) -> list[TrialResult]:
    return [
        trial(
            track=Track.CLASSIFICATION,
            method=method,
            train_size=size,
            seed=seed,
            metrics={"auc": METHODS[method] + 0.01 * seed + 1e-5 * size},
        )
        for method in methods
        for size in (100, 1000)
        for seed in range(3)
    ]


def study(*methods: str) -> Study:
    return Study(SuiteFacts("demo"), results(*methods))


def test_methods_are_ordered_by_the_group_that_they_keep() -> None:
    """The published metric of liegnn has no named group, and a plug-in is unknown."""
    found = kept_groups(study(*METHODS), "task")
    assert list(found.items()) == [
        ("pfn", "beam-rotation"),
        ("mlp", "beam"),
        ("egnn", "rotation"),
        ("lgatr", "lorentz"),
    ]


def test_score_and_efficiency_stand_over_the_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    figures: list[Any] = []

    def kept(figure: Any, name: str, title: str, caption: str, records: Iterable[Mapping[str, object]]) -> Picture:
        figures.append(figure)
        return Picture(name, title, caption, figure, tuple(records), svg="", files={})

    monkeypatch.setattr(module, "picture", kept)
    whole = study(*METHODS)
    rows = data_efficiency(results(*METHODS), "pfn", bootstrap=20)
    drawn = ladder(whole, "task", rows, Palette(list(METHODS), []), "name")
    assert drawn is not None
    assert {(record["method"], record["N"]) for record in drawn.records} == {
        (method, size) for method in METHODS if method != "liegnn" for size in (100, 1000)
    }
    smallest, largest, efficiency = figures[0].axes
    assert [text.get_text() for text in smallest.get_xticklabels()] == [
        "rotations about the beam",
        "and boosts along it",
        "all rotations",
        "Lorentz group",
    ]
    for axis, shift in ((smallest, 1e-3), (largest, 1e-2)):
        points = {box.get_label(): box[0].get_xydata()[0].tolist() for box in axis.containers}
        assert points["lgatr"] == pytest.approx([3, 0.96 + shift])
        assert points["egnn"] == pytest.approx([2, 0.86 + shift])
        assert "liegnn" not in points
    assert efficiency.get_yscale() == "log"


def test_there_is_no_ladder_of_two_groups() -> None:
    assert ladder(study("pfn", "lgatr"), "task", [], Palette(["pfn", "lgatr"], []), "name") is None
