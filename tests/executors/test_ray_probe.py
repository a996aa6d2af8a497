"""A head that is asked whether it wants a token, and what a driver that has one then does."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest

from symbench.executors.ray_auth import disagreement
from symbench.executors.ray_probe import asks_for_token
from tests.test_security import ray_mode


class _Head(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Answers as Ray's head does, with or without authentication."""

    def __init__(self, token: bool) -> None:
        self.token = token

    def service(self, call: Any) -> Any:
        def answer(request: bytes, context: Any) -> bytes:
            if self.token:
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "InvalidAuthToken: missing or incorrect")
            return b""

        return grpc.unary_unary_rpc_method_handler(answer)


@pytest.fixture(params=[True, False], ids=["token", "open"])
def head(request: pytest.FixtureRequest) -> Iterator[tuple[str, bool]]:
    """An address, and whether it asks for a token."""
    server = grpc.server(ThreadPoolExecutor(1), handlers=[_Head(request.param)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}", request.param
    server.stop(None).wait()


def test_a_driver_uses_a_token_where_the_cluster_asks_for_one(head: tuple[str, bool], tmp_path: Path) -> None:
    """A token in the user's folder is no reason to refuse the messages of a cluster that has none."""
    address, token = head
    assert asks_for_token(address) is token
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text("t")
    assert ray_mode(address, tmp_path) == {"RAY_AUTH_MODE": "token" if token else "disabled"}


def test_a_driver_that_demands_what_the_cluster_lacks_is_told(head: tuple[str, bool]) -> None:
    address, token = head
    told = disagreement(True, address)
    assert disagreement(False, address) is None
    if token:
        assert told is None
    else:
        assert told is not None
        assert "set RAY_AUTH_MODE=disabled" in told


def test_a_head_that_does_not_say_decides_nothing() -> None:
    assert asks_for_token("127.0.0.1:1", wait_s=2) is None
    assert asks_for_token("auto") is None
    assert asks_for_token("ray://127.0.0.1:1") is None
    assert disagreement(True, "127.0.0.1:1") is None
