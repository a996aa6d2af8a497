"""The command line as a user meets it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from symbench.cli import command
from tests.conftest import BEHAVIOURS, ROOT

SUITE = """
name: mini
seeds: 2
discovery:
  - {task: tiny, train_sizes: [10], methods: [behave, {name: behave, label: bad, params: {how: raise}}]}
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    file = tmp_path / "mini.yaml"
    file.write_text(SUITE)
    return file


def symbench(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `symbench ARGUMENTS`, run in this process."""
    code: str | int | None = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["symbench", *map(str, arguments)])
        try:
            command()
        except SystemExit as ended:
            code = ended.code
    captured = capsys.readouterr()
    return int(code or 0), captured.out, captured.err


def run(capsys: pytest.CaptureFixture[str], verb: str, suite: Path, *more: object) -> tuple[int, str, str]:
    return symbench(capsys, verb, suite, "--plugin", BEHAVIOURS, *more)


def test_a_run_prints_leaderboard_report_and_store(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "run", suite, "--executor", "local")
    assert code == 1, "some trials failed"
    assert "mini: 2 failed, 2 ok" in out
    assert "behave" in out
    page = Path(re.search(r"^report +(.*)$", out, re.M)[1])  # type: ignore[index]
    assert page.read_text().startswith("<!doctype html>")
    assert re.search(r"^mlflow +sqlite:///.*mlflow.db$", out, re.M)
    assert "failed" in err
    assert "ValueError: raised on purpose" in err
    assert "4/4 trials" in err


def test_an_edited_suite_gets_another_report_though_nothing_runs(
    suite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def page() -> Path:
        out = run(capsys, "run", suite, "--executor", "local")[1]
        return Path(re.search(r"^report +(.*)$", out, re.M)[1])  # type: ignore[index]

    entry = ", {name: behave, label: dropped-later, params: {seconds: 0.01}}"
    suite.write_text(SUITE.replace(", {name: behave, label: bad, params: {how: raise}}", entry))
    written = page().stat().st_mtime_ns
    assert "dropped-later" in page().read_text()
    assert page().stat().st_mtime_ns == written, "nothing new to tell"
    time.sleep(0.02)
    suite.write_text(suite.read_text().replace(entry, ""))
    assert "dropped-later" not in page().read_text()


def test_json_summary(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "run", suite, "--executor", "local", "--only", "behave", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["executed"] == 2
    assert told["trials"] == {"ok": 2}
    assert [row["method"] for row in told["leaderboard"]] == ["behave"]


def test_plan_shows_what_would_run_and_starts_nothing(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "plan", suite)
    assert code == 0
    assert "4 trials, 4 to run" in out
    run(capsys, "run", suite, "--executor", "local")
    code, out, _ = run(capsys, "run", suite, "--dry-run", "--json")
    states = {row["method"]: row["states"] for row in json.loads(out)}
    assert states == {"behave": {"done": 2}, "bad": {"retry": 2}}


def test_leaderboard_and_report_read_the_journal(
    suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "leaderboard", suite)
    assert (code, "nothing is recorded" in err) == (1, True)
    run(capsys, "run", suite, "--executor", "local")
    code, out, _ = run(capsys, "leaderboard", suite, "--format", "json")
    assert code == 0
    assert {row["method"] for row in json.loads(out)} == {"behave", "bad"}
    code, out, _ = run(capsys, "leaderboard", suite, "--section", "false-discoveries", "--format", "json")
    assert [row["method"] for row in json.loads(out)] == ["behave"]
    assert "False discoveries, function track" in run(capsys, "leaderboard", suite)[1]
    assert run(capsys, "leaderboard", suite, "--section", "events-needed", "--format", "csv")[:2] == (0, "\n")
    code, out, err = run(capsys, "leaderboard", suite, "--section", "calibration")
    assert (code, out) == (0, "")
    assert "belongs to calibration" in err
    code, out, _ = run(capsys, "leaderboard", suite, "--section", "scores", "--format", "latex")
    assert code == 0
    assert out.startswith(r"\begin{table}")
    code, out, err = run(capsys, "plot", suite, "--figure", "spectrum")
    assert code == 2
    assert "did you mean 'spectra'" in err
    code, out, _ = run(capsys, "leaderboard", suite, "--section", "metrics", "--format", "markdown")
    assert "| behave | 10 | total_seconds |" in out
    code, out, _ = run(capsys, "report", suite, "--out", tmp_path / "page")
    assert code == 0
    assert (tmp_path / "page" / "report.html").exists()
    assert (tmp_path / "page" / "report.md").exists()
    code, out, _ = run(capsys, "sync", suite, "--tracking-uri", f"sqlite:///{tmp_path}/other.db")
    assert "4 trials of mini" in out


@pytest.mark.parametrize("executor", ["local", "ray"])
def test_a_wrong_suite_ends_with_code_2_before_anything_starts(
    executor: str, tmp_path: Path, suite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite.write_text(SUITE.replace("seeds", "sedes"))
    code, _, err = run(capsys, "run", suite, "--executor", executor)
    assert code == 2
    assert f"{suite} cannot be run as it stands" in err
    assert "sedes (line 3): unknown key, got 'sedes'; did you mean 'seeds'?" in err
    assert not (tmp_path / "home").exists()


def test_other_mistakes_end_with_code_2(suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert symbench(capsys, "plan", tmp_path / "none.yaml")[0] == 2
    assert symbench(capsys, "rum", suite)[0] == 2
    assert run(capsys, "run", suite, "--executor", "slurm")[0] == 2
    assert run(capsys, "leaderboard", suite, "--format", "excel")[0] == 2
    assert run(capsys, "leaderboard", suite, "--section", "all")[0] == 2
    assert symbench(capsys, "methods", "nulspace")[0] == 2
    broken = tmp_path / "broken.py"
    broken.write_text("1/0")
    code, _, err = symbench(capsys, "plan", suite, "--plugin", broken)
    assert (code, "ZeroDivisionError" in err) == (2, True)


def test_plan_counts_what_it_left_out_of_own_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{i},{i * i % 7},{'' if i % 10 == 3 else i + 1},{i % 2}\n" for i in range(40))
    (tmp_path / "own.csv").write_text("x,y,r,good\n" + rows)
    suite = tmp_path / "own.yaml"
    suite.write_text(
        "name: own\ndiscovery:\n  - task:\n      name: table\n      label: mine\n      params: {path: own.csv, "
        "vectors: [[x, y]], label: r, drop_missing: true, where: {good: 1}}\n"
        "    train_sizes: [8]\n    methods: [random]\n"
    )
    code, out, _ = run(capsys, "plan", suite)
    assert code == 0
    assert "data of mine: 40 rows, 16 kept" in out
    assert "20 rows without good == 1 left out" in out
    assert "4 rows without a value of 'r' left out" in out


def test_a_held_journal_ends_with_code_3(suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from symbench.home import Home
    from symbench.journal.file import Journal

    with Journal(Home.default().journal("mini")):
        code, _, err = run(capsys, "run", suite, "--executor", "local")
    assert code == 3
    assert "is being written by process" in err


def test_catalogues(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = symbench(capsys, "methods")
    assert code == 0
    assert {"nullspace", "liegan", "random", "truth", "pfn", "lorentznet"} <= set(out.split())
    code, out, _ = symbench(capsys, "methods", "liegan")
    assert "channels:" in out
    code, out, _ = symbench(capsys, "tasks", "--json")
    assert {"cms-dimuon-mass", "so3", "top-tagging", "table"} <= {task["name"] for task in json.loads(out)}
    code, out, _ = symbench(capsys, "data", "list", ROOT / "suites" / "cms.yaml")
    assert "cms-dimuon-mass: 400 training" in out


def test_help_and_version_import_nothing_heavy() -> None:
    """`--help` and `plan` answer at once because torch, Ray, MLflow, pandas and scipy stay out of them."""
    heavy = ("torch", "ray", "mlflow", "pandas", "scipy", "uproot", "awkward", "matplotlib", "sklearn")
    code = (
        "import sys; from symbench.cli import command\n"
        "try:\n    command()\nexcept SystemExit:\n    pass\n"
        f"print('HEAVY', [m for m in {heavy} if m in sys.modules], file=sys.stderr)"
    )
    for arguments in (["--help"], ["--version"], ["plan", str(ROOT / "suites" / "cms.yaml")], ["methods"]):
        told = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
        assert "HEAVY []" in told.stderr, (arguments, told.stderr)


def test_the_ui_serves_on_loopback(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import socket
    import urllib.request

    assert symbench(capsys, "ui")[0] == 1
    run(capsys, "run", suite, "--executor", "local", "--only", "behave")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "symbench.cli", "ui", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 90
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                    assert answer.status == 200
                    break
            except OSError:
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.5)
        server.terminate()
        server.wait(30)
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0, "the server that it started stays behind"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, 15)
