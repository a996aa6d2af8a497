"""`table`: the user's own files; named columns form the vectors and the label."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from symbench.data.tables.grammar import Derived
from symbench.registry import task
from symbench.tasks.base import FunctionTask
from symbench.tasks.own_vectors import OwnVectors


@task("table")
class TableTask(OwnVectors, FunctionTask):
    """N rows of P vectors of dimension d, with a number or class for each; of repeated events one row is kept.

    The data are identified by the SHA-256 of the files, not by their paths.
    """

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "your own CSV, Parquet, Feather, NPZ, HDF5 or ROOT files"

    label: str | list[str] | None = Field(
        None, description="column of the label, or one-hot columns; omit it with `derived_label`"
    )
    label_type: Literal["number", "class"] = Field("number", description="a number, or a class: an integer or a word")
    derived_label: Derived | None = Field(
        None, description="label that is computed from the sum of the vectors, instead of a column"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.label is None) == (self.derived_label is None):
            raise ValueError("set either `label`, a column, or `derived_label`")
        if self.derived_label is not None and self.label_type == "class":
            raise ValueError("a derived label is a number")
        return self

    @property
    def label_kind(self) -> Literal["number", "class"]:
        return self.label_type

    def _label(self) -> dict[str, Any]:
        label = tuple(self.label) if isinstance(self.label, list) else self.label
        return {"label": label, "label_type": self.label_type, "derived": self.derived_label}
