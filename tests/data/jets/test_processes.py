"""W, quark and gluon jets: matched to the particle that they are named after, and made by the task that states them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symbench.data.jets.pythia import generate_chunk, parton_within, started, w_within
from symbench.data.jets.recipe import ChunkRequest, Process, Recipe
from symbench.tasks.base import DataContext
from symbench.tasks.classification.quark_gluon import QuarkGluon
from symbench.tasks.classification.w_tagging import WTagging
from tests.data.jets.test_pythia import eta_phi, jet_pt_eta_mass, last_copy

SMALL = Recipe(seed=5, chunk_events=30)
SMALL_JETS = dataclasses.replace(QuarkGluon().recipe(), chunk_events=30)
RECIPES: dict[Process, Recipe] = {"w": SMALL, "quark": SMALL_JETS, "gluon": SMALL_JETS}


def candidates(event: list[dict[str, Any]], process: Process) -> list[list[int]]:
    """Rows that have to lie within R together: W and quarks, or one light parton of the hard process."""
    if process != "w":
        allowed = {21, 1, 2, 3}
        return [[row] for row, p in enumerate(event) if p["status"] == -23 and abs(p["id"]) in allowed]
    bosons = [last_copy(event, row) for row, p in enumerate(event) if abs(p["id"]) == 24 and p["status"] == -22]
    return [[row, event[row]["daughter1"], event[row]["daughter2"]] for row in bosons]


def distance(particle: dict[str, Any], eta: float, phi: float) -> float:
    e, f = eta_phi(particle)
    turn = abs(f - phi) % (2 * np.pi)
    return float(np.hypot(e - eta, min(turn, 2 * np.pi - turn)))


@pytest.mark.parametrize("process", RECIPES)
def test_matching_agrees_with_a_loop_over_particles(process: Process) -> None:
    recipe = RECIPES[process]
    particles = started(ChunkRequest(recipe, process, 1).settings).nextBatch(20 if process == "w" else 8).prt
    events = particles.to_list()
    rng = np.random.default_rng(0)
    eta, phi = np.empty(len(events)), np.empty(len(events))
    for n, event in enumerate(events):
        groups = candidates(event, process)
        eta[n], phi[n] = eta_phi(event[groups[n % len(groups)][0]]) if groups else (0.0, 0.0)
    eta += rng.normal(0, 0.7 * recipe.radius, len(eta))
    phi = np.remainder(phi + rng.normal(0, 0.7 * recipe.radius, len(eta)), 2 * np.pi)
    expected = [
        any(max(distance(event[row], eta[n], phi[n]) for row in rows) < recipe.radius for rows in groups)
        for n, event in enumerate(events)
        for groups in [candidates(event, process)]
    ]
    assert 0 < sum(expected) < len(events)
    matching = w_within if process == "w" else parton_within
    np.testing.assert_array_equal(matching(particles, eta, phi, recipe.radius), expected)


def test_quark_and_gluon_events_are_what_they_are_called() -> None:
    for process, kinds in (("quark", {1, 2, 3, 4, 5}), ("gluon", {21})):
        request = ChunkRequest(SMALL_JETS, process, 2)  # type: ignore[arg-type]
        events = started(request.settings).nextBatch(2).prt.to_list()
        assert len(events) == 2
        for event in events:
            hard = {abs(p["id"]) for p in event if p["status"] in (-22, -23)}
            assert 23 in hard
            assert hard - {23} <= kinds
        assert "PartonLevel:MPI = on" in request.settings


def test_w_jets_weigh_what_a_w_weighs_and_lie_in_the_window() -> None:
    recipe = dataclasses.replace(SMALL, chunk_events=80, constituents=400, massless=False)
    pt, eta, mass = jet_pt_eta_mass(generate_chunk(ChunkRequest(recipe, "w", 0)))
    assert len(pt) > 5
    assert pt.min() >= recipe.pt_min - 1e-6
    assert pt.max() <= recipe.pt_max + 1e-6
    assert np.abs(eta).max() < recipe.eta_max
    assert 75 < np.median(mass) < 95


def test_the_settings_of_a_task_are_those_of_its_processes_alone() -> None:
    assert set(WTagging().identity()["recipe"]["settings"]) == {"qcd", "w"}
    recipe = QuarkGluon().identity()["recipe"]
    assert set(recipe["settings"]) == {"quark", "gluon"}
    assert (recipe["radius"], recipe["eta_max"], recipe["pt_hat_min"]) == (0.4, 1.7, 450.0)


def test_w_jets_of_a_task(tmp_path: Path) -> None:
    class SmallChunks(WTagging):
        def recipe(self) -> Recipe:
            return dataclasses.replace(super().recipe(), chunk_events=40)

    data = SmallChunks(jets=4, test_jets=1, validation_jets=1, constituents=20).load(DataContext(tmp_path))
    assert np.bincount(data.label).tolist() == [2, 2]
    assert "W boson and both its quarks" in data.provenance.selection
