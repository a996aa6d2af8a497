"""Joining journals: as if one driver had recorded everything, in any order and as often as one likes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.errors import JournalError
from symbench.home import Home
from symbench.journal.file import Journal
from symbench.journal.merge import merge, open_source
from symbench.trial.result import Status, TrialResult
from tests.factories import trial

KINDS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([Status.OK, Status.FAILED])), max_size=6)


def _journal(path: Path, recorded: list[tuple[int, Status]]) -> Journal:
    with Journal(path) as journal:
        for n, (seed, status) in enumerate(recorded):
            journal.write(trial(seed=seed, status=status, metrics={"n": float(n)}))
    return Journal(path)


def _joined(into: Path, sources: list[Journal]) -> dict[str, TrialResult]:
    with Journal(into) as journal:
        merge(journal, [(str(source.path), source) for source in sources], lambda _: True)
    return {key: result.whole() for key, result in Journal(into).latest().items()}


@settings(max_examples=25)
@given(mine=KINDS, first=KINDS, second=KINDS)
def test_every_trial_is_there_ended_well_if_it_did_anywhere_and_again_changes_nothing(
    mine: list[tuple[int, Status]],
    first: list[tuple[int, Status]],
    second: list[tuple[int, Status]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("journals")
    own = {k: r.whole() for k, r in _journal(folder / "own.jsonl", mine).latest().items()}
    sources = [_journal(folder / "1.jsonl", first), _journal(folder / "2.jsonl", second)]
    before = (folder / "own.jsonl").read_bytes()
    joined = _joined(folder / "own.jsonl", sources)
    everything: list[Mapping[str, TrialResult]] = [own, *(source.latest() for source in sources)]
    assert set(joined) == {key for each in everything for key in each}
    for key, result in joined.items():
        assert result.final == any(key in each and each[key].final for each in everything)
        if key in own and own[key].final:
            assert result == own[key], "what was recorded here stays"
    after = (folder / "own.jsonl").read_bytes()
    assert after.startswith(before)
    assert _joined(folder / "own.jsonl", sources) == joined
    assert (folder / "own.jsonl").read_bytes() == after


def test_lines_are_copied_byte_by_byte_and_foreign_ones_are_counted(tmp_path: Path) -> None:
    _journal(tmp_path / "a.jsonl", [(0, Status.OK), (1, Status.OK)])
    with Journal(tmp_path / "own.jsonl") as journal:
        (part,) = merge(journal, [("a", Journal(tmp_path / "a.jsonl"))], lambda result: result.spec.seed == 1)
    assert (part.trials, part.added, part.better, part.foreign) == (2, 1, 0, 1)
    assert (tmp_path / "own.jsonl").read_bytes() == (tmp_path / "a.jsonl").read_bytes().splitlines(keepends=True)[1]


def test_a_journal_is_found_in_the_folder_of_a_job_and_of_a_run(tmp_path: Path) -> None:
    for name in ("journal.jsonl", "cms.jsonl"):
        folder = tmp_path / name.partition(".")[0]
        folder.mkdir()
        _journal(folder / name, [(0, Status.OK)])
        said, journal = open_source(str(folder), "cms", Home(tmp_path / "home"))
        assert said == str(folder / name)
        assert len(journal.latest()) == 1
    (tmp_path / "empty").mkdir()
    with pytest.raises(JournalError, match=r"neither journal.jsonl nor cms.jsonl"):
        open_source(str(tmp_path / "empty"), "cms", Home(tmp_path / "home"))
    with pytest.raises(JournalError, match="no such journal"):
        open_source(str(tmp_path / "none.jsonl"), "cms", Home(tmp_path / "home"))
