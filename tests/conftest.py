"""Fixtures shared by all tests."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from symbench.home import Home
from symbench.plugins import Plugin, load_plugins, read_plugin
from symbench.suite.resolve import CheckedSuite, parse_suite

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what it puts in the background so, and a process that is started so cannot be interrupted.
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest.register_assert_rewrite("tests.driver_process")

# The same examples in every run: what passed on one machine passes on the next. `make test-slow` draws others.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("drawn-anew", deadline=None)
settings.load_profile("repeatable")

BEHAVIOURS = Path(__file__).parent / "plugins" / "behaviours.py"
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session", autouse=True)
def _entry_point_stays_out() -> Iterator[None]:
    """The entry point may end its process; a test that calls it in the tests' own fails, and does not end them all."""

    def refused(code: int) -> None:
        raise AssertionError("call `cli.command()` in a test process, not `cli.main()`")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("symbench.cli.leave_if_stuck", refused)
        yield


@pytest.fixture(scope="session")
def behaviours() -> Plugin:
    """The plug-in of misbehaving methods, loaded in this process."""
    plugin = read_plugin(BEHAVIOURS)
    load_plugins([plugin])
    return plugin


@pytest.fixture
def make_suite(behaviours: Plugin, tmp_path: Path) -> Callable[[str], CheckedSuite]:
    """A suite from its text, as if it stood in the test's folder."""
    return lambda text: parse_suite(text, folder=tmp_path)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow database with its tables made: making them takes seconds, copying the file none."""
    from mlflow.tracking import MlflowClient

    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def home(tmp_path: Path, empty_store: Path) -> Home:
    """A folder of results whose MLflow store is made already."""
    (tmp_path / "home").mkdir()
    shutil.copy(empty_store, tmp_path / "home" / "mlflow.db")
    return Home(tmp_path / "home")


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes into the working directory or a user's store."""
    monkeypatch.setenv("SYMBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
