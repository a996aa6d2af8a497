"""Progress as plain lines and as the output of a notebook's cell."""

from __future__ import annotations

import re

import pytest

from symbench.driver.progress import show_progress
from symbench.driver.progress_lines import PlainProgress
from symbench.driver.progress_notebook import NotebookProgress, in_notebook
from symbench.trial.result import Status
from tests.factories import trial


def test_a_notebook_shows_a_bar_that_rises_and_keeps_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    outputs: list[dict[str, str]] = []
    progress = NotebookProgress(outputs.append, every=0)
    progress.planned(3, 2)
    progress.executing_on("in this process")
    progress.making_data("a <b>")
    assert "a &lt;b&gt;" in outputs[-1]["text/html"]
    for seed, status in enumerate((Status.OK, Status.FAILED, Status.INCOMPATIBLE, Status.OK)):
        progress.finished(trial(seed=seed, status=status))
    values = [re.findall(r'value="(\d+)" max="(\d+)"', output["text/html"]) for output in outputs]
    assert values == [[(str(done), "3")] for done in (0, 0, 0, 1, 2, 2, 3)]
    progress.close()
    assert re.fullmatch(r"3 trials in \d+ s, 2 recorded before", outputs[-1]["text/plain"])
    assert list(outputs[-1]) == ["text/plain"]
    assert "RuntimeError: failed on purpose" in capsys.readouterr().err


def test_a_notebook_is_not_updated_more_often_than_it_can_show() -> None:
    outputs: list[dict[str, str]] = []
    progress = NotebookProgress(outputs.append, every=3600)
    progress.planned(50, 0)
    for seed in range(50):
        progress.finished(trial(seed=seed))
    assert len(outputs) == 1
    progress.close()
    assert outputs[-1]["text/plain"].startswith("50 trials in ")


def test_a_search_without_a_limit_has_a_bar_without_an_end() -> None:
    outputs: list[dict[str, str]] = []
    NotebookProgress(outputs.append).searching(2, None)
    assert outputs[-1]["text/html"].startswith("<progress ></progress> 0/? trials: 2 searches run first")


@pytest.mark.parametrize("quiet", [False, True])
def test_a_process_that_is_no_notebook_and_has_no_terminal_prints_lines(quiet: bool) -> None:
    assert not in_notebook()
    with show_progress(quiet=quiet) as observer:
        assert isinstance(observer, PlainProgress)
        assert observer.quiet is quiet
