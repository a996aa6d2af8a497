"""How `charges` finds charges of reactions, some of which may be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from symbench.algebra.integer_basis import integer_null_space
from symbench.data.event_functions import linear_functions
from symbench.data.permuted import permuted
from symbench.discovery.base import InvariantSample, Symmetry
from symbench.errors import IncompatibleError

if TYPE_CHECKING:
    from symbench.discovery.charges.method import Charges

FloatArray = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_PERMUTATIONS = 5
_LARGEST = 60  # unknown charges after the repeated reactions; more are not determined by what is there


def fit(method: Charges, sample: InvariantSample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Charges as functions −q·parent + q·products; `charges` (k, S) is their reduced integer basis."""
    counts = np.rint(sample.x * sample.scale)
    if sample.parts not in method.parts or sample.x.shape[1] != 2:
        raise IncompatibleError(f"charges takes reactions, not events of {sample.parts}")
    rng = np.random.Generator(np.random.PCG64([seed, 7]))
    order = rng.permutation(len(counts))
    test, train = np.split(counts[order], [round(method.held_out * len(counts))])
    species = counts.shape[2]
    here = _change(test)
    other = _change(permuted(test, rng, _PERMUTATIONS))
    charges, ratios = _search(method, _change(train), here, other, rng, budget)
    functions = linear_functions(np.concatenate([-charges, charges], axis=1).astype(np.float64))
    return Symmetry(
        generators=np.zeros((0, species, species)),
        confidence=np.clip(1 - ratios, 0, 1),
        spectrum=np.sort(ratios),
        arrays={"charges": charges.astype(np.float64), "bound": np.array([method.bound])},
        scalars={"broken_max": float(ratios.max(initial=0.0))},
        conserved=functions,
    )


def _change(reactions: FloatArray) -> Integers:
    """Products minus parent (N, S)."""
    return np.asarray(reactions[:, 1] - reactions[:, 0], dtype=np.int64)


def _search(
    method: Charges, rows: Integers, test: Integers, other: Integers, rng: np.random.Generator, budget: float
) -> tuple[Integers, FloatArray]:
    """The charges (k, S), and the share of broken reactions relative to permuted ones (k,)."""
    nothing = np.zeros((0, rows.shape[1]), dtype=np.int64)
    distinct, repeats = np.unique(rows, axis=0, return_counts=True)
    start = integer_null_space(distinct[repeats > 1])
    singles = distinct[repeats == 1]
    if not len(start) or len(start) > _LARGEST:
        return nothing, np.zeros(0)
    inside = singles @ start.T  # what the single reactions demand of the charges that are left
    inside = inside[inside.any(axis=1)]
    best, ratios = nothing, np.zeros(0)
    for trial in range(max(1, round(method.subsets * budget))):
        size = min(len(inside), len(start) * (1 + trial % 4))
        chosen = inside[rng.choice(len(inside), size, replace=False)] if size else inside
        charges = integer_null_space(chosen) @ start
        if len(charges) <= len(best):
            continue
        reduced = _shortest(charges)
        found = _broken(reduced, test, other, method.least)
        if (found < method.bound).all():
            best, ratios = reduced, found
    return best, ratios


def _shortest(charges: Integers) -> Integers:
    """A reduced integer basis of the span of charges (k, S): the null space of its null space."""
    return integer_null_space(integer_null_space(charges))


def _broken(charges: Integers, test: Integers, other: Integers, least: float) -> FloatArray:
    """Share of the test reactions that break each charge, over that of permuted ones; infinite if it is not testable."""
    share = np.mean(test @ charges.T != 0, axis=0)
    null = np.mean(other @ charges.T != 0, axis=0)
    testable = null * len(test) >= least
    return np.where(testable, share / np.where(testable, null, 1.0), np.inf)
