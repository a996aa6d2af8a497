"""False discoveries and events needed: what enters, what does not, and how it is printed."""

from __future__ import annotations

import csv
import io
import json

import pytest
from scipy.special import betaincinv

from symbench.component import Track
from symbench.leaderboard.discovery import events_needed, false_discoveries
from symbench.leaderboard.discovery_tables import events_needed_table, false_discovery_table
from symbench.leaderboard.sections import SECTIONS, rendered
from symbench.leaderboard.table import markdown, terminal
from symbench.stats.curves import Bound
from symbench.trial.result import Status, TrialResult
from tests.factories import classification_trials, discovery_trials, trial


def control(task: str, claims: int, seeds: int, **more: object) -> list[TrialResult]:
    return [
        trial(
            task=task,
            seed=s,
            metrics={"f1": float(s >= claims), "false_discovery": float(s < claims)},
            **more,  # type: ignore[arg-type]
        )
        for s in range(seeds)
    ]


def test_claims_on_controls_are_counted_for_each_and_for_all() -> None:
    results = [
        *control("a", 1, 20),
        *control("b", 0, 19),
        trial(task="b", seed=19, status=Status.TIMEOUT),
        *discovery_trials("c", sizes=(400,)),
        *classification_trials(seeds=1),
    ]
    a, b, together = false_discoveries(results)
    assert (a.task, a.claims.successes, a.claims.trials, a.failed) == ("a", 1, 20, 0)
    assert (b.task, b.claims.successes, b.claims.trials, b.failed) == ("b", 0, 19, 1)
    assert (together.task, together.train_size, together.claims.successes, together.claims.trials) == (
        None,
        None,
        1,
        39,
    )
    assert a.claims.value == 0.05
    assert b.claims.high == pytest.approx(1 - 0.025 ** (1 / 19))


def test_a_trial_that_learnt_nothing_did_not_fail() -> None:
    silent = [trial(task="a", seed=seed, metrics={"learnt": 0.0}) for seed in (20, 21)]
    (row,) = false_discoveries([*control("a", 1, 20), *silent, trial(task="a", seed=22, status=Status.FAILED)])
    assert (row.claims.successes, row.claims.trials, row.not_learnt, row.failed) == (1, 20, 2, 1)
    table = false_discovery_table([row])
    assert dict(zip(table.heads, table.lines[0].cells, strict=True))["not learnt"] == "2"


def test_all_controls_together_count_each_control_and_seed_once_at_the_largest_size() -> None:
    results = [
        *control("a", 20, 20, train_size=100),
        *control("a", 1, 20, train_size=400),
        *control("b", 0, 20, train_size=50),
        trial(task="b", seed=20, train_size=50, status=Status.FAILED),
        trial(task="b", method="other", train_size=400, metrics={"f1": 1.0, "false_discovery": 0.0}),
    ]
    rows = false_discoveries(results)
    (together,) = (row for row in rows if row.task is None)
    assert (together.claims.successes, together.claims.trials, together.failed) == (1, 40, 1)
    assert together.claims.high == pytest.approx(1 - betaincinv(39, 2, 0.025))
    sizes = [(row.task, row.train_size, row.claims.successes) for row in rows if row.method == "method"]
    assert sizes == [("a", 100, 20), ("a", 400, 1), ("b", 50, 0), (None, None, 1)]
    for write in (terminal, markdown):
        text = write([false_discovery_table(rows)])
        assert "one outcome for each control and seed" in " ".join(text.split())
        assert "one outcome" not in write([false_discovery_table(rows[:-1])])


def test_tracks_are_never_counted_together() -> None:
    results = control("a", 0, 5) + control("b", 5, 5, track=Track.DYNAMICS)
    rows = false_discoveries(results)
    assert [(row.track, row.task) for row in rows] == [(Track.FUNCTION, "a"), (Track.DYNAMICS, "b")]


def test_a_method_that_sees_the_truth_is_marked() -> None:
    rows = false_discoveries(discovery_trials("c", truth="none", sizes=(400,)))
    assert {row.method: row.bound for row in rows} == {
        "nullspace": False, "liegan": False, "random": True, "truth": True,
    }  # fmt: skip
    assert {row.method: row.claims.value for row in rows} == {"nullspace": 0, "liegan": 1, "random": 1, "truth": 0}


def test_events_needed_reads_the_share_of_seeds_that_found_it() -> None:
    results = [
        trial(train_size=n, seed=s, metrics={"f1": 0.96 if s < found else 0.5})
        for n, found in ((100, 12), (400, 20))
        for s in range(20)
    ]
    (row,) = events_needed(results)
    assert row.size.value == pytest.approx(200)
    assert {n: (share.successes, share.trials) for n, share in row.found.items()} == {100: (12, 20), 400: (20, 20)}
    assert row.size_low.value < 200 < row.size_high.value


def test_a_failed_trial_did_not_find_it_and_a_skipped_one_was_not_asked() -> None:
    results = [trial(seed=s, metrics={"f1": 1.0}) for s in range(3)]
    results += [trial(seed=3, status=Status.FAILED), trial(seed=4, status=Status.SKIPPED)]
    (row,) = events_needed(results)
    assert (row.found[100].successes, row.found[100].trials) == (3, 4)
    assert row.size == Bound(100, ">")


def test_controls_classifiers_and_claims_without_a_score_have_no_events_needed() -> None:
    results = [*control("a", 0, 5), *classification_trials(seeds=1)]
    results += [trial(task="b", method="counts", seed=s, metrics={"count": 1.0}) for s in range(3)]
    assert events_needed(results) == []


def test_every_format_says_the_same() -> None:
    claims = false_discoveries(control("a|b", 1, 20))
    needed = events_needed([trial(seed=s, metrics={"f1": 1.0}) for s in range(20)])
    text = terminal([false_discovery_table(claims), events_needed_table(needed)])
    for expected in ("1 of 20", "0.05", "[0.00, 0.25]", "< 100", "20/20 at 100"):
        assert expected in text
    assert "a\\|b" in markdown([false_discovery_table(claims)])
    (line,) = csv.DictReader(io.StringIO(rendered(SECTIONS["false-discoveries"], claims, "csv")))
    assert (line["control"], line["claims"], line["trials"], line["rate"]) == ("a|b", "1", "20", "0.05")
    (line,) = csv.DictReader(io.StringIO(rendered(SECTIONS["events-needed"], needed, "csv")))
    assert (line["events"], line["events_relation"], line["seeds"]) == ("100.0", "<", "100: 20/20")
    assert json.loads(rendered(SECTIONS["events-needed"], needed, "json"))[0]["size"] == {
        "value": 100.0,
        "relation": "<",
    }
    assert rendered(SECTIONS["events-needed"], [], "csv") == ""
