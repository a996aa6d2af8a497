"""Data that the driver has mapped from files reach workers on the same machine without a copy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import ray

from symbench.data.blocks import Append, EventBlock
from symbench.data.container import Provenance, content_ids
from symbench.data.mapped import mapped_file
from symbench.data.sizes import Sizes
from symbench.data.splits import Pool
from symbench.data.store import load_or_convert
from symbench.executors.ray.shared_data import open_pool, share


def nodes(*addresses: str) -> list[dict[str, object]]:
    return [{"NodeManagerAddress": address, "Alive": True} for address in addresses]


def fill(append: Append) -> Provenance:
    vectors = np.random.default_rng(0).normal(size=(20, 3, 4))
    append(EventBlock(vectors, np.ones((20, 3), dtype=bool), np.arange(20) % 2, content_ids(vectors)))
    return Provenance("here", "all", "none")


def test_mapped_files_are_named_and_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Pool(load_or_convert(tmp_path / "data", {}, fill), Sizes(10, 5, 5))
    sent: list[object] = []
    monkeypatch.setattr(ray, "put", sent.append)
    monkeypatch.setattr(ray, "nodes", lambda: nodes("127.0.0.1"))
    shared = share(pool)
    assert not sent
    opened = open_pool(shared, wait_s=1.0)
    assert opened.sizes == pool.sizes
    assert opened.data.digest == pool.data.digest
    assert mapped_file(opened.data.vectors) == tmp_path / "data" / "vectors.npy"
    monkeypatch.setattr(ray, "nodes", lambda: nodes("127.0.0.1", "10.0.0.2"))
    assert not share(pool).files
    assert sent == [pool]


def test_arrays_in_memory_are_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = load_or_convert(tmp_path / "data", {}, fill)
    pool = Pool(data.take(np.arange(10)), Sizes(5, 2, 3))
    sent: list[object] = []
    monkeypatch.setattr(ray, "put", sent.append)
    monkeypatch.setattr(ray, "nodes", lambda: nodes("127.0.0.1"))
    assert not share(pool).files
    assert sent == [pool]
