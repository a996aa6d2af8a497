"""The figure of a shared form: drawn for a claim, and only for one."""

from __future__ import annotations

import numpy as np

from symbench.component import Track
from symbench.report.invariant_figures import shared_form
from symbench.report.study import Study, SuiteFacts
from symbench.report.style import Palette
from symbench.trial.arrays import encode_array
from symbench.trial.result import TrialResult
from tests.factories import trial


def result(claimed: int) -> TrialResult:
    arrays = {
        "forms": np.diag([1.0, -1, -1, -1])[None][:claimed],
        "null_spreads": np.linspace(0.6, 1, 20),
        "spectrum": np.array([0.1, 0.4]),
        "bound": np.array([0.25]),
    }
    made = trial(track=Track.INVARIANT, metrics={"f1_chance_corrected": 1.0, "functions_claimed": claimed})
    return made.model_copy(update={"arrays": {name: encode_array(array) for name, array in arrays.items()}})


def test_the_form_has_the_names_of_its_components() -> None:
    facts = SuiteFacts("demo", components={"task": ("E", "px", "py", "pz")})
    drawn = shared_form(Study(facts, [result(1)]), "task", Palette(["method"], []), "form-1")
    assert drawn is not None
    assert "task, N = " in drawn.title
    assert drawn.files["png"].startswith(b"\x89PNG")


def test_an_abstention_has_no_form_to_draw() -> None:
    assert shared_form(Study(SuiteFacts("demo"), [result(0)]), "task", Palette(["method"], []), "form-1") is None
