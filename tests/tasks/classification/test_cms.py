"""Recorded muon pairs by their resonance: the label is the mass, the rest is as recorded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from symbench.data.cms.resonance import classes_of
from symbench.data.cms.windows import WINDOWS
from symbench.data.splits import split
from symbench.errors import DataError
from symbench.tasks.base import DataContext
from symbench.tasks.classification.cms import CmsResonance
from symbench.testing import check_component
from tests.data.jets import files as jet_files
from tests.recorded import recorded_home


def masses(vectors: np.ndarray) -> np.ndarray:
    total = vectors.sum(axis=1)
    return np.asarray(np.sqrt(total[:, 0] ** 2 - (total[:, 1:] ** 2).sum(axis=1)))


def test_the_teaching_files_hold_what_is_pinned(tmp_path: Path) -> None:
    home = recorded_home(tmp_path, "cms-resonance")
    for per_class in (200, 100_000):  # the latter takes every event, so that all pinned counts are compared
        task = CmsResonance(per_class=per_class, test_events=100, validation_events=50)
        data = task.load(DataContext(home))
        sizes = task.sizes()
        assert len(data) == sizes.train + sizes.validation + sizes.test
        found = masses(data.vectors)
        for number, name in enumerate(task.label_names()):
            inside = found[data.label == number]
            assert len(inside) == min(per_class, WINDOWS[name].teaching_events)
            # recorded and rebuilt masses agree to six digits
            assert inside.min() > WINDOWS[name].low * (1 - 1e-4)
            assert inside.max() < WINDOWS[name].high * (1 + 1e-4)
    few = CmsResonance(per_class=200, test_events=100, validation_events=50).load(DataContext(home))
    pt = np.hypot(few.vectors[..., 1], few.vectors[..., 2])
    assert (pt[:, 0] >= pt[:, 1]).all()
    drawn = split(
        few, CmsResonance(per_class=200, test_events=100, validation_events=50).sizes(), train_size=60, seed=1
    )
    assert len(np.unique(drawn.test.label)) == 4


def test_a_classifier_tells_the_resonances_apart(tmp_path: Path) -> None:
    from symbench.classifiers.evaluate.probe import Probe
    from symbench.classifiers.evaluate.run import separation
    from symbench.classifiers.pfn import ParticleFlow
    from symbench.classifiers.training.jets import Jets
    from symbench.classifiers.training.loop import train

    task = CmsResonance(per_class=150, test_events=150, validation_events=50)
    drawn = split(
        task.load(DataContext(recorded_home(tmp_path, "cms-resonance"))), task.sizes(), train_size=200, seed=0
    )
    classifier = ParticleFlow(epochs=15, min_steps=0)
    trained = train(classifier, drawn.train, drawn.validation, outputs=4, seed=0, budget=1.0, device="cpu")
    metrics, _ = separation(Probe(trained.module, Jets.of(drawn.test, "cpu")).logits(), drawn.test)
    assert metrics["auc"] > 0.85
    assert metrics["log_loss"] < np.log(4)


def test_muons_of_a_nanoaod_file(tmp_path: Path) -> None:
    path = tmp_path / "muons.root"
    rng = np.random.default_rng(0)
    low = rng.uniform(0.75, 0.8, 30), rng.uniform(1.0, 1.04, 30), rng.uniform(3.05, 3.15, 30)
    jet_files.muons(path, np.concatenate([*low, rng.uniform(5, 8, 20)]).tolist())
    task = CmsResonance(
        source="nanoaod",
        path=str(path),
        resonances=["phi", "omega", "jpsi"],
        per_class=25,
        test_events=20,
        validation_events=10,
    )
    data = task.load(DataContext(tmp_path / "cache"))
    assert np.bincount(data.label).tolist() == [25, 25, 25]
    # the muons were made massless
    p = data.vectors.copy()
    p[..., 0] = np.linalg.norm(p[..., 1:], axis=-1)
    np.testing.assert_array_equal(classes_of(masses(p), ["phi", "omega", "jpsi"]) >= 0, True)
    assert sum(vars(task.sizes()).values()) == 75
    check_component(task)
    with pytest.raises(DataError, match="`per_class` needs 60 pairs of each"):
        CmsResonance(**{**task.parameters(), "per_class": 60}, path=str(path)).load(DataContext(tmp_path / "cache"))


def test_windows_do_not_overlap_and_hold_their_resonance() -> None:
    known = {"omega": 0.78266, "phi": 1.019460, "jpsi": 3.096900, "psi2s": 3.686097, "upsilon": 9.4604, "z": 91.188}
    assert classes_of(np.array(list(known.values())), list(known)).tolist() == list(range(6))
    edges = [edge for window in WINDOWS.values() for edge in (window.low, window.high)]
    assert edges == sorted(edges)


@pytest.mark.parametrize(
    "wrong",
    [
        {"resonances": ["omega", "z"]},
        {"resonances": ["z", "z"]},
        {"source": "nanoaod"},
        {"path": "somewhere.root"},
        {"per_class": 10},
    ],
)
def test_impossible_requests_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CmsResonance.model_validate(wrong)
