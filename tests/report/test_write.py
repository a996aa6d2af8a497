"""The report as files: complete, self-contained, safe, and there whatever the trials did."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from symbench.component import Track
from symbench.data.container import Provenance
from symbench.report import ReportPaths, SuiteFacts, write_report
from symbench.report.style import plain_number
from symbench.trial.result import Status, TrialResult
from tests.factories import classification_trials, discovery_trials, trial

FACTS = SuiteFacts("demo", "What <is> asked", "name: demo\nseeds: 5\n", {"top-tagging": "pfn"})


class Page(HTMLParser):
    """Ids, links, loads and the nesting of tags."""

    VOID = frozenset(("meta", "link", "br", "hr", "img", "input", "use", "path", "line", "circle"))

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.anchors: list[str] = []
        self.loads: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name in ("href", "xlink:href") and (value or "").startswith("#"):
                self.anchors.append((value or "")[1:])
            elif name in ("src", "href", "xlink:href") and not (value or "").startswith("data:"):
                self.loads.append(value or "")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def check(paths: ReportPaths) -> str:
    """What every report promises; gives the page's text."""
    text = paths.html.read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert page.loads == [], "the page must need nothing else"
    assert not re.search(r"url\((?!#)|@import|fetch\(|XMLHttpRequest|import\(", text)
    assert len(set(page.ids)) == len(page.ids)
    assert set(page.anchors) <= set(page.ids)
    markdown = paths.markdown.read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\((figures/[^)]+)\)", markdown))
    assert {paths.markdown.parent / name for name in linked} == {f for f in paths.figures if f.suffix == ".png"}
    starts = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}
    assert {f.suffix for f in paths.figures} <= {*starts, ".csv"}
    assert all(f.read_bytes().startswith(starts.get(f.suffix, b"")) for f in paths.figures)
    assert len({f.stem for f in paths.figures}) * 4 == len(paths.figures)
    return text


@pytest.fixture(scope="module")
def full() -> list[TrialResult]:
    return [
        *discovery_trials(sizes=(100, 400)),
        *discovery_trials("control", truth="none", sizes=(100,)),
        *classification_trials(),
        trial(task="cms-dimuon-mass", method="nullspace", train_size=400, seed=9, status=Status.TIMEOUT),
    ]


def test_a_full_report_shows_everything(full: list[TrialResult], tmp_path: Path) -> None:
    stated = {"top-tagging": Provenance("made <here>", "550–650 GeV", "none", notes=("a note",))}
    first = write_report(FACTS, full, tmp_path / "a", provenance=stated, environment={"machine": "two cores"})
    text = check(first)
    for expected in (
        "nullspace finds 6 generators",
        "claims a continuous symmetry in 0 of 5 seeds",
        "Data efficiency: top-tagging",
        "Background rejection: top-tagging",
        "Invariance error: top-tagging",
        "AUC against boost: top-tagging",
        "Accuracy and cost: top-tagging",
        "rapidity 0.5",
        "Background rejection and calibration, N = 3,000",
        "Lie-derivative error of each generator",
        "AUC − pfn&#39;s",
        "Spectra and the chosen cut",
        "Generators: cms-dimuon-mass",
        "5 ok, 1 timeout",
        "timeout on purpose &lt;&amp;&gt;",
        "What &lt;is&gt; asked",
        "made &lt;here&gt;",
        "two cores",
        "seeds: 5",
    ):
        assert expected in text
    assert len(first.results.read_text().splitlines()) == len(full)
    assert TrialResult.model_validate_json(first.results.read_text().splitlines()[0]) == full[0]


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    results = discovery_trials(sizes=(100, 400), seeds=2, methods=("nullspace",))
    first, second = (write_report(FACTS, results, tmp_path / name) for name in "ab")
    assert {f.stem for f in first.figures} == {"headline", "curves-discovery-1", "generators-1", "spectra-1"}
    for a, b in zip((first.html, *first.figures), (second.html, *second.figures), strict=True):
        assert a.read_bytes() == b.read_bytes()


def test_each_track_has_a_section_with_its_question(tmp_path: Path) -> None:
    true = np.random.default_rng(0).normal(size=(100, 2))
    arrays = {"true_values": true, "claimed_values": true, "explained_true": np.ones(2)}
    quantities = {"f1": 1.0, "count": 2.0, "count_error": 0.0}
    results = [
        *discovery_trials(sizes=(400,), seeds=2),
        *discovery_trials("control", truth="none", sizes=(100,), seeds=2),
        trial(track=Track.DISTRIBUTION, task="density", metrics={"f1": 0.5, "count": 1.0}),
        trial(track=Track.DYNAMICS, task="orbits", metrics=quantities, arrays=arrays, notes={"truth": "E, L"}),
    ]
    text = check(write_report(FACTS, results, tmp_path))
    for expected in (
        "<h2>Function track</h2>",
        "<h2>Distribution track</h2>",
        "<h2>Dynamics track</h2>",
        "False discoveries, function track",
        "Events needed, dynamics track",
        "Learned against true conserved quantities: orbits",
        "Claimed algebras",
        "0 of 2",
    ):
        assert expected in text
    assert "False discoveries, dynamics track" not in text
    assert "Classification track" not in text


def test_only_discovery_or_only_classification(tmp_path: Path) -> None:
    discovery = check(write_report(FACTS, discovery_trials(sizes=(400,)), tmp_path / "d"))
    assert "Data efficiency:" not in discovery
    assert "Learning curves" not in discovery, "one size is no curve"
    classification = check(write_report(FACTS, classification_trials(seeds=2), tmp_path / "c"))
    assert "Spectra and" not in classification
    assert "Data efficiency: top-tagging" in classification


def test_one_seed_has_no_interval(tmp_path: Path) -> None:
    text = check(write_report(FACTS, classification_trials(seeds=1), tmp_path))
    assert "(1 seed)" in text
    assert "none (1 seed)" in text
    assert "nan" not in re.sub(r"<[^>]*>", "", text).lower().split()


def test_every_trial_failed_or_none_ran(tmp_path: Path) -> None:
    failed = [trial(method=m, seed=s, status=Status.FAILED) for m in ("a", "b") for s in range(2)]
    failed.append(trial(track=Track.CLASSIFICATION, task="top-tagging", method="pfn", status=Status.OOM))
    text = check(write_report(FACTS, failed, tmp_path / "failed"))
    assert "5 of 5 trials have no score (4 failed, 1 oom)" in text
    assert text.count("RuntimeError") == 3
    assert "No trial has been recorded yet" in check(write_report(FACTS, [], tmp_path / "none"))


def test_labels_are_text_and_never_markup_or_mathematics(tmp_path: Path) -> None:
    label = "<script>alert(1)</script> $x^{$ |\\frac"
    results = [
        trial(
            task=label, method=label, train_size=n, seed=s, metrics={"f1": 0.5, "count": 1.0}, notes={"algebra": label}
        )
        for n in (10, 20)
        for s in range(2)
    ]
    paths = write_report(SuiteFacts(label, label, label), results, tmp_path)
    text = paths.html.read_text()
    assert "<script>alert" not in text
    assert "<script" not in paths.markdown.read_text()
    check(paths)


def test_figures_of_an_older_report_disappear(full: list[TrialResult], tmp_path: Path) -> None:
    write_report(FACTS, discovery_trials(sizes=(100, 400), methods=("nullspace",)), tmp_path)
    before = set((tmp_path / "figures").iterdir())
    paths = write_report(FACTS, [trial(metrics={"f1": 1.0})], tmp_path)
    assert len(before) > 4
    assert set((tmp_path / "figures").iterdir()) == set(paths.figures)
    assert {path.stem for path in paths.figures} == {"headline"}


def test_numbers_on_axes_need_no_mathematics_mode() -> None:
    assert [plain_number(v) for v in (1e-14, 0.01, 0.5, 1, 500, 20_000, 1e6, 2e-6)] == [
        "10⁻¹⁴",
        "0.01",
        "0.5",
        "1",
        "500",
        "20,000",
        "10⁶",
        "2·10⁻⁶",
    ]
