"""The server of cluster/compose.yaml, its own command and environment, on a real PostgreSQL: accounts, no open secrets.

What is replaced: host names by loopback, the object store by a folder, the container by this environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml

from tests.conftest import ROOT
from tests.servers import Postgres, end, free_port, postgres_binaries, wait_for

pytestmark = pytest.mark.slow
pytest.importorskip("psycopg2", reason="the server's requirements (cluster/mlflow-requirements.txt) are not installed")
pytest.importorskip("flask_wtf", reason="the server's requirements (cluster/mlflow-requirements.txt) are not installed")

ADMIN, PASSWORD = "admin", "correct-horse-battery"
SERVICE = yaml.safe_load((ROOT / "cluster" / "compose.yaml").read_text())["services"]["mlflow"]


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with Postgres(postgres_binaries()) as server:
        for database in ("mlflow", "mlflow_auth"):
            server.create(database)
        yield server


@pytest.fixture(scope="module")
def environment(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("server")
    auth = (ROOT / "cluster" / "mlflow-auth.ini").read_text()
    (folder / "auth.ini").write_text(here(auth, postgres))
    stated = {name: here(str(value), postgres) for name, value in SERVICE["environment"].items()}
    secrets = {
        "PGPASSWORD": Postgres.PASSWORD,
        "MLFLOW_AUTH_ADMIN_USERNAME": ADMIN,
        "MLFLOW_AUTH_ADMIN_PASSWORD": PASSWORD,
        "MLFLOW_FLASK_SERVER_SECRET_KEY": "for-this-test-only",
    }
    assert secrets.keys() <= stated.keys()
    assert "MLFLOW_AUTH_CONFIG_PATH" in stated
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    path = f"{Path(sys.executable).parent}:{kept['PATH']}"
    return {**kept, **stated, **secrets, "PATH": path, "MLFLOW_AUTH_CONFIG_PATH": str(folder / "auth.ini")}


@pytest.fixture(scope="module")
def server(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    folder = tmp_path_factory.mktemp("run")
    port = free_port()
    replaced = {
        "--host": "127.0.0.1",
        "--port": str(port),
        "--workers": "1",
        "--artifacts-destination": str(folder / "artifacts"),
        "--allowed-hosts": f"127.0.0.1:{port}",
    }
    command = []
    for argument in SERVICE["command"]:
        name = argument.split("=")[0]
        command.append(f"{name}={replaced[name]}" if name in replaced else argument)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: answers(url, process, folder / "log"), "the server starts")
        yield url, process
    finally:
        end(process)


def here(text: str, postgres: Postgres) -> str:
    """Addresses of the composed network as they are here."""
    return text.replace("mlflow@postgres:5432", f"symbench@127.0.0.1:{postgres.port}")


def answers(url: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()[-3000:]
    try:
        return status(f"{url}/health") == 200
    except OSError:
        return False


def status(url: str, account: str | None = None, host: str | None = None, body: object = None) -> int:
    """The HTTP status of a GET, or of a POST with a body as JSON."""
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    if account:
        request.add_header("Authorization", "Basic " + b64encode(account.encode()).decode())
    if host:
        request.add_header("Host", host)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_only_accounts_get_in_and_only_under_its_name(server: tuple[str, subprocess.Popen[bytes]]) -> None:
    url, _ = server
    runs = f"{url}/api/2.0/mlflow/experiments/search?max_results=1"
    assert status(runs) == 401
    assert status(runs, f"{ADMIN}:wrong-password") == 401
    assert status(runs, f"{ADMIN}:{PASSWORD}") == 200
    assert status(runs, f"{ADMIN}:{PASSWORD}", host="elsewhere.example.org") == 403


def test_the_administrator_makes_accounts_and_gives_rights(server: tuple[str, subprocess.Popen[bytes]]) -> None:
    """The requests that docs/mlflow.md shows."""
    url, _ = server
    guide = (ROOT / "docs" / "mlflow.md").read_text()
    users, rights = "/api/2.0/mlflow/users/create", "/api/3.0/mlflow/users/permissions/grant"
    assert users in guide
    assert rights in guide
    admin, somebody = f"{ADMIN}:{PASSWORD}", "somebody:their-own-password"
    create = f"{url}/api/2.0/mlflow/experiments/create"
    assert status(create, admin, body={"name": "of the administrator"}) == 200
    account = {"username": "somebody", "password": "their-own-password"}
    assert status(url + users, somebody, body=account) == 401
    assert status(url + users, admin, body=account) == 200
    tag = f"{url}/api/2.0/mlflow/experiments/set-experiment-tag"
    change = {"experiment_id": "1", "key": "who", "value": "somebody"}
    assert status(f"{url}/api/2.0/mlflow/experiments/get?experiment_id=1", somebody) == 200
    assert status(tag, somebody, body=change) == 403
    permission = {"username": "somebody", "resource_type": "experiment", "resource_id": "1", "permission": "EDIT"}
    assert json.dumps(permission) in guide
    assert status(url + rights, admin, body=permission) == 200
    assert status(tag, somebody, body=change) == 200


def test_no_secret_is_on_a_command_line(server: tuple[str, subprocess.Popen[bytes]]) -> None:
    _, process = server
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    lines = " ".join(part for member in family for part in member.cmdline())
    assert "mlflow" in lines
    assert Postgres.PASSWORD not in lines
    assert PASSWORD not in lines


def test_a_journal_is_replayed_with_an_account(server: tuple[str, subprocess.Popen[bytes]], tmp_path: Path) -> None:
    url, _ = server
    suite = tmp_path / "account.yaml"
    suite.write_text(
        "name: account\nseeds: 2\ndiscovery:\n  - {task: no-symmetry, train_sizes: [50], methods: [random]}\n"
    )
    symbench = [sys.executable, "-m", "symbench.cli"]
    own = {**os.environ, "SYMBENCH_HOME": str(tmp_path / "home")}
    run = [*symbench, "run", str(suite), "--executor", "local"]
    assert subprocess.run(run, env=own, timeout=200).returncode == 0
    told = {**own, "MLFLOW_TRACKING_URI": url}
    refused = subprocess.run([*symbench, "sync", str(suite)], env=told, timeout=300, capture_output=True, text=True)
    assert refused.returncode == 3
    account = {"MLFLOW_TRACKING_USERNAME": ADMIN, "MLFLOW_TRACKING_PASSWORD": PASSWORD}
    synced = subprocess.run(
        [*symbench, "sync", str(suite)], env=told | account, timeout=300, capture_output=True, text=True
    )
    assert synced.returncode == 0, synced.stderr
    assert "2 trials of account" in synced.stdout


def test_the_database_is_upgraded_without_a_password_in_the_command(environment: dict[str, str]) -> None:
    command = ["mlflow", "db", "upgrade", environment["MLFLOW_BACKEND_STORE_URI"]]
    assert Postgres.PASSWORD not in " ".join(command)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
