"""A report in its experiment: its files as artifacts of a run of their own, its opening as the description.

The description is the one that MLflow shows above the runs. In a shared store it is that of the last report written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from symbench.report.identity import complete_report

DESCRIPTION = "mlflow.note.content"
"""MLflow's tag for the description of an experiment or a run."""

_FINDINGS = 8  # in the description
_LONGEST = 4000  # characters of the description
_LEFT_OUT = ("results.jsonl",)  # it is the journal, whose results are runs of their own


@dataclass(frozen=True)
class ReportFiles:
    """A complete report in its folder.

    identity   of what it was written from, see `report.identity`
    names      of its files, relative to the folder
    """

    folder: Path
    identity: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, folder: Path) -> ReportFiles | None:
        """The report in a folder; None if there is no complete one."""
        found = complete_report(folder)
        if found is None:
            return None
        identity, names = found
        return cls(folder, identity, tuple(name for name in names if name not in _LEFT_OUT))

    def groups(self) -> Iterator[tuple[str, Path]]:
        """(folder among the artifacts, file) of each file."""
        for name in self.names:
            yield Path(name).parent.as_posix().removeprefix("."), self.folder / name

    def description(self, run: str) -> str:
        """The report's opening and its first findings in Markdown, and where the rest is."""
        text = (self.folder / "report.md").read_text(encoding="utf-8")
        opening, _, rest = re.sub(r"<!--.*?-->\n?|!\[[^\]]*\]\([^)]*\)\n?", "", text, flags=re.S).partition("\n## ")
        findings = re.findall(r"^- .*$", rest.partition("\n## ")[0], re.M)
        shown = [opening.partition("\n")[2].strip(), "\n".join(findings[:_FINDINGS])]
        shown.append(f"The whole report with its figures is among the artifacts of the run *{run}*.")
        kept = "\n\n".join(part for part in shown[:2] if part)[: _LONGEST - len(shown[2])]
        return f"{kept}\n\n{shown[2]}"
