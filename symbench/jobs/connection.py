"""The connection to a cluster's dashboard: address, token, a probe with a time limit, and errors in our own terms."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from symbench.errors import InfrastructureError, SubmissionError
from symbench.executors.ray.auth import find_token
from symbench.redaction import redact_text

CONNECT_S, PROBE_S, ANSWER_S = 5.0, 15.0, 120.0


class Connection:
    """An open connection to the Jobs API; `client` is Ray's client.

    Raises SubmissionError for a malformed address or a wrong token, InfrastructureError if no dashboard answers.
    """

    def __init__(self, address: str) -> None:
        self.address = _checked(address)
        token = find_token()
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._probe()
        self.client = self._connect()

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Turn the exceptions of Ray's client into SubmissionError and InfrastructureError."""
        import aiohttp
        import requests
        from ray.exceptions import AuthenticationError

        try:
            yield
        except AuthenticationError as error:
            raise self._unauthorised() from error
        except (OSError, RuntimeError, ValueError, requests.RequestException, aiohttp.ClientError) as error:
            lines = redact_text(str(error)).strip().splitlines() or [type(error).__name__]
            message = lines[0] if len(lines) == 1 else f"{lines[0]} … {lines[-1]}"
            raise InfrastructureError(f"the cluster at {self.address} refuses: {message[:1000]}") from error

    def _probe(self) -> None:
        """Request the version first, with a short time limit."""
        import requests

        try:
            answer = requests.get(
                f"{self.address}/api/version",
                headers=self.headers,
                timeout=(CONNECT_S, PROBE_S),
                allow_redirects=False,
            )
            if answer.status_code in (401, 403):
                raise self._unauthorised()
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
        from symbench.executors.ray.private import job_client

        with self.errors():
            return job_client(self.address, dict(self.headers), (CONNECT_S, ANSWER_S))

    def _unauthorised(self) -> SubmissionError:
        problem = "does not take the token that is set" if self.headers else "asks for a token"
        return SubmissionError(
            f"the cluster at {self.address} {problem}: set RAY_AUTH_TOKEN to its token, or RAY_AUTH_TOKEN_PATH to a "
            "file that holds it (whoever started the cluster has it, by default in ~/.ray/auth_token)"
        )


def _checked(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SubmissionError(
            f"{redact_text(address)!r} is not the address of a dashboard: it reads like http://HOST:8265"
        )
    if parts.username or parts.password:
        raise SubmissionError("an address carries no credentials: the token of the cluster comes by RAY_AUTH_TOKEN")
    return address.rstrip("/")
