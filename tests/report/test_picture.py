"""Figures as files for papers: the same bytes each time, their data beside them, and other styles."""

from __future__ import annotations

import io
import re

import matplotlib
import pandas as pd
import pytest

from symbench.errors import DataError, MissingExtraError, UnknownNameError
from symbench.extras import is_installed
from symbench.report.figures import FIGURES, figure_of, pictures_of
from symbench.report.picture import FORMATS, Picture
from symbench.report.study import Study, SuiteFacts
from symbench.report.style import drawing
from tests.factories import classification_trials, discovery_trials, trial

TASK = "cms-dimuon-mass"


@pytest.fixture(scope="module")
def study() -> Study:
    facts = SuiteFacts("demo", components={TASK: ("E", "px", "py", "pz")}, baselines={"top-tagging": "pfn"})
    return Study(facts, [*discovery_trials(sizes=(100, 400), seeds=2), *classification_trials(seeds=2)])


def data(picture: Picture) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(picture.files["csv"]))


def test_the_same_results_give_the_same_files(study: Study) -> None:
    first, second = (figure_of(study, TASK, "curves") for _ in range(2))
    assert tuple(first.files) == FORMATS
    for suffix, start in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF"), ("csv", b"panel,method,N,mean")):
        assert first.files[suffix] == second.files[suffix]
        assert first.files[suffix].startswith(start)


def test_the_data_of_a_figure_are_the_numbers_of_the_leaderboard(study: Study) -> None:
    found = data(figure_of(study, TASK, "curves"))
    rows = {(r.method, r.train_size): r.metrics["f1"] for r in study.rows_of(TASK)}
    f1 = found[found["panel"] == "f1"]
    assert len(f1) == len(rows)
    for point in f1.itertuples():
        value = rows[str(point.method), int(str(point.N))]
        assert (point.mean, point.low, point.high) == pytest.approx((value.mean, value.low, value.high))
    matrices = data(figure_of(study, TASK, "generators"))
    assert set(matrices["row"]) == {"E", "px", "py", "pz"}
    norms = matrices.groupby(["method", "generator"], sort=False)["entry"].apply(lambda v: float((v**2).sum()))
    assert norms.to_numpy() == pytest.approx(1.0)


def test_marks_name_their_method_and_panels_their_axes(study: Study) -> None:
    with drawing():
        pictures = [p for task in (TASK, "top-tagging") for p in pictures_of(study, task)]
    assert {p.name.rsplit("-", 1)[0] for p in pictures} > {"spectra", "invariance", "boost", "cost", "rejection"}
    for picture in pictures:
        assert not re.search(r'id="[^"]*method:', picture.svg)
        if "generators" not in picture.name:
            assert set(re.findall(r'data-m="([^"]*)"', picture.svg)) <= set(study.methods())
            assert 'data-m="' in picture.svg
        assert picture.svg.count("data-axes=") == len(picture.figure.axes)
        assert len(picture.records) > 1


def test_components_are_named_at_the_axes_of_matrices(study: Study) -> None:
    text = figure_of(study, TASK, "generators").svg
    assert len(re.findall(r">px</text>", text)) == 2 * len(re.findall(r">seed \d</text>|>truth</text>|seed \d", text))


def test_styles_are_those_of_matplotlib_and_of_experiments(study: Study, tmp_path: pytest.TempPathFactory) -> None:
    before = dict(matplotlib.rcParams)
    other = figure_of(study, TASK, "curves", "ggplot")
    assert other.figure.axes[0].get_facecolor() != figure_of(study, TASK, "curves").figure.axes[0].get_facecolor()
    with pytest.raises(UnknownNameError, match="unknown style 'gplot'"):
        figure_of(study, TASK, "curves", "gplot")
    if is_installed("mplhep"):
        ticks = figure_of(study, TASK, "curves", "cms").figure.axes[0].xaxis.get_tick_params()
        assert ticks["top"], "CMS draws ticks on both sides"
    else:
        with pytest.raises(MissingExtraError, match=r"symbench\[plots\]"):
            figure_of(study, TASK, "curves", "cms")
    assert dict(matplotlib.rcParams) == before


def test_what_cannot_be_drawn_is_said(study: Study) -> None:
    with pytest.raises(UnknownNameError, match="unknown task"):
        figure_of(study, "cms-dimuon-mas", "curves")
    with pytest.raises(UnknownNameError, match="unknown figure"):
        figure_of(study, TASK, "curve")
    with pytest.raises(DataError, match="nothing to draw as 'boost'"):
        figure_of(study, TASK, "boost")
    bare = Study(SuiteFacts("demo"), [trial(metrics={"f1": 1.0})])
    with pytest.raises(DataError, match="too few training sizes"):
        figure_of(bare, "task", "curves")


def test_every_kind_has_a_function_in_python() -> None:
    from symbench.api import plot

    source = {name: getattr(plot, name).__code__.co_consts for name in plot.__all__}
    assert {constant for constants in source.values() for constant in constants if constant in FIGURES} == set(FIGURES)
