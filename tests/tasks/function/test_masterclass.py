"""Files of the CMS masterclasses, with pT, η, φ and without energies; and the leading pair of a NanoAOD collection."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pandas as pd
import pytest
import uproot

from symbench.registry import find_discovery_method
from symbench.tasks.base import DataContext
from symbench.tasks.function.table import TableTask
from tests.recorded import recorded_file

MUON, ELECTRON = 0.105658, 0.000511
POLAR = [[f"{name}{number}" for name in ("pt", "eta", "phi")] for number in (1, 2)]


@pytest.mark.parametrize(
    ("file", "typical"), [("peakdata3.csv", 2e-5), ("Zmumu_Run2011A_masses.csv", 3e-3), ("MuRun2010B_0.csv", 2e-5)]
)
def test_masses_from_pt_eta_phi_are_those_that_the_files_state(file: str, typical: float) -> None:
    """In the file of the Z, the pT of each muon differs from √(px² + py²) of its own row by 0.3 % in the median."""
    path = recorded_file(file)
    fields: dict[str, Any] = {"path": str(path), "vectors": POLAR, "coordinates": "pt_eta_phi", "mass": MUON}
    computed = TableTask(**fields, derived_label="mass", event_id=["Run", "Event"])._read()
    stated = TableTask(**fields, label="M", event_id=["Run", "Event"])._read()
    np.testing.assert_array_equal(computed.event_id, stated.event_id)
    difference = np.abs(computed.label / stated.label - 1)
    assert np.median(difference) < typical
    assert np.quantile(difference, 0.99) < 5e-2


def test_electrons_without_energies_have_the_mass_of_the_z() -> None:
    path = recorded_file("Zee_Run2011A.csv")
    task = TableTask(
        path=str(path),
        vectors=POLAR,
        coordinates="pt_eta_phi",
        mass=ELECTRON,
        derived_label="mass_squared",
        where={"Q1*Q2": -1},
        event_id=["Run", "Event"],
        divide_by=50,
        known_truth="so(1,3)",
    )
    data = task.load(DataContext(Path()))
    assert "18,885 rows" in data.provenance.selection
    assert abs(np.median(np.sqrt(data.label)) - 91.2) < 1.5
    sample = task.sample(data.take(np.arange(400)))
    found = find_discovery_method("polynomial")().fit(sample, seed=0, budget=1.0)
    assert found.name == "so(1,3)"


def test_four_leptons_from_several_files() -> None:
    path = recorded_file("4mu_2011.csv").parent / "4mu_201?.csv"
    vectors = [[f"{name}{number}" for name in ("pt", "eta", "phi")] for number in (1, 2, 3, 4)]
    fields: dict[str, Any] = {"path": str(path), "vectors": vectors, "coordinates": "pt_eta_phi", "mass": MUON}
    computed = TableTask(**fields, derived_label="mass", event_id=["Run", "Event"])._read()
    stated = TableTask(**fields, label="M", event_id=["Run", "Event"])._read()
    assert len(computed) > 80
    assert computed.provenance.source.startswith("4mu_2011.csv, 4mu_2012.csv")
    assert np.median(np.abs(computed.label / stated.label - 1)) < 1e-3


def nano(path: Path, events: int = 1500) -> pd.DataFrame:
    """A NanoAOD file of muons, up to three an event, beside a tree of runs; and the muons as columns."""
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 4, events)
    n = int(counts.sum())
    muons = {
        "pt": rng.exponential(20, n) + 3,
        "eta": rng.uniform(-2.4, 2.4, n),
        "phi": rng.uniform(-np.pi, np.pi, n),
        "charge": rng.choice([-1, 1], n),
    }
    with uproot.recreate(path) as file:
        file["Events"] = {
            "Muon": ak.zip({name: ak.unflatten(values, counts) for name, values in muons.items()}),
            "run": np.ones(events, np.uint32),
            "event": np.arange(events, dtype=np.uint64),
        }
        file["Runs"] = {"run": np.ones(1, np.uint32)}
    return pd.DataFrame(muons).assign(event=np.repeat(np.arange(events), counts))


def test_the_leading_opposite_sign_pair_of_nanoaod_with_its_mass(tmp_path: Path) -> None:
    """The random label of such events has no symmetry; the square of their mass has so(1,3), already with 150 pairs."""
    muons = nano(tmp_path / "muons.root")
    task = TableTask(
        path=f"{tmp_path / 'muons.root'}:Events",
        vectors=[["Muon_pt", "Muon_eta", "Muon_phi"]],
        coordinates="pt_eta_phi",
        mass=MUON,
        charge="Muon_charge",
        derived_label="mass_squared",
        event_id=["run", "event"],
        divide_by=50,
        known_truth="so(1,3)",
    )
    data = task.load(DataContext(tmp_path))
    leading = muons.sort_values("pt", ascending=False).groupby(["event", "charge"], as_index=False).first()
    pairs = leading[leading.charge == 1].merge(leading[leading.charge == -1], on="event", suffixes=("_p", "_m"))
    assert len(data) == len(pairs)
    np.testing.assert_allclose(np.hypot(data.vectors[:, 0, 1], data.vectors[:, 0, 2]), pairs.pt_p, rtol=1e-6)
    np.testing.assert_allclose(np.hypot(data.vectors[:, 1, 1], data.vectors[:, 1, 2]), pairs.pt_m, rtol=1e-6)
    exact = 2 * pairs.pt_p * pairs.pt_m * (np.cosh(pairs.eta_p - pairs.eta_m) - np.cos(pairs.phi_p - pairs.phi_m))
    heavy = exact > 100  # where the mass of the muons hardly counts
    np.testing.assert_allclose(data.label[heavy], exact[heavy], rtol=0.02)
    assert f"{1500 - len(pairs):,} rows without an object of each charge left out" in data.provenance.selection
    sample = task.sample(data.take(np.arange(150)))
    found = find_discovery_method("polynomial")().fit(sample, seed=0, budget=1.0)
    assert found.name == "so(1,3)"
