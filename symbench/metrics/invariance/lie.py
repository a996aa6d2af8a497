"""The Lie-derivative error: the first-order change of the output along a generator."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from symbench.metrics.invariance.invariance import squares
from symbench.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.metrics.operations.base import Operation

    Floats = npt.NDArray[np.floating[Any]]

_PRECISIONS = {"": "", "_float32": ", float32"}
_OF_DISCOVERED = re.compile(r"lie_generator_([1-9][0-9]*)(_float32)?")


def of_lie_derivative(operation: Operation) -> tuple[Metric, ...]:
    """The errors of an operation, a mean over its generators, and of each generator that has a name."""
    if not operation.has_lie_derivative:
        return ()
    titles = {member: member.replace("_", ", ") for member in operation.lie_members}
    titles[operation.name] = operation.title
    return tuple(
        _metric(name, title, suffix, words) for name, title in titles.items() for suffix, words in _PRECISIONS.items()
    )


def of_discovered(name: str) -> Metric | None:
    """The entry of `lie_generator_2` and the like, one for each discovered generator; None for another name."""
    match = _OF_DISCOVERED.fullmatch(name)
    if match is None:
        return None
    suffix = match[2] or ""
    return _metric(f"generator_{match[1]}", f"discovered generator {match[1]}", suffix, _PRECISIONS[suffix])


def _metric(name: str, title: str, suffix: str, words: str) -> Metric:
    return Metric(
        f"lie_{name}{suffix}",
        f"Lie derivative, {title}{words}",
        f"E[(∇z·Lx)²] / E[‖∇z‖²‖Lx‖²], {title}{words}",
        "",
        "lower",
        2,
        "significant",
    )


def lie_ratio(along: Floats, slope: Floats, length: Floats) -> float | None:
    """The Lie-derivative error E[‖∇z·Lx‖²] / E[‖∇z‖²‖Lx‖²], in [0, 1]; 0 if z is invariant under exp(tL).

    along  ∇z·Lx of the K outputs (N, K);  slope  ‖∇z‖² summed over them (N,);  length  ‖Lx‖² (N,)
    None if z does not depend on the vectors.
    """
    import numpy as np

    total = float(np.mean(slope * length))
    return float(np.mean(squares(along))) / total if total > 0 else None
