"""Jets in files as people have them: read as they are meant, with every exclusion counted, or refused with numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pandas as pd
import pytest
import uproot
from pydantic import ValidationError

from symbench.errors import DataError
from symbench.tasks.classification.jet_table import JetTable
from tests.data.own_files import (
    CARTESIAN,
    COUNTS,
    ETA,
    JETS,
    LABEL,
    PHI,
    PT,
    REAL,
    N,
    P,
    h5,
    pandas_file,
    ragged,
    read,
    same,
    wide,
)


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".root"])
def test_lists_are_jets_in_every_format_that_has_lists(tmp_path: Path, suffix: str) -> None:
    lists = {name: ragged(JETS[..., k]) for k, name in enumerate(CARTESIAN)}
    path = tmp_path / f"jets{suffix}"
    if suffix == ".root":
        with uproot.recreate(path) as file:
            file["tree"] = {**lists, "truth": LABEL}
    else:
        table = ak.Array({**lists, "truth": LABEL})
        (ak.to_parquet if suffix == ".parquet" else ak.to_feather)(table, path)
    same(read(path, components=list(CARTESIAN)))
    if suffix == ".root":
        same(read(f"{path}:tree", components=list(CARTESIAN)))


@pytest.mark.parametrize("lengths", [False, True])
def test_lists_one_after_another_are_divided_by_offsets_or_lengths(tmp_path: Path, lengths: bool) -> None:
    flat: dict[str, Any] = {name: JETS[..., k][REAL] for k, name in enumerate(CARTESIAN)}
    at = COUNTS if lengths else np.concatenate([[0], np.cumsum(COUNTS)])
    np.savez(tmp_path / "flat.npz", at=at, truth=LABEL, **flat)
    same(read(tmp_path / "flat.npz", components=list(CARTESIAN), offsets="at"))
    np.savez(tmp_path / "short.npz", at=at[:-1], truth=LABEL, **flat)
    with pytest.raises(DataError, match=r"'at' gives .* values in"):
        read(tmp_path / "short.npz", components=list(CARTESIAN), offsets="at")


@pytest.mark.parametrize(
    ("coordinates", "columns", "massive"),
    [
        ("px_py_pz", (JETS[..., 1], JETS[..., 2], JETS[..., 3]), False),
        ("pt_eta_phi", (PT, ETA, PHI), False),
        ("pt_eta_phi_mass", (PT, ETA, PHI, 0 * PT), True),
        ("pt_eta_phi_energy", (PT, ETA, PHI, JETS[..., 0]), True),
        ("pt_y_phi_mass", (PT, ETA, PHI, 0 * PT), True),
    ],
)
@pytest.mark.parametrize(("unit", "gev"), [("MeV", 1e-3), ("TeV", 1e3), (0.5, 0.5)])
def test_the_same_jets_in_every_coordinates_and_unit(
    tmp_path: Path, coordinates: str, columns: tuple[Any, ...], massive: bool, unit: Any, gev: float
) -> None:
    angles = {"eta", "phi", "y"}
    scaled = [c if word in angles else c / gev for c, word in zip(columns, coordinates.split("_"), strict=True)]
    names = [f"c{k}" for k in range(len(scaled))]
    path = h5(tmp_path / "a.h5", truth=LABEL, **dict(zip(names, scaled, strict=True)))
    same(read(path, components=names, coordinates=coordinates, unit=unit), rtol=1e-9)


@pytest.mark.parametrize(("factor", "shown"), [(1e3, r"e\+05"), (1e-3, r"0\.\d+"), (1 / 400, r"0\.\d+|1\.\d+")])
def test_jets_in_another_unit_stop_with_their_median_pt(tmp_path: Path, factor: float, shown: str) -> None:
    path = h5(tmp_path / "a.h5", p=JETS * factor, truth=LABEL)
    with pytest.raises(DataError, match=rf"median pT of the jets is .*({shown}).*no `unit`.*accept: \[jet-pt\]"):
        read(path, components=["p"])
    accepted = read(path, components=["p"], accept=["jet-pt"])
    assert "accepted: " in accepted.provenance.selection


def test_wrong_meanings_of_components_stop(tmp_path: Path) -> None:
    """Other orders, energies taken for masses, relative coordinates and unfilled energies."""
    relative = np.stack([ETA, PHI, PT / 500, REAL.astype(float)], axis=-1)
    no_energy = JETS * [0, 1, 1, 1]
    path = h5(
        tmp_path / "a.h5", truth=LABEL, p=JETS, rolled=JETS[..., [1, 2, 3, 0]], half=JETS * [0.5, 1, 1, 1], pt=PT,
        eta=ETA, phi=PHI, degree=np.degrees(PHI), relative=relative, no_energy=no_energy, m=0 * PT, e=JETS[..., 0],
    )  # fmt: skip
    for name in ("rolled", "half", "relative", "no_energy"):
        with pytest.raises(DataError, match=rf"% of the constituents have E < \|p\|.*{name}"):
            read(path, components=[name])
    with pytest.raises(DataError, match="the mass 'e' is larger than pT for 100%"):
        read(path, components=["pt", "eta", "phi", "e"], coordinates="pt_eta_phi_mass")
    with pytest.raises(DataError, match="must be in radian"):
        read(path, components=["pt", "eta", "degree", "m"], coordinates="pt_eta_phi_mass")
    with pytest.raises(DataError, match="100% of the constituents are nearly at rest: are pt, eta, phi, m really e_px"):
        read(path, components=["pt", "eta", "phi", "m"], accept=["jet-pt"])
    same(read(path, components=["rolled"], coordinates="px_py_pz_e"))


def test_impossible_constituents_are_left_out_alike_and_counted(tmp_path: Path) -> None:
    odd = JETS.copy()
    odd[:, 1, 0] *= -1
    odd[::2, 2, 0] = 0
    counted = f"{N + N // 2} constituents of zero or negative energy left out"
    arrays = read(h5(tmp_path / "a.h5", p=odd, truth=LABEL), components=["p"])
    with uproot.recreate(tmp_path / "a.root") as file:
        file["tree"] = {**{name: ragged(odd[..., k]) for k, name in enumerate(CARTESIAN)}, "truth": LABEL}
    lists = read(tmp_path / "a.root", components=list(CARTESIAN))
    np.testing.assert_array_equal(arrays.vectors, lists.vectors)
    np.testing.assert_array_equal(arrays.event_id, lists.event_id)
    for data in (arrays, lists):
        assert counted in data.provenance.selection
    negative = PT.copy()
    negative[4, 0] *= -1
    path = h5(tmp_path / "b.h5", pt=negative, eta=ETA, phi=PHI, truth=LABEL)
    found = read(path, components=["pt", "eta", "phi"], coordinates="pt_eta_phi")
    assert "1 constituents of negative pT left out" in found.provenance.selection


def test_a_momentum_that_is_infinite_or_beyond_any_collider_is_named(tmp_path: Path) -> None:
    for name, column, value in (("eta", ETA, 1000.0), ("eta", ETA, 30.0), ("pt", PT, 1e30)):
        changed = column.copy()
        changed[7, 1] = value
        path = h5(tmp_path / "a.h5", **{"pt": PT, "eta": ETA, "phi": PHI, "truth": LABEL, name: changed})
        with pytest.raises(DataError, match=r"entry 8\b"):
            read(path, components=["pt", "eta", "phi"], coordinates="pt_eta_phi")


@pytest.mark.parametrize(("value", "padding"), [(np.nan, "nan"), (-999.0, None), (7.0, 7.0)])
def test_padding_of_every_kind(tmp_path: Path, value: float, padding: Any) -> None:
    columns = {"pt": PT, "eta": ETA, "phi": PHI}
    padded = {name: np.where(REAL, column, value) for name, column in columns.items()}
    path = h5(tmp_path / "a.h5", truth=LABEL, **padded)
    same(read(path, components=list(columns), coordinates="pt_eta_phi", padding=padding), rtol=1e-9)
    if padding == "nan":
        with pytest.raises(DataError, match="if it is padding, set `padding: nan`"):
            read(path, components=list(columns), coordinates="pt_eta_phi")


def test_empty_jets_are_left_out_only_if_that_is_stated(tmp_path: Path) -> None:
    jets = JETS.copy()
    jets[[0, 9]] = 0
    path = h5(tmp_path / "a.h5", p=jets, truth=LABEL)
    with pytest.raises(DataError, match=r"2 jets without a constituent .*first in entry 1; set `drop_empty: true`"):
        read(path, components=["p"])
    data = read(path, components=["p"], drop_empty=True)
    assert len(data) == N - 2
    assert "2 jets without a constituent left out" in data.provenance.selection
    np.testing.assert_array_equal(data.label, np.delete(LABEL, [0, 9]))


def test_labels_of_every_shape(tmp_path: Path) -> None:
    words = np.where(LABEL == 1, b"top", b"qcd")
    one_hot = np.eye(2, dtype=int)[LABEL]
    missing = np.where(np.arange(N) % 10 == 0, np.nan, LABEL)
    path = h5(
        tmp_path / "a.h5", p=JETS, column=LABEL[:, None], one_hot=one_hot, words=words, minus=2 * LABEL - 1,
        missing=missing, top=one_hot[:, 1], qcd=one_hot[:, 0], mixed=np.stack([PT[:, 0], LABEL], axis=1),
        third=np.arange(N) % 3,
    )  # fmt: skip
    for label, classes in (
        ("column", {"b": 0, "s": 1}),
        ("one_hot", {"b": 0, "s": 1}),
        (["qcd", "top"], {"b": 0, "s": 1}),
        ("one_hot[1]", {"b": 0, "s": 1}),
        ("mixed[-1]", {"b": 0, "s": 1}),
        ("words", {"b": "qcd", "s": "top"}),
        ("words", {"qcd": 0, "top": 1}),
        ("minus", {"b": -1, "s": 1}),
    ):
        same(read(path, components=["p"], label=label, classes=classes))
    lacking = read(path, components=["p"], label="missing")
    assert len(lacking) == N - 6
    assert "6 jets without a label left out" in lacking.provenance.selection
    others = read(path, components=["p"], label="third")
    assert f"{N // 3} jets of other labels left out" in others.provenance.selection
    with pytest.raises(DataError, match="the label holds qcd, top"):
        read(path, components=["p"], label="words")
    with pytest.raises(DataError, match="is no one-hot label"):
        read(path, components=["p"], label="mixed")


@pytest.mark.parametrize("format", ["csv", "parquet", "category", "bool", "nullable"])
def test_words_categories_and_truth_values_are_classes(tmp_path: Path, format: str) -> None:
    table = wide()
    words = np.where(LABEL == 1, "signal", "background")
    if format in ("bool", "nullable"):
        table["truth"] = LABEL.astype(bool) if format == "bool" else pd.array(LABEL, dtype="Int64")
    else:
        table["truth"] = pd.Series(words, dtype="category" if format == "category" else "str")
    path = tmp_path / f"a.{'csv' if format == 'csv' else 'parquet'}"
    table.to_csv(path, index=False) if format == "csv" else table.to_parquet(path)
    same(read(path), rtol=1e-9)


@pytest.mark.parametrize("length", [N - 5, N + 5, 2 * N])
@pytest.mark.parametrize("kind", ["npz", "h5"])
def test_labels_of_another_length_are_refused(tmp_path: Path, length: int, kind: str) -> None:
    label = np.arange(length) % 2
    if kind == "npz":
        np.savez(tmp_path / "a.npz", p=JETS, truth=label)
    else:
        h5(tmp_path / "a.h5", p=JETS, truth=label)
    with pytest.raises(DataError, match=f"unequal length: .*{N}.*{length}"):
        read(tmp_path / f"a.{kind}", components=["p"])


def test_numbered_columns_with_a_hole_or_another_first_number(tmp_path: Path) -> None:
    wide().drop(columns=["E_3"]).to_csv(tmp_path / "hole.csv", index=False)
    with pytest.raises(DataError, match=r"E_3 is missing while PX_3, PY_3, PZ_3, …, PZ_5 are there"):
        read(tmp_path / "hole.csv")
    renamed = {f"{c}_{i}": f"{c}_{i + 1}" for i in range(P) for c in CARTESIAN}
    wide().rename(columns=renamed).to_csv(tmp_path / "one.csv", index=False)
    with pytest.raises(DataError, match="set `first: 1`"):
        read(tmp_path / "one.csv")
    same(read(tmp_path / "one.csv", first=1), rtol=1e-9)


def test_columns_of_a_wide_array(tmp_path: Path) -> None:
    more = np.concatenate([JETS[..., [1, 2, 3, 0]], np.ones((N, P, 3))], axis=-1)
    path = h5(tmp_path / "a.h5", p=more, truth=LABEL)
    with pytest.raises(DataError, match=r"choose the components by number.*p\[0\]"):
        read(path, components=["p"])
    same(read(path, components=["p[3]", "p[0]", "p[1]", "p[2]"]))
    with pytest.raises(DataError, match="has 7 values along its last axis"):
        read(path, components=["p[7]", "p[0]", "p[1]", "p[2]"])


def test_the_split_of_the_files_by_column_array_and_file(tmp_path: Path) -> None:
    part = np.arange(N) % 3
    wide(fold=part, name=np.array(["Train", "valid", "test"])[part]).to_csv(tmp_path / "a.csv", index=False)
    by_number, by_word = read(tmp_path / "a.csv", split="fold"), read(tmp_path / "a.csv", split="name")
    other = {"column": "fold", "train": [2], "validation": [1], "test": [0]}
    for data, expected in ((by_number, part), (by_word, part), (read(tmp_path / "a.csv", split=other), 2 - part)):
        assert data.part is not None
        np.testing.assert_array_equal(data.part, expected)
    arrays = {
        f"{n}_{w}": a[part == k] for k, w in enumerate(("tr", "va", "te")) for n, a in (("p", JETS), ("y", LABEL))
    }
    np.savez(tmp_path / "a.npz", **arrays)
    words = {"train": "tr", "validation": "va", "test": "te"}
    named = {"components": ["p_{split}"], "label": "y_{split}", "split": words}
    inside = JetTable(path=str(tmp_path / "a.npz"), constituents=P, **named)
    for k, w in enumerate(("tr", "va", "te")):
        h5(tmp_path / f"{w}.h5", p=JETS[part == k], truth=LABEL[part == k])
    files = JetTable(path=str(tmp_path / "{split}.h5"), constituents=P, components=["p"], label="truth", split=words)
    for task in (inside, files):
        sizes = task.sizes()
        assert (sizes.train, sizes.validation, sizes.test) == (20, 20, 20)
        np.testing.assert_array_equal(task._read().vectors, np.concatenate([JETS[part == k] for k in range(3)]))
    same_files = read(tmp_path / "*.h5", components=["p"])
    assert len(same_files) == N
    with pytest.raises(ValidationError, match="need each other"):
        JetTable(path="a.npz", components=["p_{split}"], label="y")


def test_jets_of_one_event_stay_together(tmp_path: Path) -> None:
    twins = np.repeat(JETS, 2, axis=0)
    twins[1::2] *= 1 + 1e-7
    event = np.repeat(2**60 + np.arange(N), 2)
    path = h5(tmp_path / "a.h5", p=twins, truth=np.repeat(LABEL, 2), event=event, leak=np.arange(2 * N) % 3)
    with pytest.raises(DataError, match=r"(59|60) of 120 jets nearly equal another one.*event_id"):
        read(path, components=["p"])
    with pytest.raises(DataError, match="another part of the split"):
        read(path, components=["p"], split="leak")
    with pytest.raises(DataError, match="60 of 60 events are in more than one part"):
        read(path, components=["p"], split="leak", event_id=["event"], accept=[])
    data = read(path, components=["p"], event_id=["event"])
    assert data.part is not None
    np.testing.assert_array_equal(data.part[::2], data.part[1::2])
    assert set(data.part.tolist()) == {0, 1, 2}


def test_columns_in_two_places_of_one_file(tmp_path: Path) -> None:
    jets = np.zeros(N, dtype=[("flavour", "i4"), ("pt", "f4")])
    jets["flavour"] = LABEL
    constituents = np.zeros((N, P), dtype=[("pt", "f8"), ("eta", "f8"), ("phi", "f8")])
    constituents["pt"], constituents["eta"], constituents["phi"] = PT, ETA, PHI
    path = h5(tmp_path / "a.h5", jets=jets, consts=constituents)
    same(
        read(path, key="consts", components=["pt", "eta", "phi"], coordinates="pt_eta_phi", label="jets/flavour"),
        rtol=1e-9,
    )


@pytest.mark.parametrize("format", ["fixed", "table"])
@pytest.mark.parametrize("key", [None, "df"])
def test_jets_in_tables_of_pandas(tmp_path: Path, format: str, key: str | None) -> None:
    pandas_file(tmp_path / "jets.h5", wide(), format)
    same(read(tmp_path / "jets.h5", key=key))


def test_columns_in_groups_of_three(tmp_path: Path) -> None:
    flat = np.stack([PT, ETA, PHI], axis=-1).reshape(N, 3 * P)
    pandas_file(
        tmp_path / "a.h5", pd.DataFrame({**{str(i): flat[:, i] for i in range(3 * P)}, str(3 * P): LABEL}), "fixed"
    )
    components = ["{3i}", "{3i+1}", "{3i+2}"]
    same(read(tmp_path / "a.h5", components=components, coordinates="pt_eta_phi", label=str(3 * P)), rtol=1e-9)


def test_weights_of_jets_are_read_checked_and_described(tmp_path: Path) -> None:
    weight = np.where(np.arange(N) % 7 == 0, -1.0, 1.0)
    path = h5(tmp_path / "a.h5", p=JETS, y=LABEL, w=weight)
    data = read(path, components=["p"], label="y", weight="w")
    np.testing.assert_array_equal(data.weight, weight)
    assert "weight w: 60 events, 9 of negative weight, effective number 29.4" in data.provenance.notes
    assert read(path, components=["p"], label="y").weight is None
    holes = wide(w=np.where(np.arange(N) == 5, np.nan, 2.0))
    holes.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(DataError, match="weight 'w' is missing or not finite in 1 jets, first in entry 6"):
        read(tmp_path / "a.csv", weight="w")
    assert len(read(tmp_path / "a.csv", weight="w", drop_missing=True)) == N - 1
    with pytest.raises(DataError, match="do not add up to a positive number"):
        read(h5(tmp_path / "b.h5", p=JETS, y=LABEL, w=-weight), components=["p"], label="y", weight="w")


def test_weights_enter_training_metrics_and_notes(tmp_path: Path) -> None:
    """Jets of weight 0 might as well have another label; the effective number says how many count."""
    from symbench.classifiers.evaluate.run import run_classification
    from symbench.data.splits import split
    from symbench.registry import find_classifier

    rng = np.random.default_rng(2)
    scale = np.where(np.arange(400) % 2, 0.3, 3.0)
    jets = np.tile(JETS, (7, 1, 1))[:400] * (scale * rng.uniform(0.9, 1.1, 400))[:, None, None]
    wrong = np.arange(400) % 3 == 0
    label = np.where(wrong, 1 - np.arange(400) % 2, np.arange(400) % 2)
    path = h5(tmp_path / "a.h5", p=jets, y=label, w=np.where(wrong, 0.0, 1.5))
    outcomes = {}
    for weight in (None, "w"):
        task = JetTable(path=path, components=["p"], label="y", weight=weight, accept=["jet-pt"])
        data, sizes = task._read(), task.sizes()
        drawn = split(data, sizes, train_size=sizes.train, seed=0)
        outcomes[weight] = run_classification(
            find_classifier("mlp")(min_steps=60, epochs=3), task, drawn, seed=0, budget=1, device="cpu", evaluation={}
        )
    assert outcomes["w"].metrics["auc"] > 0.95
    assert outcomes[None].metrics["auc"] < 0.85
    assert outcomes["w"].metrics["accuracy"] > 0.9
    test = outcomes["w"].arrays["test_weights"]
    assert set(test.tolist()) == {0.0, 1.5}
    assert f"effective number {(test > 0).sum():.1f}" in outcomes["w"].notes["weights"]
    assert "test_weights" not in outcomes[None].arrays
