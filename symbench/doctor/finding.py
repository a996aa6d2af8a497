"""What a check found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

from pydantic import Field

from symbench.component import FrozenModel


class Health(StrEnum):
    """`ok`; `note` for something that only some suites need; `broken` for what prevents runs."""

    OK = "ok"
    NOTE = "note"
    BROKEN = "broken"


class Finding(FrozenModel):
    """The result of one check."""

    what: str = Field(description="what was checked, in a few words")
    state: Health
    found: str = Field(description="what was found, with its values")
    remedy: str = Field("", description="what to do about it; empty for `ok`")


Check = Callable[[], Iterator[Finding]]


def ok(what: str, found: str) -> Finding:
    return Finding(what=what, state=Health.OK, found=found)


def note(what: str, found: str, remedy: str) -> Finding:
    return Finding(what=what, state=Health.NOTE, found=found, remedy=remedy)


def broken(what: str, found: str, remedy: str) -> Finding:
    return Finding(what=what, state=Health.BROKEN, found=found, remedy=remedy)
