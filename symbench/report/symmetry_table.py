"""The symmetry that enters classifiers, discovered or stated in the suite, and its properties."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from symbench.algebra.metric import signature
from symbench.leaderboard.scores import estimate_text
from symbench.leaderboard.table import NOTHING, Line, Table
from symbench.metrics.catalog import metric
from symbench.report.study import Study
from symbench.trial.reference import PLACEHOLDER
from symbench.trial.result import TrialResult

_METRICS = ("augmented_by", "eta_cosine", "metric_defect", "metric_gap")
_VANISHES = 0.05  # of the largest eigenvalue: a discovered metric has errors of a few per cent


def symmetry_table(study: Study, task: str) -> Table | None:
    """The source of each classifier's metric or group, and how well it is determined, at the largest size.

    None if no classifier has one.
    """
    size = study.largest(task)
    lines = []
    for row in study.rows_of(task, size):
        if any(name in row.metrics for name in _METRICS):
            trials = study.ok(task, row.method, size)
            values = (estimate_text(metric(name), row.metrics.get(name)) for name in _METRICS)
            lines.append(Line((row.method, _source(trials), *values, _signatures(trials))))
    heads = ("method", "symmetry from", *(metric(name).heading for name in _METRICS), "signature")
    words = ("method", "symmetry from", "signature")
    return Table(f"Symmetries used by classifiers, N = {size:,}", heads, tuple(lines), words) if lines else None


def _source(trials: Sequence[TrialResult]) -> str:
    """`liegan on top-tagging-density, N = 1,000` if its generators enter the classifier, else `the suite`."""
    sources = {
        f"{t.spec.source.method_label} on {t.spec.source.task_label}, N = {t.spec.source.train_size:,}"
        for t in trials
        if t.spec.source is not None and PLACEHOLDER in t.spec.method.parameters.values()
    }
    return ", ".join(sorted(sources)) or "the suite"


def _signatures(trials: Sequence[TrialResult]) -> str:
    """Numbers of (positive, negative[, vanishing]) eigenvalues of the metric, with the number of seeds for each."""
    forms = [form for t in trials if (form := t.array("metric")) is not None]
    counts: Counter[str] = Counter()
    for form in forms:
        positive, negative, vanishing = signature(form, _VANISHES)
        counts[f"({positive}, {negative}{f', {vanishing}' if vanishing else ''})"] += 1
    return ", ".join(f"{text} in {n} of {len(forms)}" for text, n in counts.most_common()) or NOTHING
