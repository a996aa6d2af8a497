"""A group of processes on this machine that train together, without Ray: what one rank runs, and how to start all."""

from __future__ import annotations

import pickle
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch.multiprocessing.spawn import spawn

from symbench.classifiers.training.distributed import Ranks


def together(size: int, work: Callable[[Ranks], Any], folder: Path) -> list[Any]:
    """What `work(ranks)` gives in each of `size` processes joined by gloo; `work` can be pickled."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    spawn(_rank, args=(size, port, work, folder), nprocs=size, join=True)
    return [pickle.loads((folder / f"rank-{rank}").read_bytes()) for rank in range(size)]


def _rank(rank: int, size: int, port: int, work: Callable[[Ranks], Any], folder: Path) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=size)
    try:
        (folder / f"rank-{rank}").write_bytes(pickle.dumps(work(Ranks(rank, size))))
    finally:
        dist.destroy_process_group()
