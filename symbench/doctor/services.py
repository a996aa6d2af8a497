"""Ray and MLflow: with `--full` they are started and used, otherwise only what is there is looked at."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from symbench.doctor.finding import Finding, broken, note, ok
from symbench.home import Home
from symbench.redaction import redact_address, redact_message

_WAIT_S = 2.0
_NO_STORE = "runs go on without it: `symbench sync SUITE` brings it up to date later"


def store(uri: str | None, home: Home) -> Iterator[Finding]:
    """The MLflow store that a run would use."""
    address = uri or home.tracking_uri
    what, shown = "MLflow store", redact_address(address)
    if address.startswith("sqlite:///"):
        yield _database(what, Path(address.removeprefix("sqlite:///")), shown)
    elif address.startswith(("http://", "https://")):
        yield _server(what, address, shown)
    else:
        yield note(what, shown, "only SQLite files and servers are looked at")


def _database(what: str, path: Path, shown: str) -> Finding:
    if not path.exists():
        return ok(what, f"{shown} is made by the first run")
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=_WAIT_S)
        try:
            count = connection.execute("SELECT count(*) FROM runs").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error as error:
        remedy = "the next run or `symbench sync` renames it and makes a new one"
        return note(what, f"{shown}: {error}", remedy)
    return ok(what, f"{shown}, {count:,} runs")


def _server(what: str, address: str, shown: str) -> Finding:
    import requests

    parts = urlsplit(address)
    try:
        answer = requests.get(f"{address.rstrip('/')}/health", timeout=_WAIT_S)
    except (requests.RequestException, ValueError) as error:
        kind = type(error).__name__
        return note(what, f"{shown} does not answer ({redact_message(kind, address)})", f"start it; {_NO_STORE}")
    if not answer.ok:
        return note(
            what, f"{shown} answers {answer.status_code}", f"check {parts.hostname} and credentials; {_NO_STORE}"
        )
    return ok(what, shown)


def ray() -> Iterator[Finding]:
    """Start Ray on this machine, let it compute, and stop it."""
    from symbench.executors import make_executor

    what, started = "Ray", time.perf_counter()
    try:
        with make_executor("ray", cpus=1) as executor:
            answer = executor.fan_out(_negative, [1, 2])
    except Exception as error:  # whatever it is, it is what the user wants to read
        lines = str(error).splitlines() or [""]
        remedy = "`symbench run --executor local` does without Ray; see docs/failures.md"
        yield broken(what, f"{type(error).__name__}: {lines[0][:300]}", remedy)
        return
    if answer != [-1, -2]:
        yield broken(what, f"computed {answer}", "report this with the versions above")
    else:
        yield ok(what, f"started, computed and stopped in {time.perf_counter() - started:.1f} s")


def _negative(number: int) -> int:
    """What Ray computes; `ray.remote` accepts no built-in function."""
    return -number


def torch() -> Iterator[Finding]:
    """Import torch, and compute on a GPU if it finds one."""
    what = "torch"
    try:
        import torch

        if not torch.cuda.is_available():
            yield ok(what, f"{torch.__version__} on CPUs")
            return
        value = float(torch.ones(4, device="cuda").sum())
    except Exception as error:
        yield broken(what, f"{type(error).__name__}: {str(error).splitlines()[:1]}", "install a torch for this driver")
        return
    yield ok(what, f"{torch.__version__} computes on {torch.cuda.get_device_name()} ({value:.0f} = 4)")


def embedded_store() -> Iterator[Finding]:
    """Make an MLflow store in a temporary folder and write a run."""
    what = "MLflow"
    try:
        from mlflow.tracking import MlflowClient

        from symbench.tracking.private import quiet_logging

        quiet_logging()
        with tempfile.TemporaryDirectory() as folder:
            client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
            run = client.create_run(client.create_experiment("doctor"))
            client.set_terminated(run.info.run_id)
    except Exception as error:
        lines = str(error).splitlines() or [""]
        yield broken(what, f"{type(error).__name__}: {lines[0][:300]}", f"reinstall mlflow; {_NO_STORE}")
        return
    yield ok(what, "a store was made and a run written")
