"""The task `density-table`: vectors of the user's files without a label."""

from __future__ import annotations

from pathlib import Path

import awkward as ak
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from symbench.data.samples import DistributionSample
from symbench.errors import DataError
from symbench.registry import find_discovery_method, find_task
from symbench.tasks.base import DataContext
from symbench.tasks.distribution.density_table import DensityTable
from tests.data.own_files import ETA, JETS, PHI, PT, flat_muons, muons, ragged

POLAR = [["pt1", "eta1", "phi1"], ["pt2", "eta2", "phi2"]]


def polar(rows: int = 200) -> pd.DataFrame:
    """Two massless vectors of each row as pT, η, φ."""
    v = muons(rows)
    pt = np.hypot(v[..., 1], v[..., 2])
    columns = {"pt": pt, "eta": np.arcsinh(v[..., 3] / pt), "phi": np.arctan2(v[..., 2], v[..., 1])}
    return pd.DataFrame({f"{name}{j + 1}": values[:, j] for j in range(2) for name, values in columns.items()})


def test_vectors_in_other_coordinates_without_a_label(tmp_path: Path) -> None:
    polar().to_csv(tmp_path / "a.csv", index=False)
    task = DensityTable(path=str(tmp_path / "a.csv"), vectors=POLAR, coordinates="pt_eta_phi", divide_by=10)
    assert find_task("density-table") is DensityTable
    assert task.sizes().train == 160
    sample = task.sample(task.load(DataContext(tmp_path)))
    assert isinstance(sample, DistributionSample)
    np.testing.assert_allclose(sample.x, muons() / 10, rtol=1e-9, atol=1e-12)
    assert sample.y is None
    with pytest.raises(DataError, match="'eta1' is named as an angle"):
        DensityTable(path=str(tmp_path / "a.csv"), vectors=POLAR).sizes()
    with pytest.raises(ValidationError, match="label"):
        DensityTable(path="a.csv", vectors=POLAR, label="M")  # type: ignore[call-arg]


def test_a_class_that_transformations_keep(tmp_path: Path) -> None:
    table = flat_muons(muons()).assign(sign=np.where(np.arange(200) % 4, "opposite", "same"))
    table.to_parquet(tmp_path / "a.parquet")
    task = DensityTable(
        path=str(tmp_path / "a.parquet"), vectors=[["E1", "px1", "py1", "pz1"]], keep="sign", coordinates="e_px_py_pz"
    )
    sample = task.sample(task.load(DataContext(tmp_path)))
    np.testing.assert_array_equal(sample.y, (np.arange(200) % 4 == 0).astype(int))
    assert "classes: 0 opposite, 1 same" in task.load(DataContext(tmp_path)).provenance.notes


def test_a_list_of_objects_has_a_density(tmp_path: Path) -> None:
    lists = ak.Array({"pt": ragged(PT), "eta": ragged(ETA), "phi": ragged(PHI)})
    ak.to_parquet(lists, tmp_path / "a.parquet")
    task = DensityTable(
        path=str(tmp_path / "a.parquet"), vectors=[["pt", "eta", "phi"]], coordinates="pt_eta_phi", objects=2
    )
    np.testing.assert_allclose(task.load(DataContext(tmp_path)).vectors, JETS[:, :2], rtol=1e-9)


def test_the_symmetry_of_a_ring_is_found_in_a_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    turn, radius = rng.uniform(0, 2 * np.pi, 1200), rng.normal(1.0, 0.2, 1200)
    x = radius[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    np.savetxt(tmp_path / "ring.csv", x, delimiter=",", header="x,y", comments="")
    task = DensityTable(path=str(tmp_path / "ring.csv"), vectors=[["x", "y"]], known_truth="so(2)")
    data = task.load(DataContext(tmp_path))
    method = find_discovery_method("score-nullspace")()
    found = method.fit(task.sample(data), seed=0, budget=1.0)
    assert len(found.generators) == 1
    truth = task.truth()
    assert truth is not None
    overlap = abs(np.sum(found.generators[0] * truth[0])) / np.linalg.norm(found.generators[0]) / np.sqrt(2)
    assert overlap > 0.98
