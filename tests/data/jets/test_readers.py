"""Readers of jet files: every layout gives back the jets that were put into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import uproot

from symbench.data.blocks import collect
from symbench.data.jets.energyflow import read_quark_gluon
from symbench.data.jets.jetclass import files_of, fingerprint, read_jetclass
from symbench.data.jets.nanoaod import NanoRequest, read_nano
from symbench.data.jets.request import JetRequest
from symbench.data.jets.root import open_tree
from symbench.data.jets.table import read_jets
from symbench.data.jets.top_tagging import read_reference
from symbench.data.tables.tally import Tally
from symbench.errors import DataError
from tests.data.jets import files as jet_files
from tests.data.jets.files import Jets


@pytest.fixture(scope="module")
def jets() -> Jets:
    return Jets(90)


def test_the_reference_is_read_in_its_own_split(tmp_path: Path, jets: Jets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("symbench.data.jets.top_tagging.BLOCK_BYTES", 3240 * 7)  # blocks of seven jets
    parts = [Jets(20, seed) for seed in (1, 2, 3)]
    files = [(tmp_path / f"{name}.h5", 20) for name in ("train", "val", "test")]
    for (path, _), part in zip(files, parts, strict=True):
        jet_files.reference(path, part, compression="gzip", shuffle=True)
    data = collect(lambda append: read_reference(files, 25, append))
    assert data.vectors.dtype == np.float32
    np.testing.assert_array_equal(data.part, np.repeat([0, 1, 2], 20))
    np.testing.assert_array_equal(data.label, np.concatenate([part.label for part in parts]))
    expected = np.concatenate([part.padded(25, massless=True) for part in parts]).astype(np.float32)
    np.testing.assert_array_equal(data.vectors, expected)
    np.testing.assert_array_equal(data.mask, expected[..., 0] > 0)
    assert "0 jets have the four leading constituents" in data.provenance.notes[1]
    with pytest.raises(DataError, match="20 jets, expected 21"):
        collect(lambda append: read_reference([(files[0][0], 21)], 25, append))


def test_jets_that_stand_in_two_files_of_the_reference_are_counted(tmp_path: Path) -> None:
    files = [(tmp_path / f"{name}.h5", 12) for name in ("train", "test")]
    for path, _ in files:
        jet_files.reference(path, Jets(12, seed=4))
    data = collect(lambda append: read_reference(files, 200, append))
    assert len(data) == 24
    assert "12 jets have the four leading constituents" in data.provenance.notes[1]


@pytest.mark.parametrize("massless", [True, False])
def test_energyflow_jets_have_their_masses_and_their_order(tmp_path: Path, jets: Jets, massless: bool) -> None:
    path = tmp_path / "QG_jets.npz"
    jet_files.quark_gluon(path, jets)
    data = collect(
        lambda append: read_quark_gluon([path], 60, 40, massless=massless, identification=True, append=append)
    )
    kept = np.sort(np.concatenate([np.flatnonzero(jets.label == c)[:30] for c in (0, 1)]))
    np.testing.assert_array_equal(data.label, jets.label[kept])
    np.testing.assert_allclose(data.vectors, jets.padded(40, massless)[kept], rtol=1e-9, atol=1e-9)
    assert data.features is not None
    charge, charged, neutral, photon, electron, muon = data.features[data.mask].T
    np.testing.assert_array_equal(charged + neutral + photon + electron + muon, 1)
    np.testing.assert_array_equal(charge != 0, charged + electron > 0)
    assert not data.features[~data.mask].any()


def test_too_few_energyflow_jets_are_told(tmp_path: Path, jets: Jets) -> None:
    path = tmp_path / "QG_jets.npz"
    jet_files.quark_gluon(path, jets)
    with pytest.raises(DataError, match="1 files: 61 quark and 49 gluon jets of 200 are missing"):
        collect(lambda append: read_quark_gluon([path], 200, 40, massless=True, identification=False, append=append))


@pytest.mark.parametrize("split", [True, False])
def test_jetclass_takes_as_many_of_each_class(tmp_path: Path, split: bool) -> None:
    made = {}
    for number, name in enumerate(("QCD", "Wqq", "Tbqq")):
        for part, folder in enumerate(("train_100M", "val_5M", "test_20M") if split else ("",)):
            for piece in range(2):
                made[name, part, piece] = Jets(20, seed=100 * number + 10 * part + piece)
                jet_files.jetclass(tmp_path / folder, name, made[name, part, piece], piece)
    files = files_of(tmp_path, ["Tbqq", "QCD"])
    wanted = [30, 10, 20] if split else [30]
    data = collect(lambda append: read_jetclass(files, wanted, 16, identification=True, append=append))
    assert np.bincount(data.label).tolist() == [sum(wanted)] * 2
    assert data.vectors.dtype == np.float32
    first = made["Tbqq", 0, 0]
    np.testing.assert_allclose(data.vectors[:20], first.padded(16), rtol=1e-5, atol=1e-4)
    assert data.features is not None
    np.testing.assert_array_equal(data.features[:20][data.mask[:20]][:, 1:].sum(axis=1), 1)
    if split:
        assert data.part is not None
        np.testing.assert_array_equal(np.bincount(data.part), [60, 20, 40])
    else:
        assert data.part is None
    with pytest.raises(DataError, match=r"\d+ jets of the class Tbqq in 2 files, 41 are needed"):
        collect(lambda append: read_jetclass(files, [41, 0, 0][: len(wanted)], 16, identification=False, append=append))
    with pytest.raises(DataError, match=r"no file HToBB_\*\.root of the class Hbb"):
        files_of(tmp_path, ["Hbb"])


def test_jetclass_files_are_told_apart_by_their_ends(tmp_path: Path) -> None:
    path = jet_files.jetclass(tmp_path, "QCD", Jets(20))
    before = fingerprint(files_of(tmp_path, ["QCD"]))
    assert fingerprint(files_of(tmp_path, ["QCD"])) == before
    jet_files.jetclass(tmp_path, "QCD", Jets(20))  # the same jets in a file of another identity
    assert fingerprint(files_of(tmp_path, ["QCD"])) != before
    assert before["QCD"][0].startswith(f"{path.name}:")


@pytest.mark.parametrize("spelling", ["PFCand", "PFCands"])
@pytest.mark.parametrize("jet", ["FatJet", "Jet"])
def test_both_spellings_of_nanoaod_give_the_hardest_jet_of_each_event(
    tmp_path: Path, jets: Jets, spelling: str, jet: str
) -> None:
    path = tmp_path / "nano.root"
    jet_files.nanoaod(path, jets, spelling, jet)
    algorithm: Any = {"FatJet": "ak8", "Jet": "ak4"}[jet]
    request = NanoRequest(algorithm, 30, identification=True, label=f"{jet}_hadronFlavour")
    with open_tree(path, "Events") as tree:
        ((block, label),) = read_nano(tree, request, Tally())
    axis = jets.padded(30).sum(axis=1)
    hardest = np.hypot(axis[:, 1], axis[:, 2]).reshape(-1, 3).argmax(axis=1) + 3 * np.arange(30)
    np.testing.assert_allclose(block.vectors, jets.padded(30)[hardest], rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(block.mask.sum(axis=1), jets.counts[hardest])
    np.testing.assert_array_equal(label, 5 * jets.label[hardest])
    assert block.features is not None
    assert len(np.unique(block.event_id)) == 30
    with open_tree(path, "Events") as tree, pytest.raises(DataError, match="without the constituents of"):
        next(read_nano(tree, NanoRequest("ak4" if algorithm == "ak8" else "ak8", 30), Tally()))


def test_puppi_weights_are_those_of_ak8_jets_alone(tmp_path: Path, jets: Jets) -> None:
    found = {}
    for jet, algorithm in (("FatJet", "ak8"), ("Jet", "ak4")):
        path = tmp_path / f"{jet}.root"
        jet_files.nanoaod(path, jets, "PFCands", jet, weights=True)
        for puppi in (None, True, False):
            with open_tree(path, "Events") as tree:
                ((block, _),) = read_nano(tree, NanoRequest(algorithm, 30, puppi=puppi), Tally())  # type: ignore[arg-type]
            found[algorithm, puppi] = block.vectors
    np.testing.assert_array_equal(found["ak8", None], found["ak8", True])
    np.testing.assert_allclose(found["ak8", True], 0.5 * found["ak8", False], rtol=1e-12)
    np.testing.assert_array_equal(found["ak4", None], found["ak4", False])


def test_cuts_are_on_the_hardest_jet_that_passes(tmp_path: Path, jets: Jets) -> None:
    path = tmp_path / "nano.root"
    jet_files.nanoaod(path, jets, "PFCand")
    axis = jets.padded(30).sum(axis=1)
    pt = np.hypot(axis[:, 1], axis[:, 2])
    low, high = np.quantile(pt, [0.3, 0.6])
    with open_tree(path, "Events") as tree:
        ((block, _),) = read_nano(tree, NanoRequest("ak8", 30, pt_min=low, pt_max=high), Tally())
    passing = np.where((pt >= low) & (pt <= high), pt, 0.0).reshape(-1, 3).max(axis=1)
    found = block.vectors.sum(axis=1)
    np.testing.assert_allclose(np.hypot(found[:, 1], found[:, 2]), passing[passing > 0], rtol=1e-4)


def request(format: Any, components: tuple[str, ...], **changes: Any) -> JetRequest:
    fields: dict[str, Any] = {
        "key": None,
        "coordinates": "e_px_py_pz",
        "first": 0,
        "constituents": 12,
        "label": "signal",
        "classes": (0, 1),
        "jets": None,
    }
    return JetRequest(format=format, components=components, **{**fields, **changes})


def test_a_wide_csv_arrays_and_a_tree_of_lists_hold_the_same_jets(tmp_path: Path, jets: Jets) -> None:
    vectors = jets.padded(30)
    columns = {f"{c}_{i}": vectors[:, i, k] for i in range(30) for k, c in enumerate(("E", "PX", "PY", "PZ"))}
    table = pd.DataFrame({**columns, "signal": jets.label})
    table.to_csv(tmp_path / "jets.csv", index=False)
    table.to_parquet(tmp_path / "jets.parquet")
    np.savez(tmp_path / "jets.npz", v=vectors, e=vectors[..., 0], px=vectors[..., 1], py=vectors[..., 2],
             pz=vectors[..., 3], signal=jets.label)  # fmt: skip
    with uproot.recreate(tmp_path / "jets.root") as file:
        file["jets"] = {
            **{name: jets.lists(column, "f8") for name, column in
               {"pt": jets.pt, "eta": jets.eta, "phi": jets.phi, "m": jets.mass}.items()},
            "signal": jets.label,
        }  # fmt: skip
    found = [
        collect(lambda append, p=path, r=asked: read_jets([(None, str(tmp_path / p))], r, append))  # type: ignore[misc]
        for path, asked in {
            "jets.csv": request("csv", ("E_{i}", "PX_{i}", "PY_{i}", "PZ_{i}")),
            "jets.parquet": request("parquet", ("E_{i}", "PX_{i}", "PY_{i}", "PZ_{i}")),
            "jets.npz": request("npz", ("v",)),
            "jets.root": request("root", ("pt", "eta", "phi", "m"), coordinates="pt_eta_phi_mass"),
        }.items()
    ]
    arrays = request("npz", ("px", "py", "pz", "e"), coordinates="px_py_pz_e")
    found.append(collect(lambda append: read_jets([(None, str(tmp_path / "jets.npz"))], arrays, append)))
    for data in found:
        np.testing.assert_allclose(data.vectors, jets.padded(12), rtol=1e-6, atol=1e-9)
        np.testing.assert_array_equal(data.label, jets.label)
        np.testing.assert_array_equal(data.mask.sum(axis=1), np.minimum(jets.counts, 12))


def test_repeated_jets_and_other_classes_are_left_out(tmp_path: Path, jets: Jets) -> None:
    vectors = jets.padded(12)
    label = np.where(np.arange(90) < 10, 7, jets.label)
    np.savez(tmp_path / "a.npz", v=np.concatenate([vectors, vectors[:50]]), signal=np.concatenate([label, label[:50]]))
    data = collect(lambda append: read_jets([(None, str(tmp_path / "a.npz"))], request("npz", ("v",)), append))
    np.testing.assert_allclose(data.vectors, vectors[10:])
    assert "40 repeated ones dropped" in data.provenance.selection
    asked = request("npz", ("v",), jets=20)
    some = collect(lambda append: read_jets([(None, str(tmp_path / "a.npz"))], asked, append))
    assert np.bincount(some.label).tolist() == [10, 10]


def test_events_of_two_simulated_samples_are_different_events(tmp_path: Path) -> None:
    """Every sample counts its events from the same numbers."""
    for name, seed in (("qcd", 1), ("top", 2)):
        jet_files.nanoaod(tmp_path / f"{name}.root", Jets(60, seed), "PFCands")
    asked = request("nanoaod", (), label=None, nano=NanoRequest("ak8", 12))
    files = [(0, str(tmp_path / "qcd.root")), (1, str(tmp_path / "top.root"))]
    data = collect(lambda append: read_jets(files, asked, append))
    assert np.bincount(data.label).tolist() == [20, 20]
    twice = collect(lambda append: read_jets([*files, files[0]], asked, append))
    assert twice.digest != data.digest
    np.testing.assert_array_equal(twice.vectors, data.vectors)
