"""A suite with transformations, from the YAML to the report: recorded pairs, and jets in the layout of JetClass."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbench.driver.flow import run_suite
from symbench.executors import LocalExecutor
from symbench.home import Home
from symbench.leaderboard.challenge import challenges
from symbench.report import write_report
from symbench.report.challenge import challenge_findings
from symbench.report.invariance import invariance_tables
from symbench.report.study import Study, SuiteFacts
from symbench.suite.resolve import parse_suite
from tests.data.jets import files as jet_files
from tests.data.jets.files import Jets
from tests.driver.test_flow import Silent
from tests.factories import classification_trials
from tests.leaderboard.test_challenge import of_seeds

SUITE = """
name: real
seeds: 1
challenge:
  - task: {name: jetclass, params: {folder: ., classes: [QCD, Tbqq], jets: 200, test_jets: 20, validation_jets: 20, \
constituents: 12, identification: true}}
    train_sizes: [150]
    transformations: [charge_conjugation, "charge_conjugation*beam_flip", beam_flip]
  - task: cms-z-pairs
    train_sizes: [200]
    controls: true
    transformations: [beam_flip, swap_xz]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Jets of two classes; those of one class have many more positive constituents than negative ones."""
    for number, name in enumerate(("QCD", "Tbqq")):
        jets = Jets(100, seed=number)
        if name == "Tbqq":
            jets.pdg[jets.pdg == -211] = 211
        jet_files.jetclass(tmp_path, name, jets)
    return tmp_path


def test_from_the_suite_to_the_report(folder: Path) -> None:
    suite = parse_suite(SUITE, folder=folder)
    summary = run_suite(suite, LocalExecutor, Silent(), home=Home(folder / "home"))
    rows = {(row.task, row.transformation): row for row in challenges(summary.results)}
    assert len(rows) == len(suite) == 7
    assert rows["jetclass", "charge_conjugation"].challenged
    assert rows["jetclass", "charge_conjugation*beam_flip"].challenged
    assert not rows["jetclass", "beam_flip"].challenged, "azimuths and pseudorapidities are symmetric about 0"
    assert rows["cms-z-pairs", "swap_xz"].challenged
    assert rows["cms-z-pairs", "beam_flip"].z < 3.5
    assert not rows["cms-z-pairs", "swap_xz (control)"].challenged
    again = run_suite(suite, LocalExecutor, Silent(), home=Home(folder / "home"))
    assert again.executed == 0, "a trial of a transformation is cached as any other"
    text = write_report(suite, summary.results, folder / "report").markdown.read_text(encoding="utf-8")
    assert "## Challenge track" in text
    assert "swap_xz" in text


def test_findings_and_the_breaking_beside_the_invariance_error() -> None:
    jets = classification_trials(sizes=(300,), seeds=2)
    broken = [*of_seeds("boost:0.1", [0.4], "top-tagging"), *of_seeds("rotation", [9.0], "top-tagging")]
    plain, beside = (
        invariance_tables(Study(SuiteFacts("demo"), results), "top-tagging")[0] for results in (jets, [*jets, *broken])
    )
    assert "real one preferred" not in plain.heads
    column = beside.heads.index("real one preferred")
    shown = {line.cells[:2]: line.cells[column] for line in beside.lines}
    assert shown["boost", "rapidity 0.1"] == "0.504 ± 0.030"
    assert shown["boost", "rapidity 2"] == "–"
    assert shown["rotation", "–"] == "0.590 ± 0.030"
    assert "the data themselves are not symmetric" in beside.note
    study = Study(SuiteFacts("demo"), [*broken, *of_seeds("parity (control)", [2.0, 0.1], control=True)])
    assert challenge_findings(study) == [
        "top-tagging, 300 events transformed: rotation (z = 9.0) challenged; boost:0.1 not challenged.",
        "With events and copies exchanged at random, 1 of 2 tests of transformations reach 5 %.",
    ]
