"""What a search may vary: one dimension for each parameter, and configurations drawn from all of them.

A text decides the drawing: the same text gives the same configurations on every machine, so that an interrupted search
continues with the same list.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from symbench.component import FrozenModel

DIGITS = 4
"""Significant digits of a number that is drawn."""

_REPEATS = 200  # draws without a new configuration after which a space counts as exhausted

Real = Annotated[float, Field(allow_inf_nan=False)]


class Dimension(FrozenModel):
    """How one parameter is drawn; exactly one of the four is set.

    uniform      between two numbers
    log_uniform  between two positive numbers, with the same chance for every factor
    integer      whole numbers between two, both included
    choice       one of a list of values
    """

    uniform: tuple[Real, Real] | None = Field(None, description="between two numbers")
    log_uniform: tuple[Real, Real] | None = Field(None, description="between two positive numbers, evenly in the log")
    integer: tuple[int, int] | None = Field(None, description="whole numbers from the first to the second")
    choice: tuple[Any, ...] | None = Field(None, min_length=1, description="one of these values")

    @model_validator(mode="after")
    def _one_kind(self) -> Dimension:
        kinds = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(kinds) != 1:
            raise ValueError(f"one of uniform, log_uniform, integer or choice, not {' and '.join(kinds) or 'nothing'}")
        bounds = self.uniform or self.log_uniform or self.integer
        if bounds is not None and not bounds[0] < bounds[1]:
            raise ValueError(f"{kinds[0]} goes from a number to a larger one, not from {bounds[0]:g} to {bounds[1]:g}")
        if self.log_uniform is not None and self.log_uniform[0] <= 0:
            raise ValueError("log_uniform starts above zero")
        if self.choice is not None and len({_text(value) for value in self.choice}) < len(self.choice):
            raise ValueError("a choice holds each value once")
        return self

    @property
    def kind(self) -> str:
        """The key that the suite uses."""
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def ends(self) -> tuple[Any, ...]:
        """The values of a choice, or the two ends of a range."""
        values: tuple[Any, ...] = getattr(self, self.kind)
        return values

    def draw(self, source: random.Random) -> Any:
        """One value; numbers have `DIGITS` significant digits and stay within the range."""
        if self.choice is not None:
            return source.choice(self.choice)
        if self.integer is not None:
            return source.randint(*self.integer)
        low, high = self.ends
        if self.log_uniform is not None:
            value = math.exp(source.uniform(math.log(low), math.log(high)))
        else:
            value = source.uniform(low, high)
        return min(max(float(f"{value:.{DIGITS}g}"), low), high)

    def __str__(self) -> str:
        if self.choice is not None:
            return "one of " + ", ".join(str(value) for value in self.choice)
        low, high = self.ends
        return f"{low:g} to {high:g}" + (" (logarithmic)" if self.log_uniform is not None else "")


Space = Mapping[str, Dimension]
"""Parameter → how it is drawn."""


def configurations(space: Space, start: str, first: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Parameters of every configuration: `first`, then drawn ones, each once; it ends if the space is exhausted.

    start   the text that decides the drawing
    first   the values of the default recipe, by the names of the space
    """
    known = {_text(dict(first))}
    yield dict(first)
    source = random.Random(start)  # noqa: S311  not for secrets
    repeats = 0
    while repeats < _REPEATS and space:
        drawn = {name: space[name].draw(source) for name in sorted(space)}
        if _text(drawn) in known:
            repeats += 1
            continue
        known.add(_text(drawn))
        repeats = 0
        yield drawn


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
