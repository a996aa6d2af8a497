"""Figures that others published, as a suite states them beside the entry that is to reproduce them. Light: no numpy.

They change no trial and enter no key: a figure, or what is said of it, can be mended without running anything again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, field_validator, model_validator

from symbench.component import FrozenModel
from symbench.errors import nearest
from symbench.metrics.catalog import catalog, described

Kind = Literal["interval", "scatter", "factor", "distance", "at least", "at most"]

_PHRASES: Mapping[str, Kind] = {
    "within interval": "interval",
    "within scatter": "scatter",
    "at least": "at least",
    "at most": "at most",
}
_AMOUNT = re.compile(r"within (factor )?(\d+(?:\.\d+)?(?:e[+-]?\d+)?)")


class Agreement(FrozenModel):
    """When our figure, a mean over seeds, agrees with the published one; written as a phrase.

    within interval   its 95 % interval meets the published value ± 1.96 of its error
    within scatter    the published value lies where one more seed would, with 95 % (Student's prediction interval): for
                      a figure that is a single run of theirs
    within factor 2   neither is more than so many times the other
    within 0.1        they are at most so far apart
    at least          it is no smaller than the published value less its error
    at most           it is no larger than the published value plus its error
    """

    kind: Kind
    amount: float | None = Field(None, ge=0, allow_inf_nan=False, description="the factor, or the distance")

    def __str__(self) -> str:
        return {
            "interval": "within the interval",
            "scatter": "within the scatter of seeds",
            "factor": f"within a factor of {self.amount:g}" if self.amount is not None else "",
            "distance": f"within {self.amount:g}" if self.amount else "exactly",
        }.get(self.kind, self.kind)


def _phrase(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value in _PHRASES:
        return Agreement(kind=_PHRASES[value])
    found = _AMOUNT.fullmatch(value)
    if found is None or (found[1] and float(found[2]) < 1):
        raise ValueError(
            "agreement reads like 'within interval', 'within scatter', 'within factor 2', 'within 0.1', 'at least' or "
            "'at most'"
        )
    return Agreement(kind="factor" if found[1] else "distance", amount=float(found[2]))


_PHRASE = Annotated[
    str,
    Field(
        pattern=rf"^({'|'.join(_PHRASES)}|{_AMOUNT.pattern})$", examples=[*_PHRASES, "within factor 2", "within 0.1"]
    ),
]


class Published(FrozenModel):
    """One published figure of a method on a task."""

    metric: str = Field(description="the metric of a trial that it is compared with")
    value: float = Field(allow_inf_nan=False, description="what was published")
    error: float | None = Field(None, gt=0, allow_inf_nan=False, description="its standard deviation, where stated")
    source: str = Field(min_length=1, description="where: paper, table or notebook")
    agrees: Annotated[Agreement, BeforeValidator(_phrase, json_schema_input_type=_PHRASE)] = Field(
        description="when ours agrees with it"
    )
    note: str = Field("", description="what was not the same, and why ours differs where it does")

    @field_validator("metric")
    @classmethod
    def _known(cls, name: str) -> str:
        """Metrics of the catalogue; a method's own, which start with `method_`, are known at the first trial."""
        if name.startswith("method_"):
            return name
        entry = described(name)
        if entry is None:
            of_trials = (known for known, each in catalog().items() if each.of_trial)
            raise ValueError(f"no metric {name!r}: {nearest(name, of_trials)}")
        if not entry.of_trial:
            raise ValueError(f"{name!r} is recorded beside a trial's metrics and depends on the machine: name a metric")
        return name

    @model_validator(mode="after")
    def _sensible(self) -> Published:
        if self.agrees.kind == "factor" and self.value <= 0:
            raise ValueError("a factor needs a published value above 0; say 'within 0.1' or the like")
        return self


class PublishedFigure(NamedTuple):
    """A published figure with the entry of the suite that it belongs to, at the entry's largest training size."""

    task: str
    method: str
    train_size: int
    published: Published
