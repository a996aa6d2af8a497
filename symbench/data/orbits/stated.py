"""Conserved quantities that a suite states as sums of products of the state's columns; nothing in them is executed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.data.samples import ConservedQuantities

    FloatArray = npt.NDArray[np.float64]
    Function = Callable[[FloatArray], FloatArray]

FUNCTIONS = ("sin", "cos", "exp", "log", "sqrt")

_FACTOR = re.compile(r"(?:(?P<function>[a-z]+)\((?P<inside>[^()]+)\)|(?P<column>[^()^]+))(?:\^(?P<power>-?\d{1,2}))?")


@dataclass(frozen=True)
class Factor:
    """f(Σ cᵢ xᵢ)ᵖ; without a function, one column to a power."""

    function: str | None
    columns: tuple[tuple[int, int], ...]  # number of the column, and its sign
    power: int


@dataclass(frozen=True)
class Summand:
    """A coefficient times factors."""

    coefficient: float
    factors: tuple[Factor, ...]


Quantity = tuple[Summand, ...]


def parse(terms: Mapping[str, float], state: Sequence[str]) -> Quantity:
    """A quantity as product → coefficient, such as {"p^2": 0.5, "cos(q)": -1}.

    A product consists of columns of the state, or of functions of their sums and differences, `cos(a-b)`, each with an
    integer power, divided by `*`. Raises ValueError.
    """
    if not terms:
        raise ValueError("a quantity without terms")
    found = []
    for product, coefficient in terms.items():
        if not math.isfinite(coefficient) or coefficient == 0:
            raise ValueError(f"the coefficient of {product!r} is {coefficient}")
        found.append(Summand(coefficient, tuple(_factor(part.strip(), product, state) for part in product.split("*"))))
    return tuple(found)


def conserved(quantities: Sequence[Quantity]) -> ConservedQuantities:
    """The functions of states, with their gradients by the product rule."""
    from symbench.data.samples import ConservedQuantities

    def values(x: FloatArray) -> FloatArray:
        import numpy as np

        return np.stack([sum((_value(term, x) for term in quantity), np.zeros(len(x))) for quantity in quantities], 1)

    def gradients(x: FloatArray) -> FloatArray:
        import numpy as np

        return np.stack([sum((_gradient(term, x) for term in q), np.zeros(x.shape)) for q in quantities], axis=1)

    return ConservedQuantities(len(quantities), values, gradients)


def flow_defect(claim: ConservedQuantities, states: FloatArray, velocity: FloatArray) -> list[float]:
    """⟨(∇Q·ẋ)²⟩ / ⟨‖∇Q‖²‖ẋ‖²⟩ of each quantity on states (M, D): 0 if it is constant, about 1/D for any function."""
    import numpy as np

    gradients = claim.gradients(states)
    change = np.square(np.einsum("mkd,md->mk", gradients, velocity)).mean(axis=0)
    scale = (np.square(gradients).sum(axis=2) * np.square(velocity).sum(axis=1)[:, None]).mean(axis=0)
    return [float(c / s) if s > 0 else 1.0 for c, s in zip(change, scale, strict=True)]


def _factor(text: str, product: str, state: Sequence[str]) -> Factor:
    if text in state:
        return Factor(None, ((state.index(text), 1),), 1)
    match = _FACTOR.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} in {product!r} is no factor: {_RULE}")
    function, power = match["function"], int(match["power"] or 1)
    if power == 0:
        raise ValueError(f"{text!r} in {product!r} has the power 0")
    if function is None:
        return Factor(None, ((_column(match["column"].strip(), product, state), 1),), power)
    if function not in FUNCTIONS:
        raise ValueError(f"unknown function {function!r} in {product!r}; known: {', '.join(FUNCTIONS)}")
    inside = match["inside"].strip()
    if inside in state:
        return Factor(function, ((state.index(inside), 1),), power)
    signed = re.findall(r"([+-]?)\s*([^+-]+)", inside)
    columns = tuple((_column(name.strip(), product, state), -1 if sign == "-" else 1) for sign, name in signed)
    return Factor(function, columns, power)


_RULE = "write a column of `state`, a power such as p^2, or a function such as cos(q)"


def _column(name: str, product: str, state: Sequence[str]) -> int:
    if name not in state:
        raise ValueError(f"{name!r} in {product!r} is no column of the state {', '.join(state)}: {_RULE}")
    return list(state).index(name)


def _value(term: Summand, x: FloatArray) -> FloatArray:
    import numpy as np

    value = np.full(len(x), term.coefficient)
    for factor in term.factors:
        value = value * _evaluated(factor, x)[0]
    return value


def _gradient(term: Summand, x: FloatArray) -> FloatArray:
    """(M, D), a sum over factors of the derivative of one and the values of the others."""
    import numpy as np

    gradient = np.zeros(x.shape)
    evaluated = [_evaluated(factor, x) for factor in term.factors]
    for number, factor in enumerate(term.factors):
        others = np.full(len(x), term.coefficient)
        for other, (value, _) in enumerate(evaluated):
            others = others * (value if other != number else 1.0)
        for column, sign in factor.columns:
            gradient[:, column] += sign * others * evaluated[number][1]
    return gradient


def _evaluated(factor: Factor, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """f(u)ᵖ and its derivative by u, at u = Σ ± xᵢ."""
    import numpy as np

    u = sum((sign * x[:, column] for column, sign in factor.columns), np.zeros(len(x)))
    function, slope = _of(factor.function)
    inner = function(u)
    return inner**factor.power, factor.power * inner ** (factor.power - 1) * slope(u)


def _of(name: str | None) -> tuple[Function, Function]:
    """The function and its derivative."""
    import numpy as np

    known: dict[str | None, tuple[Function, Function]] = {
        None: (lambda u: u, np.ones_like),
        "sin": (np.sin, np.cos),
        "cos": (np.cos, lambda u: -np.sin(u)),
        "exp": (np.exp, np.exp),
        "log": (np.log, lambda u: 1 / u),
        "sqrt": (np.sqrt, lambda u: 0.5 / np.sqrt(u)),
    }
    return known[name]
