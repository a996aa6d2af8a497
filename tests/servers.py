"""Real servers for tests: `mlflow server` and PostgreSQL, on loopback, in folders of their own, stopped by process."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

STARTS_WITHIN_S = 120


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for(condition: Callable[[], bool], what: str, seconds: float = STARTS_WITHIN_S, *, poll: float = 0.05) -> None:
    """Poll until it holds; fails with `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} within {seconds} s"
        time.sleep(poll)


def end(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM) -> None:
    """End a process that leads a group of its own, with what it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, how)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


class MlflowServer:
    """`mlflow server` on a store; can be stopped or killed, and started again at the same address."""

    def __init__(self, store: str, folder: Path, workers: int = 1) -> None:
        self.store, self.folder, self.workers = store, folder, workers
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> MlflowServer:
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port)]
        environment = {
            **os.environ,
            "MLFLOW_BACKEND_STORE_URI": self.store,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--workers", str(self.workers)],
                stdout=log,
                stderr=log,
                env=environment,
                cwd=self.folder,
                start_new_session=True,
            )
        wait_for(self._answers, f"mlflow server starts (log in {self.folder}/server.log)")
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            end(self._process, how)
            self._process = None

    def __enter__(self) -> MlflowServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGKILL)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "server.log").read_text()[-2000:]
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
        return False


class Postgres:
    """A PostgreSQL server with a cluster of its own; runs as another user where this one is root."""

    PASSWORD = "not-to-be-seen"

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._root = Path(tempfile.mkdtemp(prefix="symbench-pg-", dir="/tmp"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._user = _unprivileged()

    def __enter__(self) -> Postgres:
        data = self._root / "data"
        data.mkdir()
        secret = self._root / "password"
        secret.write_text(self.PASSWORD)
        if self._user is not None:
            for path in (self._root, data, secret):
                os.chown(path, self._user.pw_uid, self._user.pw_gid)
        self._root.chmod(0o711)
        data.chmod(0o700)
        options = ["-U", "symbench", "--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--no-sync"]
        made = subprocess.run(
            [str(self._binaries / "initdb"), "-D", str(data), *options],
            capture_output=True,
            text=True,
            **self._as_user(),
        )
        assert made.returncode == 0, made.stderr
        return self.start()

    def start(self) -> Postgres:
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "", "fsync": "off"}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self._root / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._binaries / "postgres"), "-D", str(self._root / "data"), *arguments],
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._as_user(),
            )
        wait_for(self._answers, f"PostgreSQL starts (log in {self._root}/log)")
        return self

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """By default as `systemctl restart` does: sessions are cut, what was committed stays."""
        if self._process is not None:
            if how is signal.SIGKILL:
                os.killpg(self._process.pid, how)
            else:
                self._process.send_signal(how)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                end(self._process, signal.SIGKILL)
            self._process = None

    def suspend(self) -> list[psutil.Process]:
        """Stop all its processes (SIGSTOP), which the caller resumes."""
        assert self._process is not None
        postmaster = psutil.Process(self._process.pid)
        family = [postmaster, *postmaster.children(recursive=True)]
        for process in family:
            process.suspend()
        return family

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._root, ignore_errors=True)

    def uri(self, database: str) -> str:
        return f"postgresql+psycopg2://symbench:{self.PASSWORD}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """A new database, empty; gives its address."""
        self._psql("postgres", f"CREATE DATABASE {database}")
        return self.uri(database)

    def copy(self, database: str, of: str) -> str:
        """A new database with the content of another that nobody is connected to; gives its address."""
        self._psql("postgres", f"CREATE DATABASE {database} TEMPLATE {of}")
        return self.uri(database)

    def _psql(self, database: str, statement: str) -> str:
        done = subprocess.run(
            [
                self._binaries / "psql",
                "-h",
                "127.0.0.1",
                "-p",
                str(self.port),
                "-U",
                "symbench",
                "-Atc",
                statement,
                database,
            ],
            capture_output=True,
            text=True,
            env={**os.environ, "PGPASSWORD": self.PASSWORD},
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._root / "log").read_text()[-2000:]
        ready = [str(self._binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, timeout=20).returncode == 0

    def _as_user(self) -> dict[str, Any]:
        if self._user is None:
            return {"cwd": "/tmp"}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": [], "cwd": "/tmp"}


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom PostgreSQL runs as, which refuses to run as root; None where this process is not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    pytest.skip("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`")


def postgres_binaries() -> Path:
    """Where PostgreSQL's programs are; skips the test where they or the driver are not installed."""
    pytest.importorskip("psycopg2", reason="needs the driver: pip install 'symbench[postgres]'")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("postgres")
    if found:
        return found[-1].parent
    if on_path is None:
        pytest.skip("PostgreSQL is not installed: Debian's package `postgresql`")
    return Path(on_path).parent


class Proxy:
    """A relay to a server that can delay every answer, or answer `500` itself.

    delay      seconds before each request is passed on
    failing    answer 500 and pass nothing on
    lose       pass requests on, and cut the connection instead of answering: the server has done it, nobody knows
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self.delay = 0.0
        self.failing = self.lose = False
        self.requests = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._closed = False
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Proxy:
        self._threads.append(threading.Thread(target=self._accept, daemon=True))
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join(10)

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        """One request a connection, so that each meets the fault of its moment."""
        with client, contextlib.suppress(OSError):
            client.settimeout(120)
            request = _read_message(client)
            if not request:
                return
            self.requests += 1
            if self.failing:
                body = b'{"error_code": "INTERNAL_ERROR", "message": "failing on purpose"}'
                head = ["HTTP/1.1 500 Internal Server Error", "Content-Type: application/json", "Connection: close"]
                client.sendall("\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body)
                return
            time.sleep(self.delay)
            with socket.create_connection(("127.0.0.1", self._target), timeout=120) as server:
                server.sendall(request.replace(b"Connection: keep-alive", b"Connection: close", 1))
                answer = b"".join(iter(lambda: server.recv(65536), b""))
            if not self.lose:
                client.sendall(answer)


def _read_message(connection: socket.socket) -> bytes:
    """One HTTP request with its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(lengths[0]) - len(body) if lengths else 0
    while missing > 0:
        part = connection.recv(65536)
        if not part:
            return b""
        data += part
        missing -= len(part)
    return data


def postgres_server() -> Iterator[Postgres]:
    """For fixtures: a server for as long as the fixture lives."""
    with Postgres(postgres_binaries()) as server:
        yield server
