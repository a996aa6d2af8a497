"""The leaderboard: what counts, what is shown beside it, and how it is printed."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pytest

from symbench.component import Track
from symbench.errors import UnknownNameError
from symbench.journal.file import Journal
from symbench.journal.records import JournaledResult
from symbench.leaderboard import LeaderboardRow, costs, data_efficiency, leaderboard, select, size_to_target
from symbench.leaderboard.cost import cost_tables
from symbench.leaderboard.frames import metric_frame, score_frame
from symbench.leaderboard.scores import score_tables
from symbench.leaderboard.sections import SECTIONS, rendered
from symbench.metrics.catalog import COLUMNS, SCORE, catalog, metric
from symbench.trial.result import Status, TrialResult
from tests.factories import classification_trials, discovery_trials, trial


def render(rows: list[LeaderboardRow], format: str, *, width: int = 140) -> str:
    return rendered(SECTIONS["scores"], rows, format, width=width)


def test_one_row_for_each_task_method_and_size() -> None:
    results = discovery_trials(sizes=(50, 400)) + classification_trials()
    rows = leaderboard(results)
    assert len(rows) == 4 * 2 + 2 * 3
    assert len({(r.track, r.task, r.method, r.train_size) for r in rows}) == len(rows)
    assert sum(r.seeds_ok for r in rows) == len(results)
    first = rows[0]
    assert (first.task, first.train_size, first.method, first.tier) == (
        "cms-dimuon-mass",
        400,
        "nullspace",
        1,
    )
    assert (first.algebra, first.algebra_votes) == ("so(1,3)", 5)
    assert first.score == first.metrics["f1"]
    assert not first.provisional
    assert rows[-1].provisional


def test_the_order_of_results_does_not_matter() -> None:
    results = discovery_trials() + classification_trials()
    rows = leaderboard(results)
    again = leaderboard(sorted(results, key=lambda r: (r.spec.track != Track.FUNCTION, r.key)))
    assert sorted(rows, key=str) == sorted(again, key=str)


def test_bounding_methods_show_the_limits_and_do_not_compete() -> None:
    rows = {r.method: r for r in leaderboard(discovery_trials(sizes=(400,)))}
    assert rows["truth"].bound
    assert rows["truth"].tier is None
    assert rows["truth"].score is not None
    assert rows["nullspace"].tier == 1


def test_every_status_is_counted_beside_the_score() -> None:
    results = [trial(seed=s, metrics={"f1": 0.5 + 0.1 * s}) for s in range(3)]
    results += [
        trial(seed=3, status=Status.TIMEOUT),
        trial(seed=4, status=Status.FAILED, metrics={"f1": 1.0}),
    ]
    (row,) = leaderboard(results)
    assert row.statuses == {Status.OK: 3, Status.FAILED: 1, Status.TIMEOUT: 1}
    assert row.score is not None
    assert row.score.mean == pytest.approx(0.6)
    assert row.trials == "3 ok, 1 failed, 1 timeout"


def test_an_entry_that_only_failed_keeps_its_row_below_the_others() -> None:
    results = [trial(method="broken", seed=s, status=Status.FAILED) for s in range(2)]
    results += [trial(method="works", seed=s, metrics={"f1": 0.0}) for s in range(2)]
    rows = leaderboard(results)
    assert [r.method for r in rows] == ["works", "broken"]
    assert (rows[1].score, rows[1].tier, rows[1].trials) == (None, None, "2 failed")
    for format in ("table", "markdown", "csv", "json"):
        assert "broken" in render(rows, format)


def test_the_last_record_of_a_trial_counts_whatever_the_clock_said() -> None:
    first = trial(status=Status.FAILED, finished_at=2.0)
    second = trial(metrics={"f1": 0.7}, finished_at=1.0)
    (row,) = leaderboard([first, second])
    assert row.statuses == {Status.OK: 1}
    old, new = trial(version="1", finished_at=2.0), trial(version="2", finished_at=1.0)
    assert select([old, new]).current == (new,)


def test_results_of_old_versions_are_stale_and_enter_no_mean() -> None:
    old = [trial(seed=s, metrics={"f1": 0.0}, version="1", finished_at=1.0) for s in range(3)]
    new = [trial(seed=s, metrics={"f1": 1.0}, version="2", finished_at=2.0) for s in range(2)]
    (row,) = leaderboard(old + new, current_keys={r.key for r in new})
    assert (row.stale, row.seeds_ok) == (3, 2)
    assert row.score is not None
    assert row.score.mean == 1.0
    assert "3 stale" in row.trials
    # without a plan the newer answer to the same question counts; the question without one stays
    (guessed,) = leaderboard(old + new)
    assert (guessed.stale, guessed.seeds_ok) == (2, 3)
    (only_stale,) = leaderboard(old, current_keys=set())
    assert (only_stale.score, only_stale.stale) == (None, 3)
    assert select(old, set()).current == ()


def test_values_that_are_not_finite_never_reach_a_table() -> None:
    results = [
        trial(seed=0, metrics={"f1": 0.5, "closure": math.nan}),
        trial(seed=1, metrics={"f1": math.inf}),
    ]
    (row,) = leaderboard(results)
    assert "closure" not in row.metrics
    assert row.score is not None
    assert (row.score.n, row.seeds_ok) == (1, 2)
    json.loads(render([row], "json"), parse_constant=lambda name: pytest.fail(name))


def test_csv_and_json_hold_the_same_numbers() -> None:
    rows = leaderboard(discovery_trials() + classification_trials())
    table = list(csv.DictReader(io.StringIO(render(rows, "csv"))))
    documents = json.loads(render(rows, "json"))
    assert len(table) == len(documents) == len(rows) > 0
    for line, document, row in zip(table, documents, rows, strict=True):
        assert line["method"] == document["method"] == row.method
        assert int(line["seeds"]) == document["statuses"]["ok"]
        assert row.score is not None
        assert float(line["score"]) == document["score"]["mean"] == row.score.mean
        assert float(line["low"]) == row.score.low
    assert len(table[0]) < 20, "few columns; the others are in the long table"


def test_the_long_table_has_every_metric_of_every_row() -> None:
    rows = leaderboard(discovery_trials() + classification_trials())
    frame = metric_frame(rows)
    assert len(frame) == sum(len(row.metrics) for row in rows) > 100
    for row in rows:
        of_row = frame[(frame.task == row.task) & (frame.method == row.method) & (frame.train_size == row.train_size)]
        assert dict(zip(of_row["metric"], of_row["mean"], strict=True)) == {n: v.mean for n, v in row.metrics.items()}


def test_markdown_cells_are_escaped_and_columns_line_up() -> None:
    rows = leaderboard([trial(method="a|b <script>", metrics={"f1": 0.5})])
    lines = [line for line in render(rows, "markdown").splitlines() if line.startswith("|")]
    assert "a\\|b &lt;script>" in lines[2]
    assert set(lines[1]) == set("| -")
    assert len({line.replace("\\|", "").count("|") for line in lines}) == 1
    assert "0.500 (1 seed)" in lines[2]


def test_the_terminal_table_shows_score_tier_and_failures() -> None:
    rows = leaderboard([*discovery_trials(sizes=(400,)), trial(status=Status.OOM)])
    assert len(score_tables(rows)) == 2
    text = render(rows, "table", width=200)
    assert "nullspace" in text
    assert "1 oom" in text
    assert "so(1,3) (5/5)" in text


def test_a_long_table_says_the_same_in_plain_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = leaderboard([*discovery_trials(sizes=(50, 400)), trial(status=Status.OOM)])
    rich = render(rows, "table", width=400)
    monkeypatch.setattr("symbench.leaderboard.table.PLAIN_ABOVE", 3)
    plain = render(rows, "table")
    assert [line.split() for line in plain.splitlines() if line] == [
        line.split() for line in rich.splitlines() if line.strip(" ─")
    ]


def test_no_rows_render_to_nothing() -> None:
    assert leaderboard([]) == []
    assert render([], "markdown") == ""
    assert json.loads(render([], "json")) == []


def test_the_catalog_knows_every_column_and_operation() -> None:
    known = catalog()
    for track in Track:
        assert SCORE[track] in known
        assert set() != set(COLUMNS[track]) <= known.keys()
    assert metric("something_new").title == "something new"
    assert metric("invariance_boost_float64").better == "lower"
    at_half = metric("invariance_boost_0.5_fixed_beams")
    assert (at_half.title, at_half.better) == ("boost, beams fixed, 0.5", "lower")
    assert metric("auc_beam_boost_2").decimals == 4
    assert metric("flip_rate_soft_emission_0.001").better == "lower"
    assert metric("lie_boost_x_float32").better == "lower"
    assert metric("train_jets_per_s").text(12345.0) == "12,345"
    assert metric("defect_max").text(0.012345) == "0.012"


def test_a_defect_by_a_fitted_gradient_is_printed_with_its_floor() -> None:
    fitted = {"count": 6.0, "defect_max": 0.030, "defect_floor": 0.012}
    results = [trial(method="fitted", seed=s, metrics=fitted) for s in range(3)]
    results += [trial(method="exact", seed=s, metrics={"count": 6.0, "defect_max": 0.0042}) for s in range(3)]
    (table,) = score_tables(leaderboard(results))
    column = table.heads.index("largest defect")
    by_method = {line.cells[2]: line.cells[column] for line in table.lines}
    assert by_method == {"fitted": "0.03 (floor 0.012)", "exact": "0.0042"}


# --- cost


def test_costs_are_those_of_the_largest_size_in_every_format() -> None:
    rows = costs(leaderboard(discovery_trials(sizes=(50, 400)) + classification_trials()))
    assert {(r.task, r.train_size) for r in rows} == {("cms-dimuon-mass", 400), ("top-tagging", 3000)}
    jets = {r.method: r.costs for r in rows if r.task == "top-tagging"}
    assert jets["lorentznet"]["forward_mflop"] > jets["pfn"]["forward_mflop"]
    assert jets["pfn"].keys() >= {"parameters", "train_jets_per_s", "test_jets_per_s", "peak_memory_mib"}
    tables = cost_tables(rows)
    assert ["classification" in t.title for t in tables] == [False, True]
    assert "forward [MFLOP]" not in tables[0].heads
    assert "forward [MFLOP]" in tables[1].heads
    assert sum(line.dim for line in tables[0].lines) == 2, "random and truth bound the table"
    documents = json.loads(rendered(SECTIONS["cost"], rows, "json"))
    lines = list(csv.DictReader(io.StringIO(rendered(SECTIONS["cost"], rows, "csv"))))
    assert len(documents) == len(lines) == len(rows)
    assert float(lines[-1]["fit_seconds"]) == documents[-1]["costs"]["fit_seconds"]
    assert rendered(SECTIONS["cost"], [], "csv") == ""


# --- data efficiency


def test_the_synthetic_gain_of_three_is_found() -> None:
    """lorentznet of the factory has pfn's score with a third of the events, up to the noise of 2,000 test
    events.
    """
    rows = data_efficiency(classification_trials(test_events=2000, seeds=5), "pfn", bootstrap=300)
    by_size = {row.train_size: row for row in rows}
    assert set(by_size) == {300, 1000, 3000}
    row = by_size[300]
    assert row.method == "lorentznet"
    assert row.difference is not None
    assert row.difference.mean > 0
    assert row.events_resampled
    assert row.ratio_low is not None
    assert row.ratio_high is not None
    assert row.ratio_low.value < 3.0 < row.ratio_high.value
    assert row.ratio.value * row.train_size == pytest.approx(row.equivalent.value)
    assert by_size[3000].equivalent.relation == ">"
    assert by_size[3000].ratio.value == 1.0


def test_only_what_is_asked_for_is_read_from_the_journal_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal(tmp_path / "journal.jsonl") as journal:
        for result in (*classification_trials(seeds=1, test_events=50), *classification_trials("other", seeds=1)):
            journal.append(result)
        held = list(journal.latest().values())
    wanted = sorted(r.key for r in held if r.spec.task_label == "top-tagging")
    read: list[str] = []
    whole = JournaledResult.whole

    def counted(result: JournaledResult) -> TrialResult:
        read.append(result.key)
        return whole(result)

    monkeypatch.setattr(JournaledResult, "whole", counted)
    assert data_efficiency(held, "pfn", task_label="top-tagging", bootstrap=10)
    assert sorted(read) == wanted
    read.clear()
    assert size_to_target(held, Track.CLASSIFICATION, 0.9, task_label="top-tagging", bootstrap=10)
    assert sorted(read) == wanted


def test_an_unknown_baseline_is_named() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'pfn'"):
        data_efficiency(classification_trials(), "pfm")


def test_size_to_target_states_curve_area_and_power_law() -> None:
    results = classification_trials(seeds=3)
    rows = {r.method: r for r in size_to_target(results, Track.CLASSIFICATION, 0.93, bootstrap=100)}
    pfn, lorentznet = rows["pfn"], rows["lorentznet"]
    assert pfn.area is not None
    assert lorentznet.area is not None
    assert lorentznet.area.mean > pfn.area.mean
    assert (pfn.area_gain, lorentznet.area_gain) == (None, None), "no baseline was named"
    compared = size_to_target(results, Track.CLASSIFICATION, 0.93, bootstrap=100, baseline_label="pfn")
    gain = {r.method: r.area_gain for r in compared}["lorentznet"]
    assert gain is not None
    assert gain.mean == pytest.approx(lorentznet.area.mean - pfn.area.mean)
    assert pfn.size is not None
    assert lorentznet.size is not None
    assert lorentznet.size.value < pfn.size.value
    assert pfn.power_law is not None
    (failed,) = size_to_target([trial(metrics={"f1": 0.2})], Track.FUNCTION, 0.9)
    assert failed.size is not None
    assert str(failed.size) == "> 100"
    assert (failed.size_low, failed.area, failed.power_law) == (None, None, None)


def test_an_approximate_symmetry_is_shown_with_its_breaking() -> None:
    notes = {"algebra": "approximate so(3)"}
    results = [
        trial(seed=s, metrics={"f1": 1.0, "breaking_claimed": b}, notes=notes) for s, b in enumerate([0.02, 0.03, 0.9])
    ]
    (row,) = leaderboard(results)
    assert row.algebra_text == "approximate so(3), broken by 3.0 %"
    text = render([row], "table", width=220)
    assert "approximate so(3), broken by 3.0 % (3/3)" in text
    assert score_frame([row]).algebra[0] == row.algebra_text
    (exact,) = leaderboard([trial(metrics={"f1": 1.0}, notes={"algebra": "so(3)"})])
    assert exact.algebra_text == "so(3)"


def test_trials_that_learnt_nothing_are_counted_and_enter_no_mean() -> None:
    metrics = [{"f1": 0.9, "learnt": 1.0}, {"f1": 0.7, "learnt": 1.0}, {"learnt": 0.0}]
    (row,) = leaderboard([trial(seed=s, metrics=m) for s, m in enumerate(metrics)])
    assert row.trials == "3 ok, 1 not learnt"
    assert row.score is not None
    assert row.score.mean == 0.8
    assert row.score.n == 2
