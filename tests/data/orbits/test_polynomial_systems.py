"""The truth of every polynomial system, solved over the rational numbers by elimination in this file."""

from fractions import Fraction

import numpy as np
import pytest

from symbench.algebra.structure import name_of
from symbench.data.orbits.polynomial_systems import SYSTEMS, PolynomialSystem
from symbench.tasks.dynamics.polynomial_flow import PolynomialFlow

Polynomial = dict[tuple[int, ...], Fraction]


def bracket_with_unit(system: PolynomialSystem, k: int, m: int) -> dict[tuple[int, tuple[int, ...]], Fraction]:
    """[F, x_m e_k] term by term: component i and exponents → coefficient."""
    out: dict[tuple[int, tuple[int, ...]], Fraction] = {}

    def add(i: int, term: tuple[int, ...], value: Fraction) -> None:
        out[i, term] = out.get((i, term), Fraction(0)) + value

    for i, component in enumerate(system.terms):
        for term, value in component.items():
            if term[k]:
                moved = tuple(e - (a == k) + (a == m) for a, e in enumerate(term))
                add(i, moved, value * term[k])
            if i == m:
                add(k, term, -value)
    return out


def nullity(columns: list[dict[tuple[int, tuple[int, ...]], Fraction]]) -> int:
    """The dimension of the null space of a rational matrix, by Gauss."""
    keys = sorted({key for column in columns for key in column})
    rows = [[column.get(key, Fraction(0)) for column in columns] for key in keys]
    rank = 0
    for j in range(len(columns)):
        pivot = next((r for r in range(rank, len(rows)) if rows[r][j]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for r in range(rank + 1, len(rows)):
            if rows[r][j]:
                factor = rows[r][j] / rows[rank][j]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[rank], strict=True)]
        rank += 1
    return len(columns) - rank


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_stated_algebra_is_the_null_space_over_the_rationals(name: str) -> None:
    system = SYSTEMS[name]()
    d = system.dimension
    units = [bracket_with_unit(system, k, m) for k in range(d) for m in range(d)]
    assert nullity(units) == len(system.symmetries)
    for generator in system.symmetries:
        flat = [Fraction(value) for row in generator for value in row]
        total: dict[tuple[int, tuple[int, ...]], Fraction] = {}
        for weight, unit in zip(flat, units, strict=True):
            for key, value in unit.items():
                total[key] = total.get(key, Fraction(0)) + weight * value
        assert not any(total.values())
    generators = system.generators()
    assert len(generators) == 0 or np.linalg.matrix_rank(generators.reshape(len(generators), -1)) == len(generators)


@pytest.mark.parametrize("name", SYSTEMS)
def test_names_are_those_of_the_matrices(name: str) -> None:
    task = PolynomialFlow(system=name)
    truth = task.truth()
    assert task.truth_name() == (name_of(truth) if len(truth) else "none")
    assert task.largest_defect(truth) < 1e-12
