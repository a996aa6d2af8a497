"""From results to files: one self-contained page, and the same content in Markdown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symbench import __version__
from symbench.component import Track
from symbench.files import replace_file
from symbench.leaderboard import EfficiencyRow, data_efficiency, size_to_target
from symbench.leaderboard.calibration import calibration_table, calibrations
from symbench.leaderboard.discovery import events_needed, false_discoveries
from symbench.leaderboard.discovery_tables import events_needed_table, false_discovery_table
from symbench.leaderboard.frames import metric_frame, score_frame
from symbench.leaderboard.table import Table, markdown_table
from symbench.metrics.catalog import metric
from symbench.report import tables
from symbench.report.algebras import algebra_table
from symbench.report.challenge import QUESTION, challenge_findings, challenge_tables
from symbench.report.classification_figures import boost_curves, cost_pictures, invariance, rejection_curves
from symbench.report.discovery_figures import generators, spectra
from symbench.report.dynamics_figures import quantities
from symbench.report.equivariance import equivariance_table
from symbench.report.findings import findings
from symbench.report.identity import write_identity
from symbench.report.invariance import invariance_tables
from symbench.report.invariant_figures import shared_form
from symbench.report.ladder import ladder
from symbench.report.learning import efficiency_picture, learning_curves
from symbench.report.published import comparisons, published_finding, published_table
from symbench.report.residuals import residual_frame, residual_histogram, worst_events
from symbench.report.separation import classes_table, separation_table
from symbench.report.study import DISCOVERY_TRACKS, Study, SuiteFacts
from symbench.report.style import Palette, Picture, drawing
from symbench.report.symmetry_table import symmetry_table
from symbench.trial.result import Status, TrialResult
from symbench.words import for_csv, for_markdown, for_page

if TYPE_CHECKING:
    from symbench.data.container import Provenance
    from symbench.suite.resolve import CheckedSuite

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class ReportPaths:
    """The files of a written report."""

    html: Path
    markdown: Path
    leaderboard: Path
    metrics: Path
    results: Path
    residuals: Path
    figures: tuple[Path, ...]

    @property
    def all(self) -> tuple[Path, ...]:
        """Every file of the report."""
        files = (self.html, self.markdown, self.leaderboard, self.metrics, self.results, self.residuals)
        return *files, *self.figures


@dataclass(frozen=True)
class TaskSection:
    """One task of the page: its leaderboard, further tables, and its pictures."""

    label: str
    anchor: str
    truth: str | None
    leaderboard: Table
    pictures: tuple[Picture, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class TrackSection:
    """One track of the page: the question, its tasks, and the tables over all of them."""

    track: str
    anchor: str
    question: str
    tasks: tuple[TaskSection, ...]
    tables: tuple[Table, ...]


_TRAINED = tuple(track for track in Track if track.trained)

_QUESTIONS = {
    Track.FUNCTION: "Which generators leave a label unchanged, f(exp(tL) x) = f(x)? The label is given with the "
    "events, as M² is with dimuons. Continuous, connected, linear symmetries are meant. That a method needs N events "
    "is a statement about the family of functions that it fits: labels outside of it need more events, or cannot be "
    "described at all.",
    Track.DISTRIBUTION: "Which generators leave the density of the data unchanged? If the second moment is finite and "
    "non-degenerate, only rotations (in some basis) can be exact symmetries: a claimed boost is an approximation, and "
    "it is scored as such.",
    Track.DYNAMICS: "Which functions are constant along trajectories? Of equations of motion that are known exactly: "
    "which matrices map trajectories to trajectories?",
    Track.INVARIANT: "Which functions are nearly the same in every event, and would not be if its parts did not belong "
    "together? Events have no label. The reference are the same events with partners permuted, and claims are counted "
    "against permuted samples that are taken for data.",
    Track.CLASSIFICATION: "Which class does an event belong to, and what does a built-in symmetry gain?",
    Track.REGRESSION: "Which tensor belongs to an event, f(gx) = ρ(g) f(x), and what does a built-in symmetry gain? "
    "The score is −log₁₀(MSE/variance): 0 is the error of a constant, and 1 more is a squared error ten times smaller.",
}


def write_report(
    suite: CheckedSuite | SuiteFacts,
    results: Sequence[TrialResult],
    out: Path,
    *,
    provenance: Mapping[str, Provenance] | None = None,
    environment: Mapping[str, str] | None = None,
    current_keys: Collection[str] | None = None,
    identity: str = "",
) -> ReportPaths:
    """Write report.html, report.md with figures/, and the tables of the results into a folder.

    The tables are leaderboard.csv, metrics.parquet, results.jsonl and residuals.parquet.

    provenance      task label → provenance of its data; for other tasks the trials' notes are used
    environment     further lines for the table of the environment
    current_keys    keys of today's plan; other results are shown as stale
    identity        digest of the input (`report.identity`); it stands in the pages and in report.json
    The same results give the same bytes. Each file is replaced atomically.
    """
    facts = suite if isinstance(suite, SuiteFacts) else SuiteFacts.of(suite)
    study = Study(facts, results, current_keys, provenance or {})
    efficiency = _efficiency(study)
    compared = comparisons(study)
    with drawing():
        sections = _sections(study, efficiency)
    context = {
        "suite": facts,
        "identity": identity,
        "version": __version__,
        "finished": _finished(results),
        "counts": _counts(study),
        "findings": [*published_finding(compared), *findings(study, efficiency), *challenge_findings(study)],
        "published": published_table(compared),
        "sections": sections,
        "cost": tables.cost_table(study),
        "tuning": tables.tuning_table(study),
        "status": tables.status_table(study),
        "errors": tables.errors(study),
        "provenance": tables.provenance_table(study),
        "environment": tables.environment_table(study, environment or {}),
        "glossary": [metric(name) for name in _GLOSSARY if any(name in row.metrics for row in study.rows)],
    }
    return _write(out, study, context)


_GLOSSARY = (
    "f1",
    "recall",
    "precision",
    "count",
    "angle_max_deg",
    "defect_max",
    "finite_error_max",
    "closure",
    "form_cosine",
    "signature_correct",
    "spread_max",
    "false_discovery",
    "eta_cosine",
    "auc",
    "accuracy",
    "balanced_accuracy",
    "log_loss",
    "rejection_30",
    "rejection_50",
    "ece",
    "decades",
    "relative_mse",
    "mse",
    "equivariance_float64",
    "lie_equivariance",
    "metric_defect",
    "metric_gap",
)


def _efficiency(study: Study) -> list[EfficiencyRow]:
    rows: list[EfficiencyRow] = []
    for task in study.tasks(*_TRAINED):
        baseline = study.baseline(task)
        current = {r.spec.method_label for r in study.selection.current if r.spec.task_label == task}
        if baseline in current:  # it may be stale
            rows += data_efficiency(study.selection.current, baseline, task_label=task)
    return rows


def _sections(study: Study, efficiency: Sequence[EfficiencyRow]) -> list[TrackSection]:
    """A section for each track of the suite, discovery first."""
    sections = []
    kinds = (DISCOVERY_TRACKS, *((track,) for track in _TRAINED))
    number = {task: i + 1 for kind in kinds for i, task in enumerate(study.tasks(*kind))}
    for track in (*DISCOVERY_TRACKS, *_TRAINED):
        palette = _palette(study, track)
        if track is Track.CLASSIFICATION:
            tasks = [_classification(study, t, palette, efficiency, number[t]) for t in study.tasks(track)]
        elif track is Track.REGRESSION:
            tasks = [_regression(study, t, palette, efficiency, number[t]) for t in study.tasks(track)]
        else:
            tasks = [_discovery(study, t, track, palette, number[t]) for t in study.tasks(track)]
        if tasks:
            beside = _discovery_tables(study, track)
            sections.append(TrackSection(track.value, f"track-{track.value}", _QUESTIONS[track], tuple(tasks), beside))
    challenged = challenge_tables(study)
    if challenged:
        sections.append(TrackSection(Track.CHALLENGE.value, "track-challenge", QUESTION, (), challenged))
    return sections


def _discovery(study: Study, task: str, track: Track, palette: Palette, number: int) -> TaskSection:
    pictures = [
        learning_curves(study, track, task, palette, f"curves-discovery-{number}"),
        quantities(study, task, palette, f"quantities-{number}") if track is Track.DYNAMICS else None,
        shared_form(study, task, palette, f"form-{number}") if track is Track.INVARIANT else None,
        generators(study, task, f"generators-{number}"),
        spectra(study, task, palette, f"spectra-{number}"),
        residual_histogram(study, task, palette, f"residuals-{number}"),
    ]
    beside = [table for table in (algebra_table(study, task), worst_events(study, task)) if table is not None]
    return _section(study, task, f"discovery-{number}", pictures, beside)


def _classification(
    study: Study, task: str, palette: Palette, efficiency: Sequence[EfficiencyRow], number: int
) -> TaskSection:
    of_task = [row for row in efficiency if row.task == task]
    pictures = [
        learning_curves(study, Track.CLASSIFICATION, task, palette, f"curves-classification-{number}"),
        efficiency_picture(of_task, palette, f"efficiency-{number}"),
        ladder(study, task, of_task, palette, f"ladder-{number}"),
        rejection_curves(study, task, palette, f"rejection-{number}"),
        invariance(study, task, palette, f"invariance-{number}"),
        boost_curves(study, task, palette, f"boost-{number}"),
        cost_pictures(study, task, palette, f"cost-{number}"),
    ]
    beside = _efficiency_tables(study, task, of_task)
    more = (separation_table(study, task), classes_table(study, task), symmetry_table(study, task))
    beside += [table for table in more if table is not None]
    beside += invariance_tables(study, task)
    return _section(study, task, f"classification-{number}", pictures, beside)


def _regression(
    study: Study, task: str, palette: Palette, efficiency: Sequence[EfficiencyRow], number: int
) -> TaskSection:
    of_task = [row for row in efficiency if row.task == task]
    pictures = [
        learning_curves(study, Track.REGRESSION, task, palette, f"curves-regression-{number}"),
        efficiency_picture(of_task, palette, f"efficiency-regression-{number}"),
        cost_pictures(study, task, palette, f"cost-regression-{number}"),
    ]
    errors = equivariance_table(study, task)
    beside = [*_efficiency_tables(study, task, of_task), *([] if errors is None else [errors])]
    return _section(study, task, f"regression-{number}", pictures, beside)


def _efficiency_tables(study: Study, task: str, rows: Sequence[EfficiencyRow]) -> list[Table]:
    """Equivalent sizes, and N(target); empty without a trained baseline."""
    return [*([tables.efficiency_table(rows)] if rows else []), *_target_tables(study, task)]


def _discovery_tables(study: Study, track: Track) -> tuple[Table, ...]:
    """Tables over all tasks of a track: false discoveries, events needed, and the calibration of counting rules."""
    current = study.selection.current
    claims = [row for row in false_discoveries(current) if row.track is track]
    needed = [row for row in events_needed(current) if row.track is track]
    certified = [row for row in calibrations(current) if row.track is track]
    several = [false_discovery_table(claims)] if claims else []
    several += [events_needed_table(needed)] if needed else []
    several += [calibration_table(certified)] if certified else []
    return tuple(several)


def _palette(study: Study, *tracks: Track) -> Palette:
    """Colours for the methods of these tracks; no figure has methods of several palettes."""
    known = {row.method for row in study.rows if row.track in tracks}
    methods = [m for m in study.methods() if m in known]
    return Palette(methods, [m for m in methods if study.is_reference(m)])


def _target_tables(study: Study, task: str) -> list[Table]:
    """N(target) for the baseline's score at its largest size; empty without a trained baseline."""
    baseline = study.baseline(task)
    best = next(
        (r for r in study.rows_of(task) if r.method == baseline and r.score is not None),
        None,
    )
    if best is None or best.score is None:
        return []
    rows = size_to_target(
        study.selection.current, best.track, best.score.mean, task_label=task, baseline_label=baseline
    )
    return [tables.target_table(rows)]


def _section(
    study: Study,
    task: str,
    anchor: str,
    pictures: Sequence[Picture | None],
    beside: Sequence[Table],
) -> TaskSection:
    return TaskSection(
        label=task,
        anchor=anchor,
        truth=study.truth_text(task),
        leaderboard=tables.leaderboard_table(study, task),
        pictures=tuple(p for p in pictures if p is not None),
        tables=tuple(beside),
    )


def _counts(study: Study) -> dict[str, int]:
    current = study.selection.current
    return {
        "trials": len(current),
        "ok": sum(r.status is Status.OK for r in current),
        "tasks": len(study.tested()),
        "methods": len({r.spec.method_label for r in current}),
        "seeds": len({r.spec.seed for r in current}),
    }


def _finished(results: Sequence[TrialResult]) -> str:
    last = max((r.finished_at for r in results), default=0.0)
    return datetime.fromtimestamp(last, UTC).strftime("%Y-%m-%d %H:%M UTC") if last > 0 else "unknown"


def _write(out: Path, study: Study, context: dict[str, Any]) -> ReportPaths:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    out.mkdir(parents=True, exist_ok=True)
    folder = out / "figures"
    folder.mkdir(exist_ok=True)
    pictures = [p for section in context["sections"] for task in section.tasks for p in task.pictures]
    for old in folder.glob("*.png"):
        if old.stem not in {p.name for p in pictures}:
            old.unlink()
    figures = tuple(_write_bytes(folder / f"{p.name}.png", p.png) for p in pictures)
    loader = FileSystemLoader(_HERE)
    page = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=for_page,
    )
    css = Markup((_HERE / "page.css").read_text(encoding="utf-8"))  # noqa: S704  a file of this package, not data
    svg = {p.name: Markup(p.svg) for p in pictures}  # noqa: S704  matplotlib escapes the text of labels
    html = page.get_template("page.html.j2").render(css=css, svg=svg, **context)
    plain = page.overlay(autoescape=False)  # Markdown: texts of users pass through for_markdown
    plain.filters["cell"] = for_markdown
    plain.globals["table"] = lambda t: markdown_table(t.heads, [line.cells for line in t.lines])
    markdown = plain.get_template("page.md.j2").render(**context)
    # reports are shared, so paths of this machine are left out
    private: Any = {"spec": {"task": {"locations"}, "method": {"locations"}}}
    lines = (r.whole().model_dump_json(exclude=private).encode() + b"\n" for r in study.selection.current)
    scores = for_csv(score_frame(study.rows))
    paths = ReportPaths(
        html=_write_bytes(out / "report.html", html.encode()),
        markdown=_write_bytes(out / "report.md", markdown.encode()),
        leaderboard=_write_bytes(out / "leaderboard.csv", scores.encode()),
        metrics=_write_bytes(out / "metrics.parquet", metric_frame(study.rows).to_parquet(index=False)),
        results=replace_file(out / "results.jsonl", lambda file: file.writelines(lines)),
        residuals=_write_bytes(out / "residuals.parquet", residual_frame(study).to_parquet(index=False)),
        figures=figures,
    )
    write_identity(out, context["identity"], [str(path.relative_to(out)) for path in paths.all])
    return paths


def _write_bytes(path: Path, content: bytes) -> Path:
    return replace_file(path, lambda file: file.write(content))
