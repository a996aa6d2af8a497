"""Mass windows of the 2010 pairs, and every sample of pairs in (pT, η, φ)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from symbench.data.cms.windows import WINDOWS
from symbench.metrics.label import label_values
from symbench.tasks.base import DataContext
from symbench.tasks.function.cms.ptetaphi import DimuonMassPtEtaPhi
from symbench.tasks.function.cms.tables import DimuonMass2010
from symbench.testing import check_task
from tests.recorded import recorded_home


@pytest.mark.parametrize(("window", "test"), [("jpsi", 347), ("psi2s", 55)])
def test_a_window_has_the_masses_that_it_states(tmp_path: Path, window: str, test: int) -> None:
    context = DataContext(recorded_home(tmp_path, "cms-dimuon-mass-2010"))
    task = DimuonMass2010(window=window, test_events=test)
    check_task(task, context=context, other_process=False)
    mass = np.sqrt(task.load(context).label)
    assert WINDOWS[window].low <= mass.min() < mass.max() < WINDOWS[window].high
    curved = DimuonMassPtEtaPhi(pairs=window, test_events=test)
    data = curved.load(context)
    np.testing.assert_allclose(np.sqrt(label_values(curved.label_function(), curved.scaled(data))), mass, rtol=1e-3)


def test_impossible_windows_are_refused() -> None:
    with pytest.raises(ValidationError, match="opposite sign"):
        DimuonMass2010(window="jpsi", pairs="same_sign", test_events=100)
    with pytest.raises(ValidationError, match="set fewer test_events"):
        DimuonMass2010(window="psi2s")
    with pytest.raises(ValidationError, match="set fewer test_events"):
        DimuonMassPtEtaPhi(pairs="psi2s", test_events=120)
    with pytest.raises(ValidationError, match="450"):
        DimuonMassPtEtaPhi(test_events=460)


def test_what_has_to_be_fetched_is_known_without_the_files(tmp_path: Path) -> None:
    (text,) = DimuonMassPtEtaPhi(pairs="jpsi", test_events=347).to_fetch(tmp_path)
    assert text.startswith("MuRun2010B_0.csv: run `symbench data fetch MuRun2010B_0.csv`")
    assert DimuonMassPtEtaPhi().to_fetch(tmp_path) == ()
    assert len({DimuonMassPtEtaPhi(pairs=p, test_events=60).digest for p in ("zmumu", "z", "upsilon", "2010")}) == 4


def test_windows_have_digests_of_their_own() -> None:
    digests = {DimuonMass2010(window=w, test_events=t).digest for w, t in (("all", 100), ("jpsi", 100), ("psi2s", 50))}
    assert len(digests) == 3
