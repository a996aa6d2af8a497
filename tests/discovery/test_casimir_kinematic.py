"""`casimir-kinematic`: the mass shell of recorded pairs from (pT, η, φ), and its algebra as vector fields."""

from __future__ import annotations

from pathlib import Path

from symbench.data.splits import split
from symbench.discovery.casimir.method import CasimirKinematic
from symbench.discovery.evaluate.run import run_discovery
from symbench.tasks.base import DataContext
from symbench.tasks.invariant.cms.ptetaphi import ZPairsPtEtaPhi
from symbench.trial.result import Outcome

FAST = CasimirKinematic(starts=8)


def outcome_of(task: ZPairsPtEtaPhi, folder: Path) -> Outcome:
    events = split(task.load(DataContext(folder)), task.sizes(), train_size=450, seed=0)
    return run_discovery(FAST, task, events, seed=0, budget=1.0, device="cpu")


def test_the_lorentz_algebra_is_read_off_recorded_pairs_as_fields(tmp_path: Path) -> None:
    found = outcome_of(ZPairsPtEtaPhi(), tmp_path)
    assert found.metrics["count"] == 1
    assert found.metrics["explained_true"] > 0.98
    assert found.metrics["generators_claimed"] == 6
    assert found.notes["algebra"] == "so(1,3)"


def test_permuted_pairs_are_abstained_on(tmp_path: Path) -> None:
    found = outcome_of(ZPairsPtEtaPhi(partners="permuted"), tmp_path)
    assert found.metrics["count"] == 0
    assert found.metrics["false_discovery"] == 0
