"""The task `table`: what a suite may say, and what it promises about a user's file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from symbench.data.splits import split
from symbench.errors import DataError
from symbench.registry import find_task
from symbench.tasks.base import DataContext
from symbench.tasks.function.table import TableTask


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 3))
    path = tmp_path / "points.csv"
    rows = np.column_stack([x, (x**2).sum(axis=1)])
    np.savetxt(path, rows, delimiter=",", header="x,y,z,r2", comments="")
    return path


def table(file: Path, /, **changes: Any) -> TableTask:
    return TableTask(**{"path": str(file), "vectors": [["x", "y", "z"]], "label": "r2", **changes})


def test_it_is_found_by_name_and_its_sizes_add_up(file: Path, tmp_path: Path) -> None:
    assert find_task("table") is TableTask
    task = table(file)
    sizes = task.sizes()
    data = task.load(DataContext(tmp_path))
    assert (sizes.train, sizes.validation, sizes.test) == (40, 0, 10)
    parts = split(data, sizes, train_size=40, seed=0)
    assert len(np.intersect1d(parts.train.event_id, parts.test.event_id)) == 0


def test_the_content_decides_the_identity_not_the_place(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / "renamed.csv"
    copy.parent.mkdir()
    copy.write_bytes(file.read_bytes())
    task, moved = table(file), table(copy)
    assert task.digest == moved.digest
    assert task.parameters() == moved.parameters()
    assert str(tmp_path) not in str(task.parameters()) + str(task.identity())
    assert task.locations() == {"path": str(file)}
    assert TableTask(**task.parameters(), **task.locations()) == task
    copy.write_text(copy.read_text() + "1,2,3,14\n")
    assert table(copy).digest != task.digest
    assert table(file, vectors=[["y", "x", "z"]]).digest != task.digest


def test_loading_twice_gives_the_same_bytes(file: Path, tmp_path: Path) -> None:
    context = DataContext(tmp_path)
    first = table(file).load(context).digest
    file.touch()
    assert table(file).load(context).digest == first


def test_the_truth_is_none_nothing_matrices_or_a_name(file: Path) -> None:
    assert table(file).truth() is None
    assert table(file).truth_name() is None
    nothing = table(file, known_truth="none")
    assert nothing.truth() is not None
    assert nothing.truth().shape == (0, 3, 3)  # type: ignore[union-attr]
    assert nothing.truth_name() == "none"
    assert table(file, known_truth=[]).truth_name() == "none"
    rotation = [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    by_matrix = table(file, known_truth=[rotation])
    np.testing.assert_array_equal(by_matrix.truth(), [rotation])
    assert by_matrix.truth_name() is None
    named = table(file, known_truth="so(3)")
    found = named.truth()
    assert found is not None
    np.testing.assert_allclose(found, -np.swapaxes(found, 1, 2))
    assert found.shape == (3, 3, 3)
    assert named.truth_name() == "so(3)"


def test_a_truth_that_does_not_fit_is_found_when_the_suite_is_planned(file: Path) -> None:
    with pytest.raises(DataError, match="the vectors have 3 components"):
        table(file, known_truth="so(1,3)").sizes()
    with pytest.raises(DataError, match=r"points\.csv: known_truth"):
        table(file, known_truth="sp(99)").sizes()


def test_settings_reach_the_method(file: Path) -> None:
    task = table(file, divide_by=50.0, label_type="number", test_fraction=0.5)
    assert (task.scale, task.label_kind, task.sizes().test) == (50.0, "number", 25)
    assert task.label_function() is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vectors": [["x", "y"], ["z"]]}, "same number of columns"),
        ({"vectors": [["x", "x"]]}, "repeats within"),
        ({"vectors": []}, "at least 1"),
        ({"vectors": [[]]}, "at least one column"),
        ({"path": "/data/events.txt"}, "set `format`"),
        ({"divide_by": 0}, "greater than 0"),
        ({"test_fraction": 1.0}, "less than 1"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_mistakes_are_found_before_the_file_is_opened(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        table(Path("/nowhere/points.csv"), **changes)


def test_too_few_events_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    path.write_text("x,y,z,r2\n" + "".join(f"{i},1,2,{i}\n" for i in range(9)))
    with pytest.raises(DataError, match="9 distinct events are too few"):
        table(path).sizes()


def test_the_module_imports_nothing_slow() -> None:
    code = (
        "import sys, symbench.tasks.function.table\n"
        "print([m for m in ('numpy', 'pandas', 'torch') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def points(path: Path, first: int, rows: int, **more: Any) -> None:
    rng = np.random.default_rng(first)
    x = rng.normal(size=(rows, 3))
    frame = pd.DataFrame({"x": x[:, 0], "y": x[:, 1], "z": x[:, 2], "r2": (x**2).sum(axis=1), **more})
    frame.assign(event=first + np.arange(rows)).to_csv(path, index=False)


def test_several_files_are_one_table(tmp_path: Path) -> None:
    points(tmp_path / "a_1.csv", 0, 30, kind="left")
    points(tmp_path / "a_2.csv", 25, 20, kind="right")
    fields: dict[str, Any] = {"path": str(tmp_path / "a_*.csv"), "vectors": [["x", "y", "z"]], "event_id": ["event"]}
    task = TableTask(**fields, label="r2")
    data = task._read()
    assert len(data) == 45, "five events are in both files"
    assert "50 rows, 45 kept: one row of each (event), 5 repeated rows dropped" in data.provenance.selection
    assert data.provenance.source == "a_1.csv, a_2.csv (csv)"
    assert data.provenance.record.count("sha256:") == 2
    words = TableTask(**fields, label="kind", label_type="class")._read()
    np.testing.assert_array_equal(words.label, [0] * 30 + [1] * 15)
    digest = task.digest
    points(tmp_path / "a_3.csv", 100, 5, kind="left")
    assert len(task._read()) == 50
    assert task.digest != digest
    with pytest.raises(DataError, match="no file matches"):
        TableTask(**{**fields, "path": str(tmp_path / "b_*.csv")}, label="r2").sizes()
    pd.DataFrame({"x": [1.0], "y": [2.0], "z": [3.0], "r2": [14.0], "kind": [3], "event": [200]}).to_csv(
        tmp_path / "a_4.csv", index=False
    )
    with pytest.raises(DataError, match="words in one file and numbers in another"):
        TableTask(**fields, label="kind", label_type="class")._read()


@pytest.mark.parametrize("way", ["column", "words", "values", "files"])
def test_a_split_of_the_files_is_kept(tmp_path: Path, way: str) -> None:
    fields: dict[str, Any] = {"vectors": [["x", "y", "z"]], "label": "r2"}
    if way == "files":
        for first, (word, rows) in enumerate((("train", 30), ("valid", 10), ("test", 20))):
            points(tmp_path / f"{word}.csv", 100 * first, rows)
        fields |= {"path": "{split}.csv", "split": {"train": "train", "validation": "valid", "test": "test"}}
    else:
        fold = np.repeat([0, 1, 2], [30, 10, 20])
        points(tmp_path / "a.csv", 0, 60, fold=fold, word=np.array(["train", "val", "test"])[fold], five=fold + 5)
        rule = {"column": "five", "train": [5, 6], "test": 7}
        fields |= {"path": "a.csv", "split": {"column": "fold", "words": "word", "values": rule}[way]}
    task = TableTask(**{**fields, "path": str(tmp_path / fields["path"])})
    sizes = task.sizes()
    assert (sizes.train, sizes.validation, sizes.test) == (40, 0, 20)
    data = task.load(DataContext(tmp_path))
    drawn = split(data, sizes, train_size=40, seed=3)
    np.testing.assert_array_equal(np.sort(drawn.test.label), np.sort(data.label[40:]))
    if way != "values":
        assert "own split: 30 train, 10 validation, 20 test" in data.provenance.notes


def test_a_split_without_test_events_is_refused(tmp_path: Path) -> None:
    points(tmp_path / "a.csv", 0, 20, fold=0)
    with pytest.raises(DataError, match="20 events to train and 0 to test with"):
        TableTask(path=str(tmp_path / "a.csv"), vectors=[["x", "y", "z"]], label="r2", split="fold").sizes()
    with pytest.raises(ValidationError, match="need each other"):
        TableTask(path=str(tmp_path / "{split}.csv"), vectors=[["x", "y", "z"]], label="r2")
