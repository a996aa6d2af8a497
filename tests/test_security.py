"""Secrets stay secret, and suites stay data."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from symbench.executors.ray.auth import find_token, refusal
from symbench.redaction import SECRET_VARIABLES, redact_text
from symbench.suite.resolve import CheckedSuite, parse_suite
from symbench.trial.execute import unexecuted
from symbench.trial.result import Status
from tests.conftest import BEHAVIOURS, ROOT

LEAKY = BEHAVIOURS.parent / "leaky.py"
PASSWORD = "PlantedServerPassword"  # also in the leaky plug-in, reversed
PLANTED = {
    "MLFLOW_TRACKING_PASSWORD": "PlantedMlflowPassword",
    "MLFLOW_TRACKING_TOKEN": "PlantedMlflowToken",
    "AWS_SECRET_ACCESS_KEY": "PlantedAws/Secret+Key",
    "AWS_SESSION_TOKEN": "PlantedAwsSession",
    "RAY_AUTH_TOKEN": "PlantedRayToken0123456789abcdef",
}
SUITE = """
name: secrets
seeds: 1
discovery:
  - {task: tiny, train_sizes: [10], methods: [leaky, behave]}
"""


def command(folder: Path, verb: str, *more: object, **environment: str) -> tuple[int, str]:
    """Exit code and everything printed by `symbench VERB` with the planted secrets around it."""
    line = [verb, folder / "secrets.yaml", "--plugin", BEHAVIOURS, "--plugin", LEAKY, "--home", folder / "home", *more]
    ended = subprocess.run(
        [sys.executable, "-m", "symbench.cli", *map(str, line)],
        env={**os.environ, **PLANTED, "MLFLOW_TRACKING_URI": "", **environment},
        capture_output=True,
        text=True,
        timeout=200,
    )
    return ended.returncode, ended.stdout + ended.stderr


def leaks(folder: Path, *texts: str) -> list[str]:
    """Which planted secrets stand in the texts, or in any file of the folder."""
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert files
    secrets = [*PLANTED.values(), PASSWORD]
    return [s for s in secrets if any(s in text for text in texts) or any(s.encode() in file for file in files)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secrets.yaml").write_text(SUITE)
    return tmp_path


def test_no_output_of_a_run_holds_a_secret(folder: Path) -> None:
    """The journal, the store's bytes, the report and what is printed, of a trial whose error tells all it knows."""
    code, told = command(folder, "run", "--executor", "local")
    assert code == 1
    assert "cannot reach postgresql://me:***@db.example/runs" in told
    assert {"mlflow.db", "journal.jsonl", "report.html"} <= {path.name for path in folder.rglob("*")}
    assert leaks(folder, told) == []


def test_no_answer_of_an_unreachable_store_holds_a_secret(folder: Path) -> None:
    uri = f"postgresql://me:{PASSWORD}@127.0.0.1:1/runs"
    code, told = command(folder, "run", "--executor", "local", "--only", "behave", MLFLOW_TRACKING_URI=uri)
    assert code == 0
    assert "MLflow is not up to date" in told
    synced, more = command(folder, "sync", MLFLOW_TRACKING_URI=uri)
    assert synced == 3
    assert leaks(folder, told, more) == []


@pytest.mark.slow
def test_no_output_of_a_run_on_ray_holds_a_secret(folder: Path) -> None:
    """Workers inherit the environment of the cluster that the run starts, so their errors can carry it."""
    code, told = command(folder, "run", "--cpus", 1)
    assert code == 1
    assert "cannot reach postgresql://me:***@db.example/runs" in told
    assert leaks(folder, told) == []


def test_an_unexpected_error_is_told_without_secrets_and_not_as_failed_trials(folder: Path) -> None:
    code = (
        "import sys, symbench.cli, symbench.cli.app as app\n"
        "def broken(**options): raise RuntimeError('at http://me:PlantedServerPassword@host with PlantedMlflowToken')\n"
        "app.app = broken\nsymbench.cli.main()"
    )
    ended = subprocess.run([sys.executable, "-c", code], env={**os.environ, **PLANTED}, capture_output=True, text=True)
    assert ended.returncode == 3
    assert "RuntimeError: at http://me:***@host with ***" in ended.stderr


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at postgresql://me:s3cret@db:5432/x now", "at postgresql://me:***@db:5432/x now"),
        ("postgresql+psycopg2://me:p@ss@db/x", "postgresql+psycopg2://me:***@db/x"),
        ("redis://:s3cret@host", "redis://:***@host"),
        ("'http://a:b@c', 'http://d:e@f'", "'http://a:***@c', 'http://d:***@f'"),
        ("s3://bucket/key?X-Amz-Signature=abc&x=1", "s3://bucket/key?X-Amz-Signature=***&x=1"),
        ("http://host/?token=abc", "http://host/?token=***"),
        ("http://host:5000/a@b", "http://host:5000/a@b"),
        ("sqlite:////a/b.db", "sqlite:////a/b.db"),
        ("me@example.org: 3:4@5", "me@example.org: 3:4@5"),
    ],
)
def test_addresses_lose_their_passwords(text: str, shown: str) -> None:
    assert redact_text(text, {}) == shown
    assert redact_text(shown, {}) == shown


def test_values_of_secret_variables_are_hidden_as_written_and_as_encoded() -> None:
    assert set() != set(PLANTED) <= set(SECRET_VARIABLES)
    for name, value in PLANTED.items():
        assert redact_text(f"<{value}>", {name: value}) == "<***>"
    assert redact_text("PlantedAws%2FSecret%2BKey", PLANTED) == "***"
    assert redact_text("a short value stays", {"MLFLOW_TRACKING_PASSWORD": "a"}) == "a short value stays"


def test_a_record_of_a_lost_trial_is_redacted(make_suite: Callable[[str], CheckedSuite]) -> None:
    text = SUITE.replace("leaky, ", "")
    (spec,) = make_suite(text).trials()
    result = unexecuted(spec, Status.FAILED, "NodeDiedError", "the worker told: http://me:s3cret@host")
    assert result.error is not None
    assert result.error.message == "the worker told: http://me:***@host"


def ray_mode(address: str | None, home: Path, **environment: str) -> dict[str, str]:
    """What a fresh process sets of Ray's authentication."""
    code = (
        "import os, sys; from symbench.executors.ray.auth import choose_authentication\n"
        f"choose_authentication({address!r})\n"
        "print({k: v for k, v in os.environ.items() if k.startswith('RAY_AUTH')})"
    )
    kept = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, "HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    printed: dict[str, str] = ast.literal_eval(ended.stdout)
    return printed


def test_the_mode_of_authentication_is_always_explicit(tmp_path: Path) -> None:
    own, other = ray_mode(None, tmp_path), ray_mode(None, tmp_path)
    assert own["RAY_AUTH_MODE"] == "token"
    assert len(own["RAY_AUTH_TOKEN"]) == 64
    assert own["RAY_AUTH_TOKEN"] != other["RAY_AUTH_TOKEN"]
    assert ray_mode("host:6379", tmp_path) == {"RAY_AUTH_MODE": "disabled"}
    assert ray_mode("host:6379", tmp_path, RAY_AUTH_TOKEN="t")["RAY_AUTH_MODE"] == "token"
    assert ray_mode("host:6379", tmp_path, RAY_AUTH_MODE="disabled") == {"RAY_AUTH_MODE": "disabled"}
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text("t")
    assert ray_mode("host:6379", tmp_path) == {"RAY_AUTH_MODE": "token"}
    assert len(ray_mode(None, tmp_path)["RAY_AUTH_TOKEN"]) == 64, "a cluster of our own has a token of its own"


def test_the_token_is_found_where_ray_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_token() is None
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text("by default\n")
    assert find_token() == "by default"
    (tmp_path / "file").write_text("by path")
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "file"))
    assert find_token() == "by path"
    monkeypatch.setenv("RAY_AUTH_TOKEN", "by value")
    assert find_token() == "by value"


def test_a_refused_token_is_recognised_behind_other_errors() -> None:
    class AuthenticationError(Exception):
        pass

    error = ConnectionError("Failed to connect")
    assert refusal(error, address=None) is None
    assert "nothing answers there, or it asks for a token" in str(refusal(error, "127.0.0.1:1"))
    error.__cause__ = AuthenticationError("no")
    assert "the cluster asks for a token: set RAY_AUTH_MODE=token" in str(refusal(error, "127.0.0.1:1"))


def test_a_suite_runs_no_code(tmp_path: Path, behaviours: object) -> None:
    """Neither tags of YAML, nor names that look like modules, nor a Python file that lies beside the suite."""
    from symbench.errors import PluginError, SuiteError

    ran = tmp_path / "ran"
    code = f"open({str(ran)!r}, 'w').close()"
    for name in ("evil", "tiny", "symbench_plugin_evil"):
        (tmp_path / f"{name}.py").write_text(code)
    for text in (
        f"name: !!python/object/apply:builtins.exec [{code!r}]",
        f"name: !!python/object/new:os.system ['touch {ran}']",
        "name: !!python/module:evil",
        "name: !!python/name:evil.x",
        "name: a\ndiscovery: [{task: evil, train_sizes: [1], methods: [evil]}]",
        "name: a\ndiscovery: [{task: evil.py, train_sizes: [1], methods: [./evil.py, evil:x]}]",
        "name: a\nplugins: [evil.py]",
        "name: a\nplugins: [evil.py]\ndiscovery: [{task: so3, train_sizes: [9], methods: [random]}]",
        "name: a\ndiscovery: [{task: {name: tiny, params: {__class__: evil}}, train_sizes: [1], methods: [behave]}]",
    ):
        with pytest.raises((SuiteError, PluginError)):
            parse_suite(text, folder=tmp_path)
    assert not ran.exists()


def test_paths_cannot_leave_through_links_in_the_middle_or_chains(tmp_path: Path, behaviours: object) -> None:
    from symbench.errors import SuiteError

    outside, folder, root = tmp_path / "outside", tmp_path / "suites", tmp_path / "root"
    for made in (outside, folder, root):
        made.mkdir()
        (made / "points.csv").write_text("x,y,label\n" + "".join(f"{i},{i},{i}\n" for i in range(20)))
    (folder / "there").symlink_to(outside)
    (folder / "first.csv").symlink_to("second.csv")
    (folder / "second.csv").symlink_to(outside / "points.csv")
    (root / "link.csv").symlink_to(outside / "points.csv")
    (folder / "inside.csv").symlink_to("points.csv")
    text = """
name: mine
discovery:
  - {task: {name: table, params: {path: PATH, vectors: [[x, y]], label: label}}, train_sizes: [1], methods: [behave]}
"""
    for path in (
        "there/points.csv",
        "first.csv",
        "there/../outside/points.csv",
        "/proc/self/environ",
        str(root / "link.csv"),
    ):
        with pytest.raises(SuiteError, match="leaves the suite's folder"):
            parse_suite(text.replace("PATH", path), folder=folder, data_root=root)
    for path in ("inside.csv", "./points.csv", "../suites/points.csv", str(root / "points.csv")):
        assert len(parse_suite(text.replace("PATH", path), folder=folder, data_root=root)) == 5


def test_nothing_in_the_package_reads_yaml_or_pickles_unsafely() -> None:
    files = sorted((ROOT / "symbench").rglob("*.py"))
    assert any("yaml.safe_load" in file.read_text() or "SafeLoader" in file.read_text() for file in files)
    for file in files:
        source = file.read_text()
        for unsafe in ("yaml.load(", "yaml.unsafe_load", "yaml.full_load", "allow_pickle=True", "shell=True"):
            assert unsafe not in source, (file, unsafe)
