"""Many recorded pairs: what holds with hundreds of events holds with thousands, which are fitted in blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbench.data.splits import split
from symbench.discovery.evaluate.run import run_discovery
from symbench.discovery.nullspace.method import Nullspace
from symbench.tasks.base import DataContext
from symbench.tasks.function.cms.ptetaphi import DimuonMassPtEtaPhi
from tests.recorded import recorded_home


@pytest.mark.slow
def test_the_fields_of_the_lorentz_group_are_found_in_five_thousand_pairs(tmp_path: Path) -> None:
    task = DimuonMassPtEtaPhi(pairs="z", test_events=1_000)
    data = task.load(DataContext(recorded_home(tmp_path, "cms-dimuon-mass-2011")))
    sample = split(data, task.sizes(), train_size=5_000, seed=0, validation_size=0)
    found = run_discovery(Nullspace(library="kinematic"), task, sample, seed=0, budget=1.0, device="cpu")
    assert found.metrics["count_error"] == 0
    assert found.metrics["f1"] >= 0.99
