"""`jets-density`: the density of the constituents of the user's jets."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.base import DistributionTask
from symbench.tasks.own_constituents import OwnConstituents

if TYPE_CHECKING:
    from symbench.data.container import Dataset
    from symbench.data.samples import DistributionSample


@task("jets-density")
class JetsDensity(OwnConstituents, DistributionTask):
    """The density of the leading constituents and the sum of the others; with classes, the joint density with these.

    Files, columns and classes are stated as for `jet-table`; without `label` and `files` the jets have no class.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "density of the leading constituents of your own jets"

    def sample(self, data: Dataset, *, with_truth: bool = False) -> DistributionSample:
        from dataclasses import replace

        plain = super().sample(data, with_truth=with_truth)
        return replace(plain, y=data.label) if self.files or self.label is not None else plain

    def _check_label(self) -> None:
        if self.files or self.label is not None:
            super()._check_label()
