"""Which classes are taken for which, and whose symmetry classifiers were given: tables of synthetic trials."""

from __future__ import annotations

import numpy as np

from symbench.component import Track
from symbench.report.separation import classes_table, confusion
from symbench.report.study import Study, SuiteFacts
from symbench.report.symmetry_table import symmetry_table
from symbench.trial.reference import PLACEHOLDER
from symbench.trial.spec import Source
from tests.factories import trial


def _confused(counts: list[list[int]], seed: int = 0) -> dict[str, np.ndarray]:
    pairs = [(i, j) for i, row in enumerate(counts) for j, n in enumerate(row) for _ in range(n)]
    labels, taken = np.array(pairs).T
    return {"test_logits": 3.0 * np.eye(len(counts))[taken], "test_labels": labels}


def test_shares_are_of_the_events_of_each_class_over_all_seeds() -> None:
    trials = [
        trial(track=Track.CLASSIFICATION, seed=seed, metrics={"auc": 1.0}, arrays=_confused(counts))
        for seed, counts in enumerate(([[8, 2, 0], [0, 4, 0], [0, 0, 1]], [[6, 4, 0], [0, 4, 0], [1, 0, 0]]))
    ]
    shares = confusion(trials)
    assert shares is not None
    np.testing.assert_allclose(shares, np.array([[0.7, 0.3, 0], [0, 1, 0], [0.5, 0, 0.5]]))
    table = classes_table(Study(SuiteFacts("demo"), trials), "task")
    assert table is not None
    assert table.heads[1:4] == ("class 0", "class 1", "class 2")
    assert table.lines[0].cells == ("method", "70.0%", "100.0%", "50.0%", "class 2 as class 0, 50.0%")
    perfect = trial(track=Track.CLASSIFICATION, metrics={"auc": 1.0}, arrays=_confused([[3, 0], [0, 2]]))
    named = classes_table(Study(SuiteFacts("demo", classes={"task": ("left", "right")}), [perfect]), "task")
    assert named is not None
    assert named.heads[1:3] == ("left", "right")
    assert named.lines[0].cells[-1] == "none"


def test_two_classes_have_no_table_of_classes() -> None:
    scored = trial(track=Track.CLASSIFICATION, metrics={"auc": 0.9}, arrays={"test_scores": np.zeros(3)})
    assert confusion([scored]) is None
    assert classes_table(Study(SuiteFacts("demo"), [scored]), "task") is None


def test_a_metric_has_its_source_its_defect_and_its_signature() -> None:
    found = trial(
        track=Track.CLASSIFICATION,
        metrics={"auc": 0.9, "eta_cosine": 0.99, "metric_defect": 0.3, "metric_gap": 0.5},
        arrays={"metric": np.diag([1.0, -1.0, -1.0, -1e-3])},
    )
    source = Source(key="k", question="q", task_label="jets", method_label="liegan", train_size=1000, seed=0)
    method = found.spec.method.model_copy(update={"parameters": {"symmetry": PLACEHOLDER}})
    used = found.spec.model_copy(update={"method": method, "source": source})
    moved = found.spec.model_copy(update={"source": source, "method_label": "measured"})
    trials = [found.model_copy(update={"spec": used}), found.model_copy(update={"spec": moved, "key": "another"})]
    table = symmetry_table(Study(SuiteFacts("demo"), trials), "task")
    assert table is not None
    by_method = {line.cells[0]: dict(zip(table.heads, line.cells, strict=True)) for line in table.lines}
    assert by_method["method"]["symmetry from"] == "liegan on jets, N = 1,000"
    assert by_method["measured"]["symmetry from"] == "the suite", (
        "it is measured under another's result, not built on it"
    )
    assert by_method["method"]["signature"] == "(1, 2, 1) in 1 of 1"
    assert by_method["method"]["metric's defect"] == "0.3 (1 seed)"
    assert (
        symmetry_table(Study(SuiteFacts("demo"), [trial(track=Track.CLASSIFICATION, metrics={"auc": 0.9})]), "task")
        is None
    )
