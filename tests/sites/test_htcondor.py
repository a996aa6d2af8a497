"""cluster/htcondor: the wrapper with stand-ins and with symbench itself, and the submit file's statements."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from symbench.journal.file import Journal
from symbench.trial.result import Status
from tests.conftest import BEHAVIOURS, ROOT
from tests.sites.standins import Site, run, wait_for

FOLDER = ROOT / "cluster" / "htcondor"
WRAPPER = FOLDER / "symbench.sh"
SUBMIT = (FOLDER / "symbench.sub").read_text()
UNTIL_STOPPED = 'trap "exit 130" INT\ntouch started\nwhile :; do sleep 0.1; done\n'


def statements() -> dict[str, str]:
    lines = [line for line in SUBMIT.splitlines() if line.strip() and not line.startswith("#")]
    pairs = [line.split("=", 1) for line in lines if not line.startswith("queue")]
    return {name.strip(): value.strip() for name, value in pairs}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path / "site")
    site.program("symbench")
    return site


def environment(site: Site, tmp_path: Path, **more: str) -> dict[str, str]:
    return site.environment(_CONDOR_SCRATCH_DIR=str(tmp_path), OMP_NUM_THREADS="8", **more)


def test_a_job_runs_its_pattern_on_its_own_machine(site: Site, tmp_path: Path) -> None:
    command = ["bash", str(WRAPPER), "cms.yaml", "so3/*", "results-a"]
    done = run(command, cwd=tmp_path, env=environment(site, tmp_path))
    assert done.returncode == 0, done.stdout
    (call,) = site.calls("symbench")
    journal = str(tmp_path / "results-a" / "journal.jsonl")
    assert call.arguments == ["run", "cms.yaml", "--only", "so3/*", "--journal", journal, "--cpus", "8"]
    assert call.environment["SYMBENCH_HOME"].startswith(str(tmp_path))
    assert (tmp_path / "results-a").is_dir()  # to be transferred, also when nothing is recorded


@pytest.mark.parametrize("code", [0, 1, 2, 3])
def test_the_job_ends_as_the_run_does(site: Site, tmp_path: Path, code: int) -> None:
    site.program("symbench", f"exit {code}\n")
    command = ["bash", str(WRAPPER), "cms.yaml", "*", "results-a"]
    assert run(command, cwd=tmp_path, env=environment(site, tmp_path)).returncode == code


def test_after_its_time_it_asks_to_be_kept_and_started_again(site: Site, tmp_path: Path) -> None:
    site.program("symbench", UNTIL_STOPPED)
    env = environment(site, tmp_path, SYMBENCH_CHECKPOINT_S="0")
    command = ["bash", str(WRAPPER), "cms.yaml", "*", "results-a"]
    assert run(command, cwd=tmp_path, env=env).returncode == int(statements()["checkpoint_exit_code"]) == 85


def test_an_eviction_interrupts_the_run_and_is_no_checkpoint(site: Site, tmp_path: Path) -> None:
    site.program("symbench", UNTIL_STOPPED)
    command = ["bash", str(WRAPPER), "cms.yaml", "*", "results-a"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment(site, tmp_path))
    try:
        wait_for((tmp_path / "started").exists)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 130
    finally:
        process.kill()
        process.wait()


def test_the_submit_file_hands_the_wrapper_what_it_takes_and_fetches_what_it_leaves() -> None:
    stated = statements()
    assert (ROOT / stated["executable"]) == WRAPPER
    assert os.access(WRAPPER, os.X_OK)
    arguments = stated["arguments"].strip('"').split()
    assert arguments[3:] == ["$(options)"], "plug-ins and data roots reach the run"
    assert stated["transfer_input_files"] == "$(suite), $(files)"
    assert arguments[2] == stated["transfer_output_files"] == stated["transfer_checkpoint_files"]
    assert "$(name)" in arguments[2]
    assert re.search(r"^queue name, pattern from entries\.txt$", SUBMIT, re.M)
    defined = {"name", "pattern", "suite", "files", "options"}
    assert set(re.findall(r"\$\((\w+)\)", SUBMIT)) <= defined
    assert "condor_submit cluster/htcondor/symbench.sub suite=" in SUBMIT
    assert "PASSWORD" not in SUBMIT


@pytest.mark.slow
def test_jobs_that_were_kept_and_started_again_join_to_one_journal(tmp_path: Path) -> None:
    """Two jobs of one suite, one of them ended by its clock in the middle; their journals, one after the other."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "activate").write_text(f'export PATH="{Path(sys.executable).parent}:$PATH"\n')
    symbench = Path(sys.executable).parent / "symbench"
    (tmp_path / "bin" / "symbench").write_text(f'#!/bin/sh\nexec {symbench} "$@" --plugin {BEHAVIOURS}\n')
    (tmp_path / "bin" / "symbench").chmod(0o755)
    (tmp_path / "bin" / "activate").write_text(f'export PATH="{tmp_path}/bin:{Path(sys.executable).parent}:$PATH"\n')
    (tmp_path / "joined.yaml").write_text(
        "name: joined\nseeds: 3\ndiscovery:\n  - task: tiny\n    train_sizes: [50]\n    methods:\n"
        "      - {name: behave, label: slow, params: {seconds: 4}}\n      - {name: behave, label: quick}\n"
    )
    base = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    ends: dict[str, list[int]] = {}
    for name, pattern, clock in (("a", "tiny/slow", "25"), ("b", "tiny/quick", "600"), ("a", "tiny/slow", "600")):
        sandbox = tmp_path / f"machine-{name}"
        sandbox.mkdir(exist_ok=True)
        env = base | {
            "SYMBENCH_VENV": str(tmp_path),
            "_CONDOR_SCRATCH_DIR": str(sandbox),
            "OMP_NUM_THREADS": "1",
            "SYMBENCH_CHECKPOINT_S": clock,
        }
        command = ["bash", str(WRAPPER), str(tmp_path / "joined.yaml"), pattern, "results"]
        done = run(command, cwd=sandbox, env=env, timeout=240)
        ends.setdefault(name, []).append(done.returncode)
        assert done.returncode in (0, 85), done.stdout
    assert ends["b"] == [0]
    assert ends["a"][-1] == 0
    parts = [str(tmp_path / f"machine-{name}" / "results") for name in ("a", "b")]
    joined = tmp_path / "home" / "runs" / "joined" / "journal.jsonl"
    command = ["symbench", "merge", str(tmp_path / "joined.yaml"), *parts, "--home", str(tmp_path / "home")]
    path = f"{tmp_path}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = run(command, cwd=tmp_path, env=base | {"PATH": path}, timeout=60)
    assert done.returncode == 0, done.stdout
    latest = Journal(joined).latest().values()
    assert [result.status for result in latest] == [Status.OK] * 6
