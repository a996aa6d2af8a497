"""The script of a submitted job. It is sent with the suite and needs only Python's standard library.

It reads and deletes its private part (arguments and credentials), keeps it from the workers, checks that the cluster
has the version of symbench that submitted the job, and runs `symbench run`. It ends with that command's exit code.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

PRIVATE_FOLDER = "symbench_job_private"
PRIVATE_FILE = "job.json"
JOB_CONFIG = "RAY_JOB_CONFIG_JSON_ENV_VAR"  # with the environment of the workers, for the driver
WRONG = 2


def main() -> int:
    """Run the job beside this script; gives its exit code."""
    private = take_private([Path(entry) for entry in sys.path])
    if private is None:
        return _fail("the private part of the job is gone: a job runs once, submit it again")
    keep_from_workers(os.environ)
    try:
        import symbench
    except ImportError as error:
        return _fail(
            f"symbench cannot be imported on this cluster by {sys.executable} ({error}): install symbench "
            f"{private['version']} there, or submit with --with-source where its dependencies are installed"
        )
    if symbench.__version__ != private["version"]:
        return _fail(
            f"this cluster has symbench {symbench.__version__}, the job was submitted by {private['version']}: install "
            "the same one there, or submit with --with-source"
        )
    os.environ.update(private["environment"])
    _stop_as_on_a_terminal()
    # RAY_ADDRESS is the cluster of the job; `auto` could join another one on this machine.
    sys.argv = ["symbench", "run", *private["arguments"], "--address", os.environ["RAY_ADDRESS"]]
    try:
        runpy.run_module("symbench.cli", run_name="__main__", alter_sys=True)  # as `python -m symbench.cli` does
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def take_private(folders: list[Path]) -> dict[str, Any] | None:
    """Read and delete the private part, which is in one of these folders; None if it is not."""
    for folder in folders:
        file = folder / PRIVATE_FOLDER / PRIVATE_FILE
        if file.is_file():
            content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            file.unlink()
            return content
    return None


def keep_from_workers(environment: Any) -> None:
    """Remove the private part, the last of the job's modules, from those that Ray unpacks for every worker."""
    config = json.loads(environment.get(JOB_CONFIG, "{}"))
    runtime = config.get("runtime_env", {})
    modules = runtime.get("py_modules", [])
    if modules:
        modules.pop()
        if not modules:
            del runtime["py_modules"]
        environment[JOB_CONFIG] = json.dumps(config)


def _stop_as_on_a_terminal() -> None:
    """Ray stops a job by SIGTERM and blocks SIGINT in it: treat both like Ctrl-C, so that a run ends cleanly."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGTERM, interrupt)


def _fail(message: str) -> int:
    print(f"symbench: {message}", file=sys.stderr, flush=True)
    return WRONG


if __name__ == "__main__":
    sys.exit(main())
