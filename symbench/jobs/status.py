"""A job of a Ray cluster as a record: its suite, its status, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import symbench
from symbench.redaction import redact_text

ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED"})
STOPPED_CODE = 130


@dataclass(frozen=True)
class JobStatus:
    """A job as the cluster describes it; times in seconds since 1970."""

    id: str
    suite: str
    attempt: int
    content: str
    status: str
    message: str
    started: float | None
    ended: float | None
    exit_code: int | None

    @classmethod
    def of(cls, details: Any) -> JobStatus | None:
        """From Ray's details of a job; None if symbench did not submit it."""
        metadata = details.metadata or {}
        if "symbench.suite" not in metadata:
            return None
        return cls(
            id=str(details.submission_id),
            suite=metadata["symbench.suite"],
            attempt=int(metadata.get("symbench.attempt", 0)),
            content=metadata.get("symbench.content", ""),
            status=str(getattr(details.status, "value", details.status)),
            message=redact_text(details.message or ""),
            started=details.start_time / 1000 if details.start_time else None,
            ended=details.end_time / 1000 if details.end_time else None,
            exit_code=details.driver_exit_code,
        )

    @property
    def over(self) -> bool:
        return self.status in ENDED

    def summary(self) -> str:
        """One line: how the job ended, with the last line of the output if the run failed."""
        if self.status != "FAILED" or self.exit_code is None:
            return (self.message.splitlines() or [""])[0]
        if self.exit_code == 1:
            return "some trials failed"
        last = [line for line in self.message.splitlines() if line.strip()][-1:]
        return " ".join([f"ended with code {self.exit_code}:", *last])

    def command_code(self) -> int:
        """The exit code of the job's `symbench run`: 0, 1, 2, 3; 130 if it was stopped, 3 if the job was lost."""
        if self.status == "STOPPED":
            return STOPPED_CODE
        if self.status == "SUCCEEDED":
            return 0
        return self.exit_code if self.exit_code in (1, 2, 3, STOPPED_CODE) else 3


def metadata_of(suite: str, attempt: int, content: str) -> dict[str, str]:
    """The metadata that `JobStatus.of` reads, for a new job."""
    return {
        "symbench.suite": suite,
        "symbench.attempt": str(attempt),
        "symbench.content": content,
        "symbench.version": symbench.__version__,
    }


def next_commands(address: str, job_id: str) -> str:
    """The commands to follow and to stop a running job, to be copied."""
    return (
        f"`symbench logs {job_id} --address {address} --follow` shows it, "
        f"`symbench stop {job_id} --address {address}` ends it"
    )
