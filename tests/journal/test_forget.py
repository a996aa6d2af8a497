"""Removing results: the rest keeps its bytes, a run that goes on is not disturbed, a failure loses nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.errors import JournalError
from symbench.home import Home
from symbench.journal.file import Journal
from symbench.journal.forget import forget, forgettable
from symbench.journal.location import JournalLocation
from symbench.journal.records import JournaledResult
from symbench.journal.remote import JournalCopy, segment_lines
from symbench.journal.store import open_store
from symbench.suite.resolve import CheckedSuite
from symbench.trial.result import Status
from tests.factories import trial


def _of(method: str) -> Callable[[JournaledResult], bool]:
    return lambda result: result.spec.method_label == method


def _written(path: Path, methods: list[str]) -> list[bytes]:
    with Journal(path) as journal:
        for seed, method in enumerate(methods):
            journal.write(trial(method=method, seed=seed, finished_at=float(seed)))
    return path.read_bytes().splitlines(keepends=True)


@settings(max_examples=25)
@given(methods=st.lists(st.sampled_from(["a", "b", "c"]), max_size=12))
def test_the_rest_keeps_its_bytes_and_its_order(methods: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("journal") / "j.jsonl"
    lines = _written(path, methods)
    stated = forgettable(Journal(path), _of("b"))
    assert path.read_bytes() == b"".join(lines), "only stated, not done"
    found = forget(JournalLocation(path), _of("b"))
    assert path.read_bytes() == b"".join(line for line, m in zip(lines, methods, strict=True) if m != "b")
    assert [r.key for r in found.results] == [r.key for r in stated.results]
    assert (len(found.results), found.kept) == (methods.count("b"), len(methods) - methods.count("b"))
    assert forget(JournalLocation(path), _of("b")).results == ()


def test_nothing_is_removed_while_a_run_holds_the_journal(tmp_path: Path) -> None:
    lines = _written(tmp_path / "j.jsonl", ["a", "b"])
    with Journal(tmp_path / "j.jsonl"), pytest.raises(JournalError, match="is being written by process"):
        forget(JournalLocation(tmp_path / "j.jsonl"), _of("b"))
    assert (tmp_path / "j.jsonl").read_bytes() == b"".join(lines)


def test_a_full_disk_leaves_the_journal_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = _written(tmp_path / "j.jsonl", ["a", "b"])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(JournalError, match="the recorded results are intact"):
        forget(JournalLocation(tmp_path / "j.jsonl"), _of("b"))
    assert (tmp_path / "j.jsonl").read_bytes() == b"".join(lines)
    assert not list(tmp_path.glob(".j.jsonl.*")), "no temporary file stays"


def test_a_journal_goes_on_after_its_lines_were_replaced(tmp_path: Path) -> None:
    path = tmp_path / "real" / "j.jsonl"
    first, *_ = _written(path, ["a", "b"])
    link = tmp_path / "j.jsonl"
    link.symlink_to(path)
    with Journal(link) as journal:
        journal.replace_lines([first])
        journal.append(trial(method="d", seed=9))
    assert link.is_symlink()
    assert [r.spec.method_label for r in Journal(path).results()] == ["a", "d"]


def test_a_damaged_line_stops_before_anything_changes(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    _written(path, ["a", "b"])
    path.write_bytes(path.read_bytes() + b"{broken\n")
    before = path.read_bytes()
    with pytest.raises(JournalError, match="is damaged"):
        forget(JournalLocation(path), _of("b"))
    assert path.read_bytes() == before


def test_results_that_used_what_is_removed_are_named_and_stay(
    tmp_path: Path, make_suite: Callable[[str], CheckedSuite]
) -> None:
    source = trial(method="a")
    used = {"source": {**_source(source.key, source.question), "task_label": "task", "method_label": "a"}}
    user = trial(method="z", seed=1)
    spec = type(user.spec).model_validate({**user.spec.model_dump(), **used})
    with Journal(tmp_path / "j.jsonl") as journal:
        journal.append(source)
        journal.append(user.model_copy(update={"spec": spec, "key": spec.key, "status": Status.OK}))
    found = forget(JournalLocation(tmp_path / "j.jsonl"), _of("a"))
    assert [r.key for r in found.used_by] == [spec.key]
    assert list(Journal(tmp_path / "j.jsonl").latest()) == [spec.key]


def _source(key: str, question: str) -> dict[str, object]:
    return {"key": key, "question": question, "train_size": 100, "seed": 0}


URL = "forgetful://bucket/journals/j"


class Forgetful(MemoryFileSystem):  # type: ignore[misc]  # fsspec has no types
    protocol = "forgetful"
    store: dict[str, object] = {}  # noqa: RUF012  as fsspec has it
    pseudo_dirs: list[str] = [""]  # noqa: RUF012


@pytest.fixture
def copied(tmp_path: Path) -> JournalLocation:
    """A journal of four results with its copy."""
    fsspec.register_implementation("forgetful", Forgetful, clobber=True)
    Forgetful.store.clear()
    Forgetful.pseudo_dirs[:] = [""]
    location = JournalLocation.of("forgetful://bucket/journals", Home(tmp_path / "home"), "j")
    with Journal(location.local) as journal, JournalCopy(journal, URL, every_s=0.01):
        for seed, method in enumerate(["a", "b", "a", "b"]):
            journal.append(trial(method=method, seed=seed))
    return location


def _there() -> list[str]:
    return [json.loads(line)["spec"]["method_label"] for _, line in segment_lines(*open_store(URL))]


def test_the_copy_forgets_as_well_and_the_lease_is_free_again(copied: JournalLocation) -> None:
    assert _there() == ["a", "b", "a", "b"]
    assert len(forget(copied, _of("b")).results) == 2
    assert _there() == ["a", "a"]
    assert [r.spec.method_label for r in Journal(copied.local).results()] == ["a", "a"]
    with copied.write() as (journal, _):  # the next run does not bring them back
        assert len(journal.latest()) == 2
    assert _there() == ["a", "a"]
    assert len(forget(copied, _of("a")).results) == 2
    assert _there() == []


def test_another_machine_without_a_journal_of_its_own_forgets_in_the_copy(
    copied: JournalLocation, tmp_path: Path
) -> None:
    elsewhere = JournalLocation.of("forgetful://bucket/journals", Home(tmp_path / "other"), "j")
    assert len(forget(elsewhere, _of("b")).results) == 2
    assert _there() == ["a", "a"]


def test_a_copy_that_a_driver_holds_is_not_changed(copied: JournalLocation, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    shutil.copy(copied.local, other)
    with (
        Journal(other) as journal,
        JournalCopy(journal, URL, every_s=0.01),
        pytest.raises(JournalError, match="is being written by process"),
    ):
        forget(copied, _of("b"))
    assert _there() == ["a", "b", "a", "b"]
    assert len(Journal(copied.local).latest()) == 4
