"""The report of a suite in its MLflow experiment: once, replaced when it changes, described by its opening."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from symbench.tracking import Owner, Store, publish
from symbench.tracking.report import DESCRIPTION, ReportFiles

OPENING = """# mirror
<!-- symbench-identity 0 -->
What is there.

3 trials, 3 ok. The full report is `report.html`.

## Findings

- First.
- Second.

![figure](figures/one.png)

## Scores
- no finding
"""
OWNER = Owner("somebody", "host", "/home", "journal-1")


def write(folder: Path, identity: str, page: str = "<html></html>") -> Path:
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    files = {"report.html": page, "report.md": OPENING, "figures/one.png": "png", "results.jsonl": "{}"}
    for name, text in files.items():
        (folder / name).write_text(text)
    (folder / "report.json").write_text(json.dumps({"identity": identity, "files": list(files)}))
    return folder


@pytest.fixture
def uri(tmp_path: Path, empty_store: Path) -> str:
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return f"sqlite:///{tmp_path}/mlflow.db"


def reports(store: Store) -> list[str]:
    return [run.info.run_id for run in store.search("tags.`symbench.kind` = 'report'")]


def test_a_report_is_written_once_and_replaced_when_it_changes(tmp_path: Path, uri: str) -> None:
    folder = write(tmp_path / "report", "a")
    for _ in range(2):
        assert publish(uri, "mirror", folder, tmp_path / "artifacts", owner=OWNER)
    store = Store(uri, "mirror", tmp_path / "artifacts", OWNER)
    (first,) = reports(store)
    paths = {entry.path for entry in store.client.list_artifacts(first)}
    assert paths == {"report.html", "report.md", "figures"}, "the journal is no artifact"
    assert [entry.path for entry in store.client.list_artifacts(first, "figures")] == ["figures/one.png"]
    publish(uri, "mirror", write(folder, "b", "<html>new</html>"), tmp_path / "artifacts", owner=OWNER)
    (second,) = reports(store)
    assert second != first
    page = store.client.download_artifacts(second, "report.html", str(tmp_path))
    assert Path(page).read_text() == "<html>new</html>"


def test_the_experiment_is_described_by_the_first_findings(tmp_path: Path, uri: str) -> None:
    publish(uri, "mirror", write(tmp_path / "report", "a"), tmp_path / "artifacts", owner=OWNER)
    store = Store(uri, "mirror", tmp_path / "artifacts", OWNER)
    text = store.client.get_experiment(store.experiment).tags[DESCRIPTION]
    assert text.startswith("What is there.\n\n3 trials, 3 ok.")
    assert "- First.\n- Second." in text
    assert "no finding" not in text
    assert "png" not in text
    assert text.endswith("artifacts of the run *report of somebody*.")


def test_reports_of_two_owners_stand_side_by_side(tmp_path: Path, uri: str) -> None:
    other = Owner("else", "host", "/home", "journal-2")
    for owner in (OWNER, other, OWNER):
        publish(uri, "mirror", write(tmp_path / "report", "a"), tmp_path / "artifacts", owner=owner)
    assert len(reports(Store(uri, "mirror", tmp_path / "artifacts", OWNER))) == 2


def test_an_incomplete_report_is_not_written(tmp_path: Path, uri: str) -> None:
    folder = write(tmp_path / "report", "a")
    (folder / "figures" / "one.png").unlink()
    assert ReportFiles.of(folder) is None
    assert not publish(uri, "mirror", folder, tmp_path / "artifacts", owner=OWNER)
    assert not publish(uri, "mirror", tmp_path, tmp_path / "artifacts", owner=OWNER)
