"""Published figures, stated in a suite beside the entry that reproduces them. Light: no numpy.

They change no trial and enter no key: a figure or its note can be corrected without running anything again.
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
    """The rule by which our figure, a mean over seeds, agrees with the published one; written as a phrase.

    within interval   our 95 % interval overlaps the published value ± 1.96 times its error
    within scatter    the published value lies in Student's 95 % prediction interval for one more seed; for figures that
                      were published for a single training
    within factor 2   the ratio of the two is at most 2, in either direction
    within 0.1        the difference of the two is at most 0.1
    at least          our figure is at least the published value minus its error
    at most           our figure is at most the published value plus its error

    The last two are bounds: they can state that a result is as good as the published one, not that it is the same.
    """

    kind: Kind
    amount: float | None = Field(None, ge=0, allow_inf_nan=False, description="the factor, or the distance")

    @property
    def is_bound(self) -> bool:
        """Whether the rule is one-sided."""
        return self.kind in ("at least", "at most")

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
    match = _AMOUNT.fullmatch(value)
    if match is None or (match[1] and float(match[2]) < 1):
        raise ValueError(
            "write the agreement as 'within interval', 'within scatter', 'within factor 2', 'within 0.1', 'at least' "
            "or 'at most'"
        )
    return Agreement(kind="factor" if match[1] else "distance", amount=float(match[2]))


_PHRASE = Annotated[
    str,
    Field(
        pattern=rf"^({'|'.join(_PHRASES)}|{_AMOUNT.pattern})$", examples=[*_PHRASES, "within factor 2", "within 0.1"]
    ),
]


class Published(FrozenModel):
    """One published figure of a method on a task."""

    metric: str = Field(description="the metric of a trial that the figure is compared with")
    value: float = Field(allow_inf_nan=False, description="the published value")
    error: float | None = Field(None, gt=0, allow_inf_nan=False, description="its standard deviation, if stated")
    source: str = Field(min_length=1, description="the publication: paper, table or notebook")
    agrees: Annotated[Agreement, BeforeValidator(_phrase, json_schema_input_type=_PHRASE)] = Field(
        description="the rule by which our result agrees with it"
    )
    tuned: str = Field("", description="settings that were chosen with this figure in view; empty if none were")
    note: str = Field("", description="differences between the two set-ups, and the reason if the results differ")

    @field_validator("metric")
    @classmethod
    def _known(cls, name: str) -> str:
        """Accept metrics of the catalogue, and any name with `method_`, because methods may add their own metrics."""
        if name.startswith("method_"):
            return name
        entry = described(name)
        if entry is None:
            of_trials = (known for known, each in catalog().items() if each.of_trial)
            raise ValueError(f"no metric {name!r}: {nearest(name, of_trials)}")
        if not entry.of_trial:
            raise ValueError(f"{name!r} depends on the machine and is not a metric of a trial: name a metric")
        return name

    @model_validator(mode="after")
    def _sensible(self) -> Published:
        if self.agrees.kind == "factor" and self.value <= 0:
            raise ValueError("a factor needs a published value above 0; use a difference such as 'within 0.1'")
        return self


class PublishedFigure(NamedTuple):
    """A published figure with the entry of the suite that it belongs to, at the entry's largest training size."""

    task: str
    method: str
    train_size: int
    published: Published
