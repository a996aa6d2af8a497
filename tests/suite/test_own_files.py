"""The user's files from the suite alone: what a plan says of each layout, or why it stops."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pandas as pd
import pytest
import uproot

from symbench.errors import SuiteError
from symbench.suite.recorded import RecordedDigests
from symbench.suite.resolve import parse_suite
from tests.data.own_files import (
    CARTESIAN,
    ETA,
    JETS,
    LABEL,
    PHI,
    PT,
    REAL,
    VECTORS,
    N,
    P,
    flat_muons,
    h5,
    muons,
    pandas_file,
    ragged,
    wide,
)

Write = Callable[[Path], Any]

JETS_SUITE = """
name: jets
seeds: 1
classification:
  - task: {{name: jet-table, params: {{{params}}}}}
    train_sizes: [20]
    methods: [mlp]
"""
TABLE_SUITE = """
name: table
seeds: 1
discovery:
  - task: {{name: table, params: {{{params}}}}}
    train_sizes: [40]
    methods: [random]
"""
RELATIVE = np.stack([ETA * REAL, PHI * REAL, PT / PT.sum(axis=1, keepdims=True), REAL], axis=-1)
WIDE = np.concatenate([JETS[..., [1, 2, 3, 0]], np.zeros((N, P, 5))], axis=-1)
MUONS = flat_muons(muons())
TABLE = f"vectors: {VECTORS}, label: M"
POLAR = pd.DataFrame({"pt": PT[:, 0], "phi": PHI[:, 0], "met": PT[:, 1], "phimet": PHI[:, 1], "mt": PT[:, 0]})


def lists(path: Path) -> None:
    ak.to_parquet(
        ak.Array({name: ragged(JETS[..., k]) for k, name in enumerate(CARTESIAN)} | {"y": LABEL}), path / "a.parquet"
    )


def splits(path: Path) -> None:
    rows = {"train": slice(0, 40), "val": slice(40, 48), "test": slice(48, N)}
    arrays: dict[str, Any] = {f"p_{word}": JETS[of] for word, of in rows.items()}
    arrays |= {f"y_{word}": LABEL[of] for word, of in rows.items()}
    np.savez(path / "a.npz", **arrays)


def collection(path: Path) -> None:
    with uproot.recreate(path / "a.root") as file:
        file["Events"] = {"Muon": ak.zip({"pt": ragged(PT), "eta": ragged(ETA), "phi": ragged(PHI)}), "y": LABEL * 1.0}


def twins(path: Path) -> None:
    frame = pd.concat([wide(event=np.arange(N)), wide(JETS * 1.0000001, event=np.arange(N))])
    frame.to_csv(path / "a.csv", index=False)


READ: dict[str, tuple[str, Write, str, str]] = {
    "lists in Parquet": (JETS_SUITE, lists, "path: a.parquet, components: [E, PX, PY, PZ], label: y", "60 jets, 30"),
    "energies in MeV": (
        JETS_SUITE,
        lambda path: h5(path / "a.h5", pt=PT * 1e3, eta=ETA, phi=PHI, e=JETS[..., 0] * 1e3, y=LABEL),
        "path: a.h5, components: [pt, eta, phi, e], coordinates: pt_eta_phi_energy, unit: MeV, label: y",
        "60 jets",
    ),
    "parts of one NPZ": (
        JETS_SUITE,
        splits,
        'path: a.npz, components: ["p_{split}"], label: "y_{split}", '
        "split: {train: train, validation: val, test: test}",
        "60 jets",
    ),
    "columns of a wide array": (
        JETS_SUITE,
        lambda path: h5(path / "a.h5", c=WIDE, y=np.eye(2)[LABEL]),
        'path: a.h5, components: ["c[0]", "c[1]", "c[2]", "c[3]"], coordinates: px_py_pz_e, label: y',
        "60 jets, 30 and 30 by class",
    ),
    "several files with a label": (
        JETS_SUITE,
        lambda path: [h5(path / f"{k}.h5", p=JETS[k::2], y=(LABEL[k::2] + np.arange(30)) % 2) for k in (0, 1)],
        'path: "*.h5", components: [p], label: y',
        "60 jets, 30 and 30 by class",
    ),
    "labels of which some are missing": (
        JETS_SUITE,
        lambda path: h5(path / "a.h5", p=JETS, y=np.where(np.arange(N) % 10, LABEL, np.nan)),
        "path: a.h5, components: [p], label: y",
        "6 jets without a label left out",
    ),
    "words": (
        JETS_SUITE,
        lambda path: wide().assign(truth=np.where(LABEL, "sig", "bkg")).to_csv(path / "a.csv", index=False),
        "path: a.csv, label: truth, classes: {background: bkg, signal: sig}",
        "60 jets",
    ),
    "a third class": (
        JETS_SUITE,
        lambda path: wide().assign(truth=np.where(np.arange(N) % 5, LABEL, 2)).to_csv(path / "a.csv", index=False),
        "path: a.csv, label: truth",
        "12 jets of other labels left out",
    ),
    "jets of one event": (JETS_SUITE, twins, "path: a.csv, label: truth, event_id: [event]", "120 jets"),
    "signed weights": (
        JETS_SUITE,
        lambda path: h5(path / "a.h5", p=JETS, y=LABEL, w=np.where(np.arange(N) % 7, 1.0, -1.0)),
        "path: a.h5, components: [p], label: y, weight: w",
        "60 jets",
    ),
    "rows without a label": (
        TABLE_SUITE,
        lambda path: MUONS.assign(M=MUONS.M.mask(MUONS.index % 50 == 7)).to_csv(path / "a.csv", index=False),
        f"path: a.csv, {TABLE}, drop_missing: true",
        "4 rows without a value of 'M' left out",
    ),
    "a transverse pair": (
        TABLE_SUITE,
        lambda path: POLAR.to_csv(path / "a.csv", index=False),
        "path: a.csv, vectors: [[pt, phi], [met, phimet]], coordinates: pt_phi, derived_label: transverse_mass",
        "60 rows, 60 kept",
    ),
    "leading objects of a collection": (
        TABLE_SUITE,
        collection,
        "path: a.root, vectors: [[Muon_pt, Muon_eta, Muon_phi]], coordinates: pt_eta_phi, mass: 0.10566, objects: 2, "
        "derived_label: mass",
        "60 rows, 60 kept",
    ),
    "long event numbers": (
        TABLE_SUITE,
        lambda path: MUONS.assign(event=[2**63 + 5 * i for i in range(200)]).to_csv(path / "a.csv", index=False),
        f"path: a.csv, {TABLE}, event_id: [event]",
        "200 rows, 200 kept",
    ),
    "packed text": (
        TABLE_SUITE,
        lambda path: MUONS.to_csv(path / "a.csv.bz2", index=False),
        f"path: a.csv.bz2, {TABLE}",
        "200 rows, 200 kept",
    ),
    "JSON lines": (
        TABLE_SUITE,
        lambda path: MUONS.to_json(path / "a.jsonl", orient="records", lines=True),
        f"path: a.jsonl, {TABLE}",
        "200 rows, 200 kept",
    ),
    "a table of pandas in HDF5": (
        TABLE_SUITE,
        lambda path: pandas_file(path / "a.h5", MUONS, "table"),
        f"path: a.h5, {TABLE}",
        "200 rows, 200 kept",
    ),
}
STOPPED: dict[str, tuple[str, Write, str, str]] = {
    "energies named as masses": (
        JETS_SUITE,
        lambda path: h5(path / "a.h5", pt=PT, eta=ETA, phi=PHI, e=JETS[..., 0], y=LABEL),
        "path: a.h5, components: [pt, eta, phi, e], coordinates: pt_eta_phi_mass, label: y",
        "is it an energy",
    ),
    "momenta in TeV": (
        JETS_SUITE,
        lambda path: h5(path / "a.h5", p=JETS / 1e3, y=LABEL),
        "path: a.h5, components: [p], label: y",
        "set `unit` to that of the momenta",
    ),
    "relative coordinates": (
        JETS_SUITE,
        lambda path: h5(path / "a.h5", p=RELATIVE, y=LABEL),
        "path: a.h5, components: [p], label: y",
        r"E < \|p\|, a negative pT or no positive energy",
    ),
    "labels of another part": (
        JETS_SUITE,
        lambda path: h5(path / "a.h5", p=JETS, y=LABEL[:-5]),
        "path: a.h5, components: [p], label: y",
        "columns of unequal length: 'p' 60, 'y' 55",
    ),
    "a column that is missing": (
        JETS_SUITE,
        lambda path: wide().drop(columns="E_2").to_csv(path / "a.csv", index=False),
        "path: a.csv, label: truth",
        "E_2 is missing while PX_2",
    ),
    "an infinite momentum": (
        JETS_SUITE,
        lambda path: h5(path / "a.h5", pt=PT, eta=np.where(PT[3, 1] == PT, 1e3, ETA), phi=PHI, m=0 * PT, y=LABEL),
        "path: a.h5, components: [pt, eta, phi, m], coordinates: pt_eta_phi_mass, label: y",
        "entry 4 has a constituent without a finite momentum",
    ),
    "twins in training and test": (JETS_SUITE, twins, "path: a.csv, label: truth", "set `event_id`"),
    "a polar pair as a linear vector": (
        TABLE_SUITE,
        lambda path: POLAR.to_csv(path / "a.csv", index=False),
        "path: a.csv, vectors: [[pt, phi], [met, phimet]], label: mt",
        "'phi' is named as an angle",
    ),
}


@pytest.mark.parametrize("case", READ)
def test_layouts_that_are_read(tmp_path: Path, case: str) -> None:
    suite, write, params, expected = READ[case]
    write(tmp_path)
    task = parse_suite(suite.format(params=params), folder=tmp_path).blocks[0].task
    assert expected in str(task.selection())


@pytest.mark.parametrize("case", STOPPED)
def test_layouts_that_stop_before_anything_runs(tmp_path: Path, case: str) -> None:
    suite, write, params, expected = STOPPED[case]
    write(tmp_path)
    for recorded in (None, RecordedDigests({})):  # a plan beside a journal as well as a run
        with pytest.raises(SuiteError, match=expected):
            parse_suite(suite.format(params=params), folder=tmp_path, recorded=recorded)
