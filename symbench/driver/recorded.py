"""A suite compared with its journal, for everything that only reads: leaderboard, report, sync, the Python API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from symbench.driver.plan import Plan
from symbench.driver.winners import with_winners
from symbench.home import Home
from symbench.journal.location import JournalLocation
from symbench.journal.records import JournaledResult
from symbench.plugins import Trust
from symbench.suite.recorded import RecordedDigests
from symbench.suite.resolve import resolve_source
from symbench.suite.schema import SUITE_NAME
from symbench.suite.source import SuiteSource


def recorded_plan(
    source: SuiteSource,
    folder: Path,
    home: Home,
    *,
    data_root: Path | None = None,
    journal_at: str | None = None,
    only: str | None = None,
    trust: Trust | None = None,
) -> Plan:
    """The plan of a suite compared with its journal; data files may be missing.

    folder   relative paths of the suite start here
    trust    the plug-ins of the suite that may run; by default those of the list in this home
    Raises SuiteError, PluginError, JournalError, and UnknownNameError if `only` matches no entry.
    """
    name = stated_name(source)
    recorded = JournalLocation.of(journal_at, home, name).read().latest() if name is not None else {}
    return plan_with(source, folder, home, recorded, data_root=data_root, only=only, trust=trust)


def stated_name(source: SuiteSource) -> str | None:
    """The name of a suite that was not checked; None if it states none that is allowed."""
    name = source.content.get("name")
    return name if isinstance(name, str) and re.fullmatch(SUITE_NAME, name) else None


def plan_with(
    source: SuiteSource,
    folder: Path,
    home: Home,
    recorded: Mapping[str, JournaledResult],
    *,
    data_root: Path | None = None,
    only: str | None = None,
    trust: Trust | None = None,
) -> Plan:
    """The plan of a suite compared with these results, as `recorded_plan`."""
    digests = RecordedDigests.in_results(recorded.values())
    suite = resolve_source(source, folder, data_root=data_root, recorded=digests, trust=trust or Trust(home))
    return Plan(with_winners(suite, recorded), recorded, only)
