"""Arrays in files: what is mapped is what was written, and blocks make the data set that one piece would."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.data.blocks import Append, Distinct, EventBlock, by_falling_pt, collect, four_momenta, from_ragged
from symbench.data.container import Dataset, Provenance, content_ids
from symbench.data.mapped import ArrayWriter, map_array, mapped_file
from symbench.data.sizes import Sizes
from symbench.data.splits import split
from symbench.data.store import DESCRIPTION, load_or_convert, read
from symbench.errors import DataError, InfrastructureError

PROVENANCE = Provenance("here", "all", "none")
IDENTITY = {"files": ["a"]}


def block(count: int, seed: int, part: int | None = None) -> EventBlock:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(count, 5, 4)).astype(np.float32)
    parts = None if part is None else np.full(count, part, dtype=np.uint8)
    return EventBlock(
        vectors, rng.random((count, 5)) > 0.3, rng.integers(0, 3, count), content_ids(vectors), None, parts
    )


def fill(append: Append) -> Provenance:
    for part in (0, 1, 2):
        for seed in range(3):
            append(block(7 + seed, 10 * part + seed, part))
    return PROVENANCE


def test_blocks_are_kept_as_files_that_are_mapped(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "data"
    made = load_or_convert(folder, IDENTITY, fill)
    assert mapped_file(made.vectors) == folder / "vectors.npy"
    assert not made.vectors.flags.writeable
    assert type(made.vectors) is np.ndarray

    def refuse(append: Append) -> Provenance:
        raise AssertionError("converted again instead of mapped")

    again, whole = load_or_convert(folder, IDENTITY, refuse), collect(fill)
    assert again.digest == made.digest == whole.digest == read(folder, IDENTITY).digest
    np.testing.assert_array_equal(again.part, np.repeat([0, 1, 2], 24))
    assert pickle.loads(pickle.dumps(again)).digest == whole.digest
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["data"]


@pytest.mark.parametrize("damage", ["cut", "flip", "other", "remove"])
def test_damaged_files_are_refused_and_made_again(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "data"
    digest = load_or_convert(folder, IDENTITY, fill).digest
    file = folder / "vectors.npy"
    content = bytearray(file.read_bytes())
    if damage == "flip":
        content[-9] ^= 0x40
    file.write_bytes(content[:-5] if damage == "cut" else content)
    if damage == "remove":
        file.unlink()
    if damage == "other":
        text = (folder / DESCRIPTION).read_text()
        (folder / DESCRIPTION).write_text(text.replace('"a"', '"b"'))
    with pytest.raises(DataError):
        read(folder, IDENTITY)
    assert load_or_convert(folder, IDENTITY, fill).digest == digest


def test_a_reader_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def broken(append: Append) -> Provenance:
        append(block(3, 0))
        raise DataError("the file ends here")

    with pytest.raises(DataError, match="ends here"):
        load_or_convert(tmp_path / "data", IDENTITY, broken)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(InfrastructureError, match="cannot store the data"):
        load_or_convert(tmp_path / "file" / "data", IDENTITY, fill)


def test_events_that_repeat_over_blocks_are_refused(tmp_path: Path) -> None:
    def twice(append: Append) -> Provenance:
        append(block(3, 0))
        append(block(3, 0))
        return PROVENANCE

    with pytest.raises(DataError, match="event ids repeat"):
        load_or_convert(tmp_path / "data", IDENTITY, twice)


def test_a_part_of_a_file_is_not_taken_for_the_whole(tmp_path: Path) -> None:
    with ArrayWriter(tmp_path / "a.npy") as writer:
        for start in (0, 10):
            writer.append(np.arange(start, start + 10.0).reshape(5, 2))
        with pytest.raises(ValueError, match="holds"):
            writer.append(np.zeros((5, 3)))
    whole = map_array(tmp_path / "a.npy")
    np.testing.assert_array_equal(whole, np.arange(20.0).reshape(10, 2))
    assert mapped_file(whole) == tmp_path / "a.npy"
    for other in (whole[1:], whole[:, ::-1], whole.T, whole.copy(), whole[:5]):
        assert mapped_file(other) is None


def test_a_split_of_the_source_is_kept() -> None:
    data = collect(fill)
    found = split(data, Sizes(24, 10, 20), train_size=15, seed=3)
    ids = {part: set(data.event_id[data.part == part].tolist()) for part in (0, 1, 2)}
    assert set(found.train.event_id.tolist()) <= ids[0]
    assert set(found.validation.event_id.tolist()) <= ids[1]
    assert set(found.test.event_id.tolist()) <= ids[2]
    assert (len(found.train), len(found.validation), len(found.test)) == (15, 10, 20)
    other = split(data, Sizes(24, 10, 20), train_size=20, seed=3)
    assert set(found.train.event_id.tolist()) < set(other.train.event_id.tolist())
    np.testing.assert_array_equal(other.test.event_id, found.test.event_id)
    with pytest.raises(DataError, match="more than the source's own split has"):
        split(data, Sizes(24, 25, 20), train_size=15, seed=3)


@pytest.mark.parametrize("part", [np.zeros(3, dtype=np.uint8), np.full(4, 3, dtype=np.uint8)])
def test_a_split_that_is_none_is_refused(part: Any) -> None:
    one = block(4, 0)
    with pytest.raises(DataError, match="split"):
        Dataset(one.vectors, one.mask, one.label, one.event_id, PROVENANCE, part=part)


@settings(deadline=None)
@given(
    counts=st.lists(st.integers(0, 9), min_size=1, max_size=8),
    constituents=st.integers(1, 12),
    seed=st.integers(0, 1000),
)
def test_ragged_jets_are_padded_as_a_loop_would(counts: list[int], constituents: int, seed: int) -> None:
    columns = np.random.default_rng(seed).normal(size=(5, sum(counts)))
    found, mask = from_ragged(np.array(counts), list(columns), constituents)
    start = 0
    for jet, count in enumerate(counts):
        own = columns[:, start : start + count].T
        own = own[np.argsort(-np.hypot(own[:, 1], own[:, 2]), kind="stable")][:constituents]
        np.testing.assert_array_equal(found[jet, : len(own)], own)
        assert not found[jet, len(own) :].any()
        assert mask[jet].sum() == len(own)
        start += count


def test_constituents_out_of_order_are_sorted_with_what_belongs_to_them() -> None:
    rng = np.random.default_rng(2)
    vectors, mask = rng.normal(size=(20, 6, 4)), rng.random((20, 6)) > 0.4
    vectors *= mask[..., None]
    ordered, sorted_mask, features = by_falling_pt(vectors, mask, vectors[..., :1] * 2)
    pt = np.hypot(ordered[..., 1], ordered[..., 2])
    assert (np.diff(pt, axis=1) <= 0).all()
    assert (np.diff(sorted_mask.astype(int), axis=1) <= 0).all()
    np.testing.assert_allclose(ordered.sum(axis=1), vectors.sum(axis=1))
    np.testing.assert_array_equal(features[..., 0], 2 * ordered[..., 0])  # type: ignore[index]


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 12), max_size=8), max_size=6))
def test_each_event_is_new_once(blocks: list[list[int]]) -> None:
    distinct, seen, repeated = Distinct(), list[int](), 0
    for ids in blocks:
        rows = distinct.new(np.array(ids, dtype=np.uint64))
        expected = [row for row, value in enumerate(ids) if value not in seen and value not in ids[:row]]
        assert rows.tolist() == expected
        seen += [ids[row] for row in expected]
        repeated += len(ids) - len(expected)
    assert distinct.repeated == repeated


def test_four_momenta_have_the_mass_that_was_given() -> None:
    rng = np.random.default_rng(0)
    pt, eta, phi, mass = rng.uniform(1, 50, 30), rng.normal(size=30), rng.uniform(-3, 3, 30), rng.uniform(0, 5, 30)
    e, px, py, pz = four_momenta(pt, eta, phi, mass)
    np.testing.assert_allclose(np.sqrt(e**2 - px**2 - py**2 - pz**2), mass, atol=1e-6)
    np.testing.assert_allclose([np.hypot(px, py), np.arctan2(py, px), np.arcsinh(pz / pt)], [pt, phi, eta])
    assert four_momenta(pt, eta, phi, -1e-6 * mass)[0] == pytest.approx(four_momenta(pt, eta, phi)[0])
