"""The work of a plan, counted in one pass over its trials."""

from __future__ import annotations

from dataclasses import dataclass, field

from symbench.driver.plan import Plan, State
from symbench.trial.resources import Resources


@dataclass
class Agenda:
    """Counts of the selected trials, and the data and resources of those that have to run.

    digests    digests of their data
    requests   their resources, each with the labels of the entries that request them (in order, without repetition)
    awaited    keys of those whose results other trials use
    """

    trials: int = 0
    to_run: int = 0
    incompatible: int = 0
    digests: set[str] = field(default_factory=set)
    requests: dict[Resources, dict[str, None]] = field(default_factory=dict)
    awaited: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, plan: Plan) -> Agenda:
        agenda = cls()
        sources = {(*link.labels, link.train_size) for _, _, link in plan.suite.links()}
        for planned, state in plan.planned_trials():
            agenda.trials += 1
            agenda.incompatible += state is State.INCOMPATIBLE
            if not state.runs:
                continue
            agenda.to_run += 1
            common, labels = planned.template.common, planned.template.labels
            agenda.digests.add(common.data_digest)
            agenda.requests.setdefault(common.resources, {}).setdefault("/".join(labels))
            if sources and (*labels, planned.train_size) in sources:
                agenda.awaited.add(planned.key)
        return agenda

    def requests_with_entries(self) -> dict[Resources, str]:
        """Each request with the entries that make it, as text."""
        return {resources: ", ".join(entries) for resources, entries in self.requests.items()}
