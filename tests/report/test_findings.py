"""The sentences say what the numbers say, and change when they do."""

from __future__ import annotations

import re

from symbench.component import Track
from symbench.leaderboard import data_efficiency
from symbench.report.findings import findings
from symbench.report.study import Study, SuiteFacts
from symbench.trial.result import Status, TrialResult
from tests.factories import classification_trials, discovery_trials, trial


def said(results: list[TrialResult], baseline: str | None = None) -> str:
    rows = data_efficiency(results, baseline, bootstrap=100) if baseline else []
    return "\n".join(finding.text for finding in findings(Study(SuiteFacts("demo"), results), rows))


def test_discovery_states_count_truth_angle_and_name() -> None:
    text = said(discovery_trials(sizes=(400,)))
    assert "nullspace finds 6 generators in all 5 seeds (the truth has 6)" in text
    assert "identified as so(1,3) in 5 of 5 seeds" in text
    assert "liegan finds 7 generators in all 5 seeds" in text
    assert "random finds" not in text, "a bound is no finding"


def test_the_angle_is_the_mean_over_seeds_like_everything_in_tables() -> None:
    metrics = [{"f1": 1.0, "count": 1.0, "count_error": 0.0, "angle_max_deg": a} for a in (1.0, 2.0, 30.0)]
    results = [trial(seed=s, metrics=m, notes={"truth": "so(2)", "algebra": "so(2)"}) for s, m in enumerate(metrics)]
    assert "11.00° in the mean, 30.00° at worst" in said(results)
    assert "finds 1 generator in all 3 seeds" in said(results)


def test_controls_count_false_claims() -> None:
    text = said(discovery_trials("control", truth="none", sizes=(100,)))
    assert "nullspace claims a continuous symmetry in 0 of 5 seeds" in text
    assert "liegan claims a continuous symmetry in 5 of 5 seeds" in text


def test_a_broken_symmetry_is_never_called_a_symmetry() -> None:
    stated = {"count": 3.0, "f1": 1.0, "false_discovery": 0.0, "breaking_claimed": 0.03, "breaking_true": 0.032}
    hidden = {"count": 3.0, "f1": 0.0, "false_discovery": 1.0, "breaking_true": 0.032}
    silent = {"count": 0.0, "f1": 1.0, "false_discovery": 0.0}
    results = [
        trial(seed=s, metrics=m, notes={"truth": "none", "unbroken": "so(3), broken by 2.1 to 3.2 %"})
        for s, m in enumerate([stated, stated, hidden, silent])
    ]
    assert (
        "task has no exact symmetry (so(3), broken by 2.1 to 3.2 %; 100 events): method claims an approximate one in 2 "
        "and an exact one in 1 of 4 seeds; it says broken by 3.0 % and the exact label says broken by 3.2 %, in the "
        "median; 1 of these claims hides the breaking." in said(results)
    )
    study = Study(SuiteFacts("demo"), results)
    assert study.truth_text("task") == "none; so(3), broken by 2.1 to 3.2 %"
    assert Study(SuiteFacts("demo"), discovery_trials("b")).truth_text("b") == "so(1,3)"


def test_the_published_answer_is_no_truth() -> None:
    metrics = {"f1": 0.1, "count": 7.0, "count_error": 6.0, "published_f1": 0.96}
    text = said([trial(seed=s, metrics=metrics, notes={"truth": "so(2)"}) for s in range(3)])
    assert "(the truth has 1)" in text
    assert "F1 to the published answer, which is not the truth, 0.960 in the mean" in text


def test_a_label_that_was_not_learnt_is_neither_an_abstention_nor_a_score() -> None:
    learnt = {"f1": 1.0, "count": 1.0, "count_error": 0.0, "learnt": 1.0}
    notes = {"truth": "so(2)", "algebra": "so(2)"}
    metrics = [learnt, {"learnt": 0.0}, {"learnt": 0.0}]
    results = [trial(seed=s, metrics=m, notes=notes) for s, m in enumerate(metrics)]
    text = said(results)
    assert "method did not learn the label in 2 of 3 seeds" in text
    assert "finds 1 generator in 1 seed" in text
    control = [{"f1": 1.0, "count": 0.0, "false_discovery": 0.0, "learnt": 1.0}, {"learnt": 0.0}]
    text = said([trial(seed=s, metrics=m, notes={"truth": "none"}) for s, m in enumerate(control)])
    assert "method claims a continuous symmetry in 0 of 1 seeds" in text
    assert "method did not learn the label in 1 of 2 seeds" in text
    text = said([trial(seed=s, metrics={"learnt": 0.0}, notes={"truth": "none"}) for s in range(2)])
    assert "method did not learn the label in 2 of 2 seeds" in text


def test_all_controls_of_a_track_give_one_rate() -> None:
    results = discovery_trials("a", truth="none", sizes=(100,)) + discovery_trials("b", truth="none", sizes=(100,))
    text = said(results)
    assert "nullspace makes a claim in 0 of 10 trials (one trial for each control and seed" in text
    assert "the false-discovery rate is 0.000 (95 % interval 0.000 to 0.308)" in text
    assert "liegan makes a claim in 10 of 10 trials" in text
    assert "On all controls of the function track truth" not in text


def test_dynamics_counts_quantities_over_trajectories() -> None:
    metrics = {"f1": 1.0, "count": 2.0, "count_error": 0.0}
    results = [trial(track=Track.DYNAMICS, seed=s, metrics=metrics, notes={"truth": "E, L"}) for s in range(3)]
    assert "task, 100 trajectories: method finds 2 quantities in all 3 seeds (the truth has 2)" in said(results)
    nothing = {"f1": 0.0, "count": 1.0, "count_error": 1.0, "false_discovery": 1.0}
    control = [trial(track=Track.DYNAMICS, seed=s, metrics=nothing, notes={"truth": "none"}) for s in range(3)]
    assert (
        "task has no conserved quantity (control, 100 trajectories): method claims a conserved quantity in 3 of 3 seeds"
        in said(control)
    )


def test_without_a_known_truth_the_defect_and_the_name_are_said() -> None:
    results = [trial(seed=s, metrics={"count": 3.0, "defect_max": 0.02}, notes={"algebra": "so(3)"}) for s in range(3)]
    text = said(results)
    assert "finds 3 generators in all 3 seeds; largest relative defect 0.02 in the mean" in text
    assert "its most frequent name is so(3) (3 of 3 seeds)" in text
    assert "F1" not in text


def test_a_defect_is_stated_with_its_floor_or_with_the_reason_why_it_is_withheld() -> None:
    measured = {"count": 3.0, "defect_max": 0.02, "defect_floor": 0.015}
    text = said([trial(seed=s, metrics=measured, notes={"algebra": "so(3)"}) for s in range(3)])
    assert "largest relative defect 0.02 in the mean (floor 0.015)" in text
    notes = {"algebra": "so(3)", "defect_withheld": "the reference networks did not learn the label"}
    text = said([trial(seed=s, metrics={"count": 3.0}, notes=notes) for s in range(3)])
    assert "the defect is withheld in 3 of 3 seeds: the reference networks did not learn the label" in text
    assert "largest relative defect" not in text


def test_counts_that_differ_are_a_range() -> None:
    results = [trial(seed=s, metrics={"f1": 0.5, "count": float(s)}) for s in range(3)]
    assert "0 to 2 generators over 3 seeds" in said(results)


def test_classification_names_the_leader_and_what_it_saves() -> None:
    text = said(classification_trials(test_events=4000, seeds=5), "pfn")
    assert "lorentznet leads" in text
    assert "top-tagging, data efficiency of lorentznet against pfn: " in text
    (rotation,) = (line for line in text.splitlines() if "invariance error under rotation:" in line)
    assert re.fullmatch(r".*: only rounding errors for lorentznet \(\S+e-06 in float32\); pfn 0\.3\d?\.", rotation), (
        rotation
    )
    assert "Some entries have fewer than 5 seeds (3)" in said(classification_trials(), "pfn")


def test_equal_classifiers_are_not_told_apart() -> None:
    results = classification_trials(sizes=(300,))
    swapped = [r for r in results if r.spec.method_label == "pfn"]
    twin = [
        trial(
            track=r.spec.track,
            task=r.spec.task_label,
            method="twin",
            train_size=300,
            seed=r.spec.seed,
            metrics=dict(r.metrics),
        )
        for r in swapped
    ]
    assert "the differences are not significant" in said(swapped + twin)


def test_failures_and_stale_results_are_mentioned() -> None:
    old = trial(seed=1, metrics={"f1": 1.0}, version="1", finished_at=1)
    new = trial(seed=1, metrics={"f1": 1.0}, version="2", finished_at=2)
    text = said([old, new, trial(seed=2, version="2", status=Status.TIMEOUT), trial(seed=3, status=Status.FAILED)])
    assert "2 of 3 trials have no score (1 failed, 1 timeout)" in text
    assert "1 results are stale" in text


def test_no_results_no_findings() -> None:
    assert said([]) == ""
