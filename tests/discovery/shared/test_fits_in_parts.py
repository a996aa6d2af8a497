"""Fits of many events have parts: the same numbers whoever computes them, and the same fit however they are cut."""

from __future__ import annotations

import pickle
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pytest
from ray import cloudpickle

from symbench.discovery.base import DiscoveryMethod, FunctionSample, Symmetry
from symbench.discovery.nullspace.method import Nullspace
from symbench.discovery.oracle.method import Oracle
from symbench.discovery.quadratic.method import Quadratic
from symbench.discovery.shared import slopes
from symbench.discovery.shared.designs import QuadraticDesign
from symbench.discovery.shared.fold_fits import fit_folds, prepare
from symbench.discovery.shared.forms import streamed_forms
from symbench.discovery.shared.slopes import STRETCH, Slopes, blocks, stretches, total
from symbench.trial.parts import parts_mapped_by

EVENTS = 5_000
NULLSPACE = Nullspace(family="network", width=2, steps=1)
ORACLE = Oracle(width=2, steps=1, descent_steps=5, starts=1)
QUADRATIC = Quadratic(folds=5)


def sent(value: Any) -> Any:
    """What another process receives: a copy with read-only arrays, as Ray gives it."""
    buffers: list[pickle.PickleBuffer] = []
    data = cloudpickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    return pickle.loads(data, buffers=[bytes(buffer.raw()) for buffer in buffers])


def elsewhere(function: Callable[[Any, Any], Any], shared: Any, parts: Iterable[Any]) -> Iterator[Any]:
    """Each part in another process, the last one first."""
    remaining = [sent((function, shared, part)) for part in parts]
    found = [sent(task[0](*task[1:])) for task in reversed(remaining)]
    return iter(found[::-1])


def fit(method: DiscoveryMethod, classes: bool = False) -> Symmetry:
    x = np.random.default_rng(0).standard_normal((EVENTS, 1, 3))
    y = np.sum(x**2, axis=(1, 2)) + 0.1 * np.random.default_rng(1).standard_normal(EVENTS)
    label = (y > 2).astype(np.float64) if classes else y
    sample = FunctionSample(x=x, y=label, label_kind="class" if classes else "number", label_function=None)
    return method.fit(sample, seed=0, budget=1.0)


@pytest.fixture
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slopes, "STRETCH", slopes.BLOCK)


@pytest.mark.parametrize(
    ("method", "classes"),
    [
        pytest.param(NULLSPACE, False, id="nullspace"),
        pytest.param(QUADRATIC, True, id="quadratic, two classes"),
        pytest.param(NULLSPACE, True, id="nullspace, two classes", marks=pytest.mark.slow),
        pytest.param(ORACLE, False, id="oracle", marks=pytest.mark.slow),
    ],
)
@pytest.mark.usefixtures("short_stretches")
def test_parts_elsewhere_give_the_same_bits(method: DiscoveryMethod, classes: bool) -> None:
    here = fit(method, classes)
    with parts_mapped_by(elsewhere):
        there = fit(method, classes)
    assert here.generators.tobytes() == there.generators.tobytes()
    assert here.steps == there.steps
    assert here.scalars == there.scalars
    for one, other in ((here.spectrum, there.spectrum), *zip(here.arrays.values(), there.arrays.values(), strict=True)):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "method", [QUADRATIC, pytest.param(NULLSPACE, marks=pytest.mark.slow)], ids=["quadratic", "nullspace"]
)
def test_the_lengths_of_stretches_change_rounding_only(method: DiscoveryMethod, request: pytest.FixtureRequest) -> None:
    whole = fit(method)
    request.getfixturevalue("short_stretches")
    cut = fit(method)
    assert whole.spectrum is not None
    assert cut.spectrum is not None
    np.testing.assert_allclose(whole.spectrum, cut.spectrum, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("events", [1, STRETCH - 1, STRETCH, STRETCH + 1, 3 * STRETCH + 5_000])
def test_stretches_and_their_blocks_cover_every_event_once_and_in_order(events: int) -> None:
    cut = [block for stretch in stretches(events) for block in blocks(stretch)]
    covered = np.concatenate([np.arange(block.start, block.stop) for block in cut])
    np.testing.assert_array_equal(covered, np.arange(events))
    assert cut == list(blocks(events)), "blocks of stretches are those of all events: the sums are the same"


def test_the_total_does_not_change_the_parts() -> None:
    parts = [[np.ones(2), np.eye(2)], [np.full(2, 3.0), np.eye(2)]]
    for array in (array for part in parts for array in part):
        array.flags.writeable = False
    sums = total(iter(parts))
    np.testing.assert_array_equal(sums[0], [4.0, 4.0])
    np.testing.assert_array_equal(sums[1], 2 * np.eye(2))


def peak(events: int) -> int:
    """Bytes that the sums of a fit and of its verdict allocate at most, beside the sample."""
    x = np.random.default_rng(0).standard_normal((events, 2, 4))
    y, fold = x[:, 0, 0] * x[:, 1, 0], np.arange(events) % 5
    design = QuadraticDesign(family=3, vectors=2, components=4)
    tracemalloc.start()
    try:
        found = fit_folds(prepare(design, x, y, fold), x, y, fold, binary=False)
        gradient = design.gradient(found.coefficients)
        gradients = Slopes(lambda rows: gradient(x[rows]), (5, 1, *x.shape))
        streamed_forms(gradients, x, fold, np.ones(events, dtype=np.bool_), 1.0)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_grows_by_a_few_numbers_for_each_event() -> None:
    """Of 44 functions, 5 gradients of 8 components and 8 rows of 16 that a fit evaluates at each event."""
    few, many = 2 * STRETCH, 4 * STRETCH
    assert (peak(many) - peak(few)) / (many - few) < 4 * 8
