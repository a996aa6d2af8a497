"""Intervals of sizes, which may be limits, in words."""

from __future__ import annotations

import pytest

from symbench.leaderboard.scores import interval_text
from symbench.stats.curves import Bound


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (Bound(2.4), Bound(6.2), "2.4 to 6.2"),
        (Bound(400, "<"), Bound(1000), "< 1,000"),
        (Bound(50), Bound(400, ">"), "> 50"),
        (Bound(400, ">"), Bound(400, ">"), "> 400"),
        (Bound(100, "<"), Bound(400, ">"), "not determined"),
        (Bound(400, "<"), Bound(400, ">"), "not determined"),
        (None, None, "none (1 seed)"),
    ],
)
def test_an_interval_without_an_end_on_either_side_says_so(low: Bound | None, high: Bound | None, text: str) -> None:
    assert interval_text(low, high) == text
