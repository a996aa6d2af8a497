"""`jets`: the user's jets in discovery; which linear maps of constituents leave the class, or the mass, unchanged?"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from symbench.data.tables.grammar import Derived
from symbench.registry import task
from symbench.tasks.base import FunctionTask
from symbench.tasks.own_constituents import OwnConstituents


@task("jets")
class JetsTask(OwnConstituents, FunctionTask):
    """The leading constituents of jets, and the sum of the others, with the class or a derived quantity as label.

    Files, columns and classes are stated as for `jet-table`, so that one suite discovers a symmetry on the jets that a
    classifier such as `liegnn` is then trained on.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "your own jets: class, mass or pT as a function of the leading constituents"

    derived_label: Derived | None = Field(
        None, description="label that is computed from the sum of the vectors, instead of a class"
    )

    @property
    def label_kind(self) -> Literal["number", "class"]:
        return "class" if self.derived_label is None else "number"

    def _derived(self) -> Derived | None:
        return self.derived_label

    def _check_label(self) -> None:
        if self.derived_label is None:
            super()._check_label()
        elif self.files or self.label is not None:
            raise ValueError("set one of `derived_label`, `label` and `files`: a derived label replaces the class")
