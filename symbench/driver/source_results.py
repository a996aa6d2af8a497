"""Access of trials to the results of their sources during a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from symbench.journal.records import JournaledResult
from symbench.trial.result import FAILED_SOURCE, UNUSABLE_SOURCE, Status
from symbench.trial.spec import TrialSpec

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

DIMENSION = 4  # (E, px, py, pz)


class SourceResults:
    """The results of a run for the trials that use them.

    recorded   results of the journal, updated by the run
    awaited    keys of sources that this run has not finished yet; other recorded sources are ready
    """

    def __init__(self, recorded: Mapping[str, JournaledResult], awaited: set[str]) -> None:
        self._recorded = recorded
        self._awaited = awaited

    def ended(self, key: str) -> None:
        """Note that the result of this trial is recorded."""
        self._awaited.discard(key)

    def awaits(self, key: str) -> bool:
        """Whether the result of this trial is still to come."""
        return key in self._awaited

    def refusal(self, key: str) -> tuple[str, str] | None:
        """The reason why other trials cannot use the result of this one, as an error type and text; None if they can.

        A failed source may succeed in a later run, and its dependents run again with it. A source that ended ok without
        a usable claim would do so again.
        """
        result = self._recorded.get(key)
        if result is None:
            return FAILED_SOURCE, "the source has no result"
        spec = result.spec
        name = f"{spec.method_label} on {spec.task_label}, N = {spec.train_size}, seed {spec.seed}"
        if result.status is not Status.OK:
            why = f": {result.error.type}: {result.error.message[:500]}" if result.error else ""
            kind = UNUSABLE_SOURCE if result.final else FAILED_SOURCE
            return kind, f"its source {name} ended as {result.status.value}{why}"
        generators = result.array("generators")
        if generators is None or not len(generators):
            fields = result.notes.get("claim") == "vector fields"
            claim = "claims vector fields and no matrices" if fields else "claims no symmetry"
            return UNUSABLE_SOURCE, f"its source {name} {claim}"
        if generators.shape[1:] != (DIMENSION, DIMENSION):
            d = generators.shape[-1]
            return (
                UNUSABLE_SOURCE,
                f"its source {name} claims generators of {d} dimensions, four-momenta have {DIMENSION}",
            )
        return None

    def given(self, spec: TrialSpec) -> npt.NDArray[np.float64] | None:
        """The generators (k, 4, 4) of a trial's source, read from the journal; None for a trial without one.

        Raises JournalError if they cannot be read.
        """
        if spec.source is None:
            return None
        generators = self._recorded[spec.source.key].array("generators")
        assert generators is not None
        return generators.astype("float64")
