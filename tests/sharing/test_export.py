"""An export: complete without data, free of secrets and paths, and the same bytes each time."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import symbench as sb
from symbench.data.splits import Pool
from symbench.driver.plan import Plan
from symbench.driver.recorded import recorded_plan
from symbench.errors import DataError
from symbench.home import Home
from symbench.journal.file import Journal
from symbench.plugins import Plugin
from symbench.sharing.export import export
from symbench.suite.resolve import parse_suite
from symbench.suite.source import parse_source
from symbench.tasks.base import DataContext
from symbench.trial.context import TrialContext
from symbench.trial.execute import execute
from tests.cli.test_cli import symbench
from tests.conftest import BEHAVIOURS

SECRET = "hunter22-of-joe"
SUITE = """
name: shared
description: What we found.
seeds: 2
discovery:
  - task:
      name: table
      label: muons
      params: {{path: "{file}", vectors: [[E, x, y, z]], label: M2, known_truth: "so(1,3)"}}
    train_sizes: [20]
    methods: [random, {{name: behave, label: bad, params: {{how: raise}}}}]
"""


def _plan(home: Home, text: str, folder: Path) -> Plan:
    return recorded_plan(parse_source(text), folder, home, data_root=folder.parent / "data")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, behaviours: Plugin) -> tuple[Home, str, Path]:
    """A suite on a table at an absolute path, whose trials ran; home, text and folder of the suite."""
    root = tmp_path_factory.mktemp("of joe")
    table = root / "data" / "muons.csv"
    table.parent.mkdir()
    events = np.random.default_rng(0).normal(size=(60, 4))
    rows = np.column_stack([events, events[:, 0] ** 2 - (events[:, 1:] ** 2).sum(axis=1)])
    np.savetxt(table, rows, delimiter=",", header="E,x,y,z,M2", comments="", fmt="%.17g")
    (root / "suites").mkdir()
    text, home = SUITE.format(file=table), Home(root / "home")
    suite = parse_suite(text, folder=root / "suites", data_root=root / "data")
    task = suite.blocks[0].task
    context = TrialContext(Pool(task.load(DataContext(home.data)), task.sizes()))
    with Journal(home.journal("shared")) as journal:
        for spec in suite.trials():
            journal.write(execute(spec, context))
    return home, text, root / "suites"


def test_an_export_has_every_file_with_its_digest_and_no_path_of_this_machine(
    recorded: tuple[Home, str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, text, folder = recorded
    monkeypatch.setenv("JOE_API_TOKEN", SECRET)
    written = export(_plan(home, text, folder), tmp_path / "out")
    assert written.results == 4
    stated = json.loads((tmp_path / "out" / "export.json").read_text())
    files = {p.relative_to(tmp_path / "out").as_posix(): p for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert set(stated["files"]) == set(files) - {"export.json"}
    assert {"suite.yaml", "journal.jsonl", "provenance.json", "report/report.html", "report/metrics.parquet"} <= set(
        files
    )
    assert all(hashlib.sha256(files[n].read_bytes()).hexdigest() == d for n, d in stated["files"].items())
    for file in files.values():
        content = file.read_bytes()
        for private in (str(folder.parent), "of joe", str(home.root), str(BEHAVIOURS.parent)):
            assert private.encode() not in content, file
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    (data,) = provenance["tasks"]["muons"]["data"].values()
    assert data["source"] == "muons.csv (csv)"
    assert provenance["statuses"] == {"failed": 2, "ok": 2}
    assert 'path: "muons.csv"' in (tmp_path / "out" / "suite.yaml").read_text()


def test_the_same_results_give_the_same_bytes_and_an_export_is_replaced_as_a_whole(
    recorded: tuple[Home, str, Path], tmp_path: Path
) -> None:
    plan = _plan(recorded[0], recorded[1], recorded[2])
    export(plan, tmp_path / "a")
    export(plan, tmp_path / "b")
    (tmp_path / "b" / "left.txt").write_text("of another time")
    export(plan, tmp_path / "b")
    contents = [
        {p.relative_to(root): p.read_bytes() for p in root.rglob("*") if p.is_file()}
        for root in (tmp_path / "a", tmp_path / "b")
    ]
    assert contents[0] == contents[1]
    assert {path.name for path in tmp_path.iterdir()} >= {"a", "b"}
    assert not list(tmp_path.glob(".a.*")) + list(tmp_path.glob(".b.*"))


def test_an_export_is_read_without_home_and_data(
    recorded: tuple[Home, str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, text, folder = recorded
    export(_plan(home, text, folder), tmp_path / "out")
    original = {k: r.whole() for k, r in Journal(home.journal("shared")).latest().items()}
    exported = {k: r.whole() for k, r in Journal(tmp_path / "out" / "journal.jsonl").latest().items()}
    assert exported.keys() == original.keys()
    for key, result in exported.items():
        assert (result.metrics, result.arrays) == (original[key].metrics, original[key].arrays)
        assert result.spec.key == key, "what decides the key is unchanged"
    code, out, err = symbench(capsys, "leaderboard", tmp_path / "out", "--format", "json", "--plugin", BEHAVIOURS)
    assert (code, err) == (0, "")
    assert {row["method"]: row["statuses"] for row in json.loads(out)} == {"random": {"ok": 2}, "bad": {"failed": 2}}
    results = sb.open_results(None, tmp_path / "out")
    assert len(results) == 4
    assert len(results.leaderboard()) == 2


def test_other_content_is_never_overwritten(recorded: tuple[Home, str, Path], tmp_path: Path) -> None:
    plan = _plan(recorded[0], recorded[1], recorded[2])
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(DataError, match="has other content"):
        export(plan, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(DataError, match="nothing is recorded"):
        export(_plan(Home(tmp_path / "empty"), recorded[1], recorded[2]), tmp_path / "x")


def test_a_secret_that_cannot_be_removed_stops_it(
    recorded: tuple[Home, str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOE_API_TOKEN", "so(1,3)")  # a parameter of the task
    with pytest.raises(DataError, match="would contain a password or token"):
        export(_plan(recorded[0], recorded[1], recorded[2]), tmp_path / "out")
    assert list(tmp_path.glob("*out*")) == []
