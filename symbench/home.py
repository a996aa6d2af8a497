"""The folder of results and data, by default `.symbench` in the working directory."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from symbench.files import replace_file


@dataclass(frozen=True)
class Home:
    """Paths inside the folder.

    data/<digest>/            generated data sets
    runs/<suite>/journal.jsonl
    runs/<suite>/checkpoints/ states of trainings whose trials have not ended
    runs/<suite>/suite.json   the suite of the last run
    runs/<suite>/report/      the report of the last run
    mlflow.db, artifacts/     the embedded MLflow store
    trusted-plugins.json      plug-ins of suites that the user allowed
    """

    root: Path

    @classmethod
    def default(cls) -> Home:
        """`$SYMBENCH_HOME`, or `.symbench` in the working directory."""
        return cls(Path(os.environ.get("SYMBENCH_HOME", ".symbench")).absolute())

    @property
    def data(self) -> Path:
        return self.root / "data"

    def run(self, suite: str) -> Path:
        return self.root / "runs" / suite

    def journal(self, suite: str) -> Path:
        return self.run(suite) / "journal.jsonl"

    def checkpoints(self, suite: str) -> Path:
        return self.run(suite) / "checkpoints"

    def report(self, suite: str) -> Path:
        return self.run(suite) / "report"

    def remember(self, suite: str, text: str, folder: Path) -> None:
        """Store the text of a suite, and the folder of its relative paths, beside its results."""
        run = self.run(suite)
        run.mkdir(parents=True, exist_ok=True)
        content = json.dumps({"text": text, "folder": str(folder)}, indent=1).encode()
        path = run / "suite.json"
        if not path.exists() or path.read_bytes() != content:
            replace_file(path, lambda file: file.write(content))

    def remembered(self, suite: str) -> tuple[str, Path] | None:
        """Text and folder of the suite in its last run; None without one."""
        path = self.run(suite) / "suite.json"
        if not path.exists():
            return None
        content = json.loads(path.read_text(encoding="utf-8"))
        return content["text"], Path(content["folder"])

    @property
    def trusted_plugins(self) -> Path:
        return self.root / "trusted-plugins.json"

    @property
    def tracking_uri(self) -> str:
        return f"sqlite:///{self.root / 'mlflow.db'}"

    @property
    def artifacts(self) -> Path:
        return self.root / "artifacts"
