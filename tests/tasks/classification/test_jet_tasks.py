"""Tasks of jets from files: planned without reading, bound to what they read, and what they say of their data."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from symbench.data.mapped import mapped_file
from symbench.data.public import files as public_files
from symbench.data.public.files import PublicFile, PublicRecord
from symbench.data.sizes import Sizes
from symbench.data.splits import split
from symbench.errors import DataError, MissingDataError, SuiteError
from symbench.suite.resolve import load_suite
from symbench.tasks.base import DataContext
from symbench.tasks.classification.jet_table import JetTable
from symbench.tasks.classification.jetclass import JetClass
from symbench.tasks.classification.quark_gluon import QuarkGluon
from symbench.tasks.classification.top_tagging import TopTagging
from symbench.tasks.classification.w_tagging import WTagging
from symbench.testing import check_component
from tests.data.jets import files as jet_files
from tests.data.jets.files import Jets


def of(record: PublicRecord, folder: Path, jets: int | None) -> PublicRecord:
    """The record with the checksums of the small files that lie here."""
    made = [
        PublicFile(file.name, f"md5:{hashlib.md5((folder / file.name).read_bytes()).hexdigest()}", jets)
        for file in record.files
        if (folder / file.name).exists()
    ]
    return replace(record, files=tuple(made))


@pytest.fixture
def reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three small files that pass for the reference."""
    folder = tmp_path / "reference"
    folder.mkdir()
    for seed, name in enumerate(("train.h5", "val.h5", "test.h5")):
        jet_files.reference(folder / name, Jets(30, seed))
    record = of(public_files.TOP_TAGGING_REFERENCE, folder, 30)
    monkeypatch.setattr(public_files, "TOP_TAGGING_REFERENCE", record)
    return folder


def test_the_reference_keeps_its_split_and_is_mapped(tmp_path: Path, reference: Path) -> None:
    task = TopTagging(source="reference", folder=str(reference), test_jets=25, validation_jets=20, constituents=10)
    data = task.load(DataContext(tmp_path / "cache"))
    assert mapped_file(data.vectors) is not None
    assert task.sizes() == Sizes(30, 20, 25)
    found = split(data, task.sizes(), train_size=30, seed=1)
    assert set(found.train.event_id.tolist()) == set(data.event_id[:30].tolist())
    assert set(found.test.event_id.tolist()) < set(data.event_id[60:].tolist())
    again = TopTagging(source="reference", test_jets=25, validation_jets=20, constituents=10)
    assert again.digest == task.digest  # where the files lie decides nothing
    assert again.load(DataContext(tmp_path / "cache")).digest == data.digest  # and they are needed once
    check_component(task)


def test_other_bytes_than_the_published_ones_are_refused(tmp_path: Path, reference: Path) -> None:
    content = bytearray((reference / "val.h5").read_bytes())
    content[-1] ^= 1
    (reference / "val.h5").write_bytes(content)
    task = TopTagging(source="reference", folder=str(reference))
    with pytest.raises(DataError, match=r"val\.h5 has MD5 .*, not the .* of val\.h5: it is damaged or another edition"):
        task.load(DataContext(tmp_path / "cache"))
    (reference / "val.h5").unlink()
    with pytest.raises(MissingDataError, match="symbench data fetch top-tagging-reference"):
        task.load(DataContext(tmp_path / "cache"))


def test_public_records_are_planned_without_their_files() -> None:
    """Checksums and numbers of jets are pinned; nothing heavy is imported."""
    code = (
        "import sys\n"
        "from symbench.tasks.classification import cms, jet_table, jetclass, quark_gluon, top_tagging, w_tagging\n"
        "from symbench.tasks.classification.quark_gluon import QuarkGluon\n"
        "from symbench.tasks.classification.top_tagging import TopTagging\n"
        "from symbench.tasks.classification.cms import CmsResonance; CmsResonance().sizes()\n"
        "print(TopTagging(source='reference').sizes(), QuarkGluon().sizes())\n"
        "heavy = {'torch', 'awkward', 'fastjet', 'pythia8mc', 'uproot', 'h5py', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert "Sizes(train=1211000, validation=750, test=2000)" in found.stdout
    assert TopTagging(source="reference").digest != TopTagging().digest
    checksums = QuarkGluon(source="energyflow", jets=200_000).identity()["files"]
    assert list(checksums) == ["QG_jets.npz", "QG_jets_1.npz", "QG_jets_2.npz"]


def test_quark_and_gluon_jets_of_energyflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jet_files.quark_gluon(tmp_path / "QG_jets.npz", Jets(80))
    monkeypatch.setattr(public_files, "QUARK_GLUON", of(public_files.QUARK_GLUON, tmp_path, None))
    task = QuarkGluon(
        source="energyflow", folder=str(tmp_path), jets=60, test_jets=20, validation_jets=10, identification=True
    )
    data = task.load(DataContext(tmp_path / "cache"))
    assert np.bincount(data.label).tolist() == [30, 30]
    assert data.features is not None
    assert data.features.shape == (60, 40, 6)
    assert len(split(data, task.sizes(), train_size=30, seed=0).train) == 30
    assert replace(data, features=None).digest != data.digest


@pytest.mark.parametrize("split_folders", [True, False])
def test_jetclass_tasks(tmp_path: Path, split_folders: bool) -> None:
    for number, name in enumerate(("QCD", "Hbb", "Tbqq")):
        for part, folder in enumerate(("train_100M", "val_5M", "test_20M") if split_folders else ("",)):
            jet_files.jetclass(tmp_path / folder, name, Jets(40, seed=10 * number + part))
    task = JetClass(
        folder=str(tmp_path), classes=["QCD", "Tbqq", "Hbb"], jets=60, test_jets=15, validation_jets=9, constituents=12
    )
    assert task.label_names() == ("QCD", "Tbqq", "Hbb")
    data = task.load(DataContext(tmp_path / "cache"))
    assert np.bincount(data.label).tolist() == [20, 20, 20]
    drawn = split(data, task.sizes(), train_size=36, seed=2)
    assert len(drawn.test) == 15
    if split_folders:
        assert np.bincount(drawn.test.label).tolist() == [5, 5, 5]
    digest = task.digest
    jet_files.jetclass(tmp_path / ("val_5M" if split_folders else ""), "Hbb", Jets(40, seed=99))
    assert task.digest != digest
    check_component(task)


SUITE = """
name: mine
classification:
  - task:
      name: jet-table
      params:
        path: jets
        format: nanoaod
        files: {qcd: "qcd_*.root", top: top.root}
        constituents: 12
    train_sizes: [20]
    seeds: 1
    methods: [pfn]
"""


def test_one_nanoaod_file_a_class_in_a_suite(tmp_path: Path) -> None:
    (tmp_path / "jets").mkdir()
    for name, seed in (("qcd_1", 1), ("qcd_2", 2), ("top", 3)):
        jet_files.nanoaod(tmp_path / "jets" / f"{name}.root", Jets(60, seed), "PFCand")
    (tmp_path / "mine.yaml").write_text(SUITE)
    (block,) = load_suite(tmp_path / "mine.yaml").blocks
    task = block.task
    assert isinstance(task, JetTable)
    assert task.label_names() == ("qcd", "top")
    data = task.load(DataContext(tmp_path / "cache"))
    # the two files of a class count their events from the same numbers: what repeats is dropped
    assert np.bincount(data.label).tolist() == [20, 20]
    assert sum(vars(task.sizes()).values()) == 40
    digest, elsewhere = task.digest, tmp_path / "elsewhere"
    (tmp_path / "jets").rename(elsewhere)
    assert JetTable(**task.parameters(), path=str(elsewhere)).digest == digest
    check_component(JetTable(**task.parameters(), path=str(elsewhere)))
    (tmp_path / "mine.yaml").write_text(SUITE.replace("path: jets", "path: ../other"))
    with pytest.raises(SuiteError, match="leaves the suite's folder"):
        load_suite(tmp_path / "mine.yaml")


def test_jets_of_a_table_are_read_again_from_the_cache(tmp_path: Path) -> None:
    jets = Jets(60)
    path = tmp_path / "jets.npz"
    np.savez(path, v=jets.padded(20), y=jets.label)
    parameters: dict[str, Any] = {"path": str(path), "components": ["v"], "label": "y", "constituents": 20}
    whole = JetTable(**parameters)
    assert len(whole.load(DataContext(tmp_path))) == sum(vars(whole.sizes()).values()) == 60
    some = JetTable(**parameters, jets=40)
    data = some.load(DataContext(tmp_path / "cache"))
    assert mapped_file(data.vectors) is not None
    assert np.bincount(data.label).tolist() == [20, 20]
    assert sum(vars(some.sizes()).values()) == 40
    with pytest.raises(DataError, match="`jets` needs 500 of each"):
        JetTable(**parameters, jets=1000).load(DataContext(tmp_path / "cache"))


@pytest.mark.parametrize(
    ("cls", "wrong"),
    [
        (TopTagging, {"folder": "here"}),
        (TopTagging, {"source": "reference", "pt_min": 300.0}),
        (TopTagging, {"source": "reference", "massless": False}),
        (TopTagging, {"source": "reference", "constituents": 201}),
        (TopTagging, {"source": "reference", "test_jets": 404_001}),
        (QuarkGluon, {"identification": True}),
        (QuarkGluon, {"source": "energyflow", "pt_max": 700.0}),
        (WTagging, {"pt_max": 500.0}),
        (JetClass, {"folder": "here", "classes": ["QCD", "QCD"]}),
        (JetClass, {"folder": "here", "classes": ["QCD", "Hbb", "Hcc"], "jets": 100}),
        (JetTable, {"path": "a.csv"}),
        (JetTable, {"path": "a.csv", "label": "y", "files": {"a": "a.csv", "b": "b.csv"}}),
        (JetTable, {"path": "here", "files": {"a": "a.csv"}}),
        (JetTable, {"path": "here", "files": {"a": "a.csv", "b": "../b.csv"}}),
        (JetTable, {"path": "a.csv", "label": "y", "components": ["a", "b"]}),
        (JetTable, {"path": "a.csv", "label": "y", "classes": {"a": 1, "b": 1}}),
        (JetTable, {"path": "a.csv", "label": "y", "jets": 41}),
        (JetTable, {"path": "a.csv", "label": "y", "pt_min": 300.0}),
        (JetTable, {"path": "a.what", "label": "y"}),
    ],
)
def test_parameters_that_mean_nothing_are_refused(cls: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        cls(**wrong)
