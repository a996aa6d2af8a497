"""Whether a Ray cluster asks for a token, learnt by asking its head a question without one. Imports no Ray."""

from __future__ import annotations

_QUESTION = "/ray.rpc.NodeInfoGcsService/GetClusterId"  # answered to whoever does not know the cluster yet


def asks_for_token(address: str, wait_s: float = 10.0) -> bool | None:
    """Whether the head at HOST:PORT refuses who has no token; None when it does not say (away, TLS, another form)."""
    if "://" in address or ":" not in address:
        return None
    import grpc  # type: ignore[import-untyped]

    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        try:
            channel.unary_unary(_QUESTION)(b"", timeout=wait_s)
        except grpc.RpcError as error:
            return True if error.code() is grpc.StatusCode.UNAUTHENTICATED else None
    return False
