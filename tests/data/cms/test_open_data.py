"""Files of CERN Open Data: the registry and the loader with files made here, the readers with the recorded ones."""

import functools
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from symbench.cli import command
from symbench.data.cms.open_data import FILES, FOLDER, GROUPS, OpenFile, locate, named
from symbench.data.public.fetch import fetch, put
from symbench.errors import DataError, MissingDataError, UnknownNameError
from symbench.registry import TASKS, load_builtin
from symbench.tasks.base import DataContext, FunctionTask
from tests.recorded import recorded_home

CONTENT = b"Run,Event\n1,2\n"
FILE = OpenFile("small.csv", 700, hashlib.sha256(CONTENT).hexdigest(), 1, "one event")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of two files: the right one, and one of other bytes."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "small.csv").write_bytes(CONTENT)
    (folder / "other.csv").write_bytes(CONTENT + b"3,4\n")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            return None

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_what_is_fetched_is_found_and_not_fetched_again(address: str, tmp_path: Path) -> None:
    path = fetch(FILE.download(tmp_path), f"{address}/small.csv")
    assert locate(FILE, tmp_path) == path == tmp_path / FOLDER / "small.csv"
    assert path.read_bytes() == CONTENT
    assert fetch(FILE.download(tmp_path), f"{address}/nowhere.csv") == path


def test_other_bytes_are_refused_and_not_kept(address: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"something else than small\.csv"):
        fetch(FILE.download(tmp_path), f"{address}/other.csv")
    assert list((tmp_path / FOLDER).iterdir()) == []


@pytest.mark.parametrize("place", ["nowhere.csv", None])
def test_without_the_file_or_a_network_one_is_told_what_to_do(address: str, place: str | None, tmp_path: Path) -> None:
    url = f"{address}/{place}" if place else "http://127.0.0.1:1/small.csv"
    with pytest.raises(MissingDataError, match=r"record/700, and run `symbench data fetch small\.csv --from PATH`"):
        fetch(FILE.download(tmp_path), url)


def test_a_file_without_an_address_at_cern_is_put_by_hand(tmp_path: Path) -> None:
    file = OpenFile("small.csv", 545, FILE.sha256, 1, "one event", listed=False)
    with pytest.raises(MissingDataError, match=r"not among the files .*folder Data.*record/545"):
        fetch(file.download(tmp_path))
    (tmp_path / "saved").write_bytes(CONTENT)
    assert put(file.download(tmp_path / "data"), tmp_path / "saved").read_bytes() == CONTENT
    locate(file, tmp_path / "data")


def test_a_damaged_file_is_refused_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "small.csv").write_bytes(CONTENT[:-1])
    with pytest.raises(DataError, match="SHA-256"):
        locate(FILE, tmp_path)
    with pytest.raises(DataError, match="SHA-256"):
        put(FILE.download(tmp_path / "elsewhere"), tmp_path / FOLDER)
    with pytest.raises(MissingDataError, match="no such file"):
        put(FILE.download(tmp_path), tmp_path / "nowhere")


def test_every_file_has_an_address_at_cern_or_a_word_where_else_to_look() -> None:
    for file in FILES.values():
        assert file.url is None or file.url == f"https://opendata.cern.ch/record/{file.record}/files/{file.name}"
        assert (file.page if file.listed else "github.com/cms-opendata-education") in file.by_hand
        assert len(file.sha256) == 64
    with pytest.raises(UnknownNameError, match="did you mean 'cms-fourlepton-mass'"):
        named("cms-fourlepton-mas")


@pytest.mark.parametrize("name", GROUPS)
def test_a_task_is_planned_without_its_files_and_says_how_to_get_them(name: str, tmp_path: Path) -> None:
    load_builtin()
    task = TASKS[name]()
    sizes = task.sizes()
    assert sizes.train > 0
    assert len(task.digest) == 64
    with pytest.raises(MissingDataError, match="symbench data fetch"):
        task.load(DataContext(tmp_path))


def test_the_command_takes_what_a_folder_holds_and_names_what_it_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = OpenFile("absent.csv", 700, FILE.sha256, 1, "one event")
    monkeypatch.setitem(GROUPS, "cms-fourlepton-mass", (other, FILE))
    (tmp_path / "small.csv").write_bytes(CONTENT)
    monkeypatch.setattr("sys.argv", ["symbench", "data", "fetch", "cms-fourlepton-mass", "--from", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        command()
    told = capsys.readouterr()
    assert ended.value.code == 2
    assert "1 events, one event" in told.out
    assert "absent.csv: there is no such file" in told.err
    assert (tmp_path / "home" / "data" / FOLDER / "small.csv").read_bytes() == CONTENT


CASES = [
    ("cms-dimuon-mass-2011", {}, 10_851, (60, 120)),
    ("cms-dimuon-mass-2011", {"resonance": "upsilon"}, 19_519, (9.0, 9.7)),
    ("cms-dimuon-mass-2010", {"pairs": "all"}, 10_000, (2, 110)),
    ("cms-dimuon-mass-2010", {}, 6_258, (2, 110)),
    ("cms-dimuon-mass-2010", {"pairs": "same_sign"}, 3_742, (2, 110)),
    ("cms-dielectron-mass", {}, 18_885, (60, 120)),
    ("cms-fourlepton-mass", {}, 278, (79, 743)),
]


@pytest.mark.parametrize(("name", "parameters", "events", "window"), CASES)
def test_recorded_events_are_what_the_task_says(
    name: str, parameters: dict[str, str], events: int, window: tuple[float, float], tmp_path: Path
) -> None:
    """Pinned counts, leptons on their mass shell, and a recorded mass that is the label's formula."""
    import torch

    data_folder = recorded_home(tmp_path, name)
    load_builtin()
    task = TASKS[name].model_validate(parameters)
    assert isinstance(task, FunctionTask)
    data = task.load(DataContext(data_folder))
    sizes = task.sizes()
    assert len(data) == events == sizes.train + sizes.test
    assert window[0] <= np.sqrt(data.label.min())
    assert np.sqrt(data.label.max()) <= window[1]
    label_function = task.label_function()
    assert label_function is not None
    exact = label_function(torch.from_numpy(task.scaled(data))).numpy()
    assert np.max(np.abs(exact / data.label - 1)) < 1e-4
    shell = data.vectors[..., 0] ** 2 - np.sum(data.vectors[..., 1:] ** 2, axis=-1)
    assert np.max(np.abs(shell)) < 0.1057**2 + 1e-6
    assert data.provenance.record.startswith("https://opendata.cern.ch/record/")
    assert data.provenance.licence.startswith("CC0")


def test_the_digest_follows_the_file_and_the_selection() -> None:
    load_builtin()
    dimuons = TASKS["cms-dimuon-mass-2010"]
    assert dimuons().digest != dimuons.model_validate({"pairs": "same_sign"}).digest
    assert dimuons().digest == dimuons.model_validate({"test_events": 50}).digest
    z = TASKS["cms-dimuon-mass-2011"]
    assert z().digest != z.model_validate({"resonance": "upsilon"}).digest
