"""Paths of a suite that name several files, or a tree in a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import uproot

from symbench.errors import SuiteError
from symbench.jobs.staging import Job, travelling_files
from symbench.suite.blocks import CheckedSuite
from symbench.suite.resolve import load_suite

SUITE = """
name: patterns
seeds: 1
discovery:
  - task: {{name: table, params: {{vectors: [[x, y]], label: r, {params}}}}}
    train_sizes: [20]
    methods: [random]
"""


def points(rows: int, seed: int) -> pd.DataFrame:
    x = np.random.default_rng(seed).normal(size=(rows, 2))
    return pd.DataFrame({"x": x[:, 0], "y": x[:, 1], "r": (x**2).sum(axis=1)})


def suite(folder: Path, params: str) -> CheckedSuite:
    (folder / "suite.yaml").write_text(SUITE.format(params=params))
    return load_suite(folder / "suite.yaml")


def test_files_by_pattern_are_checked_read_and_sent(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for number in range(3):
        points(20, number).to_csv(tmp_path / "data" / f"part_{number}.csv", index=False)
    checked = suite(tmp_path, 'path: "data/part_?.csv"')
    assert str(checked.blocks[0].task.selection()).startswith("60 rows")
    assert checked.blocks[0].task.digest == suite(tmp_path, 'path: "./data/part_*.csv"').blocks[0].task.digest
    sent = travelling_files(Job(checked, home=tmp_path))
    assert sum(place.suffix == ".csv" for place in sent) == 3
    with pytest.raises(SuiteError, match="no file matches"):
        suite(tmp_path, 'path: "data/prt_*.csv"')


def test_files_of_a_split_and_a_tree_in_a_file(tmp_path: Path) -> None:
    for word in ("train", "test"):
        points(30, len(word)).to_csv(tmp_path / f"{word}.csv", index=False)
    checked = suite(tmp_path, 'path: "{split}.csv", split: {train: train, test: test}')
    assert checked.blocks[0].task.sizes().test == 30
    with uproot.recreate(tmp_path / "a.root") as file:
        for name in ("left", "right"):
            frame = points(40, len(name))
            file.mktree(name, dict.fromkeys(frame, "float64")).extend({c: frame[c].to_numpy() for c in frame})
    tree = suite(tmp_path, 'path: "a.root:right"')
    assert str(tree.blocks[0].task.selection()).startswith("40 rows")
    assert Path("suite/a.root") in travelling_files(Job(tree, home=tmp_path))


@pytest.mark.parametrize("path", ["../*.csv", "in/../../*.csv", "*/../../a.csv", "**/*.csv", "/etc/host*"])
def test_patterns_do_not_lead_out_of_the_folder(tmp_path: Path, path: str) -> None:
    (tmp_path / "suite").mkdir()
    (tmp_path / "suite" / "in").mkdir()
    points(20, 0).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(SuiteError, match=r"leaves the suite's folder|not a usable path"):
        suite(tmp_path / "suite", f'path: "{path}"')


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    (tmp_path / "suite").mkdir()
    points(20, 0).to_csv(tmp_path / "secret.csv", index=False)
    (tmp_path / "suite" / "a.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(SuiteError, match="leads out of the suite's folder"):
        suite(tmp_path / "suite", 'path: "*.csv"')
