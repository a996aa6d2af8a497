"""Removing results from a journal: the only operation that takes a line out of it.

It holds the journal's lock, and the lease of its copy if there is one, so that no run writes meanwhile. The lines that
stay keep their bytes and their order. Whatever moment the process is killed at, each file is the old one or the new
one; the same call does the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from symbench.journal.file import Journal
from symbench.journal.location import JournalLocation
from symbench.journal.records import JournaledResult, Lines


@dataclass(frozen=True)
class Forgotten:
    """What `forget` removed, or would remove.

    results     the result of each removed line; a trial that ran several times has several
    used_by     results that stay although they were computed from one of these
    kept        number of lines that stay
    """

    results: tuple[JournaledResult, ...]
    used_by: tuple[JournaledResult, ...]
    kept: int

    @property
    def trials(self) -> int:
        """The number of distinct trials among the removed lines."""
        return len({result.key for result in self.results})


def forgettable(journal: Journal, is_forgotten: Callable[[JournaledResult], bool]) -> Forgotten:
    """What `forget` would remove from a journal that is read; raises JournalError for a damaged line."""
    lines = Lines(journal.path)
    removed, kept = list[JournaledResult](), list[JournaledResult]()
    for offset, line in journal.raw_lines():
        result = lines.light(line, f"at byte {offset}", offset)
        (removed if is_forgotten(result) else kept).append(result)
    keys = {result.key for result in removed}
    used_by = {r.key: r for r in kept if r.spec.source is not None and r.spec.source.key in keys}
    return Forgotten(tuple(removed), tuple(used_by.values()), len(kept))


def forget(location: JournalLocation, is_forgotten: Callable[[JournaledResult], bool]) -> Forgotten:
    """Remove every line whose result `is_forgotten` selects, from the local file and from its copy.

    The answer describes the lines of the journal as `location.read` has them. Raises JournalError if a run holds the
    journal, for a damaged line, and if a write fails. The local journals of other machines are not touched: a run there
    sends what they have to the copy again.
    """
    with Journal(location.local) as journal:
        here = forgettable(journal, is_forgotten)
        everywhere = here
        if location.url is not None:
            from symbench.journal.remote import rewrite_copy

            everywhere = _joined(forgettable(location.read(), is_forgotten), here)
            parsed = Lines(location.local)
            rewrite_copy(location.url, lambda line, where: not is_forgotten(parsed.light(line, where, 0)))
        if here.results:
            gone = {result.stored.offset for result in here.results}
            journal.replace_lines(line for offset, line in journal.raw_lines() if offset not in gone)
    return everywhere


def _joined(copy: Forgotten, local: Forgotten) -> Forgotten:
    """What is removed from a copy, and from a local file that may have lines which were not sent yet."""
    sent = {(result.key, result.finished_at) for result in copy.results}
    unsent = (result for result in local.results if (result.key, result.finished_at) not in sent)
    return Forgotten((*copy.results, *unsent), copy.used_by, copy.kept)
