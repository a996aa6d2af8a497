"""A head that is asked whether it wants a token, and what a driver that has one then does."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from symbench.executors.ray.auth import disagreement
from symbench.executors.ray.private import cluster_asks_for_token
from tests.driver_process import wait_for
from tests.test_security import ray_mode


@pytest.fixture(scope="module", params=[True, False], ids=["token", "open"])
def head(request: pytest.FixtureRequest) -> Iterator[tuple[str, bool]]:
    """The address of the part of Ray's head that drivers join, without a node, and whether it asks for a token."""
    ray = find_spec("ray")
    assert ray is not None
    assert ray.origin is not None
    folder = Path(tempfile.mkdtemp(prefix="sbg-", dir="/tmp"))
    (folder / "logs").mkdir()
    options = {
        "log_dir": folder / "logs",
        "config_list": "e30=",  # {}
        "gcs_server_port": 0,
        "metrics-agent-port": 0,
        "node-ip-address": "127.0.0.1",
        "session-name": "probe",
        "session-dir": folder,
        "node-id": "ab" * 28,
        "stdout_filepath": folder / "logs" / "out",
        "stderr_filepath": folder / "logs" / "err",
    }
    command = [Path(ray.origin).parent / "core" / "src" / "ray" / "gcs" / "gcs_server"]
    process = subprocess.Popen(
        [*command, *(f"--{name}={value}" for name, value in options.items())],
        env={**os.environ, "RAY_AUTH_MODE": "token" if request.param else "disabled", "RAY_AUTH_TOKEN": "t" * 64},
    )
    try:
        wait_for(
            lambda: any(file.read_text() for file in folder.glob("gcs_server_port_*")), lambda: process.poll() is None
        )
        (port,) = (file.read_text().strip() for file in folder.glob("gcs_server_port_*"))
        yield f"127.0.0.1:{port}", request.param
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def test_a_driver_uses_a_token_where_the_cluster_asks_for_one(head: tuple[str, bool], tmp_path: Path) -> None:
    """A token in the user's folder is no reason to refuse the messages of a cluster that has none."""
    address, token = head
    assert cluster_asks_for_token(address) is token
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text("t")
    assert ray_mode(address, tmp_path) == {"RAY_AUTH_MODE": "token" if token else "disabled"}


def test_a_driver_that_demands_what_the_cluster_lacks_is_told(head: tuple[str, bool]) -> None:
    address, token = head
    told = disagreement(True, address)
    assert disagreement(False, address) is None
    if token:
        assert told is None
    else:
        assert told is not None
        assert "set RAY_AUTH_MODE=disabled" in told


def test_a_head_that_does_not_say_decides_nothing() -> None:
    assert cluster_asks_for_token("127.0.0.1:1", wait_s=2) is None
    assert cluster_asks_for_token("auto") is None
    assert cluster_asks_for_token("ray://127.0.0.1:1") is None
    assert disagreement(True, "127.0.0.1:1") is None
