"""A real Ray head node with its Jobs API, in processes of its own, asking for a token."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

START_S = 180.0


@dataclass(frozen=True)
class RayHead:
    """Where the head is reached, and the token it asks for."""

    url: str
    address: str
    token: str
    folder: Path

    def environment(self, **more: str) -> dict[str, str]:
        """This process's environment, with the head's token and nothing else that would decide how Ray is joined."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
        return {**kept, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": self.token, **more}

    def logs(self) -> Iterator[Path]:
        """Every log file of the cluster."""
        yield from (path for path in self.folder.glob("session_2*/logs/**/*") if path.is_file())


@contextlib.contextmanager
def ray_head(*, cpus: int = 2, environment: dict[str, str] | None = None) -> Iterator[RayHead]:
    """Start a head with its dashboard on loopback; stop exactly its processes at the end."""
    folder = Path(tempfile.mkdtemp(prefix="sbh-", dir="/tmp"))  # sockets need a short path
    gcs, dashboard, agent, metrics, client = _free_ports(5)
    head = RayHead(f"http://127.0.0.1:{dashboard}", f"127.0.0.1:{gcs}", secrets.token_hex(32), folder)
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", "--disable-usage-stats"]
    command += ["--node-ip-address=127.0.0.1", f"--port={gcs}", f"--temp-dir={folder}", f"--num-cpus={cpus}"]
    command += ["--include-dashboard=true", "--dashboard-host=127.0.0.1", f"--dashboard-port={dashboard}"]
    command += [f"--dashboard-agent-listen-port={agent}", f"--metrics-export-port={metrics}"]
    command += [f"--ray-client-server-port={client}", "--min-worker-port=0", "--max-worker-port=0"]
    command += [f"--object-store-memory={100 * 1024**2}"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    told = (folder / "head.out").open("wb")
    process = subprocess.Popen(
        command,
        env={**head.environment(PATH=path), **(environment or {})},
        stdout=told,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        _wait_for_jobs_api(head, process)
        yield head
    finally:
        _stop(process)
        told.close()
        shutil.rmtree(folder, ignore_errors=True)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _wait_for_jobs_api(head: RayHead, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    asked = urllib.request.Request(f"{head.url}/api/jobs/", headers={"Authorization": f"Bearer {head.token}"})
    while True:
        told = (head.folder / "head.out").read_text()
        assert process.poll() is None, told
        assert time.monotonic() < deadline, told
        try:
            with urllib.request.urlopen(asked, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (OSError, urllib.error.HTTPError):
            time.sleep(0.2)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the head's whole process group and what it started: raylet, agents and workers are its descendants."""
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        for child in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
    if process.poll() is None:
        process.kill()
    process.wait(20)
