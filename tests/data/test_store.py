"""The store of made data: what is read back is what was written, or it is made again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symbench.data.container import Dataset, Provenance
from symbench.data.store import ARRAYS, DESCRIPTION, load_or_make, read, write
from symbench.errors import DataError, InfrastructureError

IDENTITY = {"recipe": {"seed": 1}, "names": ["a"]}


@pytest.fixture
def data() -> Dataset:
    rng = np.random.default_rng(0)
    return Dataset(
        vectors=rng.normal(size=(6, 3, 4)),
        mask=rng.random((6, 3)) > 0.2,
        label=np.arange(6) % 2,
        event_id=np.arange(6, dtype=np.uint64),
        provenance=Provenance("here", "all", "none", notes=("one", "two")),
    )


class Maker:
    def __init__(self, data: Dataset) -> None:
        self.data, self.calls = data, 0

    def __call__(self) -> Dataset:
        self.calls += 1
        return self.data


def test_what_is_read_is_what_was_written(tmp_path: Path, data: Dataset) -> None:
    write(tmp_path / "a", IDENTITY, data)
    again = read(tmp_path / "a", IDENTITY)
    assert again.digest == data.digest
    assert again.provenance == data.provenance
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == sorted([ARRAYS, DESCRIPTION])


def test_data_are_made_once(tmp_path: Path, data: Dataset) -> None:
    make = Maker(data)
    for _ in range(3):
        assert load_or_make(tmp_path / "a", IDENTITY, make).digest == data.digest
    assert make.calls == 1


def flip_a_byte(folder: Path) -> None:
    content = bytearray((folder / ARRAYS).read_bytes())
    at = len(content) // 3
    content[at] ^= 0xFF
    (folder / ARRAYS).write_bytes(content)


def cut_short(folder: Path) -> None:
    content = (folder / ARRAYS).read_bytes()
    (folder / ARRAYS).write_bytes(content[: len(content) // 2])


def exchange_the_arrays(folder: Path) -> None:
    with np.load(folder / ARRAYS) as arrays:
        changed = {**arrays, "label": 1 - arrays["label"]}
    np.savez(folder / ARRAYS, **changed)


def drop_an_array(folder: Path) -> None:
    with np.load(folder / ARRAYS) as arrays:
        kept = {name: arrays[name] for name in arrays if name != "mask"}
    np.savez(folder / ARRAYS, **kept)


def pickle_an_array(folder: Path) -> None:
    with np.load(folder / ARRAYS) as arrays:
        changed = {**arrays, "label": np.array([{}] * 6, dtype=object)}
    np.savez(folder / ARRAYS, **changed)


def remove_the_arrays(folder: Path) -> None:
    (folder / ARRAYS).unlink()


def empty_the_description(folder: Path) -> None:
    (folder / DESCRIPTION).write_text("{")


def rename_the_source(folder: Path) -> None:
    text = (folder / DESCRIPTION).read_text()
    (folder / DESCRIPTION).write_text(text.replace('"here"', '"elsewhere"'))


def write_another_recipe(folder: Path) -> None:
    text = (folder / DESCRIPTION).read_text()
    (folder / DESCRIPTION).write_text(text.replace('"seed": 1', '"seed": 2'))


@pytest.mark.parametrize(
    "damage",
    [
        flip_a_byte,
        cut_short,
        exchange_the_arrays,
        drop_an_array,
        pickle_an_array,
        remove_the_arrays,
        empty_the_description,
        rename_the_source,
        write_another_recipe,
    ],
)
def test_damaged_data_are_refused_and_made_again(tmp_path: Path, data: Dataset, damage: object) -> None:
    folder = tmp_path / "a"
    make = Maker(data)
    load_or_make(folder, IDENTITY, make)
    damage(folder)  # type: ignore[operator]
    with pytest.raises(DataError):
        read(folder, IDENTITY)
    assert load_or_make(folder, IDENTITY, make).digest == data.digest
    assert make.calls == 2
    assert read(folder, IDENTITY).digest == data.digest


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, data: Dataset) -> None:
    (tmp_path / "a").write_text("a file where the folder should be")
    with pytest.raises(InfrastructureError, match="cannot store the data in"):
        load_or_make(tmp_path / "a", IDENTITY, Maker(data))


def test_a_failed_write_leaves_no_litter(tmp_path: Path, data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(InfrastructureError, match="no space left"):
        load_or_make(tmp_path / "a", IDENTITY, Maker(data))
    assert list((tmp_path / "a").iterdir()) == []
