"""How `charges` finds charges of reactions, some of which may be wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from symbench.algebra.integer_basis import integer_null_space, shortest_basis
from symbench.data.event_functions import linear_functions
from symbench.data.permuted import permuted
from symbench.discovery.base import InvariantSample, Symmetry
from symbench.errors import IncompatibleError

if TYPE_CHECKING:
    from symbench.discovery.charges.method import Charges

FloatArray = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_PERMUTATIONS = 5
_REPEATS = (2, 4, 8)  # occurrences from which a reaction is taken as it is
_SIZES = (0.5, 1.0, 2.0)  # of a subset of the others, in unknown charges


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
    other = _change(permuted(test, rng, _PERMUTATIONS, sample.parts))
    charges, ratios = _search(method, _change(train), here, other, rng, budget)
    functions = linear_functions(np.concatenate([-charges, charges], axis=1).astype(np.float64))
    return Symmetry(
        generators=np.zeros((0, species, species)),
        confidence=np.clip(1 - ratios, 0, 1),
        spectrum=np.sort(ratios),
        arrays={"charges": charges.astype(np.float64), "bound": np.array([method.bound])},
        notes={"charges": _text(charges, sample.names)},
        scalars={"broken_max": float(ratios.max(initial=0.0))},
        conserved=functions,
    )


def _text(charges: Integers, names: Sequence[str]) -> str:
    """Each charge as the species that carry it, `p 1, n 1; e⁻ −1, μ⁻ −1`."""
    return "; ".join(
        ", ".join(f"{name} {value}" for name, value in zip(names, charge.tolist(), strict=True) if value)
        for charge in charges
    )


def _change(reactions: FloatArray) -> Integers:
    """Products minus parent (N, S)."""
    return np.asarray(reactions[:, 1] - reactions[:, 0], dtype=np.int64)


def _search(
    method: Charges, rows: Integers, test: Integers, other: Integers, rng: np.random.Generator, budget: float
) -> tuple[Integers, FloatArray]:
    """The charges (k, S), and the share of broken reactions relative to permuted ones (k,)."""
    distinct, repeats = np.unique(rows, axis=0, return_counts=True)
    best, ratios, most = np.zeros((0, rows.shape[1]), dtype=np.int64), np.zeros(0), 0.0
    starts = {least: integer_null_space(distinct[repeats >= least]) for least in _REPEATS}
    for trial in range(max(1, round(method.subsets * budget))):
        least = _REPEATS[trial % len(_REPEATS)]
        start, others = starts[least], distinct[repeats < least]
        if not len(start):
            continue
        inside = others @ start.T  # what the rarer reactions demand of the charges that are left
        inside = inside[inside.any(axis=1)]
        size = min(len(inside), round(len(start) * _SIZES[trial // len(_REPEATS) % len(_SIZES)]))
        chosen = inside[rng.choice(len(inside), size, replace=False)] if trial and size else inside
        charges = shortest_basis(integer_null_space(chosen) @ start)
        found = _broken(charges, test, other, method.least)
        charges, found = charges[found < method.bound], found[found < method.bound]
        kept, worth = _worth(charges, test, other)
        if worth > most:
            best, ratios, most = charges[kept], found[kept], worth
    return best, ratios


def _broken(charges: Integers, test: Integers, other: Integers, least: float) -> FloatArray:
    """Share of the test reactions that break each charge, over that of permuted ones; infinite if not testable."""
    share = np.mean(test @ charges.T != 0, axis=0)
    null = np.mean(other @ charges.T != 0, axis=0)
    testable = null * len(test) >= least
    return np.where(testable, share / np.where(testable, null, 1.0), np.inf)


def _worth(charges: Integers, test: Integers, other: Integers) -> tuple[npt.NDArray[np.intp], float]:
    """Which charges (k, S) to keep, and how much shorter they make the description of the test reactions, in nats.

    If a share s of the permuted reactions obeys all charges, they save −log s for each reaction. One that breaks a
    charge has to be listed, log n. Charges are dropped while that helps: the number of a family of particles is
    conserved by most reactions, and costs more than it saves.
    """
    n = len(test)
    broken, by_chance = test @ charges.T != 0, other @ charges.T != 0
    kept = list(range(len(charges)))

    def worth(chosen: list[int]) -> float:
        obeyed = max(float(np.mean(~by_chance[:, chosen].any(axis=1))), 1 / len(other))
        return float(-n * np.log(obeyed) - np.log(n) * broken[:, chosen].any(axis=1).sum())

    while kept:
        fewer = [[c for c in kept if c != dropped] for dropped in kept]
        best = max(fewer, key=worth)
        if worth(best) <= worth(kept):
            break
        kept = best
    return np.array(kept, dtype=np.intp), worth(kept)
