"""The identity of a report: a digest of everything it is written from. A different digest means: write it again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from symbench import __version__
from symbench.files import replace_file

FILE = "report.json"


def report_identity(suite_text: str, results_digest: str) -> str:
    """SHA-256 of the suite's text, the digest of keys and results (`driver.plan.View.digest`), and our version."""
    content = json.dumps([__version__, suite_text, results_digest])
    return hashlib.sha256(content.encode()).hexdigest()


def write_identity(folder: Path, identity: str, files: list[str]) -> Path:
    """Write report.json: the report's identity and its files. It is written last, so it marks a complete report."""
    content = json.dumps({"identity": identity, "symbench": __version__, "files": files}, indent=1)
    return replace_file(folder / FILE, lambda file: file.write(content.encode()))


def complete_report(folder: Path) -> tuple[str, tuple[str, ...]] | None:
    """The identity and the names of the files of the report in a folder; None if there is no complete one."""
    try:
        record = json.loads((folder / FILE).read_text(encoding="utf-8"))
        identity, names = str(record["identity"]), tuple(map(str, record["files"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (identity, names) if all((folder / name).exists() for name in names) else None


def is_current(folder: Path, identity: str) -> bool:
    """Whether the folder contains a complete report with this identity."""
    found = complete_report(folder)
    return found is not None and found[0] == identity
