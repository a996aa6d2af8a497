"""The top-tagging task: planned without work, and the same jets whoever makes them."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from symbench.data.jets.recipe import Recipe
from symbench.data.sizes import Sizes
from symbench.errors import DataError
from symbench.tasks import jet_recipe
from symbench.tasks.base import DataContext
from symbench.tasks.classification.top_tagging import TopTagging


class SmallChunks(TopTagging):
    """The same task in chunks that a test can wait for."""

    def recipe(self) -> Recipe:
        return dataclasses.replace(super().recipe(), chunk_events=60)


TASK = SmallChunks(jets=24, test_jets=8, validation_jets=4, constituents=20)


def backwards(function: Callable[[Any], Any], arguments: list[Any]) -> list[Any]:
    """A fan-out whose workers finish in the opposite order."""
    return [function(argument) for argument in arguments[::-1]][::-1]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    cache = tmp_path_factory.mktemp("cache")
    return cache, TASK.load(DataContext(cache)).digest


def test_the_jets_do_not_depend_on_waves_or_workers(
    made: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jet_recipe, "_ACCEPTANCE", {"qcd": 0.9, "top": 0.9})  # many small waves
    assert TASK.load(DataContext(tmp_path / "small", backwards)).digest == made[1]
    monkeypatch.setattr(jet_recipe, "_ACCEPTANCE", {"qcd": 0.1, "top": 0.1})  # one wave, far more than needed
    assert TASK.load(DataContext(tmp_path / "large", backwards)).digest == made[1]


def test_the_data_are_what_the_task_says(made: tuple[Path, str]) -> None:
    def refuse(function: Callable[[Any], Any], arguments: list[Any]) -> list[Any]:
        raise AssertionError("made again instead of read")

    data = TASK.load(DataContext(made[0], refuse))
    assert data.digest == made[1]
    assert data.vectors.shape == (24, 20, 4)
    assert np.bincount(data.label).tolist() == [12, 12]
    assert len(np.unique(data.event_id)) == 24
    assert (made[0] / TASK.digest).is_dir()
    assert "without its detector simulation" in " ".join(data.provenance.notes)
    assert "550 to 650 GeV" in data.provenance.selection


def test_planning_makes_no_jet_and_imports_nothing_heavy() -> None:
    code = (
        "import sys; from symbench.tasks.classification.top_tagging import TopTagging as T; t = T();"
        "print(t.digest, t.sizes().train); import symbench.classifiers.pfn, symbench.classifiers.lorentznet;"
        "heavy = {'torch', 'numpy', 'awkward', 'fastjet', 'pythia8mc'} & set(sys.modules); assert not heavy, heavy"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    task = TopTagging()
    assert found == [task.digest, str(task.sizes().train)]
    assert task.sizes() == Sizes(
        task.jets - task.test_jets - task.validation_jets, task.validation_jets, task.test_jets
    )


def test_the_digest_follows_what_decides_the_jets_and_nothing_else() -> None:
    plain = TopTagging()
    for change in (
        {"jets": 8000},
        {"constituents": 20},
        {"massless": False},
        {"pt_min": 500.0},
        {"pt_max": 700.0},
        {"generation_seed": 2},
    ):
        assert TopTagging(**change).digest != plain.digest, change
    assert TopTagging(test_jets=1000, validation_jets=10).digest == plain.digest
    assert plain.identity()["versions"].keys() == {"pythia8mc", "fastjet"}


@pytest.mark.parametrize(
    "wrong",
    [{"jets": 101}, {"pt_max": 500.0}, {"jets": 100, "test_jets": 90, "validation_jets": 10}, {"source": "elsewhere"}],
)
def test_impossible_parameters_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TopTagging(**wrong)


def test_a_selection_that_nothing_passes_ends_with_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Impossible(TopTagging):
        def recipe(self) -> Recipe:
            return dataclasses.replace(super().recipe(), chunk_events=2, pt_min=3000.0, pt_max=3000.1)

    monkeypatch.setattr(jet_recipe, "_MAX_EMPTY_CHUNKS", 1)
    monkeypatch.setattr(jet_recipe, "_ACCEPTANCE", {"qcd": 1.0, "top": 1.0})
    with pytest.raises(DataError, match="no qcd jet passes"):
        Impossible(jets=4, test_jets=1, validation_jets=1).load(DataContext(tmp_path))
