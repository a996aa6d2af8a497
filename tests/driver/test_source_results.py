"""Trials that use another's result: they start when it has ended, are given its generators, and never wait in vain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from symbench.driver.flow import RunSummary, run_suite
from symbench.executors import LocalExecutor
from symbench.home import Home
from symbench.journal.file import Journal
from symbench.plugins import Plugin, load_plugins, read_plugin
from symbench.suite.resolve import CheckedSuite
from symbench.trial.result import FAILED_SOURCE, UNUSABLE_SOURCE, Status
from tests.conftest import ROOT
from tests.driver.test_flow import Silent
from tests.driver.test_scale import _NoTracker

MakeSuite = Callable[[str], CheckedSuite]
Go = Callable[..., RunSummary]

SUITE = """
name: linked
seeds: 2
timeout: 60 s
discovery:
  - {task: four-noise, train_sizes: [10], methods: [{name: claim, params: {CLAIM}}]}
classification:
  - task: few-jets
    train_sizes: [20, 40]
    operations: [rotation]
    methods: [{name: form, params: {symmetry: {from: claim}}}]
"""


@pytest.fixture(scope="module")
def plugins(behaviours: Plugin) -> list[Plugin]:
    found = read_plugin(ROOT / "tests" / "plugins" / "sources.py")
    load_plugins([found])
    return [behaviours, found]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Without MLflow, which these laws do not concern."""
    monkeypatch.setattr("symbench.driver.flow.Tracker", _NoTracker)
    return Home(tmp_path / "home")


@pytest.fixture
def go(home: Home, plugins: list[Plugin]) -> Go:
    def run(suite: CheckedSuite, **options: object) -> RunSummary:
        return run_suite(suite, LocalExecutor, Silent(), home=home, plugins=plugins, **options)  # type: ignore[arg-type]

    return run


def _statuses(summary: RunSummary) -> Counter[tuple[str, Status]]:
    return Counter((r.spec.method_label, r.status) for r in summary.results)


def test_dependents_are_given_what_their_own_source_claimed(
    go: Go, make_suite: MakeSuite, plugins: list[Plugin], tmp_path: Path
) -> None:
    suite = make_suite(SUITE.replace("CLAIM", "length: 3"))
    summary = go(suite)
    assert _statuses(summary) == {("claim", Status.OK): 2, ("form", Status.OK): 4}, [r.error for r in summary.results]
    for result in summary.results:
        if result.spec.source:
            assert result.notes["source"] == f"claim on four-noise, N = 10, seed {result.spec.seed}"
    order = [r.spec.method_label for r in Journal(summary.journal).results()]
    assert order == ["claim"] * 2 + ["form"] * 4
    assert go(suite).executed == 0
    longer = go(make_suite(SUITE.replace("CLAIM", "length: 4")))
    assert longer.executed == 6, "another source is another trial"
    used = [r for r in (*summary.results, *longer.results) if r.spec.source]
    assert len({str(r.array("train_loss")) for r in used}) == len(used) == 8, "they do not see what they were given"


def test_a_journal_holds_sources_and_gives_them_back(go: Go, make_suite: MakeSuite) -> None:
    suite = make_suite(SUITE.replace("CLAIM", ""))
    journal = Journal(go(suite).journal)
    whole = {result.key: result for result in journal.results()}
    light = journal.latest()
    assert {key: held.whole() for key, held in light.items()} == whole
    assert {held.key: held.question for held in light.values()} == {s.key: s.question for s in suite.trials()}
    assert [light[s.key].spec for s in suite.trials()] == list(suite.trials())
    series = {id(held.stored.template) for held in light.values()}
    assert len(series) == 2, "seeds of one entry share what they share"


def test_only_the_dependents_brings_their_sources(go: Go, make_suite: MakeSuite) -> None:
    suite = make_suite(SUITE.replace("CLAIM", ""))
    assert go(suite, only="form").executed == 6
    assert go(suite, only="form", fresh=True).executed == 4, "a source that is done is used, not run again"
    assert go(suite, fresh=True).executed == 6


def test_a_source_that_claims_nothing_has_its_dependents_skipped_for_good(go: Go, make_suite: MakeSuite) -> None:
    suite = make_suite(SUITE.replace("CLAIM", "how: nothing"))
    summary = go(suite)
    assert _statuses(summary) == {("claim", Status.OK): 2, ("form", Status.SKIPPED): 4}
    for result in summary.results:
        if result.status is Status.SKIPPED:
            assert result.error is not None
            assert result.error.type == UNUSABLE_SOURCE
            seed = result.spec.seed
            assert result.error.message == f"its source claim on four-noise, N = 10, seed {seed} claims no symmetry"
            assert result.final
    assert go(suite).executed == 0


def test_generators_of_another_dimension_are_no_use(go: Go, make_suite: MakeSuite) -> None:
    text = SUITE.replace("CLAIM", "").replace("task: four-noise", "task: {name: four-noise, params: {dimensions: 3}}")
    messages = {r.error.message for r in go(make_suite(text)).results if r.error}
    assert len(messages) == 2
    assert all("generators of 3 dimensions" in message for message in messages)


def test_a_failed_source_has_its_dependents_skipped_until_it_succeeds(
    go: Go, make_suite: MakeSuite, home: Home, tmp_path: Path
) -> None:
    suite = make_suite(SUITE.replace("CLAIM", f"how: raise-without, trace: {tmp_path}"))
    failed = go(suite)
    assert _statuses(failed) == {("claim", Status.FAILED): 2, ("form", Status.SKIPPED): 4}
    skipped = next(r for r in failed.results if r.status is Status.SKIPPED)
    assert skipped.error is not None
    assert skipped.error.type == FAILED_SOURCE
    assert "ended as failed: ValueError: raised on purpose" in skipped.error.message
    assert go(suite).executed == 6, "source and dependents are tried again, and skipped again"
    (tmp_path / "help").touch()
    keys = {r.key for r in failed.results}
    again = go(suite)
    assert _statuses(again) == {("claim", Status.OK): 2, ("form", Status.OK): 4}
    assert {r.key for r in again.results} == keys
    assert {r.status for r in Journal(again.journal).latest().values()} == {Status.OK}


def test_dependents_skipped_for_a_failure_run_when_the_source_succeeded_alone(
    go: Go, make_suite: MakeSuite, tmp_path: Path
) -> None:
    """As when a run was killed between the two."""
    suite = make_suite(SUITE.replace("CLAIM", f"how: raise-without, trace: {tmp_path}"))
    go(suite)
    (tmp_path / "help").touch()
    assert go(suite, only="claim").executed == 2
    assert go(suite).executed == 4
    assert go(suite).executed == 0


def test_a_source_without_data_has_its_dependents_skipped(go: Go, make_suite: MakeSuite) -> None:
    text = SUITE.replace("task: four-noise", "task: {name: tiny, params: {broken: true}}").replace(
        "name: claim", "name: behave, label: claim"
    )
    assert _statuses(go(make_suite(text.replace("CLAIM", "")))) == {
        ("claim", Status.FAILED): 2,
        ("form", Status.SKIPPED): 4,
    }


class _Interrupted(Silent):
    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after

    def finished(self, result: object) -> None:
        self.after -= 1
        if not self.after:
            raise KeyboardInterrupt


@pytest.mark.parametrize("after", [1, 2, 3, 5])
def test_a_run_that_was_interrupted_goes_on(
    home: Home, go: Go, make_suite: MakeSuite, plugins: list[Plugin], after: int
) -> None:
    suite = make_suite(SUITE.replace("CLAIM", ""))
    with pytest.raises(KeyboardInterrupt):
        run_suite(suite, LocalExecutor, _Interrupted(after), home=home, plugins=plugins)
    summary = go(suite)
    assert summary.executed == 6 - after
    assert Counter(r.key for r in Journal(summary.journal).results()) == dict.fromkeys(
        (s.key for s in suite.trials()), 1
    )
