"""How the workers of one training find each other: a store of PyTorch that listens on the node's own address only.

Without this, PyTorch's store listens on every interface of the machine, also if all of the run is on loopback.
"""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any

_store: Any = None
"""The store that this worker serves, kept as long as its process lives."""


def serve_store(workers: int) -> tuple[str, int]:
    """Start the store in this worker, and return its address and port."""
    global _store
    import ray
    from torch.distributed import TCPStore  # type: ignore[attr-defined]  # torch does not list it as exported

    address = ray.util.get_node_ip_address()
    listener = socket.create_server((address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
    port = int(listener.getsockname()[1])
    _store = TCPStore(
        address, port, workers, is_master=True, wait_for_workers=False, master_listen_fd=listener.detach()
    )
    return address, port


def join(backend: str, number: int, workers: int, address: str, port: int, timeout_s: int) -> None:
    """Become one of the workers: all of them call this at the same time; the first is the one that serves the store."""
    from torch.distributed import TCPStore, init_process_group  # type: ignore[attr-defined]

    patience = timedelta(seconds=timeout_s)
    store = _store if number == 0 else TCPStore(address, port, workers, is_master=False, timeout=patience)
    init_process_group(backend, store=store, rank=number, world_size=workers, timeout=patience)
