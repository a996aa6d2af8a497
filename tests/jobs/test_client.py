"""Suites as jobs of a real Ray head that asks for a token, on this machine."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import symbench
from symbench.errors import InfrastructureError, SubmissionError
from symbench.home import Home
from symbench.jobs import entry as cluster_entry
from symbench.jobs import staging as cluster_staging
from symbench.jobs.client import Cluster
from symbench.jobs.environment import driver_environment, exposure
from symbench.jobs.staging import Job, content_digest, stage, travelling_files
from symbench.journal.file import Journal
from symbench.plugins import Plugin, Trust
from symbench.suite.resolve import CheckedSuite, load_suite
from symbench.trial.result import Status
from tests.cli.test_cli import symbench as run_symbench
from tests.conftest import BEHAVIOURS
from tests.ray_head import RayHead, ray_head

PASSWORD = "PlantedServerPassword"  # also in the leaky plug-in, reversed
LEAKY = BEHAVIOURS.parent / "leaky.py"
SUITE = """
name: NAME
seeds: 1
timeout: 60 s
discovery:
  - {task: tiny, train_sizes: [10], methods: [{name: behave, params: {how: HOW}}, EXTRA]}
  - task: {name: table, params: {path: data/points.csv, vectors: [[x, y]], label: r2}}
    train_sizes: [10]
    methods: [behave]
"""
SECRETS = {
    "MLFLOW_TRACKING_URI": f"postgresql://me:{PASSWORD}@127.0.0.1:1/runs",
    "MLFLOW_TRACKING_PASSWORD": "PlantedMlflowPassword",
    "AWS_SECRET_ACCESS_KEY": "PlantedAws/Secret+Key",
}

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def head() -> Iterator[RayHead]:
    with ray_head() as started:
        yield started


@pytest.fixture
def symbench_there(head: RayHead, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`symbench VERB … --address HEAD`, with the head's token and with variables that Ray would obey instead."""
    monkeypatch.setenv("RAY_AUTH_TOKEN", head.token)
    monkeypatch.setenv("RAY_ADDRESS", "192.0.2.1:6379")
    monkeypatch.setenv("RAY_API_SERVER_ADDRESS", "http://192.0.2.1:8265")
    return lambda *arguments: run_symbench(capsys, *arguments, "--address", head.url)


def write_suite(folder: Path, name: str = "mini", how: str = "well", extra: str = "dynamics-only") -> Path:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    rows = "".join(f"{i},{i % 7},{i * i + (i % 7) ** 2}\n" for i in range(40))
    (folder / "data" / "points.csv").write_text("x,y,r2\n" + rows)
    file = folder / f"{name}.yaml"
    file.write_text(SUITE.replace("NAME", name).replace("HOW", how).replace("EXTRA", extra))
    return file


@pytest.fixture
def suite(tmp_path: Path, behaviours: Plugin) -> CheckedSuite:
    return load_suite(write_suite(tmp_path / "here"))


def test_a_suite_with_its_files_and_plugins_runs_as_a_job(
    head: RayHead, symbench_there: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Submit, submit again, follow, list, read; and no planted secret is anywhere that anybody could read."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    home = tmp_path / "shared"
    file = write_suite(tmp_path / "here", extra="leaky")
    options = ("--plugin", BEHAVIOURS, "--plugin", LEAKY, "--home", home)
    code, out, err = symbench_there("submit", file, *options)
    assert code == 0, err
    job_id = out.strip()
    assert job_id.startswith("symbench-mini-")
    assert job_id.endswith("-1")
    told = [out, err]

    code, out, err = symbench_there("submit", file, *options)
    assert code == 2
    assert f"on the cluster already, as {job_id}" in err

    code, out, err = symbench_there("logs", job_id, "--follow")
    assert code == 1, out + err  # the leaky method fails, and the job's exit code says so
    assert "mini: 1 failed, 2 ok" in out
    assert "some trials failed" in err
    told += [out, err]

    results = list(Journal(home / "runs" / "mini" / "journal.jsonl").results())
    assert sorted(result.status for result in results) == [Status.FAILED, Status.OK, Status.OK]
    (failed,) = [result for result in results if result.status is Status.FAILED]
    assert failed.error is not None
    assert "postgresql://me:***@db.example/runs" in failed.error.message

    code, out, err = symbench_there("jobs", "--json")
    (listed,) = [job for job in json.loads(out) if job["id"] == job_id]
    assert (listed["suite"], listed["attempt"], listed["status"], listed["exit_code"]) == ("mini", 1, "FAILED", 1)
    assert listed["started"] < listed["ended"] < time.time() + 1
    told += [out, symbench_there("jobs")[1], symbench_there("logs", job_id)[1]]
    asked = urllib.request.Request(f"{head.url}/api/jobs/", headers={"Authorization": f"Bearer {head.token}"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        told.append(answer.read().decode())

    places = [path for root in (head.folder, home) for path in root.rglob("*") if path.is_file()]
    assert any(path.name == "report.html" for path in places)
    assert any(path.name == f"job-driver-{job_id}.log" for path in places)
    for secret in (PASSWORD, *list(SECRETS.values())[1:], head.token):
        assert not [text for text in told if secret in text]
        assert not [path for path in places if path.exists() and secret.encode() in path.read_bytes()]
    assert not [path for path in places if path.exists() and path.name == cluster_entry.PRIVATE_FILE]

    run_here = ("leaderboard", file, "--plugin", BEHAVIOURS, "--plugin", LEAKY, "--home", home, "--format", "json")
    found = subprocess.run([sys.executable, "-m", "symbench.cli", *map(str, run_here)], capture_output=True, text=True)
    assert {row["method"] for row in json.loads(found.stdout)} == {"behave", "leaky"}, found.stderr


def test_a_cluster_is_closed_to_those_without_its_token(
    head: RayHead, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_suite(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    for token, message in ((None, "asks for a token"), ("wrong", "does not take the token that is set")):
        monkeypatch.delenv("RAY_AUTH_TOKEN", raising=False)
        if token:
            monkeypatch.setenv("RAY_AUTH_TOKEN", token)
        submit = ("submit", file, "--plugin", BEHAVIOURS, "--home", tmp_path / "home")
        for verb in (submit, ("jobs",), ("logs", "symbench-x-1"), ("stop", "symbench-x-1")):
            code, _, err = run_symbench(capsys, *verb, "--address", head.url)
            assert code == 2
            assert message in err
            assert "set RAY_AUTH_TOKEN" in err
    file_of_token = tmp_path / "token"
    file_of_token.write_text(head.token + "\n")
    monkeypatch.delenv("RAY_AUTH_TOKEN")
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(file_of_token))
    assert Cluster(head.url).headers == {"Authorization": f"Bearer {head.token}"}


@pytest.mark.slow  # Ray asks the cluster for twenty seconds before it says why it cannot join
def test_a_driver_without_the_token_is_refused(head: RayHead, tmp_path: Path) -> None:
    file = write_suite(tmp_path / "here")
    command = [sys.executable, "-m", "symbench.cli", "run", str(file), "--plugin", str(BEHAVIOURS)]
    environment = head.environment(RAY_AUTH_TOKEN="wrong", SYMBENCH_HOME=str(tmp_path / "home"))
    ended = subprocess.run(
        [*command, "--address", head.address], env=environment, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 3, ended.stderr
    assert "asks for a token" in ended.stderr
    assert "set RAY_AUTH_MODE=token" in ended.stderr


@pytest.mark.slow
def test_a_job_is_stopped_cleanly_and_submitted_again(
    head: RayHead, symbench_there: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_suite(tmp_path / "here", "long", "sleep")
    journal = tmp_path / "home" / "runs" / "long" / "journal.jsonl"
    options = ("--plugin", BEHAVIOURS, "--home", tmp_path / "home", "--with-source")
    job_id = symbench_there("submit", file, *options)[1].strip()
    deadline = time.monotonic() + 120
    while not journal.exists() or not [r for r in Journal(journal).results() if r.status is Status.OK]:
        assert time.monotonic() < deadline, symbench_there("logs", job_id)[1]
        time.sleep(0.3)
    code, out, _ = symbench_there("stop", "symbench-long")
    assert (code, out.strip()) == (0, f"{job_id} STOPPED")
    assert "has already ended: STOPPED" in symbench_there("stop", job_id)[1]
    assert symbench_there("logs", job_id, "--follow")[0] == 130
    assert [r.status for r in Journal(journal).results() if r.spec.task_label == "table"] == [Status.OK]

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://me:elsewhere@127.0.0.1:1/runs")
    code, out, err = symbench_there("submit", file, *options, "--only", "table", "--follow")
    assert code == 0, err
    assert "0 trials to run, 1 need none" in out
    again = symbench_there("submit", file, *options)[1].strip()
    assert again == job_id[: -len("-1")] + "-2"
    assert symbench_there("stop", again)[0] == 0


@pytest.mark.slow
def test_a_journal_that_is_kept_at_an_address_is_read_from_there(
    head: RayHead, symbench_there: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The job's own folder is gone with the job, its journal is not; the next attempt goes on from it."""
    file = write_suite(tmp_path / "here", "kept")
    options = ("--plugin", BEHAVIOURS, "--journal", f"file://{tmp_path}/kept")
    code, out, err = symbench_there("submit", file, *options, "--follow")
    assert code == 0, out + err
    code, out, _ = run_symbench(capsys, "leaderboard", file, *options, "--format", "json")
    assert {row["task"] for row in json.loads(out)} == {"tiny", "table"}
    code, out, err = symbench_there("submit", file, *options, "--follow")
    assert code == 0, out + err
    assert "0 trials to run" in out


@pytest.mark.slow
def test_another_version_on_the_cluster_is_named(
    head: RayHead, symbench_there: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(symbench, "__version__", "9.9.9")
    file = write_suite(tmp_path / "here", "versions")
    code, out, err = symbench_there("submit", file, "--plugin", BEHAVIOURS, "--home", tmp_path / "home", "--follow")
    assert code == 2
    assert "the job was submitted by 9.9.9: install the same one there, or submit with --with-source" in out + err


def test_an_address_that_is_wrong_is_told_within_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("symbench.jobs.connection.PROBE_S", 1.0)
    with socket.socket() as silent, socket.socket() as closed:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        closed.bind(("127.0.0.1", 0))
        ports = silent.getsockname()[1], closed.getsockname()[1]
        for port in ports:
            started = time.monotonic()
            code, _, err = run_symbench(capsys, "jobs", "--address", f"http://127.0.0.1:{port}")
            assert code == 3
            assert f"nobody answers at http://127.0.0.1:{port}" in err
            assert time.monotonic() - started < 30
    for wrong in ("auto", "127.0.0.1:8265", "ray://127.0.0.1:10001", "os://x", "http://"):
        with pytest.raises(SubmissionError, match="reads like http://HOST:8265"):
            Cluster(wrong)
    with pytest.raises(SubmissionError, match="carries no credentials"):
        Cluster("http://me:secret@host:8265")


def test_a_job_needs_a_place_for_its_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_suite(tmp_path / "here")
    code, _, err = run_symbench(capsys, "submit", file, "--plugin", BEHAVIOURS, "--address", "http://127.0.0.1:9")
    assert code == 2
    assert "--journal" in err


def test_exactly_the_named_files_travel_each_at_its_place(suite: CheckedSuite, tmp_path: Path) -> None:
    (tmp_path / "here" / "private.txt").write_text("not named by the suite")
    job = Job(suite, plugins=(BEHAVIOURS,), home=tmp_path, only="tiny", environment={"AWS_SECRET_ACCESS_KEY": "xyz"})
    staging = stage(job, tmp_path / "package")
    found = {path.relative_to(staging.files).as_posix() for path in staging.files.rglob("*") if path.is_file()}
    assert found == {"symbench_job.py", "suite/mini.yaml", "suite/data/points.csv", "plugins/0/behaviours.py"}
    assert (staging.files / "symbench_job.py").read_text() == Path(cluster_entry.__file__).read_text()
    there = load_suite(staging.files / "suite" / "mini.yaml")
    assert [trial.key for trial in there.trials()] == [trial.key for trial in suite.trials()]
    assert "xyz" not in repr(job)


def test_the_plugins_of_a_suite_travel_beside_it_as_they_were_allowed(tmp_path: Path, behaviours: Plugin) -> None:
    file = write_suite(tmp_path / "here")
    (tmp_path / "here" / "own").mkdir()
    (tmp_path / "here" / "own" / "small.py").write_text("SMALL = 1\n")
    (tmp_path / "here" / "link.py").symlink_to("own/small.py")
    text = file.read_text()
    for named, place in (("own/small.py", "suite/own/small.py"), ("link.py", "suite/link.py")):
        file.write_text(f"plugins: [{named}]\n{text}")
        suite = load_suite(file, trust=Trust(Home(tmp_path / "home"), everything=True))
        staging = stage(Job(suite, plugins=(BEHAVIOURS,)), tmp_path / named.replace("/", "-"))
        assert (staging.files / place).read_text() == "SMALL = 1\n"
        private = cluster_entry.take_private([staging.private.parent])
        assert private is not None
        assert private["arguments"] == ["suite/mini.yaml", "--plugin", "plugins/0/behaviours.py", "--plugin", place]
    (tmp_path / "here" / "own" / "small.py").write_text("LARGE = 1\n")
    with pytest.raises(SubmissionError, match="was edited"):
        travelling_files(Job(suite))


def test_the_private_part_is_for_the_driver_alone(suite: CheckedSuite, tmp_path: Path) -> None:
    job = Job(suite, only="a b; $(c)", journal="s3://bucket/j", environment={"AWS_SECRET_ACCESS_KEY": "xyz"})
    staging = stage(job, tmp_path / "package")
    (file,) = staging.private.iterdir()
    assert (file.stat().st_mode & 0o777, staging.private.stat().st_mode & 0o777) == (0o600, 0o700)
    private = cluster_entry.take_private([tmp_path / "elsewhere", tmp_path / "package"])
    assert private is not None
    assert private["arguments"] == ["suite/mini.yaml", "--only=a b; $(c)", "--journal=s3://bucket/j"]
    assert private["environment"] == {"AWS_SECRET_ACCESS_KEY": "xyz"}
    assert not file.exists()
    assert cluster_entry.take_private([tmp_path / "package"]) is None
    config = {"runtime_env": {"working_dir": "gcs://a", "py_modules": ["gcs://source", "gcs://private"]}}
    environment = {cluster_entry.JOB_CONFIG: json.dumps(config)}
    cluster_entry.keep_from_workers(environment)
    assert json.loads(environment[cluster_entry.JOB_CONFIG])["runtime_env"]["py_modules"] == ["gcs://source"]
    cluster_entry.keep_from_workers(environment)
    assert json.loads(environment[cluster_entry.JOB_CONFIG])["runtime_env"] == {"working_dir": "gcs://a"}


def test_the_digest_follows_what_decides_the_job(suite: CheckedSuite, tmp_path: Path) -> None:
    def digest(**changes: object) -> str:
        return content_digest(Job(**{"suite": suite, "home": Path("/a"), **changes}))  # type: ignore[arg-type]

    first = digest()
    assert digest() == first
    assert digest(environment={"AWS_SECRET_ACCESS_KEY": "xyz"}) == first
    assert digest(journal="s3://me:one@host/j") == digest(journal="s3://me:two@host/j") != first
    assert len({first, digest(fresh=True), digest(only="x"), digest(home=Path("/b")), digest(plugins=(LEAKY,))}) == 5
    (tmp_path / "here" / "data" / "points.csv").write_text("x,y,r2\n1,2,5\n")
    assert digest() != first


def test_what_is_too_large_is_named_before_anything_is_sent(
    suite: CheckedSuite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_staging, "MAXIMUM_BYTES", 100)
    with pytest.raises(SubmissionError) as raised:
        travelling_files(Job(suite))
    assert "at most 0.0 MiB travel with a job; the largest: " in str(raised.value)
    assert "points.csv" in str(raised.value)
    assert "--data-root" in str(raised.value)
    assert not list(tmp_path.glob("package*"))


def test_a_path_that_would_mean_another_place_there_is_refused(tmp_path: Path, behaviours: Plugin) -> None:
    file = write_suite(tmp_path / "here")
    text = file.read_text()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "points.csv").write_bytes((tmp_path / "here" / "data" / "points.csv").read_bytes())
    places = {
        "../data/points.csv": "leaves the suite's folder",
        str(tmp_path / "here" / "data" / "points.csv"): "write it relative to the suite",
    }
    for path, message in places.items():
        file.write_text(text.replace("data/points.csv", path))
        with pytest.raises(SubmissionError, match=message):
            travelling_files(Job(load_suite(file, data_root=tmp_path), data_root=tmp_path))
    file.write_text(text.replace("data/points.csv", str(tmp_path / "data" / "points.csv")))
    stays = travelling_files(Job(load_suite(file, data_root=tmp_path), data_root=tmp_path))
    assert sorted(map(str, stays)) == ["suite/mini.yaml", "symbench_job.py"]


def test_what_travels_in_the_clear_is_warned_about(suite: CheckedSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "t0ken")
    job = Job(suite, environment={"MLFLOW_TRACKING_PASSWORD": "xyz"})
    warning = exposure("http://cluster.example:8265", job)
    assert warning is not None
    assert "the token of the cluster, the suite and its files, MLFLOW_TRACKING_PASSWORD travel unencrypted" in warning
    assert "ssh -N -L 8265:localhost:8265 cluster.example" in warning
    assert "xyz" not in warning
    assert "t0ken" not in warning
    for safe in ("https://cluster.example", "http://localhost:8265", "http://127.0.0.1:8265", "http://[::1]:8265"):
        assert exposure(safe, job) is None


def test_the_driver_gets_the_listed_variables_only() -> None:
    here = {"MLFLOW_TRACKING_URI": "http://a", "AWS_SECRET_ACCESS_KEY": "b", "HOME": "/root", "AWS_REGION": ""}
    assert driver_environment(None, here) == {"MLFLOW_TRACKING_URI": "http://a", "AWS_SECRET_ACCESS_KEY": "b"}
    assert driver_environment("sqlite:///x", here)["MLFLOW_TRACKING_URI"] == "sqlite:///x"


def test_a_token_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("RAY_AUTH_TOKEN", raising=False)
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "none"))
    with pytest.raises(InfrastructureError, match=r"the token file .*none cannot be read"):
        Cluster("http://127.0.0.1:9")
