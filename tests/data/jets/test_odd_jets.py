"""Jets from files that would mislead: units and widths by file, contradictory copies; layouts of public files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest
import uproot

from symbench.errors import DataError
from symbench.tasks.classification.jet_table import JetTable
from symbench.tasks.distribution.jets_density import JetsDensity
from symbench.tasks.function.jets import JetsTask
from tests.data.jets import files as jet_files
from tests.data.jets.files import Jets
from tests.data.own_files import ETA, JETS, LABEL, PHI, PT, REAL, N, P, h5, read


def by_class(path: Path, **changes: Any) -> JetTable:
    fields: dict[str, Any] = {
        "path": str(path),
        "format": "hdf5",
        "files": {"q": "q.h5", "t": "t.h5"},
        "components": ["p"],
    }
    return JetTable(**{**fields, "constituents": P, **changes})


def test_classes_in_files_of_different_units_stop(tmp_path: Path) -> None:
    h5(tmp_path / "q.h5", p=np.tile(JETS, (9, 1, 1)) * np.linspace(0.9, 1.1, 9 * N)[:, None, None])
    h5(tmp_path / "t.h5", p=JETS * 1e3)
    with pytest.raises(DataError, match=r"median pT of the jets is [\d.]+ GeV in q\.h5 and [\de.+]+ GeV in t\.h5"):
        by_class(tmp_path)._read()
    assert len(by_class(tmp_path, accept=["files"])._read()) == 10 * N


def test_classes_in_arrays_of_different_widths_stop(tmp_path: Path) -> None:
    h5(tmp_path / "q.h5", p=JETS[::2, :4])
    h5(tmp_path / "t.h5", p=JETS[1::2])
    with pytest.raises(DataError, match=r"q\.h5 has room for 4 constituents .* for 6, .* `constituents` to 4"):
        by_class(tmp_path)._read()
    assert len(by_class(tmp_path, constituents=4)._read()) == N


def test_copies_of_another_class_are_counted(tmp_path: Path) -> None:
    path = h5(tmp_path / "a.h5", p=np.concatenate([JETS, JETS[:7]]), truth=np.concatenate([LABEL, 1 - LABEL[:7]]))
    selection = read(path, components=["p"]).provenance.selection
    assert "7 repeated ones dropped" in selection
    assert "7 of the repeated jets are of another class" in selection


def test_coordinates_relative_to_the_jet_are_said_to_be(tmp_path: Path) -> None:
    axis = JETS.sum(axis=1)
    eta = np.arcsinh(axis[:, 3] / np.hypot(axis[:, 1], axis[:, 2]))[:, None]
    phi = np.arctan2(axis[:, 2], axis[:, 1])[:, None]
    turned = np.angle(np.exp(1j * (PHI - phi)))
    fields: dict[str, Any] = {"components": ["pt", "eta", "phi"], "coordinates": "pt_eta_phi"}
    narrow = 0.02  # so that the sum of the constituents points along the axis
    path = h5(tmp_path / "a.h5", pt=PT, eta=narrow * (ETA - eta) * REAL, phi=narrow * turned * REAL, truth=LABEL)
    assert "jets with their axis at η = 0, φ = 0" in read(path, **fields).provenance.selection
    path = h5(tmp_path / "b.h5", pt=PT, eta=ETA, phi=PHI, truth=LABEL)
    assert "axis" not in read(path, **fields).provenance.selection


def test_a_weight_that_stands_for_a_missing_one_stops(tmp_path: Path) -> None:
    path = h5(tmp_path / "a.h5", p=JETS, truth=LABEL, w=np.where(np.arange(N) % 10, 1.0, -999.0))
    with pytest.raises(DataError, match=r"weight 'w' is -999 in 6 jets, .*`w: \"!= -999\"`"):
        read(path, components=["p"], weight="w")
    assert len(read(path, components=["p"], weight="w", where={"w": "!= -999"})) == N - 6


FLAGS = ("QCD", "Hbb", "Hcc", "Hgg", "H4q", "Hqql", "Zqq", "Wqq", "Tbqq", "Tbl")


def test_the_example_file_of_jetclass_with_all_classes(tmp_path: Path) -> None:
    """One file with a flag for each of the ten classes, `label_QCD` a floating-point number, the others integers."""
    jets = Jets(120, seed=5)
    kind = np.arange(120) % 10
    flags = {f"label_{name}": (kind == n).astype("f4" if n == 0 else "i4") for n, name in enumerate(FLAGS)}
    momenta = zip(("energy", "px", "py", "pz"), (jets.energy(), jets.px, jets.py, jets.pz), strict=True)
    branches = {f"part_{name}": jets.lists(column) for name, column in momenta}
    jet_files.write_tree(tmp_path / "JetClass_example_100k.root", "tree", {**branches, **flags})
    task = JetTable(
        path=str(tmp_path / "JetClass_example_100k.root"),
        components=["part_energy", "part_px", "part_py", "part_pz"],
        label=list(flags),
        classes={"QCD": 0, "Hbb": 1, "Tbqq": 8},
        constituents=30,
    )
    data = task._read()
    np.testing.assert_array_equal(data.label, np.searchsorted([0, 1, 8], kind[np.isin(kind, [0, 1, 8])]))
    assert "84 jets of other labels left out" in data.provenance.selection
    np.testing.assert_allclose(data.vectors, jets.padded(30)[np.isin(kind, [0, 1, 8])], rtol=1e-5, atol=1e-4)


def test_weights_of_nanoaod_and_what_its_selection_leaves_out(tmp_path: Path) -> None:
    jets = Jets(90)
    jet_files.nanoaod(tmp_path / "plain.root", jets, "PFCands")
    with uproot.open(tmp_path / "plain.root") as file:
        tree = file["Events"]
        branches = {name: tree[name].array() for name in tree.keys() if not name.startswith("n")}  # noqa: SIM118
    weight = np.where(np.arange(30) % 5, 1.5, -0.5)
    plain = {name: ak.to_numpy(array) if array.ndim == 1 else array for name, array in branches.items()}
    jet_files.write_tree(tmp_path / "nano.root", "Events", {**plain, "genWeight": weight})
    fields: dict[str, Any] = {"path": str(tmp_path / "nano.root"), "format": "nanoaod", "constituents": 12,
                              "label": "FatJet_hadronFlavour", "classes": {"light": 0, "b": 5}}  # fmt: skip
    data = JetTable(weight="genWeight", **fields)._read()
    assert data.weight is not None
    np.testing.assert_array_equal(data.weight, weight)
    assert "6 of negative weight" in "; ".join(data.provenance.notes)
    pt = np.hypot(*jets.padded(30).sum(axis=1)[:, 1:3].T).reshape(-1, 3).max(axis=1)
    few = JetTable(pt_min=float(np.median(pt)), **fields)._read()
    assert f"{30 - len(few)} events without a jet in the ranges of pT and η left out" in few.provenance.selection
    assert JetTable(**fields).digest != JetTable(weight="genWeight", **fields).digest


def test_jets_in_discovery_are_drawn_by_their_weights(tmp_path: Path) -> None:
    weight = np.where(np.arange(N) % 3 == 0, 0.0, 2.0)
    path = h5(tmp_path / "a.h5", p=JETS, y=LABEL, w=weight, n=weight - 1)
    fields: dict[str, Any] = {"path": path, "components": ["p"], "constituents": P}
    for task in (JetsTask(weight="w", derived_label="mass", **fields), JetsDensity(weight="w", **fields)):
        data = task._constituents()
        assert data.weight is None
        assert len(data) == 40
        assert f"{N - 40} jets not accepted by their weight w" in data.provenance.selection
        assert "effective number 40.0" in "; ".join(data.provenance.notes)
    with pytest.raises(DataError, match="20 of 60 weights 'n' are negative"):
        JetsTask(weight="n", derived_label="mass", **fields).sizes()
