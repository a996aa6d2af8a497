"""Suites as jobs of a Ray cluster: submit, list, follow, stop. The job is the same `symbench run`, started there.

The id of a job is `symbench-SUITE-CONTENT-ATTEMPT`: the same content is not submitted twice while it is pending or
running, and the next attempt at content that has ended gets the next number.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from symbench.errors import InfrastructureError, SubmissionError
from symbench.jobs.connection import Connection
from symbench.jobs.staging import ENTRY, Job, Staging, content_digest, stage
from symbench.jobs.status import JobStatus, metadata_of, next_commands

PREFIX = "symbench-"

# Ray waits three seconds between SIGTERM and SIGKILL: too short to cancel trials and to close the journal.
_STOP_WAIT_S = 30
_LOG_PAUSE_S = 1.0
_RECONNECTIONS = 5


class Cluster:
    """The jobs of a Ray cluster, by the address of its dashboard: `http://HOST:8265`.

    Raises SubmissionError for a malformed address or a wrong token, InfrastructureError if no dashboard answers.
    """

    def __init__(self, address: str) -> None:
        self._connection = Connection(address)
        self.address = self._connection.address
        self.headers = self._connection.headers
        self._client = self._connection.client

    def submit(self, job: Job) -> str:
        """Upload a suite and start its run; gives the job's id. Raises SubmissionError if it is running already."""
        content = content_digest(job)[:12]
        earlier = [known for known in self.jobs() if known.content == content and known.suite == job.suite.name]
        for known in earlier:
            if not known.over:
                raise self._running(known.id, known.status)
        attempt = 1 + max((known.attempt for known in earlier), default=0)
        job_id = f"{PREFIX}{job.suite.name}-{content}-{attempt}"
        with tempfile.TemporaryDirectory(prefix="symbench-submit-") as folder, self._connection.errors():
            staging = stage(job, Path(folder))
            try:
                return self._start(job_id, staging, metadata_of(job.suite.name, attempt, content))
            except RuntimeError as error:
                if "already exists" in str(error):
                    raise self._running(job_id, "just submitted by somebody else") from error
                raise

    def _start(self, job_id: str, staging: Staging, metadata: dict[str, str]) -> str:
        # The private part comes last: the job's script removes it from the modules of its workers.
        modules = [*([str(staging.source)] if staging.source else []), str(staging.private)]
        submitted = self._client.submit_job(
            entrypoint=f"exec python {ENTRY}",
            submission_id=job_id,
            runtime_env={
                "working_dir": str(staging.files),
                "py_modules": modules,
                "env_vars": {"RAY_JOB_STOP_WAIT_TIME_S": str(_STOP_WAIT_S)},
            },
            metadata=metadata,
        )
        return str(submitted)

    def jobs(self) -> list[JobStatus]:
        """Every job that symbench submitted, the newest first."""
        with self._connection.errors():
            statuses = [JobStatus.of(details) for details in self._client.list_jobs()]
        own = [status for status in statuses if status is not None]
        return sorted(own, key=lambda job: (job.started or 0.0, job.id), reverse=True)

    def job(self, job_id: str) -> JobStatus:
        """One job by its id, or by the beginning of it if that is unambiguous; raises SubmissionError."""
        known = self.jobs()
        matches = [job for job in known if job.id == job_id] or [job for job in known if job.id.startswith(job_id)]
        if len(matches) == 1:
            return matches[0]
        problem = "means several jobs: " if matches else "is no job of symbench here; there are: "
        names = ", ".join(job.id for job in (matches or known)) or "none"
        raise SubmissionError(f"{job_id!r} {problem}{names}")

    def log(self, job_id: str) -> str:
        """The output of a job so far."""
        with self._connection.errors():
            return str(self._client.get_job_logs(job_id))

    def follow(self, job_id: str, show: Callable[[str], None]) -> JobStatus:
        """Show the output of a job until it ends; gives its last status. A broken connection is opened again."""
        shown = 0
        failures = 0
        while True:
            try:
                with self._connection.errors(), warnings.catch_warnings():
                    warnings.filterwarnings("ignore", "ssl=None", DeprecationWarning)  # Ray's way to call aiohttp
                    shown = asyncio.run(self._tail(job_id, shown, show))
                failures = 0
            except InfrastructureError:
                failures += 1
                if failures > _RECONNECTIONS:
                    raise
            job = self.job(job_id)
            if job.over:
                return job
            time.sleep(_LOG_PAUSE_S)

    def stop(self, job_id: str, *, timeout_s: float = 2 * _STOP_WAIT_S) -> JobStatus:
        """End a job and wait for its end; raises InfrastructureError if it has not ended within `timeout_s`."""
        with self._connection.errors():
            self._client.stop_job(job_id)
        deadline = time.monotonic() + timeout_s
        while not (job := self.job(job_id)).over:
            if time.monotonic() > deadline:
                raise InfrastructureError(f"{job_id} is still {job.status} {timeout_s:g} s after the order to stop")
            time.sleep(0.5)
        return job

    def _running(self, job_id: str, status: str) -> SubmissionError:
        already = f"this suite is on the cluster already, as {job_id} ({status})"
        return SubmissionError(f"{already}: {next_commands(self.address, job_id)}")

    async def _tail(self, job_id: str, skip: int, show: Callable[[str], None]) -> int:
        """Show the output after its first `skip` characters; gives the number of characters shown in all."""
        length = 0
        async for text in self._client.tail_job_logs(job_id):
            length += len(text)
            if length > skip:
                show(text[-(length - skip) :])
                skip = length
        return skip
