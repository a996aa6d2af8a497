"""cluster/slurm.sh: its calls, with stand-ins for Slurm's programs, and its real flow on two network namespaces."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.sites.standins import Site, run, wait_for

SCRIPT = ROOT / "cluster" / "slurm.sh"
SYMBENCH_ENDS = {"ok": 0, "some trials failed": 1, "bad suite": 2}

# `srun` runs its command once, here; options come first and start with a dash.
SRUN_HERE = 'while [[ "$1" == -* ]]; do shift; done\nexec "$@"\n'
# What `ray symmetric-run` does on a head: the command after `--`.
RAY_HEAD = 'while [ "$1" != -- ]; do shift; done\nshift\n"$@"\nexit 0\n'


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path / "site")
    site.program("srun", SRUN_HERE)
    site.program("scontrol", '[ "$1" = requeue ] || echo 127.0.0.1\n')
    site.program("ray", RAY_HEAD)
    site.program("symbench")
    return site


def job(site: Site, tmp_path: Path, **more: str) -> dict[str, str]:
    """The environment of a batch script."""
    return site.environment(
        SLURM_JOB_ID=str(os.getpid()),
        SLURM_JOB_NUM_NODES="2",
        SLURM_JOB_NODELIST="gpu[01-02]",
        SLURM_CPUS_PER_TASK="8",
        SLURM_GPUS_ON_NODE="4",
        SYMBENCH_HOME=str(tmp_path / "home"),
        **more,
    )


def test_one_ray_a_node_with_its_own_ports_and_folder_and_never_auto(site: Site, tmp_path: Path) -> None:
    done = run(["bash", str(SCRIPT), "suite.yaml", "--only", "so3/*"], cwd=tmp_path, env=job(site, tmp_path))
    assert done.returncode == 0, done.stdout
    steps = site.calls("srun")
    assert len(steps) == 3  # make the folder, run, remove the folder
    for step in steps:
        assert step.arguments[:3] == ["--nodes=2", "--ntasks=2", "--ntasks-per-node=1"]
    (ray,) = site.calls("ray")
    assert ray.arguments[0] == "symmetric-run"
    before = ray.arguments[1 : ray.arguments.index("--")]
    options = dict(zip(before[::2], before[1::2], strict=True))
    assert options["--num-cpus"] == "8"
    assert options["--num-gpus"] == "4"
    assert options["--min-nodes"] == "2"
    host, _, port = options["--address"].partition(":")
    assert host == "127.0.0.1"
    ports = {int(p) for p in (port, options["--dashboard-port"], options["--ray-client-server-port"])}
    assert len(ports) == 3
    assert min(ports) > 1023
    assert not ports & {6379, 8265, 10001}
    assert "--dashboard-host" not in options  # loopback is Ray's default
    assert options["--temp-dir"] == f"/tmp/sb-{os.getpid()}/ray"
    assert len(options["--temp-dir"]) <= 36  # a socket's path may have 107 bytes, of which Ray takes 71
    assert not Path(options["--temp-dir"]).parent.exists()
    for name in ("--dashboard-agent-listen-port", "--min-worker-port", "--max-worker-port"):
        assert options[name] == "0"
    (symbench,) = site.calls("symbench")
    assert symbench.arguments == ["run", "suite.yaml", "--only", "so3/*", "--address", options["--address"]]
    assert not any("auto" in call.arguments for call in site.calls())


def test_two_jobs_take_different_ports_and_tokens(site: Site, tmp_path: Path) -> None:
    for number in ("1", "2"):
        env = job(site, tmp_path) | {"SLURM_JOB_ID": f"{os.getpid()}{number}"}
        assert run(["bash", str(SCRIPT), "suite.yaml"], cwd=tmp_path, env=env).returncode == 0
    first, second = site.calls("symbench")
    assert first.environment["RAY_ADDRESS"] != second.environment["RAY_ADDRESS"]
    assert first.environment["RAY_AUTH_TOKEN_PATH"] != second.environment["RAY_AUTH_TOKEN_PATH"]


def test_the_token_is_in_a_private_file_and_on_no_command_line(site: Site, tmp_path: Path) -> None:
    site.program("symbench", 'stat -c %a "$RAY_AUTH_TOKEN_PATH" >mode; cp "$RAY_AUTH_TOKEN_PATH" seen\n')
    done = run(["bash", str(SCRIPT), "suite.yaml"], cwd=tmp_path, env=job(site, tmp_path))
    token = (tmp_path / "seen").read_text()
    assert len(token) == 64
    assert (tmp_path / "mode").read_text().strip() == "600"
    for call in site.calls():
        assert token not in " ".join(call.arguments)
        if call.program in ("ray", "symbench"):
            assert call.environment["RAY_AUTH_MODE"] == "token"
            assert token not in call.environment.values()
    assert token not in done.stdout
    assert not Path(site.calls("symbench")[0].environment["RAY_AUTH_TOKEN_PATH"]).exists()


def test_secrets_come_from_a_file_and_reach_the_run_by_environment(site: Site, tmp_path: Path) -> None:
    secrets = tmp_path / "env"
    secrets.write_text("export MLFLOW_TRACKING_PASSWORD=hunter2\n")
    env = job(site, tmp_path, SYMBENCH_ENV=str(secrets))
    assert run(["bash", str(SCRIPT), "suite.yaml"], cwd=tmp_path, env=env).returncode == 0
    (symbench,) = site.calls("symbench")
    assert symbench.environment["MLFLOW_TRACKING_PASSWORD"] == "hunter2"
    assert not any("hunter2" in " ".join(call.arguments) for call in site.calls())


@pytest.mark.parametrize(("ending", "code"), SYMBENCH_ENDS.items())
def test_the_job_ends_as_the_run_does(site: Site, tmp_path: Path, ending: str, code: int) -> None:
    site.program("symbench", f"exit {code}\n")
    assert run(["bash", str(SCRIPT), "suite.yaml"], cwd=tmp_path, env=job(site, tmp_path)).returncode == code
    assert not [call for call in site.calls("scontrol") if call.arguments[0] == "requeue"]


def test_ray_that_does_not_start_is_an_infrastructure_failure(site: Site, tmp_path: Path) -> None:
    site.program("ray", "exit 0\n")  # as `ray symmetric-run` ends when `ray start` failed
    assert run(["bash", str(SCRIPT), "suite.yaml"], cwd=tmp_path, env=job(site, tmp_path)).returncode == 3


@pytest.mark.parametrize("restarts", [0, 20])
def test_before_the_time_limit_the_run_is_interrupted_and_the_job_requeued(
    site: Site, tmp_path: Path, restarts: int
) -> None:
    site.program("symbench", 'trap "echo closed >closed; exit 130" INT\ntouch started\nwhile :; do sleep 0.1; done\n')
    env = job(site, tmp_path, SLURM_RESTART_COUNT=str(restarts))
    process = subprocess.Popen(["bash", str(SCRIPT), "suite.yaml"], cwd=tmp_path, env=env)
    try:
        wait_for((tmp_path / "started").exists)
        process.send_signal(signal.SIGINT)  # what --signal=B:INT@300 sends: to the batch script alone
        assert process.wait(60) == 130
    finally:
        process.kill()
        process.wait()
    assert (tmp_path / "closed").exists()
    requeued = [call.arguments for call in site.calls("scontrol") if call.arguments[0] == "requeue"]
    assert requeued == ([["requeue", str(os.getpid())]] if restarts < 20 else [])
    assert not Path(f"/tmp/sb-{os.getpid()}").exists()


def test_without_a_suite_it_says_how_it_is_used(site: Site, tmp_path: Path) -> None:
    done = run(["bash", str(SCRIPT)], cwd=tmp_path, env=job(site, tmp_path))
    assert done.returncode == 2
    assert "usage" in done.stdout
