"""Files at an address are copied by a command; a suite names files of this machine."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import pytest

from symbench.data.public.address import fetch_address, is_address
from symbench.errors import DataError, MissingDataError, MissingExtraError, SuiteError
from symbench.suite.resolve import parse_suite
from tests.cli.test_cli import symbench
from tests.data.public.test_files import CONTENT, served

__all__ = ["served"]


def test_a_file_is_fetched_with_its_digest_and_never_over_another(served: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = served
    path, digest = fetch_address(f"{url}/a.h5", tmp_path / "mine")
    assert path == tmp_path / "mine" / "a.h5"
    assert path.read_bytes() == CONTENT
    assert digest == hashlib.sha256(CONTENT).hexdigest()
    assert fetch_address(f"{url}/a.h5", tmp_path / "mine") == (path, digest), "again"
    (folder / "a.h5").write_bytes(b"changed")
    with pytest.raises(DataError, match="is another file than"):
        fetch_address(f"{url}/a.h5", tmp_path / "mine")
    assert path.read_bytes() == CONTENT
    assert [file.name for file in path.parent.iterdir()] == ["a.h5"], "nothing is left beside it"


def test_the_command_prints_path_and_digest(
    served: tuple[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, output, _ = symbench(capsys, "data", "fetch", f"{served[0]}/a.h5", "--to", str(tmp_path))
    assert code == 0
    assert hashlib.sha256(CONTENT).hexdigest() in output
    assert (tmp_path / "a.h5").read_bytes() == CONTENT


def test_what_cannot_be_fetched_says_why(served: tuple[str, Path], tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"absent\.h5 cannot be fetched: FileNotFoundError"):
        fetch_address(f"{served[0]}/absent.h5", tmp_path)
    with pytest.raises(MissingDataError, match="cannot be fetched: "):
        fetch_address("http://127.0.0.1:9/a.h5", tmp_path)
    with pytest.raises(DataError, match="does not end in the name of a file"):
        fetch_address(f"{served[0]}/", tmp_path)
    with pytest.raises(DataError, match="knows no addresses of the kind gopher://"):
        fetch_address("gopher://host/a.h5", tmp_path)
    assert not list(tmp_path.glob("*.h5"))


@pytest.mark.skipif(importlib.util.find_spec("fsspec_xrootd") is not None, reason="fsspec-xrootd is installed")
def test_a_missing_plug_in_is_named_with_its_command(tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError, match=r"root:// need .* not installed: run `pip install fsspec-xrootd`"):
        fetch_address("root://eospublic.cern.ch//eos/opendata/a.root", tmp_path)


@pytest.mark.parametrize("path", ["https://user:word@host/a.root", "root://host//a.root:Events"])
def test_an_address_in_a_suite_is_answered_with_the_command(path: str, tmp_path: Path) -> None:
    suite = (
        "name: a\ndiscovery:\n- task: {name: table, params: {path: '" + path + "', vectors: [[x, y]], label: z}}\n"
        "  train_sizes: [10]\n  methods: [random]\n"
    )
    with pytest.raises(SuiteError, match="is an address; a suite reads files of this machine") as error:
        parse_suite(suite, folder=tmp_path)
    assert "symbench data fetch" in str(error.value)
    assert "word" not in str(error.value)
    assert is_address(path)
    assert not is_address("C:/data/a.root:Events")
