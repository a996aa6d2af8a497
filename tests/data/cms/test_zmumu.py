import importlib.machinery
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from symbench.data.cms import zmumu as cms
from symbench.data.cms.zmumu import read_dimuons, zmumu_file
from symbench.data.container import Dataset
from symbench.errors import DataError, MissingDataError

MUON_MASS = 0.1056583755  # GeV, PDG 2024


@pytest.fixture(scope="module")
def dimuons() -> Dataset:
    return read_dimuons()


def test_one_row_for_each_of_the_500_events(dimuons: Dataset) -> None:
    assert dimuons.vectors.shape == (500, 2, 4)
    assert len(np.unique(dimuons.event_id)) == 500
    assert "2304 rows" in dimuons.provenance.selection
    assert any(note.startswith("4 of the 500 pairs are of the same sign") for note in dimuons.provenance.notes)


def test_the_recorded_mass_is_that_of_the_four_momenta(dimuons: Dataset) -> None:
    total = dimuons.vectors.sum(axis=1)
    squared = total[:, 0] ** 2 - np.sum(total[:, 1:] ** 2, axis=1)
    assert np.max(np.abs(squared / dimuons.label - 1)) < 1e-8
    assert np.allclose(read_dimuons("mass").label ** 2, dimuons.label, rtol=1e-14)
    assert 88 < np.median(np.sqrt(dimuons.label)) < 93  # the Z


def test_both_are_muons(dimuons: Dataset) -> None:
    squared = dimuons.vectors[..., 0] ** 2 - np.sum(dimuons.vectors[..., 1:] ** 2, axis=-1)
    assert np.max(np.abs(squared - MUON_MASS**2)) < 1e-4


def test_the_first_row_of_an_event_is_the_one_that_is_kept(dimuons: Dataset) -> None:
    import uproot

    with uproot.open(zmumu_file()) as file:
        rows = file["events"].arrays(["Run", "Event", "E1"], library="np")
    first: dict[tuple[int, int], float] = {}
    for run, event, energy in zip(rows["Run"], rows["Event"], rows["E1"], strict=True):
        first.setdefault((run, event), energy)
    assert np.array_equal(dimuons.vectors[:, 0, 0], np.array(list(first.values())))


def test_reading_twice_gives_the_same_bytes(dimuons: Dataset) -> None:
    assert read_dimuons().digest == dimuons.digest


def _pretend(monkeypatch: pytest.MonkeyPatch, folder: Path | None) -> None:
    spec = None
    if folder is not None:
        spec = importlib.machinery.ModuleSpec("skhep_testdata", None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)


def test_a_missing_package_is_answered_with_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _pretend(monkeypatch, None)
    with pytest.raises(MissingDataError, match=r"not installed; run `pip install scikit-hep-testdata==0\.3\.3`"):
        zmumu_file()
    _pretend(monkeypatch, tmp_path)
    with pytest.raises(MissingDataError, match=r"another version; run `pip install scikit-hep-testdata==0\.3\.3`"):
        zmumu_file()


def test_other_bytes_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / cms.FILE).write_bytes(zmumu_file().read_bytes()[:-1] + b"\0\0")
    _pretend(monkeypatch, tmp_path)
    with pytest.raises(DataError, match="SHA-256"):
        read_dimuons()
