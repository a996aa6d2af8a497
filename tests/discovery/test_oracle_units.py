"""The unit of a label that is given as a formula does not decide what is found."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from symbench.algebra.bases import so
from symbench.algebra.subspace import overlap
from symbench.discovery.base import FunctionSample
from symbench.discovery.oracle.method import KnownOracle
from symbench.discovery.shared.preparation import label_of_order_one
from symbench.tasks.function.cms.dimuon import DimuonMass

Sample = Callable[..., FunctionSample]


def test_six_generators_of_the_mass_of_recorded_dimuons(sample: Sample) -> None:
    events = replace(sample("cms-dimuon-mass", 400), label_function=DimuonMass().label_function())
    found = KnownOracle(starts=1).fit(events, seed=0, budget=1.0)
    assert len(found.generators) == 6
    assert np.degrees(np.max(overlap(found.generators, so(1, 3)).angles)) < 1


def test_a_label_of_order_one_is_left_as_it_is_and_another_gets_a_spread_of_one() -> None:
    def length(x: torch.Tensor) -> torch.Tensor:
        return x.square().sum(dim=(1, 2))

    x = np.random.default_rng(0).normal(size=(500, 1, 3))
    values = length(torch.from_numpy(x)).numpy()
    assert label_of_order_one(FunctionSample(x, values, "number", label_function=length)) is length
    assert label_of_order_one(FunctionSample(x, values, "number")) is None
    for unit in (1e-6, 1e6):

        def in_units(x: torch.Tensor, unit: float = unit) -> torch.Tensor:
            return unit * length(x)

        scaled = label_of_order_one(FunctionSample(x, unit * values, "number", label_function=in_units))
        assert scaled is not None
        assert float(scaled(torch.from_numpy(x)).std()) == pytest.approx(1, abs=0.01)
