"""Monotone maps of labels: the scale on which they are compared, and what they may not depend on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.discovery.base import FunctionSample
from symbench.discovery.shared.label_map import MappedLabel, best_map, mapped_labels, rank_error

numbers = st.lists(st.integers(-1000, 1000), min_size=5, max_size=40, unique=True).map(np.array)


def sample(y: np.ndarray, kind: str = "number") -> FunctionSample:
    return FunctionSample(np.zeros((len(y), 1, 2)), y, "class" if kind == "class" else "number")


@settings(max_examples=40, deadline=None)
@given(numbers, st.integers(0, 10**6))
def test_the_rank_error_does_not_depend_on_monotone_maps(y: np.ndarray, seed: int) -> None:
    predicted = np.random.Generator(np.random.PCG64(seed)).permutation(len(y)) / 7
    error = rank_error(predicted, y)
    assert rank_error(np.exp(predicted / 3), y / 1000.0) == pytest.approx(error, abs=1e-12)
    assert rank_error(predicted, np.arcsinh(y)) == pytest.approx(error, abs=1e-12)
    assert rank_error(3.0 * y, y) == pytest.approx(0, abs=1e-14)
    assert rank_error(-y, y) == pytest.approx(2, abs=1e-12)
    assert rank_error(predicted, -y) == pytest.approx(2 - error, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(numbers, st.floats(1e-3, 1e6))
def test_units_do_not_alter_a_mapped_label(y: np.ndarray, unit: float) -> None:
    for one, other in zip(
        mapped_labels(sample(np.abs(y) + 1.0)), mapped_labels(sample(unit * (np.abs(y) + 1.0))), strict=True
    ):
        assert one.name == other.name
        np.testing.assert_allclose(one.values, other.values, rtol=1e-6, atol=1e-6)


def test_maps_need_labels_of_one_sign_and_keep_their_order() -> None:
    positive = np.array([0.5, 3.0, 1.0, 8.0, 2.0])
    maps = {label.name: label.values for label in mapped_labels(sample(positive))}
    assert list(maps) == ["identity", "square", "log", "normal"]
    for values in maps.values():
        assert list(np.argsort(values)) == list(np.argsort(positive))
        assert (values.mean(), values.std()) == pytest.approx((0, 1))
    mirrored = {label.name: label.values for label in mapped_labels(sample(-positive))}
    for name, values in mirrored.items():
        np.testing.assert_allclose(values, -maps[name], atol=1e-12)
    assert [label.name for label in mapped_labels(sample(positive - 0.5))] == ["identity", "square", "normal"]
    assert [label.name for label in mapped_labels(sample(positive - 2))] == ["identity", "normal"]
    assert mapped_labels(sample(np.ones(4))) == ()


def test_two_values_have_log_odds_only() -> None:
    for y, kind in ((np.array([0, 1, 1, 0, 1]), "class"), (np.array([-2.5, 7.0, 7.0, -2.5, 7.0]), "number")):
        (label,) = mapped_labels(sample(y, kind))
        assert (label.name, label.classes) == ("log-odds", True)
        assert list(label.fitted) == [0, 1, 1, 0, 1]
        certain = label.predicted(np.where(label.fitted == 1, 50.0, -50.0))
        np.testing.assert_allclose(certain, label.values, atol=1e-12)


def test_a_later_map_has_to_be_better_by_a_tenth() -> None:
    labels = [MappedLabel(name, np.zeros(3)) for name in "abc"]
    assert best_map(labels, lambda label: {"a": 1.0, "b": 0.95, "c": 0.91}[label.name]).name == "a"
    assert best_map(labels, lambda label: {"a": 1.0, "b": 0.95, "c": 0.5}[label.name]).name == "c"
    assert best_map(labels, lambda label: {"a": 0.0, "b": 0.0, "c": 0.0}[label.name]).name == "a"
    with pytest.raises(ValueError, match="no label"):
        best_map([], lambda label: 0.0)
