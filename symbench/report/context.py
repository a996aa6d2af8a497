"""Everything that the templates of the page and of Markdown show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from symbench import __version__
from symbench.leaderboard.table import Table
from symbench.report import tables
from symbench.report.answer import answer, question
from symbench.report.challenge import challenge_findings
from symbench.report.embedded import embedded, task_data
from symbench.report.figures import palette_of
from symbench.report.findings import findings
from symbench.report.headline import headline
from symbench.report.matrix import matrix
from symbench.report.published import comparisons, published_finding, published_table
from symbench.report.sections import TrackSection, sections
from symbench.report.study import Study
from symbench.report.style import drawing
from symbench.report.terms import terms
from symbench.trial.result import Status, TrialResult

_FEW = 6  # findings that are not folded away


def page_context(study: Study, *, identity: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Name in the templates → value; figures are drawn here.

    identity      digest of the input (`report.identity`)
    environment   further lines for the table of the environment
    """
    compared = comparisons(study)
    found = findings(study, study.efficiency)
    with drawing():
        parts = sections(study, found)
        opening = headline(study)
    context: dict[str, Any] = {
        "suite": study.facts,
        "identity": identity,
        "version": __version__,
        "finished": _finished(study.results),
        "counts": _counts(study),
        "question": question(study),
        "answer": answer(study, study.efficiency),
        "headline": opening,
        "matrix": matrix(study),
        "findings": [
            *published_finding(compared),
            *(finding.text for finding in found if finding.task is None),
            *challenge_findings(study),
        ],
        "few": _FEW,
        "published": published_table(compared),
        "sections": parts,
        "anchors": {task.label: task.anchor for part in parts for task in part.tasks},
        "cost": tables.cost_table(study),
        "tuning": tables.tuning_table(study),
        "status": tables.status_table(study),
        "errors": tables.errors(study),
        "provenance": tables.provenance_table(study),
        "environment": tables.environment_table(study, environment),
        "data": embedded(
            [
                task_data(study, task.label, task.anchor, task.leaderboard, palette_of(study, study.track(task.label)))
                for part in parts
                for task in part.tasks
            ]
        ),
    }
    shown = [context[name] for name in ("cost", "tuning", "status", "provenance")]
    heads = [head for table in (*_tables(parts), *shown) if table is not None for head in table.heads]
    return {**context, "terms": terms(study.rows, heads)}


def _tables(parts: Sequence[TrackSection]) -> Iterator[Table]:
    for part in parts:
        yield from part.tables
        for task in part.tasks:
            yield task.leaderboard
            yield from task.tables


def _counts(study: Study) -> dict[str, int]:
    current = study.selection.current
    return {
        "trials": len(current),
        "ok": sum(r.status is Status.OK for r in current),
        "tasks": len(study.tested()),
        "methods": len(study.methods()),
        "seeds": len({r.spec.seed for r in current}),
    }


def _finished(results: Sequence[TrialResult]) -> str:
    last = max((r.finished_at for r in results), default=0.0)
    return datetime.fromtimestamp(last, UTC).strftime("%Y-%m-%d %H:%M UTC") if last > 0 else "unknown"
