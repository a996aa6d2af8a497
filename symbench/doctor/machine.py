"""The machine: its folder of results, disks, memory, loopback and GPUs."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

from symbench.doctor.finding import Finding, broken, note, ok
from symbench.home import Home

_GIB = 1024**3
_FULL, _NEARLY_FULL = 0.2, 5.0  # GiB of free disk
_SHARED_MEMORY = 1.0  # GiB that Ray's object store should have
_DASHBOARD = 8265
_WAIT_S = 2.0


def home(folder: Home) -> Iterator[Finding]:
    """Whether results can be written, locked and replaced there, and whether there is room."""
    root = folder.root
    existing = next(path for path in (root, *root.parents) if path.exists())
    what = "folder of results"
    try:
        if existing == root:
            _try_to_write(root)
        elif not os.access(existing, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied", str(existing))
    except OSError as error:
        reason = f"{root}: {error.strerror or error}"
        yield broken(what, reason, "set --home or $SYMBENCH_HOME to a folder on a disk that is writable and has locks")
        return
    yield ok(what, f"{root}" + ("" if existing == root else " can be made"))
    free = shutil.disk_usage(existing).free / _GIB
    found = f"{free:,.1f} GiB free at {existing}"
    if free < _FULL:
        yield broken("disk", found, "free some space, or set --home to another disk")
    elif free < _NEARLY_FULL:
        yield note("disk", found, "generated jets and downloads need up to some GiB")
    else:
        yield ok("disk", found)


def _try_to_write(root: Path) -> None:
    """Make, lock, replace and remove a file; raises OSError."""
    first, second = (root / f".doctor-{uuid.uuid4().hex[:8]}" for _ in range(2))
    try:
        with first.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.write("x")
            file.flush()
            os.fsync(file.fileno())
        os.replace(first, second)
    finally:
        for path in (first, second):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def memory() -> Iterator[Finding]:
    """Cores, memory, and the shared memory of Ray's object store."""
    import psutil

    total, free = (value / _GIB for value in psutil.virtual_memory()[:2])
    yield ok("cores and memory", f"{len(os.sched_getaffinity(0))} cores, {total:.1f} GiB, {free:.1f} GiB available")
    shared = Path("/dev/shm")  # noqa: S108  not a file of ours
    if not shared.is_dir():
        yield note("shared memory", "there is no /dev/shm", "mount one: Ray's object store is slow without it")
        return
    size = shutil.disk_usage(shared).free / _GIB
    if size < _SHARED_MEMORY:
        yield note(
            "shared memory", f"{size:.2f} GiB at /dev/shm", "in a container, start it with --shm-size=2g or more"
        )
    else:
        yield ok("shared memory", f"{size:.1f} GiB at /dev/shm")


def loopback() -> Iterator[Finding]:
    """Whether a port of this machine can be opened and reached, which every part of Ray needs."""
    what = "ports on loopback"
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(_WAIT_S)
            with socket.create_connection(server.getsockname(), timeout=_WAIT_S):
                server.accept()[0].close()
    except OSError as error:
        yield broken(
            what, f"127.0.0.1: {error.strerror or error}", "allow connections to 127.0.0.1; `--executor local`"
        )
        return
    yield ok(what, "127.0.0.1 can be opened and reached")
    try:
        socket.create_server(("127.0.0.1", _DASHBOARD)).close()
    except OSError:
        yield note(
            "Ray's dashboard", f"port {_DASHBOARD} is in use", "another Ray may run here; runs choose a free port"
        )


def gpu() -> Iterator[Finding]:
    """The GPUs that the driver lists; whether torch can use them is a question of `--full`."""
    what = "GPU"
    if shutil.which("nvidia-smi") is None:
        yield ok(what, "none: trials compute on CPUs")
        return
    query = ["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=_WAIT_S, check=False)
    except subprocess.TimeoutExpired:
        yield note(what, "nvidia-smi does not answer", "look at the driver: `nvidia-smi`")
        return
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    if done.returncode != 0 or not lines:
        yield note(what, f"nvidia-smi ends with {done.returncode}", "mend the driver, or do not ask for GPUs in suites")
    else:
        yield ok(what, f"{len(lines)}: {lines[0]}; a trial uses one if its resources ask for it")
