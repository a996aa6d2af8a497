"""The variables that a job's driver receives, and a warning about what is sent unencrypted."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from symbench.executors.ray.auth import find_token
from symbench.jobs.staging import Job

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
"""The variables of the submitter's environment that the job's driver receives, if they are set."""


def driver_environment(tracking_uri: str | None, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables for the job's driver, from this process's environment, and the tracking URI."""
    source = os.environ if environment is None else environment
    variables = {name: source[name] for name in DRIVER_VARIABLES if source.get(name)}
    return variables if tracking_uri is None else {**variables, "MLFLOW_TRACKING_URI": tracking_uri}


def exposure(address: str, job: Job | None = None) -> str | None:
    """A warning that names what is sent unencrypted to a cluster on another machine; None if nothing is."""
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
