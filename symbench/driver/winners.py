"""A tuned suite compared with its journal: each entry with the parameters of its search's winner."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from symbench.component import Component
from symbench.errors import Problem, SuiteError
from symbench.suite.blocks import Block, CheckedSuite, Entry
from symbench.suite.tuning import changed
from symbench.trial.result import TrialResult
from symbench.tuning.search import by_search, search_state


def with_winners(
    suite: CheckedSuite, recorded: Mapping[str, TrialResult], abandoned: Collection[str] = ()
) -> CheckedSuite:
    """The suite with the state of every search, and with the winner's parameters if there is a winner.

    An entry whose search has no usable result keeps its default recipe. An entry whose search has not finished is
    `waiting`, unless the search is `abandoned`, which means that this run cannot continue it.
    Raises SuiteError if two entries of a task have equal parameters, because their trials would be the same.
    """
    if not any(True for _ in suite.searches()):
        return suite
    results = by_search(recorded.values())
    blocks = tuple(
        replace(block, entries=tuple(_resolved(entry, results, abandoned) for entry in block.entries))
        for block in suite.blocks
    )
    for block in blocks:
        _must_differ(suite.file, block)
    return replace(suite, blocks=blocks)


def _resolved(entry: Entry, results: Mapping[str, Mapping[int, TrialResult]], abandoned: Collection[str]) -> Entry:
    if entry.search is None:
        return entry
    found = search_state(entry.search, results.get(entry.search.key, {}))
    if entry.search.key in abandoned:
        found = replace(found, finished=True)
    return replace(entry, component=changed(entry.component, found.changed), search_state=found)


def _must_differ(file: str, block: Block) -> None:
    seen: dict[str, str] = {}
    for entry in block.entries:
        if entry.waiting or entry.incompatibility is not None:
            continue
        identity = repr((*_parts(entry.component), entry.link and entry.link.identity))
        first = seen.setdefault(identity, entry.label)
        if first != entry.label:
            message = f"{first} and {entry.label} on {block.task_label} have the same parameters after their searches"
            raise SuiteError(file, [Problem("tune", message, hint="leave one of them out, or search other values")])


def _parts(component: Component) -> tuple[object, ...]:
    return component.name, component.parameters()
