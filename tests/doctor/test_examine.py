"""The doctor: what works is said to work, what is broken has a remedy, and a failing check is a finding."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from symbench.doctor import data, examine, machine, services, software
from symbench.doctor.finding import Finding, Health
from symbench.home import Home
from tests.cli.test_cli import symbench
from tests.conftest import ROOT


def _states(findings: Iterator[Finding]) -> dict[str, Health]:
    return {finding.what: finding.state for finding in findings}


def test_this_machine_can_run_suites_and_every_other_finding_has_a_remedy(tmp_path: Path) -> None:
    found = list(examine.examine(Home(tmp_path / "home")))
    assert [f for f in found if f.state is Health.BROKEN] == []
    assert {"Python", "packages", "folder of results", "disk", "MLflow store", "CMS open data"} <= {
        f.what for f in found
    }
    assert all(f.remedy for f in found if f.state is not Health.OK)
    assert not (tmp_path / "home").exists(), "looking leaves nothing behind"


def test_it_answers_within_five_seconds_and_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom symbench.doctor.examine import examine\nfrom symbench.home import Home\n"
        "list(examine(Home.default()))\n"
        "print([m for m in ('torch', 'ray', 'mlflow', 'scipy', 'pandas') if m in sys.modules])"
    )
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
    assert time.perf_counter() - started < 5


def test_a_home_that_cannot_be_written_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "home"
    root.mkdir()
    assert set(_states(machine.home(Home(root))).values()) <= {Health.OK, Health.NOTE}
    assert list(root.iterdir()) == []

    def refused(*_: Any) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", refused)
    (finding,) = machine.home(Home(root))
    assert finding.state is Health.BROKEN
    assert "No locks available" in finding.found
    assert list(root.iterdir()) == [], "nothing stays of the attempt"


@pytest.mark.parametrize(("gib", "state"), [(0.1, Health.BROKEN), (1.0, Health.NOTE), (50.0, Health.OK)])
def test_free_disk_decides(gib: float, state: Health, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type(shutil.disk_usage(tmp_path))(2**50, 0, int(gib * 1024**3))
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert _states(machine.home(Home(tmp_path)))["disk"] is state


def test_loopback_is_tried_and_its_failure_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _states(machine.loopback())["ports on loopback"] is Health.OK

    def refused(*_: Any, **__: Any) -> None:
        raise OSError(99, "Cannot assign requested address")

    monkeypatch.setattr(socket, "create_server", refused)
    assert _states(machine.loopback())["ports on loopback"] is Health.BROKEN


def test_packages_are_held_to_their_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    stated = ["numpy>=2", "pandas>=99", "no-such-package>=1 ; python_version > '3'", 'nope>=1; extra == "jets"']
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: stated)
    found = {finding.what: finding for finding in software.packages()}
    assert found["pandas"].state is Health.BROKEN
    assert "outside of >=99" in found["pandas"].found
    assert found["no-such-package"].found == "not installed"
    assert found["packages"].found.startswith("1 in the required ranges: numpy ")
    (extra,) = software.extras()
    assert (extra.state, extra.found) == (Health.NOTE, "without nope")


def test_a_store_is_looked_at_and_never_made(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (finding,) = services.store(None, home)
    assert finding.state is Health.OK
    assert not (tmp_path / "mlflow.db").exists()
    (tmp_path / "mlflow.db").write_bytes(b"not a database, by no means one")
    assert [f.state for f in services.store(None, home)] == [Health.NOTE]
    (tmp_path / "mlflow.db").unlink()
    sqlite3.connect(tmp_path / "mlflow.db").execute("CREATE TABLE runs (id INT)").connection.close()
    assert [f.found for f in services.store(None, home)] == [f"{home.tracking_uri}, 0 runs"]


def test_a_server_that_is_away_is_named_without_its_password(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    (finding,) = services.store(f"http://joe:hunter22@127.0.0.1:{port}", Home(tmp_path))
    assert finding.state is Health.NOTE
    assert "hunter22" not in finding.found + finding.remedy
    assert "symbench sync" in finding.remedy


def test_a_suite_without_its_data_is_broken_and_one_with_them_is_counted(tmp_path: Path) -> None:
    lacking = tmp_path / "lacking.yaml"
    lacking.write_text(
        "name: l\ndiscovery:\n  - task: {name: table, params: {path: no.csv, vectors: [[a, b]], label: c}}\n"
        "    train_sizes: [10]\n    methods: [random]\n"
    )
    (finding,) = data.suite(lacking, Home(tmp_path), None)
    assert finding.state is Health.BROKEN
    assert "no.csv" in finding.found
    here = tmp_path / "here.yaml"
    here.write_text("name: h\nseeds: 3\ndiscovery:\n  - {task: so2, train_sizes: [10], methods: [random]}\n")
    (finding,) = data.suite(here, Home(tmp_path), None)
    assert (finding.state, finding.found.startswith("3 trials of 1 tasks")) == (Health.OK, True)


def test_a_check_that_fails_is_a_finding_and_the_exit_code_is_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = symbench(capsys, "doctor", "--json")
    assert code == 0
    assert {finding["state"] for finding in json.loads(out)} <= {"ok", "note"}

    def failing() -> Iterator[Finding]:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(machine, "memory", failing)
    code, out, _ = symbench(capsys, "doctor")
    assert code == 3
    assert "broken  cores and memory: the check failed: RuntimeError: on purpose\n        → report this" in out
    assert "ok      ports on loopback" in out, "the others go on"


@pytest.mark.slow
def test_the_full_examination_starts_everything(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = symbench(capsys, "doctor", "--full", "--json")
    states = {finding["what"]: finding["state"] for finding in json.loads(out)}
    assert (code, states["Ray"], states["torch"], states["MLflow"]) == (0, "ok", "ok", "ok")
