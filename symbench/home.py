"""Where symbench keeps things: one folder, `.symbench` in the working directory unless told otherwise."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """The layout of the folder.

    data/<digest>/            made data sets
    runs/<suite>/journal.jsonl
    runs/<suite>/checkpoints/ how far trainings have come whose trials have not ended
    runs/<suite>/report/      the page that the last run made
    mlflow.db, artifacts/     the embedded MLflow store
    """

    root: Path

    @classmethod
    def default(cls) -> Home:
        """`$SYMBENCH_HOME`, or `.symbench` here."""
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

    @property
    def tracking_uri(self) -> str:
        return f"sqlite:///{self.root / 'mlflow.db'}"

    @property
    def artifacts(self) -> Path:
        return self.root / "artifacts"
