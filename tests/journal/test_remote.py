"""The journal behind a URL: another machine goes on from it, nothing is overwritten, an outage is only said."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from symbench.errors import JournalError
from symbench.home import Home
from symbench.journal import lease as journal_lease
from symbench.journal import remote as journal_copy
from symbench.journal.file import Journal
from symbench.journal.location import JournalLocation
from symbench.journal.remote import JournalCopy, segment_lines
from symbench.journal.store import open_store, reason
from symbench.redaction import redact_address
from symbench.suite.resolve import CheckedSuite
from symbench.trial.result import Status, TrialResult
from tests.driver_process import wait_for

URL = "frail://bucket/journals/j"


class Frail(MemoryFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A store of objects that can be away."""

    protocol = "frail"
    store: dict[str, Any] = {}  # noqa: RUF012  as fsspec has it
    pseudo_dirs: list[str] = [""]  # noqa: RUF012
    away = False

    def pipe_file(self, path: str, value: bytes, **options: Any) -> None:
        self._answer()
        super().pipe_file(path, value, **options)

    def cat_file(self, path: str, **options: Any) -> bytes:
        self._answer()
        content: bytes = super().cat_file(path, **options)
        return content

    def _answer(self) -> None:
        if Frail.away:
            raise ConnectionError("no route to frail://joe:hunter22@bucket")


@pytest.fixture(autouse=True)
def _store() -> None:
    fsspec.register_implementation("frail", Frail, clobber=True)
    Frail.away = False
    Frail.store.clear()
    Frail.pseudo_dirs[:] = [""]


@pytest.fixture
def results(make_suite: Callable[[str], CheckedSuite]) -> list[TrialResult]:
    suite = make_suite("name: j\nseeds: 8\ndiscovery:\n  - {task: tiny, train_sizes: [10], methods: [behave]}\n")
    return [TrialResult(key=s.key, spec=s, status=Status.OK, finished_at=float(s.seed)) for s in suite.trials()]


def _held(url: str = URL) -> list[str]:
    """The keys in the copy, in its order."""
    return [json.loads(line)["key"] for _, line in segment_lines(*open_store(url))]


def _write(path: Path, results: list[TrialResult], *, url: str = URL) -> str | None:
    with Journal(path) as journal:
        with JournalCopy(journal, url, every_s=0.01) as copy:
            for result in results:
                journal.append(result)
        return copy.failure


def test_what_is_appended_reaches_the_copy_while_the_run_goes_on(tmp_path: Path, results: list[TrialResult]) -> None:
    with Journal(tmp_path / "j.jsonl") as journal, JournalCopy(journal, URL, every_s=0.01) as copy:
        for n, result in enumerate(results, start=1):
            journal.append(result)
            wait_for(lambda n=n: len(_held()) == n)  # type: ignore[misc]
    assert copy.failure is None
    assert _held() == [r.key for r in results]
    store, folder = open_store(URL)
    assert not store.exists(f"{folder}/lease.json")


def test_what_is_not_on_the_disk_is_not_sent(tmp_path: Path, results: list[TrialResult]) -> None:
    with Journal(tmp_path / "j.jsonl") as journal:
        with JournalCopy(journal, URL, every_s=0.01) as copy:
            journal.append(results[0])
            journal.write(results[1])
            wait_for(lambda: len(_held()) == 1)
            time.sleep(0.05)
        assert copy.failure is None
        assert _held() == [results[0].key]
        journal.sync()
        with JournalCopy(journal, URL, every_s=0.01):
            pass
    assert _held() == [results[0].key, results[1].key]


def test_another_machine_goes_on(tmp_path: Path, results: list[TrialResult]) -> None:
    assert _write(tmp_path / "a" / "j.jsonl", results[:3]) is None
    assert _write(tmp_path / "b" / "j.jsonl", results[3:5]) is None
    assert list(Journal(tmp_path / "b" / "j.jsonl").results()) == results[:5]
    assert _write(tmp_path / "a" / "j.jsonl", results[5:]) is None
    assert list(Journal(tmp_path / "a" / "j.jsonl").results()) == results
    assert _held() == [r.key for r in results]


def test_what_a_killed_driver_could_not_send_is_sent_by_the_next_once(
    tmp_path: Path, results: list[TrialResult]
) -> None:
    with Journal(tmp_path / "a.jsonl") as journal:  # never sent: results 0 to 3
        for result in results[:4]:
            journal.append(result)
    rerun = results[1].model_copy(update={"finished_at": 99.0})
    _write(tmp_path / "b.jsonl", [rerun, results[4]])  # another machine ran one of them as well
    assert _write(tmp_path / "a.jsonl", [results[5]]) is None
    assert sorted(_held()) == sorted(r.key for r in results[:6])
    here = list(Journal(tmp_path / "a.jsonl").results())
    assert sorted(r.key for r in here) == sorted(r.key for r in results[:6])


def test_a_failure_that_was_repeated_elsewhere_is_overtaken(tmp_path: Path, results: list[TrialResult]) -> None:
    failed = results[0].model_copy(update={"status": Status.FAILED})
    _write(tmp_path / "a.jsonl", [failed])
    _write(tmp_path / "b.jsonl", [results[0]])
    _write(tmp_path / "a.jsonl", [])
    assert Journal(tmp_path / "a.jsonl").latest()[results[0].key].status is Status.OK


def test_full_segments_are_never_sent_again(
    tmp_path: Path, results: list[TrialResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_copy, "PART_BYTES", 1500)  # two lines or so
    _write(tmp_path / "j.jsonl", results)
    store, folder = open_store(URL)
    segments = store.ls(folder, detail=False)
    assert len(segments) >= 3
    assert _held() == [r.key for r in results]
    before = {name: store.info(name)["created"] for name in segments}
    _write(tmp_path / "j.jsonl", [])
    assert {name: store.info(name)["created"] for name in store.ls(folder, detail=False)} == before


def test_a_store_that_goes_away_never_holds_up_the_run(tmp_path: Path, results: list[TrialResult]) -> None:
    with Journal(tmp_path / "j.jsonl") as journal:
        with JournalCopy(journal, URL, every_s=0.01) as copy:
            journal.append(results[0])
            wait_for(lambda: len(_held()) == 1)
            Frail.away = True
            for result in results[1:]:
                journal.append(result)
            wait_for(lambda: copy.failure is not None)
        assert copy.failure is not None
        assert "ConnectionError" in copy.failure
    assert len(list(Journal(tmp_path / "j.jsonl").results())) == len(results)
    Frail.away = False
    _forget_lease()
    assert _write(tmp_path / "j.jsonl", []) is None
    assert sorted(_held()) == sorted(r.key for r in results)


def test_a_store_that_comes_back_is_brought_up_to_date(tmp_path: Path, results: list[TrialResult]) -> None:
    with Journal(tmp_path / "j.jsonl") as journal, JournalCopy(journal, URL, every_s=0.01) as copy:
        Frail.away = True
        for result in results:
            journal.append(result)
        wait_for(lambda: copy.failure is not None)
        Frail.away = False
        wait_for(lambda: copy.failure is None and len(_held()) == len(results))
    assert copy.failure is None


def test_a_store_that_is_away_at_the_start_ends_the_run(tmp_path: Path, results: list[TrialResult]) -> None:
    Frail.away = True
    with pytest.raises(JournalError, match="omit --journal") as raised:
        _write(tmp_path / "j.jsonl", results, url="frail://joe:hunter22@bucket/j")
    assert "hunter22" not in str(raised.value)
    with pytest.raises(JournalError, match="cannot open"):
        open_store("nonsense://bucket")


# --- the lease


def _forget_lease() -> None:
    store, folder = open_store(URL)
    if store.exists(f"{folder}/lease.json"):
        store.rm_file(f"{folder}/lease.json")


def _plant_lease(**changes: Any) -> None:
    store, folder = open_store(URL)
    note = {"holder": "x", "host": "elsewhere", "pid": 7, "renewed": time.time(), **changes}
    store.pipe_file(f"{folder}/lease.json", json.dumps(note).encode())


def test_a_lease_that_is_held_names_its_holder(tmp_path: Path, results: list[TrialResult]) -> None:
    _plant_lease()
    with pytest.raises(JournalError, match=r"being written by process 7 on elsewhere.*free in 1[78]\d s"):
        _write(tmp_path / "j.jsonl", results)


@pytest.mark.parametrize(
    "changes",
    [
        {"renewed": time.time() - 2 * journal_lease.EXPIRES_S},
        {"renewed": time.time() + 1e6},  # written by a clock that jumped
        {"host": socket.gethostname(), "pid": 2**22 + 1},  # no such process: above the kernel's largest
    ],
)
def test_a_lease_that_is_over_is_taken(tmp_path: Path, results: list[TrialResult], changes: dict[str, Any]) -> None:
    _plant_lease(**changes)
    assert _write(tmp_path / "j.jsonl", results[:1]) is None
    assert len(_held()) == 1


def test_a_lease_that_is_lost_is_said_and_nothing_is(tmp_path: Path, results: list[TrialResult]) -> None:
    with Journal(tmp_path / "j.jsonl") as journal, JournalCopy(journal, URL, every_s=0.01) as copy:
        _plant_lease()
        wait_for(lambda: copy.failure is not None)
        journal.append(results[0])
        wait_for(lambda: len(_held()) == 1)
    assert copy.failure == "process 7 on elsewhere took the journal over while this run went on"
    store, folder = open_store(URL)
    assert json.loads(store.cat_file(f"{folder}/lease.json"))["holder"] == "x"


# --- where


def test_what_the_option_means(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    home = Home(tmp_path / "home")
    inside = home.journal("cms")
    assert JournalLocation.of(None, home, "cms") == JournalLocation(inside)
    assert JournalLocation.of("x.jsonl", home, "cms") == JournalLocation(tmp_path / "x.jsonl")
    assert JournalLocation.of("folder", home, "cms") == JournalLocation(tmp_path / "folder" / "cms.jsonl")
    assert JournalLocation.of("s3://bucket/a/", home, "cms") == JournalLocation(inside, "s3://bucket/a/cms")


def test_reading_a_url_leaves_the_local_journal_alone(tmp_path: Path, results: list[TrialResult]) -> None:
    _write(tmp_path / "a.jsonl", results)
    place = JournalLocation(tmp_path / "home" / "j.jsonl", URL)
    read = place.read()
    assert list(read.latest()) == [r.key for r in results]
    assert not place.local.exists()
    assert [r.whole() for r in read.latest().values()] == results


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "s3://joe:hunter22@bucket/x?token=tea-pot-418"
    assert redact_address(url) == "s3://***@bucket/x"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    told = reason(OSError(f"cannot open {url} with wJalrXUtnFEMI"), url)
    for secret in ("hunter22", "tea-pot-418", "wJalrXUtnFEMI", "joe"):
        assert secret not in told
