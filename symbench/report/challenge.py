"""What the report says about `which-is-real`: its tables, a finding for each task, and the breaking beside networks."""

from __future__ import annotations

from itertools import groupby

from symbench.leaderboard.challenge import ChallengeRow, challenge_table
from symbench.leaderboard.table import Table
from symbench.report.study import Study

QUESTION = (
    "Which transformations do the events exclude as symmetries? Given an event and its transformed copy, a classifier "
    "says which is real. No label is needed, and no algebra is claimed."
)


def challenge_tables(study: Study) -> tuple[Table, ...]:
    """The table of all tasks; empty without trials."""
    rows = study.challenges
    return (challenge_table(rows),) if rows else ()


def challenge_findings(study: Study) -> list[str]:
    """A sentence for each task and number of events, and one for the controls of all."""
    rows = study.challenges
    sentences = []
    for (task, size), group in groupby(
        (row for row in rows if not row.control), key=lambda row: (row.task, row.train_size)
    ):
        found = list(group)
        excluded = [f"{row.transformation} (z = {row.z:.1f})" for row in found if row.challenged]
        left = [row.transformation for row in found if not row.challenged]
        parts = [f"{', '.join(excluded)} challenged"] if excluded else []
        parts += [f"{', '.join(left)} not challenged"] if left else []
        sentences.append(f"{task}, {size:,} events transformed: {'; '.join(parts)}.")
    controls = [row for row in rows if row.control]
    if controls:
        alarms, trials = sum(row.below_level for row in controls), sum(row.seeds for row in controls)
        sentences.append(
            f"With events and copies exchanged at random, {alarms} of {trials} tests of transformations reach 5 %."
        )
    return sentences


def breaking(study: Study, task: str) -> dict[str, ChallengeRow]:
    """Transformation → its row with the most events, of the tests on a task's events."""
    rows = study.challenges
    found: dict[str, ChallengeRow] = {}
    for row in rows:
        if row.task == task and not row.control:
            found.setdefault(row.transformation, row)
    return found
