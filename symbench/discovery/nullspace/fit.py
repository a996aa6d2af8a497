"""How `nullspace` proceeds: cross-fitted gradients, candidate generators, and their number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from symbench.algebra.subspace import second_moment
from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.nullspace.cross_fit import candidates, confidence_below, count, cross_fit, upper_bounds
from symbench.discovery.nullspace.library import fit_fields
from symbench.discovery.shared.preparation import standardised_label, support

if TYPE_CHECKING:
    from symbench.discovery.nullspace.method import Nullspace


FloatArray = npt.NDArray[np.float64]


def fit(method: Nullspace, sample: FunctionSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Fit networks, count the generators and claim them, in the coordinates of the sample.

    Raises IncompatibleError for labels of three classes or more, and for vectors that do not fit the library.
    """
    if method.library != "linear":
        return fit_fields(method, sample, seed=seed, budget=budget, device=device)
    n, _, d = sample.x.shape
    y = standardised_label(sample)
    frame = support(sample.x)
    if y is None or n < 2 * method.folds or frame.shape[1] == 0:
        # A constant label decides nothing, and neither do too few events.
        return Symmetry(np.zeros((0, d, d)), np.zeros(0))
    x = sample.x @ frame
    x = x / np.sqrt(np.mean(x**2))
    ensemble = cross_fit(method, x, y, seed=seed, budget=budget, device=device)
    counted = count(method, ensemble, x)
    _, directions = candidates(ensemble, x, range(method.folds))
    moment = second_moment(sample.x)

    def lifted(columns: FloatArray) -> FloatArray:
        r = frame.shape[1]
        inside = columns.T.reshape(-1, r, r)
        return _unit_displacement(frame @ inside @ frame.T, moment)

    k = counted.k
    return Symmetry(
        generators=lifted(directions[:, :k]),
        confidence=np.array([confidence_below(method.bound**2, counted, m, method.folds) for m in range(k)]),
        steps=ensemble.steps,
        spectrum=np.sqrt(np.maximum.accumulate(counted.worst)),
        arrays={
            "spectrum_upper": np.sqrt(upper_bounds(counted.worst, counted.error, method)),
            "bound": np.array([method.bound]),
            "generator_samples": np.array([lifted(s[:, :k]) for s in counted.samples]),
        },
        scalars={"held_out_loss": ensemble.held_out},
    )


def _unit_displacement(generators: FloatArray, moment: FloatArray) -> FloatArray:
    """Generators scaled so that E‖Lx‖² = E‖x‖²."""
    lengths = np.einsum("kij,jl,kil->k", generators, moment, generators)
    return np.asarray(generators * np.sqrt(np.trace(moment) / lengths)[:, None, None])
