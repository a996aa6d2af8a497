"""Lost workers: which trials are tried again, and what their records say of it. Used for trials and for searches."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from symbench.trial.execute import unexecuted
from symbench.trial.result import Status, TrialResult
from symbench.trial.spec import TrialSpec

ATTEMPTS = 2
NODE_LOSSES = 5  # a trial that was on so many nodes when they died may be what kills them


@dataclass
class Attempts:
    """The attempts at one trial.

    losses   how its earlier workers were lost
    nodes    the nodes on which they were lost, None if unknown. A node that died is no fault of its trials.
    """

    spec: TrialSpec
    losses: list[str] = field(default_factory=list)
    nodes: list[str | None] = field(default_factory=list)
    _over: bool = False

    def lost(
        self, cause: str, age_s: float, where: str = "", node: str | None = None, dead: Collection[str] = ()
    ) -> TrialResult | None:
        """Note that the trial's worker was lost; gives the trial's result, None if it is to be tried again.

        cause   an exception's name, or a sentence
        age_s   seconds since the attempt began: after the trial's time limit, its worker was killed for it, and the
                trial is not tried again
        where   the node and the process, if they are known
        node    the id of the node
        dead    the ids of nodes that have died
        """
        if age_s >= self.spec.resources.timeout_s and node not in dead:
            return self.killed()
        self.losses.append(cause + where)
        self.nodes.append(node)
        return self.verdict(dead)

    def verdict(self, dead: Collection[str]) -> TrialResult | None:
        """The trial's result after its last loss, None if it is to be tried again: some nodes may have died since."""
        by_node = sum(node is not None and node in dead for node in self.nodes)
        self._over = len(self.losses) - by_node >= ATTEMPTS or by_node >= NODE_LOSSES
        if not self._over:
            return None
        cause = self.losses[-1].partition(" on node ")[0]
        message = f"the worker was lost {len(self.losses)} times: {'; '.join(self.losses)}"
        return unexecuted(self.spec, Status.FAILED, cause, message)

    def killed(self) -> TrialResult:
        """The result of a trial whose worker was killed after the time limit."""
        limit = self.spec.resources.timeout_s
        message = f"the trial ran past its limit of {limit:g} s without ending; its worker was killed"
        return unexecuted(self.spec, Status.TIMEOUT, "TrialTimeoutError", message)

    def annotated(self, result: TrialResult) -> TrialResult:
        """The result with notes on the number of attempts and on lost workers."""
        count = len(self.losses) + (not self._over)
        notes = {**result.notes, "attempts": str(count)}
        if self.losses:
            notes["lost_workers"] = "; ".join(self.losses)
        return result.model_copy(update={"notes": notes})
