"""Suites as jobs of a Ray cluster: submit, list, read the log, stop. The same `symbench run`, started over there.

A job is known by `symbench-SUITE-CONTENT-ATTEMPT`: the same content that is pending or running is not submitted twice,
and the next attempt of content that ended has the next number.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import symbench
from symbench.errors import InfrastructureError, SubmissionError
from symbench.executors.ray.auth import find_token
from symbench.jobs.staging import ENTRY, Job, content_digest, stage
from symbench.redaction import redact_text

PREFIX = "symbench-"
ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED"})
STOPPED_CODE = 130
CONNECT_S, PROBE_S, ANSWER_S = 5.0, 15.0, 120.0

DRIVER_VARIABLES = (
    "MLFLOW_TRACKING_URI",
    "MLFLOW_TRACKING_USERNAME",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
    "MLFLOW_TRACKING_INSECURE_TLS",
    "MLFLOW_S3_ENDPOINT_URL",
    "MLFLOW_S3_IGNORE_TLS",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_ENDPOINT_URL",
    "PGPASSWORD",
)
"""What of the submitter's environment reaches the job's driver, where it is set."""

# Ray gives a job three seconds between SIGTERM and SIGKILL: too few to cancel trials and close the journal.
_STOP_WAIT_S = 30
_LOG_PAUSE_S = 1.0


@dataclass(frozen=True)
class JobStatus:
    """A job as the cluster knows it; times in seconds since 1970."""

    id: str
    suite: str
    attempt: int
    content: str
    status: str
    message: str
    started: float | None
    ended: float | None
    exit_code: int | None

    @property
    def over(self) -> bool:
        return self.status in ENDED

    def summary(self) -> str:
        """One line: how it ended, with the last words of a run that went wrong."""
        if self.status != "FAILED" or self.exit_code is None:
            return (self.message.splitlines() or [""])[0]
        if self.exit_code == 1:
            return "some trials failed"
        last = [line for line in self.message.splitlines() if line.strip()][-1:]
        return " ".join([f"ended with code {self.exit_code}:", *last])

    def command_code(self) -> int:
        """The exit code of the `symbench run` inside: 0, 1, 2, 3; 130 when it was stopped, 3 when it was lost."""
        if self.status == "STOPPED":
            return STOPPED_CODE
        if self.status == "SUCCEEDED":
            return 0
        return self.exit_code if self.exit_code in (1, 2, 3, STOPPED_CODE) else 3


class Cluster:
    """The Jobs API of a Ray cluster, by the address of its dashboard: `http://HOST:8265`.

    Raises SubmissionError for an address or a token that cannot be right, InfrastructureError when nobody answers.
    """

    def __init__(self, address: str) -> None:
        self.address = _checked(address)
        token = find_token()
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._probe()
        self._client = self._connect()

    def submit(self, job: Job) -> str:
        """Upload a suite and start its run; gives the job's id. Raises SubmissionError when it runs already."""
        content = content_digest(job)[:12]
        stem = f"{PREFIX}{job.suite.name}-{content}"
        earlier = [known for known in self.jobs() if known.content == content and known.suite == job.suite.name]
        for known in earlier:
            if not known.over:
                raise self._running(known.id, known.status)
        attempt = 1 + max((known.attempt for known in earlier), default=0)
        with tempfile.TemporaryDirectory(prefix="symbench-submit-") as folder, self._errors():
            staging = stage(job, Path(folder))
            # The private part comes last: the job's script takes it out of what its workers get.
            modules = [*([str(staging.source)] if staging.source else []), str(staging.private)]
            try:
                return str(
                    self._client.submit_job(
                        entrypoint=f"exec python {ENTRY}",
                        submission_id=f"{stem}-{attempt}",
                        runtime_env={
                            "working_dir": str(staging.files),
                            "py_modules": modules,
                            "env_vars": {"RAY_JOB_STOP_WAIT_TIME_S": str(_STOP_WAIT_S)},
                        },
                        metadata={
                            "symbench.suite.resolve": job.suite.name,
                            "symbench.attempt": str(attempt),
                            "symbench.content": content,
                            "symbench.version": symbench.__version__,
                        },
                    )
                )
            except RuntimeError as error:
                if "already exists" in str(error):
                    raise self._running(f"{stem}-{attempt}", "just submitted by somebody else") from error
                raise

    def jobs(self) -> list[JobStatus]:
        """Every job that symbench submitted, the newest first."""
        with self._errors():
            found = [
                _status(job) for job in self._client.list_jobs() if "symbench.suite.resolve" in (job.metadata or {})
            ]
        return sorted(found, key=lambda job: (job.started or 0.0, job.id), reverse=True)

    def job(self, job_id: str) -> JobStatus:
        """One job by its id, or by the beginning of it when that is unambiguous; raises SubmissionError."""
        known = self.jobs()
        found = [job for job in known if job.id == job_id] or [job for job in known if job.id.startswith(job_id)]
        if len(found) == 1:
            return found[0]
        what = "means several jobs: " if found else "is no job of symbench here; there are: "
        names = ", ".join(job.id for job in (found or known)) or "none"
        raise SubmissionError(f"{job_id!r} {what}{names}")

    def log(self, job_id: str) -> str:
        """All that a job printed so far."""
        with self._errors():
            return str(self._client.get_job_logs(job_id))

    def follow(self, job_id: str, show: Callable[[str], None]) -> JobStatus:
        """Show what a job prints until it ends; gives how it ended. A broken connection is taken up again."""
        shown = 0
        failures = 0
        while True:
            try:
                with self._errors(), warnings.catch_warnings():
                    warnings.filterwarnings("ignore", "ssl=None", DeprecationWarning)  # how Ray calls aiohttp
                    shown = asyncio.run(self._tail(job_id, shown, show))
                failures = 0
            except InfrastructureError:
                failures += 1
                if failures > 5:
                    raise
            job = self.job(job_id)
            if job.over:
                return job
            time.sleep(_LOG_PAUSE_S)

    def stop(self, job_id: str, *, timeout_s: float = 2 * _STOP_WAIT_S) -> JobStatus:
        """End a job and wait for its end; raises InfrastructureError when it has not ended by then."""
        with self._errors():
            self._client.stop_job(job_id)
        deadline = time.monotonic() + timeout_s
        while not (job := self.job(job_id)).over:
            if time.monotonic() > deadline:
                raise InfrastructureError(f"{job_id} is still {job.status} {timeout_s:g} s after it was told to stop")
            time.sleep(0.5)
        return job

    def _running(self, job_id: str, status: str) -> SubmissionError:
        already = f"this suite is on the cluster already, as {job_id} ({status})"
        return SubmissionError(f"{already}: {next_commands(self.address, job_id)}")

    async def _tail(self, job_id: str, skip: int, show: Callable[[str], None]) -> int:
        """Show the log beyond its first `skip` characters; gives how many were shown in all."""
        seen = 0
        async for text in self._client.tail_job_logs(job_id):
            seen += len(text)
            if seen > skip:
                show(text[-(seen - skip) :])
                skip = seen
        return skip

    def _probe(self) -> None:
        """Ask for the version first, with a time limit, which Ray's client does not have."""
        import requests

        try:
            answer = requests.get(
                f"{self.address}/api/version",
                headers=self.headers,
                timeout=(CONNECT_S, PROBE_S),
                allow_redirects=False,
            )
            if answer.status_code in (401, 403):
                raise _unauthorised(self.address, bool(self.headers))
            if answer.status_code != 200 or b"ray_version" not in answer.content:
                raise InfrastructureError(
                    f"{self.address} answers, but not as the dashboard of a Ray cluster (status {answer.status_code}): "
                    "give the address of the dashboard, as in http://HOST:8265"
                )
        except requests.RequestException as error:
            raise InfrastructureError(
                f"nobody answers at {self.address} ({type(error).__name__}): is the cluster up with its dashboard, and "
                "is the port, 8265 by default, reachable from here?"
            ) from error

    def _connect(self) -> Any:
        """Ray's client, at this address: it would let RAY_ADDRESS and RAY_API_SERVER_ADDRESS override it."""
        from ray.job_submission import JobSubmissionClient

        for name in ("ray.dashboard.modules.dashboard_sdk", "ray.dashboard.modules.job.sdk", "ray._private"):
            logging.getLogger(name).setLevel(logging.WARNING)

        class Bounded(JobSubmissionClient):  # type: ignore[misc]  # Ray has no types
            def _do_request(self, method: str, endpoint: str, **options: Any) -> Any:
                return super()._do_request(method, endpoint, **{"timeout": (CONNECT_S, ANSWER_S), **options})

        overriding = {name: os.environ.pop(name, None) for name in ("RAY_ADDRESS", "RAY_API_SERVER_ADDRESS")}
        try:
            with self._errors():
                return Bounded(self.address, headers=dict(self.headers))
        finally:
            os.environ.update({name: value for name, value in overriding.items() if value is not None})

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """What Ray's client raises, in the terms of this package."""
        import aiohttp
        import requests
        from ray.exceptions import AuthenticationError

        try:
            yield
        except AuthenticationError as error:
            raise _unauthorised(self.address, bool(self.headers)) from error
        except (OSError, RuntimeError, ValueError, requests.RequestException, aiohttp.ClientError) as error:
            lines = redact_text(str(error)).strip().splitlines() or [type(error).__name__]
            told = lines[0] if len(lines) == 1 else f"{lines[0]} … {lines[-1]}"
            raise InfrastructureError(f"the cluster at {self.address} refuses: {told[:1000]}") from error


def driver_environment(tracking_uri: str | None, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables that travel to the job's driver, out of this process's environment, and the tracking URI."""
    here = os.environ if environment is None else environment
    found = {name: here[name] for name in DRIVER_VARIABLES if here.get(name)}
    return found if tracking_uri is None else {**found, "MLFLOW_TRACKING_URI": tracking_uri}


def exposure(address: str, job: Job | None = None) -> str | None:
    """A warning that names what travels unencrypted to a cluster on another machine; None when nothing does."""
    parts = urlsplit(address)
    if parts.scheme != "http" or _on_loopback(parts.hostname or ""):
        return None
    exposed = ["the token of the cluster"] if find_token() else []
    if job is not None:
        exposed += ["the suite and its files", *sorted(job.environment)]
    if not exposed:
        return None
    return (
        f"warning: {', '.join(exposed)} travel unencrypted to {parts.hostname}: use an https:// address, or a tunnel "
        f"as in `ssh -N -L 8265:localhost:{parts.port or 80} {parts.hostname}` and --address http://localhost:8265"
    )


def _on_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _checked(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SubmissionError(
            f"{redact_text(address)!r} is not the address of a dashboard: it reads like http://HOST:8265"
        )
    if parts.username or parts.password:
        raise SubmissionError("an address carries no credentials: the token of the cluster comes by RAY_AUTH_TOKEN")
    return address.rstrip("/")


def _unauthorised(address: str, had_token: bool) -> SubmissionError:
    what = "does not take the token that is set" if had_token else "asks for a token"
    return SubmissionError(
        f"the cluster at {address} {what}: set RAY_AUTH_TOKEN to its token, or RAY_AUTH_TOKEN_PATH to a file that "
        "holds it (whoever started the cluster has it, by default in ~/.ray/auth_token)"
    )


def next_commands(address: str, job_id: str) -> str:
    """What to do with a job that runs, as commands to copy."""
    return (
        f"`symbench logs {job_id} --address {address} --follow` shows it, "
        f"`symbench stop {job_id} --address {address}` ends it"
    )


def _status(details: Any) -> JobStatus:
    metadata = details.metadata or {}
    return JobStatus(
        id=str(details.submission_id),
        suite=metadata["symbench.suite.resolve"],
        attempt=int(metadata.get("symbench.attempt", 0)),
        content=metadata.get("symbench.content", ""),
        status=str(getattr(details.status, "value", details.status)),
        message=redact_text(details.message or ""),
        started=details.start_time / 1000 if details.start_time else None,
        ended=details.end_time / 1000 if details.end_time else None,
        exit_code=details.driver_exit_code,
    )
