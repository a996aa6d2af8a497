"""Rows that would be wrong without a word: numbers for missing values, copies, other units, exchanged columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from symbench.data.container import Dataset
from symbench.data.tables.placeholders import stand_in
from symbench.errors import DataError
from symbench.tasks.distribution.density_table import DensityTable
from symbench.tasks.function.table import TableTask
from tests.data.own_files import VECTORS, flat_muons, muons

MUONS = flat_muons(muons())


def read(path: Path | str, **params: Any) -> Dataset:
    return TableTask(path=str(path), **{"vectors": VECTORS, "label": "M", **params})._read()


def csv(path: Path, table: pd.DataFrame = MUONS) -> Path:
    table.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("columns", [["M"], ["E2", "px2", "py2", "pz2"]])
@pytest.mark.parametrize("number", [-999.0, -99])
def test_a_number_for_missing_values_stops_or_is_left_out(tmp_path: Path, columns: list[str], number: float) -> None:
    wrong = MUONS.copy()
    wrong.loc[::20, columns] = number
    path = csv(tmp_path / "a.csv", wrong)
    with pytest.raises(DataError, match=rf"{', '.join(columns)} hold {number:g} in 10 rows, first in row 1, which"):
        read(path)
    data = read(path, drop_missing=True)
    assert len(data) == 190
    assert f"10 rows with {number:g} for {', '.join(columns)} left out" in data.provenance.selection
    assert len(read(path, accept=["stand-in", "energy", "twins"], event_id=["E1"])) == 200


def test_whole_numbers_that_pass_through_a_stand_in_are_numbers() -> None:
    momenta = np.arange(-500, 500)
    assert stand_in([momenta]) is None
    assert stand_in([np.tile(momenta, 3)]) is None
    assert stand_in([np.array([-999.0, 5, 6])]) is None  # once
    found = stand_in([np.array([-999.0, 5, -999, 6])])
    assert found is not None
    assert found[1].tolist() == [True, False, True, False]
    assert stand_in([np.array([-999.0, 5, -999]), np.array([1.0, 2, 3])]) is None


def test_event_numbers_are_the_same_in_every_type_and_file(tmp_path: Path) -> None:
    for name, kind in (("a", "int32"), ("b", "int64"), ("c", "float64")):
        MUONS.assign(event=np.arange(200).astype(kind)).to_parquet(tmp_path / f"{name}.parquet")
    csv(tmp_path / "d.csv", MUONS.assign(event=np.arange(200)))
    ids = [
        read(tmp_path / name, event_id=["event"]).event_id for name in ("a.parquet", "b.parquet", "c.parquet", "d.csv")
    ]
    for other in ids[1:]:
        np.testing.assert_array_equal(other, ids[0])
    with pytest.raises(DataError, match="400 of 600 rows repeat another one"):
        read(tmp_path / "?.parquet", event_id=["event"])


def test_products_of_integers_do_not_overflow(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    MUONS.assign(a=np.int64(2**40), b=np.int64(2**30), c=np.int8(100)).to_parquet(path)
    for product in ("a*b", "c*c", "c*c*c"):
        assert len(read(path, where={product: "> 0"})) == 200


@pytest.mark.parametrize("factor", [1.0000005, 1.0])
def test_copies_of_rows_in_another_precision_stop(tmp_path: Path, factor: float) -> None:
    """With the same vectors and another label the rows are no repetitions, but cannot both be right."""
    csv(tmp_path / "a.csv")
    momenta = [name for vector in VECTORS for name in vector]
    csv(tmp_path / "b.csv", MUONS.assign(**{n: MUONS[n] * factor for n in momenta}, M=MUONS.M * 1.1))
    with pytest.raises(DataError, match=r"vectors of \d+ of 400 rows nearly equal those of another row"):
        read(tmp_path / "*.csv")
    assert len(read(tmp_path / "*.csv", accept=["twins"])) == 400


def test_files_in_different_units_and_without_rows(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv")
    csv(tmp_path / "b.csv", MUONS[:0])
    data = read(tmp_path / "*.csv")
    assert "1 file without rows (b.csv)" in data.provenance.selection
    with pytest.raises(DataError, match=r"b\.csv: the table has no rows"):
        read(tmp_path / "b.csv")
    csv(tmp_path / "b.csv", MUONS * 1e3 + 0.1)
    with pytest.raises(DataError, match=r"largest component of a row is [\d.]+ in a\.csv and [\de.+]+ in b\.csv"):
        read(tmp_path / "*.csv")


def test_files_in_several_folders(tmp_path: Path) -> None:
    for number, folder in enumerate(("x", "y")):
        (tmp_path / folder).mkdir()
        csv(tmp_path / folder / "a.csv", MUONS[number::2])
    assert len(read(tmp_path / "?" / "*.csv")) == 200


def test_exchanged_angles_stop(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    table = pd.DataFrame(
        {"pt": rng.exponential(30, 500) + 5, "a": rng.normal(size=500), "b": rng.uniform(-np.pi, np.pi, 500)}
    )
    path = str(csv(tmp_path / "a.csv", table))
    fields: dict[str, Any] = {"path": path, "coordinates": "pt_eta_phi", "derived_label": "pt"}
    assert len(TableTask(vectors=[["pt", "a", "b"]], **fields)._read()) == 500
    with pytest.raises(DataError, match="'b' fills the interval of an azimuth and 'a' does not"):
        TableTask(vectors=[["pt", "b", "a"]], **fields)._read()


def test_vectors_that_cannot_be_are_counted(tmp_path: Path) -> None:
    wrong = MUONS.copy()
    wrong.loc[::10, "E1"] *= -1
    data = read(csv(tmp_path / "a.csv", wrong))
    assert "20 vectors E1, px1, py1, pz1 with E < |p|, kept" in data.provenance.selection


def test_weights_of_rows_are_drawn_by_and_described(tmp_path: Path) -> None:
    weight = np.where(np.arange(200) % 2, 1.0, 0.25)
    path = csv(tmp_path / "a.csv", MUONS.assign(w=weight, n=np.where(np.arange(200) % 9, 1.0, -1.0)))
    data = read(path, weight="w")
    heavy = np.isin(data.label, MUONS.M[1::2])
    assert heavy.sum() == 100, "all events of the largest weight"
    assert 10 <= (~heavy).sum() <= 40
    assert "effective number 147.1; events are accepted with probability w / max w" in "; ".join(data.provenance.notes)
    assert f"{200 - len(data)} events not accepted by their weight w" in data.provenance.selection
    whole = {"path": str(path), "vectors": VECTORS}
    assert len(DensityTable(weight="w", **whole)._read()) < len(DensityTable(**whole)._read())
    with pytest.raises(DataError, match="23 of 200 weights 'n' are negative"):
        read(path, weight="n")
    assert TableTask(**whole, label="M").digest != TableTask(**whole, label="M", weight="w").digest
