"""What a report was written from, so that it is written again exactly if something of that differs."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from symbench import __version__
from symbench.files import replace_file

FILE = "report.json"


def report_identity(suite_text: str, results_digest: str) -> str:
    """SHA-256 of the suite's text, the digest of its keys and results (`driver.plan.View.digest`), and our version."""
    content = json.dumps([__version__, suite_text, results_digest])
    return hashlib.sha256(content.encode()).hexdigest()


def write_identity(folder: Path, identity: str, files: list[str]) -> Path:
    """Note beside the files of a report what they were written from; written last."""
    content = json.dumps({"identity": identity, "symbench": __version__, "files": files}, indent=1)
    return replace_file(folder / FILE, lambda file: file.write(content.encode()))


def is_current(folder: Path, identity: str) -> bool:
    """Whether a whole report lies in the folder that was written from this."""
    try:
        noted = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return noted["identity"] == identity and all((folder / name).exists() for name in noted["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
