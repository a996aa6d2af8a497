"""The user's jets in discovery: `jets`, `jets-density` and `aspen-open-jets`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import pytest
from pydantic import ValidationError

import symbench as sb
from symbench.data.samples import DistributionSample, FunctionSample
from symbench.data.splits import split
from symbench.errors import DataError
from symbench.suite.resolve import parse_suite
from symbench.tasks.base import DataContext
from symbench.tasks.classification.jet_table import JetTable
from symbench.tasks.distribution.aspen_open_jets import AspenOpenJets
from symbench.tasks.distribution.jets_density import JetsDensity
from symbench.tasks.function.jets import JetsTask
from tests.data.own_files import COUNTS, JETS, LABEL, REAL, h5, wide

Floats = npt.NDArray[np.floating[Any]]


def mass_squared(p: Floats) -> Floats:
    return np.asarray(p[..., 0] ** 2 - np.square(p[..., 1:]).sum(axis=-1))


def test_the_mass_of_the_whole_jet_is_a_function_of_the_vectors(tmp_path: Path) -> None:
    path = h5(tmp_path / "a.h5", p=JETS)
    task = JetsTask(path=path, components=["p"], derived_label="mass_squared", known_truth="so(1,3)", divide_by=100)
    data = task.load(DataContext(tmp_path))
    enough = COUNTS >= 3
    assert data.vectors.shape == (int(enough.sum()), 3, 4)
    np.testing.assert_allclose(data.vectors[:, :2], JETS[enough][:, :2])
    np.testing.assert_allclose(data.label, mass_squared(JETS[enough].sum(axis=1)), rtol=1e-9)
    sample = task.sample(data)
    assert isinstance(sample, FunctionSample)
    assert sample.label_kind == "number"
    np.testing.assert_allclose(sample.x * 100, data.vectors)
    two = JetsTask(path=path, components=["p"], derived_label="mass_squared", rest=False).load(DataContext(tmp_path))
    np.testing.assert_allclose(two.label, mass_squared(JETS[:, :2].sum(axis=1)), rtol=1e-9)
    many = JetsTask(path=path, components=["p"], derived_label="pt", leading=4)
    assert f"{int((COUNTS < 5).sum())} jets with fewer than 5 constituents left out" in str(many.selection())
    with pytest.raises(DataError, match="no jet has 21 constituents"):
        JetsTask(path=path, components=["p"], derived_label="pt", leading=20).sizes()


def test_classes_are_those_of_jet_table(tmp_path: Path) -> None:
    wide().to_csv(tmp_path / "a.csv", index=False)
    fields: dict[str, Any] = {"path": str(tmp_path / "a.csv"), "label": "truth"}
    jets, table = JetsTask(**fields), JetTable(**fields)
    data = jets.load(DataContext(tmp_path))
    np.testing.assert_array_equal(data.label, LABEL[COUNTS >= 3])
    assert jets.label_kind == "class"
    assert set(data.event_id.tolist()) <= set(table._read().event_id.tolist())
    density = JetsDensity(**fields)
    sample = density.sample(density.load(DataContext(tmp_path)))
    assert isinstance(sample, DistributionSample)
    np.testing.assert_array_equal(sample.y, data.label)
    assert JetsDensity(path=fields["path"]).sample(data).y is None
    assert (
        jets.digest
        != JetsTask(**fields, leading=3).digest
        != JetsTask(path=fields["path"], derived_label="mass").digest
    )
    for wrong in ({}, {"label": "truth", "derived_label": "mass"}):
        with pytest.raises(ValidationError, match="set"):
            JetsTask(path=fields["path"], **wrong)


LOOP = """
name: loop
seeds: 1
discovery:
  - task: {name: jets, params: {path: a.h5, components: [p], derived_label: mass_squared, divide_by: 100}}
    train_sizes: [300]
    methods: [polynomial]
classification:
  - task: {name: jet-table, params: {path: a.h5, components: [p], label: y, constituents: 4}}
    train_sizes: [100]
    methods: [{name: liegnn, params: {symmetry: {from: polynomial}, epochs: 1, min_steps: 1}}]
    operations: [rotation]
"""


@pytest.mark.slow
def test_one_suite_discovers_on_jets_and_trains_liegnn_with_the_result(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    p = rng.normal(scale=60, size=(500, 4, 3)) + np.array([150.0, 0, 0])
    jets = np.concatenate([np.linalg.norm(p, axis=2, keepdims=True), p], axis=2)
    h5(tmp_path / "a.h5", p=jets, y=np.arange(500) % 2)
    suite = sb.parse_suite(LOOP, folder=tmp_path)
    results = suite.run(executor="local", home=tmp_path / "home", progress=False)
    trials = results.trials()
    assert trials["status"].tolist() == ["ok", "ok"], trials
    assert set(trials.method) == {"polynomial", "liegnn"}
    (key,) = trials.key[trials.method == "polynomial"]
    assert len(results.trial(key).generators) == 6


def test_jets_and_a_classifier_on_the_same_file_are_linked(tmp_path: Path) -> None:
    h5(tmp_path / "a.h5", p=np.tile(JETS, (10, 1, 1)) * np.linspace(1, 2, 600)[:, None, None], y=np.arange(600) % 2)
    ((_, entry, link),) = parse_suite(LOOP, folder=tmp_path).links()
    assert entry.label.startswith("liegnn")
    assert link.entry.label == "polynomial"


def aspen(path: Path, jets: Floats, events: npt.NDArray[Any], weights: Floats) -> str:
    """A file of the layout of Aspen Open Jets."""
    n = len(jets)
    candidates = np.zeros((n, 150, 11), dtype=np.float32)
    candidates[:, : jets.shape[1], :4] = jets[..., [1, 2, 3, 0]]
    candidates[:, : jets.shape[1], 8] = 1
    candidates[:, : jets.shape[1], 10] = weights
    with h5py.File(path, "w") as file:
        file["event_info"] = events
        file["jet_kinematics"] = np.zeros((n, 4), dtype=np.float32)
        file["PFCands"] = candidates
        file["jet_tagging"] = np.zeros((n, 13), dtype=np.float32)
    return str(path)


def test_aspen_open_jets(tmp_path: Path) -> None:
    n = len(JETS)
    events = np.stack([np.full(n, 278_000), np.arange(n) // 20, 4_000_000_000 + np.arange(n) // 2], axis=1)
    weights = np.where(REAL, 1.0, 0.0)
    weights[:, 1] = 0.5
    weights[0, 2] = 0.0
    task = AspenOpenJets(path=aspen(tmp_path / "Run2016G_batch0.h5", JETS, events, weights))
    data, sizes = task.load(DataContext(tmp_path)), task.sizes()
    scaled = JETS * weights[..., None]
    for number in range(0, n, 7):
        if (weights[number] > 0).sum() < 3:
            continue
        whole = scaled[number].sum(axis=0)
        rows = np.flatnonzero(np.isclose(data.vectors.sum(axis=1)[:, 0], whole[0], rtol=1e-5))
        assert len(rows) == 1
        np.testing.assert_allclose(data.vectors[rows[0]].sum(axis=0), whole, rtol=1e-4, atol=1e-2)
    assert "1 constituents of weight 0 (PFCands[10]) left out" in data.provenance.selection
    drawn = split(data, sizes, train_size=sizes.train, seed=0)
    of = {jet.tobytes(): event for jet, event in zip(data.vectors, range(len(data)), strict=True)}
    assert len(of) == len(data)
    assert sizes.train + sizes.test == len(data)
    assert len(drawn.test) == sizes.test
    assert task.truth_name() == "so(2)"
    plain = AspenOpenJets(path=task.path, puppi=False).load(DataContext(tmp_path))
    assert plain.vectors[..., 0].sum() > data.vectors[..., 0].sum()


def test_jets_of_an_event_stay_together(tmp_path: Path) -> None:
    n = len(JETS)
    events = np.stack([np.full(n, 1), np.full(n, 1), np.arange(n) // 2], axis=1)
    task = AspenOpenJets(path=aspen(tmp_path / "a.h5", JETS, events, np.where(REAL, 1.0, 0.0)), leading=1)
    data = task.load(DataContext(tmp_path))
    assert data.part is not None
    energy = {round(float(e), 2): event for e, event in zip(JETS.sum(axis=1)[:, 0], events[:, 2], strict=True)}
    parts: dict[int, set[int]] = {}
    for e, part in zip(data.vectors.sum(axis=1)[:, 0], data.part, strict=True):
        nearest = min(energy, key=lambda known: abs(known - e))
        parts.setdefault(int(energy[nearest]), set()).add(int(part))
    assert len(parts) == n // 2
    assert all(len(part) == 1 for part in parts.values())


def test_weights_of_constituents_are_checked(tmp_path: Path) -> None:
    fields: dict[str, Any] = {"components": ["p"], "derived_label": "mass", "constituent_weight": "w"}
    with pytest.raises(DataError, match="negative or not finite in 360 places"):
        JetsTask(path=h5(tmp_path / "a.h5", p=JETS, w=np.full(JETS.shape[:2], -1.0)), **fields).sizes()
    with pytest.raises(DataError, match="not one weight for each constituent"):
        JetsTask(path=h5(tmp_path / "b.h5", p=JETS, w=np.ones((len(JETS), 2))), **fields).sizes()
