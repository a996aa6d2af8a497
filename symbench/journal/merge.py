"""Joining journals of one suite that were written apart, such as those of the jobs of a batch system.

For each trial the journal keeps the result that it has, unless that one is to be repeated and another journal has a
final one. Of several journals the first with a final result counts. Lines are copied byte by byte, so merging the same
journals again adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from symbench.errors import JournalError
from symbench.home import Home
from symbench.journal.file import Journal
from symbench.journal.location import JournalLocation
from symbench.journal.records import JournaledResult


@dataclass(frozen=True)
class Merged:
    """What became of the results of one journal.

    source     the journal in words
    trials     its distinct trials
    added      trials whose result was new here
    better     trials whose result was to be repeated here, and is final there
    foreign    trials that are none of the suite's, neither now nor with other code or data; they are not added
    """

    source: str
    trials: int
    added: int
    better: int
    foreign: int


def open_source(place: str, suite: str, home: Home) -> tuple[str, Journal]:
    """A journal to read, and its name in words.

    place   a .jsonl file; a folder with journal.jsonl (a run, an export, a job's results) or <suite>.jsonl; or a URL as
            `--journal` takes it, whose content is downloaded into the home
    Raises JournalError if there is none.
    """
    if "://" in place:
        location = JournalLocation.of(place, home, suite)
        return str(location), location.read()
    path = Path(place)
    if path.is_dir():
        candidates = [path / "journal.jsonl", path / f"{suite}.jsonl"]
        found = [candidate for candidate in candidates if candidate.is_file()]
        if not found:
            raise JournalError(f"{path} has neither journal.jsonl nor {suite}.jsonl")
        path = found[0]
    if not path.is_file():
        raise JournalError(f"{path}: no such journal")
    return str(path), Journal(path)


def merge(
    journal: Journal, sources: Sequence[tuple[str, Journal]], belongs: Callable[[JournaledResult], bool]
) -> list[Merged]:
    """Append to an opened journal what it lacks of the others.

    belongs     whether a result is one of the suite's; others are counted and left out
    Raises JournalError for damaged lines, before anything is written, and if a write fails.
    """
    read = [(name, source, source.latest()) for name, source in sources]
    held = journal.latest()
    merged = []
    for name, source, latest in read:
        added = better = foreign = 0
        for key, result in latest.items():
            mine = held.get(key)
            if not belongs(result):
                foreign += 1
            elif mine is None or (result.final and not mine.final):
                journal.write_line(source.line_at(result.stored.offset))
                held[key] = result
                added, better = added + (mine is None), better + (mine is not None)
        merged.append(Merged(name, len(latest), added, better, foreign))
    journal.sync()
    return merged
