"""Files of public records: brought from an address or a folder, kept only with the published checksum."""

from __future__ import annotations

import functools
import hashlib
import http.server
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from symbench.data.public import files as public_files
from symbench.data.public.fetch import fetch, put
from symbench.data.public.files import RECORDS, PublicFile, PublicRecord, verify
from symbench.errors import DataError, MissingDataError
from tests.cli.test_cli import symbench

CONTENT = b"jets" * 1000
MINE = PublicRecord(
    "mine",
    "https://example.org/records/1",
    "jets",
    "CC0-1.0",
    (PublicFile("a.h5", "md5:" + hashlib.md5(CONTENT).hexdigest()), PublicFile("b.h5", "md5:" + "0" * 32)),
)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    folder = tmp_path / "served"
    folder.mkdir()
    for file in MINE.files:
        (folder / file.name).write_bytes(CONTENT)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()
        thread.join()


def test_every_record_is_whole() -> None:
    assert RECORDS
    for record in RECORDS.values():
        assert record.files
        assert len({file.name for file in record.files}) == len(record.files)
        assert len({file.checksum for file in record.files}) == len(record.files)
        for file in record.files:
            kind, _, digest = file.checksum.partition(":")
            assert (kind, len(digest)) == ("md5", 32)
            assert int(digest, 16) >= 0
            assert record.url(file) == f"{record.page.replace('records', 'record')}/files/{file.name}"


def test_only_the_published_bytes_are_kept(tmp_path: Path, served: tuple[str, Path]) -> None:
    address, _ = served
    path = fetch(MINE.download(MINE.files[0], tmp_path / "data"), f"{address}/a.h5")
    assert path == tmp_path / "data" / "mine" / "a.h5"
    verify(MINE.files[0], path)
    with pytest.raises(DataError, match=r"answered with something else than b\.h5"):
        fetch(MINE.download(MINE.files[1], tmp_path / "data"), f"{address}/b.h5")
    assert [p.name for p in path.parent.iterdir()] == ["a.h5"]
    with pytest.raises(MissingDataError, match="symbench data fetch mine --from FOLDER"):
        fetch(MINE.download(replace(MINE.files[0], name="c.h5"), tmp_path / "data"), f"{address}/nowhere")


def test_files_that_lie_somewhere_are_linked_not_copied(tmp_path: Path, served: tuple[str, Path]) -> None:
    _, folder = served
    path = put(MINE.download(MINE.files[0], tmp_path / "data"), folder)
    assert path.samefile(folder / "a.h5")
    assert put(MINE.download(MINE.files[0], tmp_path / "data"), path) == path
    with pytest.raises(DataError, match=r"b\.h5 has MD5"):
        put(MINE.download(MINE.files[1], tmp_path / "data"), folder)
    with pytest.raises(MissingDataError, match="there is no such file"):
        put(MINE.download(MINE.files[0], tmp_path / "data"), tmp_path / "nowhere")
    assert [p.name for p in path.parent.iterdir()] == ["a.h5"]


def test_the_command_brings_what_can_be_had(
    tmp_path: Path, served: tuple[str, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, folder = served
    monkeypatch.setitem(public_files.RECORDS, "mine", replace(MINE, unpack="unpack them"))
    code, out, error = symbench(capsys, "data", "fetch", "mine", "--from", folder, "--home", tmp_path / "home")
    assert code == 2
    assert f"{tmp_path / 'home' / 'data' / 'mine' / 'a.h5'}: jets; https://example.org/records/1" in out
    assert "unpack them" in out
    assert "b.h5 has MD5" in error
    code, _, error = symbench(capsys, "data", "fetch", "mine/c.h5", "--home", tmp_path / "home")
    assert code == 2
    assert "unknown file of mine 'c.h5'" in error
