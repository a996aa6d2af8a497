"""The main results as sentences, computed from the leaderboard's rows and the trials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean, median
from typing import NamedTuple

from symbench import registry
from symbench.algebra.approximate import broken_by
from symbench.component import Track
from symbench.data.domain import DOMAIN
from symbench.leaderboard import LeaderboardRow
from symbench.leaderboard.efficiency import EfficiencyRow
from symbench.leaderboard.rows import SEEDS_FOR_A_CLAIM
from symbench.leaderboard.scores import estimate_text, interval_text
from symbench.metrics.catalog import SCORE, metric
from symbench.metrics.discovery.defect import WITHHELD
from symbench.metrics.discovery.learnt import not_learnt
from symbench.report.study import DISCOVERY_TRACKS, Study
from symbench.trial.result import Status, TrialResult

_ROUNDING = 1e-6  # float64 rounds at 1e-16; networks that violate a symmetry have errors of 1e-3 and more

_NOUNS = {Track.DYNAMICS: ("quantity", "trajectories"), Track.INVARIANT: ("function", "events")}
_CLAIMS = {Track.DYNAMICS: "a conserved quantity", Track.INVARIANT: "a function that its events share"}


def _of_flows(trials: Sequence[TrialResult]) -> bool:
    """Whether these trials of the dynamics track were asked for maps between trajectories, not for quantities."""
    return any(name in trial.metrics for trial in trials for name in ("detected", "false_certification"))


def _nouns(track: Track, trials: Sequence[TrialResult]) -> tuple[str, str]:
    """What is counted, and in what."""
    return ("generator", "events") if _of_flows(trials) else _NOUNS.get(track, ("generator", "events"))


class Statement(NamedTuple):
    """A sentence, and the task that it is about; None if it is about several."""

    task: str | None
    text: str


def findings(study: Study, efficiency: Sequence[EfficiencyRow]) -> list[Statement]:
    """Sentences on discovery, controls, classification, regression, data efficiency, invariance, and failed trials.

    Means over seeds are meant unless a sentence names another statistic.
    """
    found: list[Statement] = []
    for task in study.tasks(*DISCOVERY_TRACKS, Track.REGRESSION, Track.CLASSIFICATION):
        of_task = [row for row in efficiency if row.task == task]
        found += [Statement(task, text) for text in _of_task(study, task, of_task)]
    return found + [Statement(None, text) for text in (*_all_controls(study), *_trouble(study))]


def _of_task(study: Study, task: str, efficiency: Sequence[EfficiencyRow]) -> Iterator[str]:
    track = study.rows_of(task)[0].track
    unbroken = study.unbroken(task)
    if track.trained:
        yield from _prediction(study, task, track)
        yield from _saving(efficiency)
        yield from (_equivariance if track is Track.REGRESSION else _invariance)(study, task)
    elif unbroken is not None:
        yield from _broken(study, task, unbroken)
    else:
        yield from _control(study, task) if study.truth_name(task) == "none" else _discovery(study, task)


def _entries(study: Study, task: str, size: int) -> list[LeaderboardRow]:
    """All but the reference rows; an entry that learnt the label in no seed has no score, and is named all the same."""
    return [row for row in study.rows_of(task, size) if not row.bound]


def _competing(study: Study, task: str) -> list[LeaderboardRow]:
    return [row for row in _entries(study, task, study.largest(task)) if row.score is not None]


def _discovery(study: Study, task: str) -> Iterator[str]:
    size = study.largest(task)
    for row in _entries(study, task, size):
        trials = [t for t in study.ok(task, row.method, size) if not not_learnt(t.metrics)]
        counts = sorted(int(t.metrics["count"]) for t in trials if "count" in t.metrics)
        yield from _not_learnt(study, task, row.method, size)
        if not counts:
            continue
        true = {int(t.metrics["count"] - t.metrics["count_error"]) for t in trials if "count_error" in t.metrics}
        noun, of = _nouns(row.track, trials)
        text = f"{task}, {size:,} {of}: {row.method} finds {_counts(counts, noun)}"
        if len(true) == 1:
            text += f" (the truth has {true.pop()})"
        angles = [t.metrics["angle_max_deg"] for t in trials if "angle_max_deg" in t.metrics]
        withheld = [t.notes[WITHHELD] for t in trials if WITHHELD in t.notes]
        defects = [t.metrics["defect_max"] for t in trials if "defect_max" in t.metrics]
        if angles:
            text += f"; largest angle to the true algebra {fmean(angles):.2f}° in the mean, {max(angles):.2f}° at worst"
        elif defects and row.score is None:
            text += f"; largest relative defect {metric('defect_max').text(fmean(defects))} in the mean"
            floors = [t.metrics["defect_floor"] for t in trials if "defect_floor" in t.metrics]
            if floors:
                text += f" (floor {metric('defect_floor').text(fmean(floors))})"
        events = {t.notes[DOMAIN].partition(";")[0] for t in trials if DOMAIN in t.notes}
        if events:
            text += f"; tested in {' or '.join(sorted(events))}"
        if withheld:
            text += f"; the defect is withheld in {len(withheld)} of {len(trials)} seeds: {withheld[0]}"
        truth = study.truth_name(task)
        if truth is None and row.algebra is not None:
            text += f"; its most frequent name is {row.algebra_text} ({row.algebra_votes} of {len(trials)} seeds)"
        cosines = [t.metrics["form_cosine"] for t in trials if "form_cosine" in t.metrics]
        spreads = [t.metrics["spread_max"] for t in trials if "spread_max" in t.metrics]
        if cosines:
            text += f"; |cos| of the form to the truth {fmean(cosines):.4f} in the mean, {min(cosines):.4f} at worst"
        if spreads:
            null = fmean([t.metrics["spread_null"] for t in trials if "spread_null" in t.metrics])
            text += f"; spread {fmean(spreads):.2g} (permuted samples {null:.2g})"
        if truth is not None and any("algebra" in t.notes for t in trials):
            named = sum(t.notes.get("algebra") == truth for t in trials)
            text += f"; identified as {truth} in {named} of {len(trials)} seeds"
        if row.score is not None:
            text += f"; F1 above chance {estimate_text(metric(row.score_name), row.score)}"
            text += ", which is not above random" if row.above_random is False else ""
        published = [t.metrics["published_f1"] for t in trials if "published_f1" in t.metrics]
        if published:
            text += f"; F1 to the published answer, which is not the truth, {fmean(published):.3f} in the mean"
        yield text + "."


def _not_learnt(study: Study, task: str, method: str, size: int) -> Iterator[str]:
    """In how many seeds the method learnt nothing about the label, if in any."""
    ended = study.ok(task, method, size)
    without = sum(not_learnt(t.metrics) for t in ended)
    if without:
        yield (
            f"{task}, {size:,} events: {method} did not learn the label in {without} of {len(ended)} seeds. These "
            "state nothing about symmetries and have no score."
        )


def _counts(counts: Sequence[int], noun: str) -> str:
    """`no generator in 1 seed`, `3 quantities in all 5 seeds`, `0 to 2 generators over 5 seeds`."""
    one, many = ("quantity", "quantities") if noun == "quantity" else (noun, f"{noun}s")
    seeds = len(counts)
    if counts[0] == counts[-1]:
        number = {0: f"no {one}", 1: f"1 {one}"}.get(counts[0], f"{counts[0]} {many}")
        return f"{number} in {'all ' if seeds > 1 else ''}{seeds} seed{'s' if seeds > 1 else ''}"
    return f"{counts[0]} to {counts[-1]} {many} over {seeds} seeds"


def _control(study: Study, task: str) -> Iterator[str]:
    size = study.largest(task)
    for row in _entries(study, task, size):
        trials = [t for t in study.ok(task, row.method, size) if "count" in t.metrics]
        claims = sum(t.metrics["count"] > 0 for t in trials)
        yield from _not_learnt(study, task, row.method, size)
        if trials:
            claim = "a continuous symmetry" if _of_flows(trials) else _CLAIMS.get(row.track, "a continuous symmetry")
            absent = claim.replace("a ", "no ", 1)
            control = f"{task} has {absent} (control, {size:,} {_nouns(row.track, trials)[1]})"
            yield f"{control}: {row.method} claims {claim} in {claims} of {len(trials)} seeds."


def _broken(study: Study, task: str, unbroken: str) -> Iterator[str]:
    """A task whose symmetry is broken: who says so, and who hides it."""
    size = study.largest(task)
    for row in _entries(study, task, size):
        trials = [t for t in study.ok(task, row.method, size) if "count" in t.metrics]
        claims = [t for t in trials if t.metrics["count"] > 0]
        yield from _not_learnt(study, task, row.method, size)
        if not trials:
            continue
        stated = [t for t in claims if "breaking_claimed" in t.metrics]
        false = sum(t.metrics.get("false_discovery", 0) > 0 for t in claims)
        text = f"{task} has no exact symmetry ({unbroken}; {size:,} events): {row.method} claims "
        exact = len(claims) - len(stated)
        text += f"an approximate one in {len(stated)} and an exact one in {exact} of {len(trials)} seeds"
        if stated:
            said, true = (median(t.metrics[f"breaking_{kind}"] for t in stated) for kind in ("claimed", "true"))
            text += f"; it says {broken_by(said)} and the exact label says {broken_by(true)}, in the median"
        yield f"{text}; {false} of these claims {'hides' if false == 1 else 'hide'} the breaking."


def _all_controls(study: Study) -> Iterator[str]:
    for row in study.false_discoveries:
        if row.task is None and not row.bound:
            claims = row.claims
            yield (
                f"On the controls of the {row.track} track, {row.method} makes a claim in {claims.successes} of "
                f"{claims.trials} trials (one trial for each control and seed, at the control's largest size): the "
                f"false-discovery rate is {claims.value:.3f} (95 % interval {claims.low:.3f} to {claims.high:.3f})."
            )


def _prediction(study: Study, task: str, track: Track) -> Iterator[str]:
    rows = _competing(study, task)
    if not rows:
        return
    name = metric(SCORE[track])
    scores = ", ".join(f"{row.method} {estimate_text(name, row.score)}" for row in rows)
    several = any("balanced_accuracy" in row.metrics for row in rows)
    title = f"mean {name.title} of each class against the rest:" if several else name.title
    text = f"{task}, {study.largest(task):,} training events: {title} {scores}"
    leaders = [row.method for row in rows if row.tier == 1]
    random = [row.method for row in rows if row.above_random is False]
    if len(rows) > 1 and leaders:
        if len(leaders) == len(rows):
            text += "; the differences are not significant"
        elif len(leaders) == 1:
            text += f"; {leaders[0]} leads, separated from every tier below"
        else:
            text += f"; {', '.join(leaders)} share the first tier"
    if random:
        text += f"; not above random: {', '.join(random)}"
    yield text + "."
    if several:
        yield f"{task}: {_recognised(rows)}."


def _recognised(rows: Sequence[LeaderboardRow]) -> str:
    """The balanced accuracy; it shows wrong decisions on a class, to which the AUC is blind."""
    column = metric("balanced_accuracy")
    shares = (f"{row.method} {estimate_text(column, row.metrics.get(column.name))}" for row in rows)
    return f"balanced accuracy (mean over the classes of the fraction recognised): {', '.join(shares)}"


def _saving(rows: Sequence[EfficiencyRow]) -> Iterator[str]:
    for method in dict.fromkeys(row.method for row in rows):
        of_method = [row for row in rows if row.method == method]
        ratios = ", ".join(f"{_efficiency(row)} at {row.train_size:,}" for row in of_method)
        first = of_method[0]
        yield f"{first.task}, data efficiency of {method} against {first.baseline}: {ratios} training events."


def _efficiency(row: EfficiencyRow) -> str:
    """`2.8 [< 1 to 8.1]`; the number alone without an interval, or if both limits equal it."""
    if row.ratio_low is None or row.ratio_high is None or row.ratio == row.ratio_low == row.ratio_high:
        return str(row.ratio)
    return f"{row.ratio} [{interval_text(row.ratio_low, row.ratio_high)}]"


def _equivariance(study: Study, task: str) -> Iterator[str]:
    column = metric("equivariance_float64")
    known = [(row.metrics[column.name].mean, row) for row in _competing(study, task) if column.name in row.metrics]
    exact = [row.method for error, row in known if error < _ROUNDING]
    broken = [f"{row.method} {column.text(error)}" for error, row in sorted(known, key=lambda each: each[0])]
    parts = [f"only rounding errors for {', '.join(exact)}"] if exact else []
    rest = broken[len(exact) :]
    if parts or rest:
        yield f"{task}, equivariance error in float64: {'; '.join([*parts, *([', '.join(rest)] if rest else [])])}."


def _invariance(study: Study, task: str) -> Iterator[str]:
    rows = _competing(study, task)
    for operation in registry.operations():
        if operation.kind != "lorentz" and not operation.needs_generators:
            continue  # the table has the others
        exact, broken = [], []
        for row in rows:
            single, double = (row.metrics.get(f"invariance_{operation.name}_{p}") for p in ("float32", "float64"))
            if double is not None and double.mean < _ROUNDING:
                in_float32 = f" ({_error(operation.name, single.mean)} in float32)" if single else ""
                exact.append(row.method + in_float32)
            elif (known := double or single) is not None:
                broken.append((known.mean, f"{row.method} {_error(operation.name, known.mean)}"))
        parts = [f"only rounding errors for {', '.join(exact)}"] if exact else []
        if broken:
            parts.append(", ".join(text for _, text in sorted(broken)))
        if parts:
            yield f"{task}, invariance error under {operation.title}: {'; '.join(parts)}."


def _error(operation: str, value: float) -> str:
    return metric(f"invariance_{operation}_float32").text(value)


def _trouble(study: Study) -> Iterator[str]:
    current = study.selection.current
    bad = {s: sum(r.status is s for r in current) for s in Status if s is not Status.OK}
    bad = {status: n for status, n in bad.items() if n}
    if bad:
        listed = ", ".join(f"{n} {status}" for status, n in bad.items())
        yield (
            f"{sum(bad.values())} of {len(current)} trials have no score ({listed}); "
            "the column `trials` of the leaderboard counts them."
        )
    stale = len(study.selection.stale)
    if stale:
        yield f"{stale} results are stale (older code or other data) and enter no mean."
    few = [row for row in study.rows if row.score is not None and not row.bound and row.provisional]
    if few:
        seeds = sorted({row.score.n for row in few if row.score is not None})
        yield (
            f"Some entries have fewer than {SEEDS_FOR_A_CLAIM} seeds ({', '.join(map(str, seeds))}): they separate "
            "hardly any two entries (see How to read it)."
        )
