"""From results to files: one self-contained page, and the same content in Markdown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symbench.files import replace_file
from symbench.leaderboard.frames import metric_frame, score_frame
from symbench.leaderboard.table import markdown_table
from symbench.report.context import page_context
from symbench.report.identity import write_identity
from symbench.report.picture import FORMATS, Picture
from symbench.report.references import bibliography
from symbench.report.residuals import residual_frame
from symbench.report.study import Study, SuiteFacts
from symbench.trial.result import TrialResult
from symbench.words import for_csv, for_markdown, for_page

if TYPE_CHECKING:
    from symbench.data.container import Provenance
    from symbench.suite.resolve import CheckedSuite

_HERE = Path(__file__).parent
_FEW = 6  # findings that are not folded away


@dataclass(frozen=True)
class ReportPaths:
    """The files of a written report."""

    html: Path
    markdown: Path
    leaderboard: Path
    metrics: Path
    results: Path
    residuals: Path
    references: Path
    figures: tuple[Path, ...]

    @property
    def all(self) -> tuple[Path, ...]:
        """Every file of the report."""
        files = (
            self.html,
            self.markdown,
            self.leaderboard,
            self.metrics,
            self.results,
            self.residuals,
            self.references,
        )
        return *files, *self.figures


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
    """Write report.html, report.md, the tables of the results, figures/ and references.bib into a folder.

    The tables are leaderboard.csv, metrics.parquet, results.jsonl and residuals.parquet. Each figure is there as PNG,
    SVG and PDF with its data as CSV.

    provenance      task label → provenance of its data; for other tasks the trials' notes are used
    environment     further lines for the table of the environment
    current_keys    keys of today's plan; other results are shown as stale
    identity        digest of the input (`report.identity`); it stands in the pages and in report.json
    The same results give the same bytes. Each file is replaced atomically.
    """
    facts = suite if isinstance(suite, SuiteFacts) else SuiteFacts.of(suite)
    study = Study(facts, results, current_keys, provenance or {})
    return _write(out, study, page_context(study, identity=identity, environment=environment or {}))


def _write(out: Path, study: Study, context: dict[str, Any]) -> ReportPaths:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    out.mkdir(parents=True, exist_ok=True)
    opening = [context["headline"]] if context["headline"] is not None else []
    pictures = [*opening, *(p for section in context["sections"] for task in section.tasks for p in task.pictures)]
    figures = write_pictures(pictures, out / "figures")
    loader = FileSystemLoader(_HERE)
    page = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=for_page,
    )
    css, script = (Markup(_read(f"page.{kind}")) for kind in ("css", "js"))  # noqa: S704  files of this package
    svg = {p.name: Markup(p.svg) for p in pictures}  # noqa: S704  matplotlib escapes the text of labels
    html = page.get_template("page.html.j2").render(css=css, script=script, svg=svg, **context)
    plain = page.overlay(autoescape=False)  # Markdown: texts of users pass through for_markdown
    plain.filters["cell"] = for_markdown
    plain.globals["plain"] = markdown_table
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
        references=_write_bytes(out / "references.bib", bibliography(study).encode()),
        residuals=_write_bytes(out / "residuals.parquet", residual_frame(study).to_parquet(index=False)),
        figures=figures,
    )
    write_identity(out, context["identity"], [str(path.relative_to(out)) for path in paths.all])
    return paths


def write_pictures(
    pictures: Sequence[Picture], folder: Path, formats: Collection[str] = FORMATS, *, replace: bool = True
) -> tuple[Path, ...]:
    """Write figures in these formats into a folder; `replace` removes files of figures that are not among them."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        folder / f"{p.name}.{suffix}": p.files[suffix] for p in pictures for suffix in FORMATS if suffix in formats
    }
    for old in folder.iterdir() if replace else ():
        if old.suffix.removeprefix(".") in FORMATS and old not in files:
            old.unlink()
    return tuple(_write_bytes(path, content) for path, content in files.items())


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _write_bytes(path: Path, content: bytes) -> Path:
    return replace_file(path, lambda file: file.write(content))
