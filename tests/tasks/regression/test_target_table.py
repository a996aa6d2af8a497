"""`target-table`: vectors and numbers of the user's files as the target of a regression."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from symbench.data.signature import Signature
from symbench.data.splits import split
from symbench.regressors.evaluate.run import run_regression
from symbench.regressors.scalars import InnerProducts
from symbench.tasks.base import DataContext
from symbench.tasks.regression.target_table import TargetTable

AXES = ("x", "y", "z")
NAMES = [f"{vector}{axis}" for vector in ("a", "b", "t") for axis in AXES]


def table(folder: Path, rows: int = 200) -> tuple[str, np.ndarray]:
    """Vectors a and b, the target t = (a·b) a − b, and the number a·b; the last row repeats the first."""
    a, b = np.random.default_rng(0).normal(size=(2, rows, 3))
    inner = np.sum(a * b, axis=1, keepdims=True)
    values = np.concatenate([a, b, inner * a - b, inner], axis=1)
    values = np.concatenate([values, values[:1]])
    file = folder / "events.csv"
    pd.DataFrame(values, columns=[*NAMES, "inner"]).to_csv(file, index=False)
    return str(file), values


def columns(path: str, **more: object) -> TargetTable:
    vectors = [NAMES[:3], NAMES[3:6]]
    return TargetTable(path=path, vectors=vectors, **{"targets": [NAMES[6:]], "label": "inner", **more})


def test_columns_become_vectors_and_the_target(tmp_path: Path) -> None:
    path, values = table(tmp_path)
    task = columns(path, known_truth="so(3)")
    assert task.outputs() == Signature(vectors=2, dimension=3, target=(1, 0))
    data = task.load(DataContext(tmp_path))
    assert len(data) == 200  # the repeated row is dropped
    assert data.label.shape == (200, 4)
    order = np.argsort(data.vectors[:, 0, 0])
    expected = values[:200][np.argsort(values[:200, 0])]
    assert np.allclose(data.label[order], expected[:, 6:])
    assert (task.sizes().train, task.sizes().validation, task.sizes().test) == (140, 20, 40)
    group = task.group()
    assert group is not None
    assert group.lie.shape == (3, 3, 3)
    assert columns(path).group() is None


def test_a_regressor_is_trained_on_it(tmp_path: Path) -> None:
    """The target is a polynomial of inner products, so that least squares are exact and equivariant."""
    path, _ = table(tmp_path)
    task = columns(path, known_truth="so(3)")
    parts = split(task.load(DataContext(tmp_path)), task.sizes(), train_size=100, seed=0)
    outcome = run_regression(
        InnerProducts(symmetry="o", fit="least-squares"), task, parts, seed=0, budget=1.0, device="cpu"
    )
    assert outcome.metrics["mse"] < 1e-20
    assert outcome.metrics["equivariance_float64"] < 1e-10


def test_the_digest_depends_on_which_columns_are_the_target(tmp_path: Path) -> None:
    path, _ = table(tmp_path)
    one = TargetTable(path=path, vectors=[NAMES[:3], NAMES[3:6]], targets=[NAMES[6:]])
    other = TargetTable(path=path, vectors=[NAMES[:3]], targets=[NAMES[3:6], NAMES[6:]])
    assert one.digest != other.digest


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"targets": [], "label": None}, "set `targets`"),
        ({"targets": [NAMES[6:8]]}, "as many columns"),
        ({"objects": 2}, "lists of objects"),
    ],
)
def test_a_target_is_needed_and_fits(tmp_path: Path, change: dict[str, object], message: str) -> None:
    path, _ = table(tmp_path, 20)
    with pytest.raises(ValidationError, match=message):
        columns(path, **change)
