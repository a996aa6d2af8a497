"""Jet generation: repeatable to the byte, the selection that it states, and tops that look like tops."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbench.data.jets.pythia import Chunk, generate_chunk, top_within
from symbench.data.jets.recipe import ChunkRequest, Process, Recipe

SMALL = Recipe(seed=5, chunk_events=60)
WHOLE = Recipe(seed=5, chunk_events=250, constituents=400, massless=False)
PROCESSES: tuple[Process, ...] = ("qcd", "top")


@pytest.fixture(scope="module")
def whole() -> dict[Process, Chunk]:
    """Jets with all constituents and their true masses."""
    return {process: generate_chunk(ChunkRequest(WHOLE, process, 0)) for process in PROCESSES}


def jet_pt_eta_mass(chunk: Chunk) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    e, px, py, pz = chunk.vectors.sum(axis=1).T
    pt = np.hypot(px, py)
    return pt, np.arcsinh(pz / pt), np.sqrt(np.maximum(e**2 - pt**2 - pz**2, 0))


@pytest.mark.parametrize("process", PROCESSES)
def test_a_chunk_is_a_function_of_its_request(process: Process) -> None:
    request = ChunkRequest(SMALL, process, 3)
    first, again, next_one = (generate_chunk(r) for r in (request, request, dataclasses.replace(request, index=4)))
    assert first.vectors.tobytes() == again.vectors.tobytes()
    assert first.mask.tobytes() == again.mask.tobytes()
    assert len(first.vectors) > 0
    assert type(first.vectors) is np.ndarray  # and not a masked array
    assert type(first.mask) is np.ndarray
    assert not np.isin(first.vectors[:, 0, 1], next_one.vectors[:, 0, 1]).any()


@pytest.mark.parametrize("process", PROCESSES)
def test_jets_lie_in_the_stated_window(whole: dict[Process, Chunk], process: Process) -> None:
    pt, eta, _ = jet_pt_eta_mass(whole[process])
    assert len(pt) > 20
    assert pt.min() >= WHOLE.pt_min - 1e-6
    assert pt.max() <= WHOLE.pt_max + 1e-6
    assert np.abs(eta).max() < WHOLE.eta_max


@pytest.mark.parametrize("process", PROCESSES)
def test_constituents_fall_in_pt_and_padding_is_zero(whole: dict[Process, Chunk], process: Process) -> None:
    chunk = whole[process]
    pt = np.hypot(chunk.vectors[..., 1], chunk.vectors[..., 2])
    assert (np.diff(pt, axis=1) <= 0).all()
    assert (pt[chunk.mask] > 0).all()
    assert not chunk.vectors[~chunk.mask].any()
    # a mask is a run of True and then of False
    assert (np.diff(chunk.mask.astype(int), axis=1) <= 0).all()


def test_top_jets_weigh_what_a_top_quark_weighs_and_qcd_jets_do_not(whole: dict[Process, Chunk]) -> None:
    top, qcd = (jet_pt_eta_mass(whole[process])[2] for process in ("top", "qcd"))
    assert 165 < np.median(top) < 182
    assert np.mean((top > 150) & (top < 200)) > 0.7
    assert np.median(qcd) < 110
    assert np.mean((qcd > 150) & (qcd < 200)) < 0.2


def test_the_top_quark_of_a_jet_has_its_mass_and_the_momentum_of_the_jet(whole: dict[Process, Chunk]) -> None:
    """172.5 GeV within a few widths, and the direction of the jet, from which radiation alone takes a part."""
    top, jets = whole["top"].tops, whole["top"].vectors.sum(axis=1)
    mass = np.sqrt(top**2 @ [1.0, -1, -1, -1])
    assert abs(np.median(mass) - 172.5) < 1.5
    cosine = np.sum(top[:, 1:] * jets[:, 1:], axis=1) / np.linalg.norm(top[:, 1:], axis=1)
    assert (cosine / np.linalg.norm(jets[:, 1:], axis=1)).min() > 0.9
    assert 0.8 < np.median(top[:, 0] / jets[:, 0]) < 1.3
    assert not whole["qcd"].tops.any()


def test_massless_constituents_keep_their_momenta(whole: dict[Process, Chunk]) -> None:
    # at the generator's precision: a pion and a proton are told from a massless particle, a photon is not
    masses = np.sqrt(np.maximum((whole["qcd"].vectors ** 2 @ [1.0, -1, -1, -1])[whole["qcd"].mask], 0))
    assert (np.abs(masses - 0.1396) < 1e-3).any()
    assert (np.abs(masses - 0.9383) < 1e-3).any()
    massless = generate_chunk(ChunkRequest(dataclasses.replace(SMALL, massless=True), "qcd", 0))
    massive = generate_chunk(ChunkRequest(dataclasses.replace(SMALL, massless=False), "qcd", 0))
    np.testing.assert_array_equal(massless.vectors[..., 1:], massive.vectors[..., 1:])
    np.testing.assert_array_equal(massless.vectors[..., 0], np.linalg.norm(massless.vectors[..., 1:], axis=-1))
    assert (massive.vectors[..., 0] - massless.vectors[..., 0] > -1e-9).all()


def test_fewer_constituents_are_the_leading_ones() -> None:
    few = generate_chunk(ChunkRequest(dataclasses.replace(SMALL, constituents=12), "top", 0))
    more = generate_chunk(ChunkRequest(SMALL, "top", 0))
    np.testing.assert_array_equal(few.vectors, more.vectors[:, :12])


def test_matching_to_the_top_quark_agrees_with_a_loop_over_particles() -> None:
    from symbench.data.jets.pythia import started

    particles = started(ChunkRequest(SMALL, "top", 1).settings).nextBatch(40).prt
    rng = np.random.default_rng(0)
    eta, phi = np.empty(len(particles)), np.empty(len(particles))
    for n, event in enumerate(particles.to_list()):
        eta[n], phi[n] = eta_phi(event[last_copy(event, 5)])
    eta, phi = eta + rng.normal(0, 0.4, len(eta)), np.remainder(phi + rng.normal(0, 0.4, len(eta)), 2 * np.pi)
    expected = [within(event, eta[n], phi[n], 0.8) for n, event in enumerate(particles.to_list())]
    assert 3 < sum(expected) < 37
    np.testing.assert_array_equal(top_within(particles, eta, phi, 0.8), expected)


def last_copy(event: list[dict[str, Any]], row: int) -> int:
    while event[event[row]["daughter1"]]["id"] == event[row]["id"]:
        row = event[row]["daughter1"]
    return row


def eta_phi(particle: dict[str, Any]) -> tuple[float, float]:
    p = particle["p"]
    return float(np.arcsinh(p["pz"] / np.hypot(p["px"], p["py"]))), float(np.arctan2(p["py"], p["px"]))


def within(event: list[dict[str, Any]], eta: float, phi: float, radius: float) -> bool:
    for hard in (row for row, p in enumerate(event) if abs(p["id"]) == 6 and p["status"] == -22):
        top = last_copy(event, hard)
        children = [event[top]["daughter1"], event[top]["daughter2"]]
        (boson,) = (last_copy(event, c) for c in children if abs(event[c]["id"]) == 24)
        quarks = [c for c in children if abs(event[c]["id"]) != 24]
        quarks += [event[boson]["daughter1"], event[boson]["daughter2"]]
        assert all(abs(event[q]["id"]) <= 5 for q in quarks)
        distances = []
        for row in (top, *quarks):
            e, f = eta_phi(event[row])
            turn = abs(f - phi) % (2 * np.pi)
            distances.append(np.hypot(e - eta, min(turn, 2 * np.pi - turn)))
        if max(distances) < radius:
            return True
    return False


@given(seed=st.integers(0, 2**40), indices=st.sets(st.integers(0, 10**6), min_size=2, max_size=20))
def test_seeds_are_what_pythia_accepts_and_never_shared_by_chunks(seed: int, indices: set[int]) -> None:
    recipe = Recipe(seed=seed)
    seeds = {ChunkRequest(recipe, "top", index).pythia_seed for index in indices}
    assert len(seeds) == len(indices)
    assert all(1 <= s <= 900_000_000 for s in seeds)


def test_a_jet_that_no_event_has_gives_an_empty_chunk() -> None:
    recipe = Recipe(seed=1, chunk_events=5, pt_min=2000, pt_max=2001, pt_hat_min=450, pt_hat_max=500)
    chunk = generate_chunk(ChunkRequest(recipe, "top", 0))
    assert chunk.vectors.shape == (0, 40, 4)
    assert chunk.mask.shape == (0, 40)
