"""The opening of a report: the question of the suite, and its answer in at most two sentences, by rule.

A symmetry counts as found if at least 80 % of a method's seeds reach F1 ≥ 0.95 at the largest training size, as in
"events needed". Everything else is read from the leaderboard. The rule has an answer for each mix of tracks, for
suites of one track and of one trial, and for suites whose trials all failed.
"""

from __future__ import annotations

from collections.abc import Sequence

from symbench.component import Track
from symbench.leaderboard import EfficiencyRow, LeaderboardRow
from symbench.leaderboard.discovery import FOUND, RELIABLY
from symbench.leaderboard.scores import estimate_text, interval_text
from symbench.metrics.catalog import SCORE, metric
from symbench.report.study import DISCOVERY_TRACKS, Study
from symbench.trial.result import Status

_NAMED = 3  # methods or tasks of a sentence
_LONGEST = 2  # sentences

_ASKED = {
    Track.INVARIANT: "what do events share",
    Track.FUNCTION: "which methods find the symmetry of a label",
    Track.DISTRIBUTION: "which methods find the symmetry of a density",
    Track.DYNAMICS: "which methods find what motion conserves",
    Track.REGRESSION: "what does a built-in symmetry gain in regression",
    Track.CLASSIFICATION: "what does a built-in symmetry gain in classification",
}


def question(study: Study) -> str:
    """The question of the suite, from its tracks; empty without results."""
    asked = [text for track, text in _ASKED.items() if study.tasks(track)]
    return f"{_sentence(_listed(asked))}?" if asked else ""


def answer(study: Study, efficiency: Sequence[EfficiencyRow]) -> list[str]:
    """At most two sentences: one on discovery and one on trained networks, or two on whichever the suite has."""
    if not study.selection.current:
        return ["No trial has been recorded yet."]
    if not any(row.score is not None and not row.bound for row in study.rows):
        return [_no_score(study)]
    found, claimed, led = _found(study), _claims(study), _led(study, efficiency)
    if found and claimed and led:
        return [f"{_sentence(found)}; {claimed}.", f"{_sentence(led[0])}."]
    return [f"{_sentence(part)}." for part in (found, claimed, *led, _unknown(study)) if part][:_LONGEST]


def found_by(study: Study, task: str) -> dict[str, bool]:
    """For each competing method whether it finds the symmetry of the task at the largest size; empty for controls."""
    size = study.largest(task)
    rows = [row for row in study.events_needed if row.task == task and not row.bound]
    return {row.method: row.found[size].value >= RELIABLY for row in rows if size in row.found}


def _found(study: Study) -> str:
    """`the symmetry is found … by a on 2 of 2 tasks, by b on 1 of 2`."""
    tasks = [found for task in study.tasks(*DISCOVERY_TRACKS) if (found := found_by(study, task))]
    methods = dict.fromkeys(method for found in tasks for method in found)
    counts = {m: (sum(found.get(m, False) for found in tasks), sum(m in found for found in tasks)) for m in methods}
    winners = sorted((m for m in counts if counts[m][0]), key=lambda m: (-counts[m][0], counts[m][1]))
    if not counts:
        return ""
    rule = f"(F1 ≥ {FOUND:g} in at least {100 * RELIABLY:.0f} % of the seeds)"
    if not winners:
        of_what = f"any of {len(tasks)} tasks" if len(tasks) > 1 else "the task"
        return f"no method finds the symmetry of {of_what} {rule}"
    named = [_of_tasks(m, *counts[m], several=len(tasks) > 1) for m in winners[:_NAMED]]
    rest = len(counts) - len(winners[:_NAMED])
    most = max((found for m, (found, _) in counts.items() if m not in winners[:_NAMED]), default=0)
    others = f"; {rest} other {'entry' if rest == 1 else 'entries'} on at most {most}" if rest else ""
    if rest and len(tasks) == 1:
        missing = len(counts) - len(winners)
        others = f"; {missing} of {len(counts)} entries do not find it" if missing else ""
    return f"the symmetry is found {rule} by {_listed(named)}{others}"


def _of_tasks(method: str, found: int, entered: int, *, several: bool) -> str:
    return f"{method} ({found} of {entered} task{'s' if entered > 1 else ''})" if several else method


def _claims(study: Study) -> str:
    """`on controls, a claims something false in 0 of 5 trials, b in 5 of 5`, best first."""
    rows = [row for row in study.false_discoveries if not row.bound]
    whole = {row.method: row.claims for row in rows if row.task is None}
    sizes = {row.task: max(r.train_size or 0 for r in rows if r.task == row.task) for row in rows}
    shares = {r.method: r.claims for r in rows if r.task is not None and r.train_size == sizes[r.task]} | whole
    if not shares:
        return ""
    ranked = sorted(shares, key=lambda m: (shares[m].value, -shares[m].trials))
    silent = [m for m in ranked if not shares[m].successes]
    texts = [f"{m} in {shares[m].successes} of {shares[m].trials}" for m in ranked]
    shown = texts if len(texts) <= _NAMED else [*texts[: _NAMED - 1], texts[-1]]
    middle = f" ({len(silent)} of {len(ranked)} entries make none)" if len(texts) > _NAMED else ""
    return f"on controls without a symmetry, false claims are made by {_listed(shown)} trials{middle}"


def _led(study: Study, efficiency: Sequence[EfficiencyRow]) -> list[str]:
    """For each task of a trained track who leads, and what the leader saves."""
    tasks = study.tasks(Track.CLASSIFICATION, Track.REGRESSION)
    return [_led_on(study, task, efficiency) for task in tasks if _top(study, task)]


def _top(study: Study, task: str) -> list[LeaderboardRow]:
    """The first tier at the largest size, or its best entry if tiers do not exist."""
    rows = [r for r in study.rows_of(task, study.largest(task)) if r.score is not None and not r.bound]
    return [row for row in rows if row.tier == 1] or rows[:1]


def _led_on(study: Study, task: str, efficiency: Sequence[EfficiencyRow]) -> str:
    size, top = study.largest(task), _top(study, task)
    column = metric(SCORE[top[0].track])
    competing = [r for r in study.rows_of(task, size) if r.score is not None and not r.bound]
    score = f"{column.title} {estimate_text(column, top[0].score)}"
    if top[0].above_random is False:
        return f"on {task}, no entry is better than random at N = {size:,}"
    if len(competing) == 1:
        text = f"on {task}, {top[0].method} has {score} at N = {size:,}"
    elif len(top) == len(competing):
        text = f"on {task}, the {len(top)} entries are not separated at N = {size:,}; {top[0].method} has {score}"
    elif len(top) == 1:
        text = f"on {task}, {top[0].method} leads at N = {size:,} ({score})"
    else:
        named = _listed([row.method for row in top[:_NAMED]])
        more = f" and {len(top) - _NAMED} more" if len(top) > _NAMED else ""
        text = f"on {task}, {named}{more} share the first tier at N = {size:,} ({top[0].method}: {score})"
    saved = [row for row in efficiency if (row.task, row.method) == (task, top[0].method)]
    if saved:
        last = saved[-1]
        amount = {">": "more than ", "<": "fewer than "}.get(last.ratio.relation, "")
        number = str(last.ratio).lstrip("<> ")
        factor = "more" if (amount, number) == ("more than ", "1") else f"{amount}{number} times as many"
        than = "than" if factor == "more" else "as"
        text += f"; {last.baseline} needs {factor} events {than} {last.method} for its score"
        if last.ratio.relation == "=" and last.ratio_low is not None and last.ratio_high is not None:
            text += f" at N = {last.train_size:,} (95 % interval: {interval_text(last.ratio_low, last.ratio_high)})"
    return text


def _unknown(study: Study) -> str:
    """For tasks without a known truth: what is claimed most often by the best entry of the first of them."""
    for task in (task for task in study.tasks(*DISCOVERY_TRACKS) if study.truth_text(task) is None):
        for row in study.rows_of(task, study.largest(task)):
            if not row.bound and row.algebra is not None:
                votes = f"{row.algebra_votes} of {row.seeds_ok} seeds"
                return f"on {task}, whose answer is not known, {row.method} claims {row.algebra_text} in {votes}"
    return ""


def _no_score(study: Study) -> str:
    current = study.selection.current
    counts = {status: sum(r.status is status for r in current) for status in Status}
    listed = ", ".join(f"{n} {status}" for status, n in counts.items() if n)
    whole = "The trial has" if len(current) == 1 else f"None of the {len(current)} trials has"
    return f"{whole} {'no' if len(current) == 1 else 'a'} score ({listed}), so the question has no answer yet."


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
