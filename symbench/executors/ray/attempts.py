"""Lost workers: which trials are tried again, and what their records say of it. Used for trials and for searches."""

from __future__ import annotations

from dataclasses import dataclass, field

from symbench.trial.execute import unexecuted
from symbench.trial.result import Status, TrialResult
from symbench.trial.spec import TrialSpec

ATTEMPTS = 2


@dataclass
class Attempts:
    """The attempts at one trial; `losses` says how its earlier workers were lost."""

    spec: TrialSpec
    losses: list[str] = field(default_factory=list)

    def lost(self, cause: str, age_s: float, where: str = "") -> TrialResult | None:
        """Note that the trial's worker was lost; gives the trial's result, None if it is to be tried again.

        cause   an exception's name, or a sentence
        age_s   seconds since the attempt began: after the trial's time limit, its worker was killed for it, and the
                trial is not tried again
        where   the node and the process, if they are known
        """
        if age_s >= self.spec.resources.timeout_s:
            return self.killed()
        self.losses.append(cause + where)
        if len(self.losses) < ATTEMPTS:
            return None
        message = f"the worker was lost {ATTEMPTS} times: {'; '.join(self.losses)}"
        return unexecuted(self.spec, Status.FAILED, cause, message)

    def killed(self) -> TrialResult:
        """The result of a trial whose worker was killed after the time limit."""
        limit = self.spec.resources.timeout_s
        message = f"the trial ran past its limit of {limit:g} s without ending; its worker was killed"
        return unexecuted(self.spec, Status.TIMEOUT, "TrialTimeoutError", message)

    def annotated(self, result: TrialResult) -> TrialResult:
        """The result with notes on the number of attempts and on lost workers."""
        count = len(self.losses) + (len(self.losses) < ATTEMPTS)
        notes = {**result.notes, "attempts": str(count)}
        if self.losses:
            notes["lost_workers"] = "; ".join(self.losses)
        return result.model_copy(update={"notes": notes})
