"""What an executor supplies for a trial beside its specification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from symbench.data.splits import Pool
from symbench.plugins import Plugin
from symbench.trial.checkpoints import CheckpointFolder
from symbench.trial.parts import PartMap, one_after_the_other

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.classifiers.training.loop import Trainer


@dataclass(frozen=True)
class TrialContext:
    """The data and the means of one trial.

    pool               all events of the task; the trial's own are drawn from it
    plugins            to be loaded before components are looked up
    trainer            trains a classifier elsewhere; without it, classifiers are trained in this process
    source_generators  (k, d, d): the generators of the trial's source, if it has one
    checkpoints        where an interrupted training left its state; without it, no state is kept
    part_map           computes the parts of a discovery method (`trial.parts`); by default, this process does
    """

    pool: Pool
    plugins: Sequence[Plugin] = ()
    trainer: Trainer | None = None
    source_generators: npt.NDArray[np.float64] | None = None
    checkpoints: CheckpointFolder | None = None
    part_map: PartMap = one_after_the_other
