"""The content key: what decides a result enters it, what does not stays out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from symbench.component import Track
from symbench.trial.arrays import decode_array, encode_array
from symbench.trial.resources import Resources
from symbench.trial.spec import ComponentSpec, TrialSpec

SPEC = TrialSpec(
    track=Track.FUNCTION,
    task=ComponentSpec(name="t", parameters={"a": 1, "b": [1, 2]}, version="1"),
    method=ComponentSpec(name="m", parameters={"c": 0.5}, version="1"),
    train_size=100,
    seed=3,
    evaluation={"operations": [{"name": "boost", "rapidity": 0.5}]},
    data_digest="d" * 64,
    metrics_version="1",
    task_label="t",
    method_label="m",
)


def _changed(**update: Any) -> TrialSpec:
    return TrialSpec.model_validate({**SPEC.model_dump(), **update})


@pytest.mark.parametrize(
    "update",
    [
        {"resources": Resources(cpus=8, gpus=1, timeout_s=5).model_dump()},
        {"task_label": "x"},
        {"method_label": "x"},
        {
            "task": {
                "name": "t",
                "parameters": {"b": [1, 2], "a": 1},
                "version": "1",
                "locations": {"path": "/x"},
            }
        },
    ],
)
def test_labels_resources_order_and_places_do_not_change_the_key(update: dict[str, Any]) -> None:
    assert _changed(**update).key == SPEC.key


@pytest.mark.parametrize(
    "update",
    [
        {"train_size": 101},
        {"seed": 4},
        {"budget": 0.5},
        {"track": "classification"},
        {"evaluation": {}},
        {"task": {"name": "t", "parameters": {"a": 2, "b": [1, 2]}, "version": "1"}},
        {"method": {"name": "n", "parameters": {"c": 0.5}, "version": "1"}},
    ],
)
def test_what_decides_the_result_changes_key_and_question(update: dict[str, Any]) -> None:
    assert _changed(**update).key != SPEC.key
    assert _changed(**update).question != SPEC.question


@pytest.mark.parametrize(
    "update",
    [
        {"data_digest": "e" * 64},
        {"metrics_version": "2"},
        {"task": {"name": "t", "parameters": {"a": 1, "b": [1, 2]}, "version": "2"}},
        {"method": {"name": "m", "parameters": {"c": 0.5}, "version": "2"}},
    ],
)
def test_versions_and_data_change_the_key_but_not_the_question(update: dict[str, Any]) -> None:
    assert _changed(**update).key != SPEC.key
    assert _changed(**update).question == SPEC.question


def test_the_key_is_the_same_in_every_process_and_release() -> None:
    """A constant: should it change, every journal in the world goes stale, which must be meant."""
    assert SPEC.key == "bf34219dc802db8005e547e6f6c1d20408dc421a25f23dd3524aa1a546248288"


@given(
    hnp.arrays(
        dtype=st.sampled_from([np.float32, np.float64, np.int64, np.uint8]),
        shape=hnp.array_shapes(min_dims=0, max_dims=3, min_side=0),
    )
)
def test_arrays_survive_json(array: np.ndarray) -> None:
    back = decode_array(encode_array(array))
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)


def test_objects_are_never_decoded() -> None:
    with pytest.raises(TypeError):
        decode_array({"dtype": "O", "shape": [1], "data": "AAAA"})
    with pytest.raises(TypeError):
        encode_array(np.array([object()]))
