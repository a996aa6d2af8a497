"""The index of a journal never changes what is read: not when it is used, torn, damaged, old or of another journal."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symbench.driver.plan import Plan
from symbench.errors import JournalError
from symbench.journal import file as journal_file
from symbench.journal import index as journal_index
from symbench.journal.columns import ColumnResult
from symbench.journal.file import Journal
from symbench.journal.records import JournaledResult, Lines
from symbench.leaderboard.sections import SECTIONS, RankedResults
from symbench.suite.resolve import CheckedSuite
from symbench.trial.result import Status, TrialError, TrialResult
from symbench.trial.spec import Source

SUITE = "name: i\nseeds: 6\ndiscovery:\n  - {task: tiny, train_sizes: [10, 20, 40], methods: [behave]}\n"


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of five results, and a block for a rest of two."""
    for module in (journal_index, journal_file):
        monkeypatch.setattr(module, "BLOCK_RESULTS", 5)
        monkeypatch.setattr(module, "WORTH_A_BLOCK", 2)


@pytest.fixture
def written(tmp_path: Path, make_suite: Callable[[str], CheckedSuite], small_blocks: None) -> tuple[Path, CheckedSuite]:
    """A journal of 18 trials, of which one failed, one was repeated, and each has metrics and notes of its own."""
    suite, path = make_suite(SUITE), tmp_path / "j.jsonl"
    with Journal(path) as journal:
        for number, spec in enumerate(suite.trials()):
            error = TrialError(type="ValueError", message=f"no {number}\x00 of \u2028 them") if number == 7 else None
            result = TrialResult(
                key=spec.key,
                spec=spec,
                status=Status.FAILED if error else Status.OK,
                metrics={} if error else {"f1": number / 7, "recall": 1 / (number + 3), f"own_{number % 3}": 1e-300},
                timings={"total": 0.1 + number / 3, "fit": 0.1},
                peak_memory_mib=None if number == 3 else 100.1 + number,
                environment={"python": "3.11", "device": "cpu"},
                notes={"algebra": "none", "number": str(number)},
                error=error,
                finished_at=1.7e9 + number / 7,
            )
            journal.write(result)
            if number == 4:
                journal.write(result.model_copy(update={"metrics": {"f1": 0.25}}))
    return path, suite


@pytest.fixture
def index(written: tuple[Path, CheckedSuite]) -> Path:
    path, _ = written
    Journal(path).latest()
    return path.with_suffix(".index")


def content(results: dict[str, JournaledResult]) -> list[dict[str, object]]:
    """Every field of every result, in order."""
    names = [name for name in TrialResult.model_fields if name != "arrays"]
    return [
        {name: getattr(result, name) for name in names} | {"question": result.question} for result in results.values()
    ]


def from_the_journal(path: Path) -> list[dict[str, object]]:
    """The content without an index."""
    lines = Lines(path)
    results = (lines.light(line, "", offset) for offset, line in Journal(path).raw_lines())
    return content({result.key: result for result in results})


def test_results_through_the_index_are_those_of_the_journal(written: tuple[Path, CheckedSuite], index: Path) -> None:
    path, _ = written
    latest = Journal(path).latest()
    assert all(type(result) is ColumnResult for result in latest.values())
    assert len({id(result.stored.template) for result in latest.values()}) == 1, "blocks share what they have in common"
    assert content(latest) == from_the_journal(path)
    assert repr(content(latest)) == repr(from_the_journal(path)), "to the last digit"
    assert [result.whole() for result in latest.values()] == list({r.key: r for r in Journal(path).results()}.values())


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("form", ["table", "json"])
def test_the_leaderboard_is_the_same(written: tuple[Path, CheckedSuite], index: Path, section: str, form: str) -> None:
    path, suite = written

    def text() -> str:
        view = Plan(suite, Journal(path).latest()).view()
        return view.digest + SECTIONS[section].text(RankedResults(suite, view.all, view.keys), form)

    with_index = text()
    index.unlink()
    path.with_suffix(".index").mkdir()  # an index can neither be read nor written
    assert text() == with_index


def test_results_that_were_added_are_read_and_extend_the_index(written: tuple[Path, CheckedSuite], index: Path) -> None:
    path, _ = written
    before = index.read_bytes()
    added = [r.model_copy(update={"notes": {"again": "yes"}}) for r in list(Journal(path).results())[:9]]
    with Journal(path) as journal:
        for result in added:
            journal.write(result)
    assert content(Journal(path).latest()) == from_the_journal(path)
    assert index.read_bytes().startswith(before), "the journal's beginning was not read again"
    assert len(index.read_bytes()) > len(before)
    assert content(Journal(path).latest()) == from_the_journal(path)


def damages(good: bytes) -> Iterator[bytes]:
    yield b""
    yield b"nothing of this kind"
    yield good[:-1]
    yield good[: len(good) // 2]
    yield good + b"torn"
    yield good[:64] + b"\xff" * 8 + good[72:]  # a length that no memory holds
    for at in range(3, len(good), len(good) // 40):
        yield good[:at] + bytes([good[at] ^ 16]) + good[at + 1 :]


def test_a_damaged_index_is_ignored_and_made_anew(written: tuple[Path, CheckedSuite], index: Path) -> None:
    path, _ = written
    good, expected = index.read_bytes(), from_the_journal(path)
    for damaged in damages(good):
        index.write_bytes(damaged)
        assert content(Journal(path).latest()) == expected
        assert content(Journal(path).latest()) == expected
    index.unlink()
    Journal(path).latest()
    assert len(index.read_bytes()) == len(good)


def test_damage_of_the_journal_is_noticed_behind_an_index(written: tuple[Path, CheckedSuite], index: Path) -> None:
    path, _ = written
    lines = path.read_bytes().splitlines(keepends=True)
    for number in (0, 6, len(lines) - 1):
        cut = [*lines[:number], lines[number][:200] + b"\n", *lines[number + 1 :]]
        path.write_bytes(b"".join(cut))
        with pytest.raises(JournalError, match=f"line {number + 1} is damaged"):
            Journal(path).latest()
    changed = json.loads(lines[2])
    changed["metrics"]["f1"] = 0.125
    path.write_bytes(b"".join([*lines[:2], json.dumps(changed, separators=(",", ":")).encode() + b"\n", *lines[3:]]))
    assert content(Journal(path).latest()) == from_the_journal(path)
    path.write_bytes(b"".join(lines[:8]))
    assert content(Journal(path).latest()) == from_the_journal(path)


@pytest.mark.parametrize("line", range(0, 19, 3))
def test_a_journal_that_is_replaced_while_it_is_read_leaves_no_wrong_block(
    written: tuple[Path, CheckedSuite], monkeypatch: pytest.MonkeyPatch, line: int
) -> None:
    """As the download of a remote journal is, by another process that reads it."""
    path, _ = written
    old, other = from_the_journal(path), path.with_suffix(".new")
    lines = path.read_bytes().splitlines(keepends=True)
    other.write_bytes(b"".join(lines[:2] + lines[:1:-1]))  # equal in its first bytes and in its length
    parse = Lines.light

    def light(self: Lines, found: bytes, where: str, offset: int) -> JournaledResult:
        if where == f"line {line + 1}" and other.exists():
            other.replace(path)
        return parse(self, found, where, offset)

    monkeypatch.setattr(Lines, "light", light)
    assert content(Journal(path).latest()) == old
    assert not other.exists()
    assert from_the_journal(path) != old
    for _ in range(2):
        assert content(Journal(path).latest()) == from_the_journal(path)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.dictionaries(texts, st.floats(), max_size=3)
records = st.lists(
    st.fixed_dictionaries(
        {
            "seed": st.integers(0, 5) | st.integers(0, 2**70),
            "status": st.sampled_from(Status),
            "metrics": numbers,
            "timings": numbers,
            "peak_memory_mib": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "environment": st.dictionaries(texts, texts, max_size=2),
            "notes": st.dictionaries(texts, texts, max_size=2),
            "error": st.none() | st.builds(TrialError, type=texts, message=texts, traceback=texts),
            "finished_at": st.floats(0, 1e10),
        }
    ),
    max_size=12,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=records, reads=st.sets(st.integers(0, 12)), linked=st.booleans(), torn=st.booleans())
def test_an_index_made_in_any_steps_equals_the_parsed_journal(
    records: list[dict[str, Any]],
    reads: set[int],
    linked: bool,
    torn: bool,
    make_suite: Callable[[str], CheckedSuite],
    tmp_path_factory: pytest.TempPathFactory,
    small_blocks: None,
) -> None:
    path = tmp_path_factory.mktemp("law") / "j.jsonl"
    first = next(iter(make_suite(SUITE).trials()))
    source = Source(key="k", question="q", task_label="t", method_label="m", train_size=1, seed=2) if linked else None
    for number, record in enumerate(records):
        update = {"seed": record.pop("seed"), "source": source, "method_label": f"m{number % 2}"}
        spec = first.model_copy(update=update)
        with Journal(path) as journal:
            journal.write(TrialResult(key=str(spec.seed), spec=spec, **record))
        if number in reads:
            Journal(path).latest()
    if torn and records:
        path.write_bytes(path.read_bytes()[:-5])
    for _ in range(2):
        assert repr(content(Journal(path).latest())) == repr(from_the_journal(path))


def test_the_index_of_another_journal_or_version_is_not_used(
    written: tuple[Path, CheckedSuite], index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = written
    other = tmp_path / "other.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    other.write_bytes(b"".join(reversed(lines)))
    shutil.copy(index, other.with_suffix(".index"))
    assert content(Journal(other).latest()) == from_the_journal(other)
    monkeypatch.setattr(journal_index, "_version", lambda: "of another symbench")
    used = journal_index.JournalIndex(path)
    with path.open("rb") as journal:
        assert list(used.results(journal)) == []
    assert used.covered.bytes == 0


def test_what_a_table_cannot_hold_is_read_from_the_journal(written: tuple[Path, CheckedSuite], index: Path) -> None:
    path, _ = written
    results = list(Journal(path).results())
    with Journal(path) as journal:
        for number, result in enumerate(results[6:]):
            spec = result.spec.model_copy(update={"seed": 2**70}) if number == 1 else result.spec
            journal.write(result.model_copy(update={"spec": spec, "key": result.key[::-1]}))
    for _ in range(2):  # the second time with the index of the first
        latest = Journal(path).latest()
        assert content(latest) == from_the_journal(path)
        assert [r.spec.seed for r in latest.values()].count(2**70) == 1


def test_a_short_journal_has_no_index(tmp_path: Path, make_suite: Callable[[str], CheckedSuite]) -> None:
    with Journal(tmp_path / "j.jsonl") as journal:
        for spec in make_suite(SUITE).trials():
            journal.write(TrialResult(key=spec.key, spec=spec, status=Status.OK))
    assert len(Journal(tmp_path / "j.jsonl").latest()) == 18
    assert not (tmp_path / "j.index").exists()
