"""To which entry of a suite a recorded result belongs, under the labels that the suite has now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from symbench.driver.plan import Plan, is_selected
from symbench.errors import UnknownNameError
from symbench.journal.records import JournaledResult

Labels = tuple[str, str]


class Entries:
    """The entries of a plan by what identifies their results.

    A result is one of an entry if it is of one of its trials, with this or other code and data, or of a training of its
    search. Results of another kind (changed parameters, an entry that was left out) keep the labels that they have.
    """

    def __init__(self, plan: Plan) -> None:
        self.suite = plan.suite
        self._by_key: dict[str, Labels] = {}
        self._by_question: dict[str, Labels] = {}
        for planned in plan.unfiltered():
            labels = planned.template.labels
            self._by_key[planned.key] = labels
            self._by_question[planned.question] = labels
        self._by_search = {
            search.key: (block.task_label, entry.label) for block, entry, search in plan.suite.searches()
        }

    def own(self, result: JournaledResult) -> Labels | None:
        """Labels of task and method of the entry; None if the result belongs to none."""
        if result.spec.configuration is not None:
            return self._by_search.get(result.spec.configuration.search)
        return self._by_key.get(result.key) or self._by_question.get(result.question)

    def labels(self, result: JournaledResult) -> Labels:
        """Labels of its entry, or those that the result was recorded with."""
        return self.own(result) or (result.spec.task_label, result.spec.method_label)

    def selected_by(self, only: str) -> Callable[[JournaledResult], bool]:
        """Whether a pattern selects a result, on task, method or task/method as for `symbench run --only`."""
        return lambda result: is_selected(*self.labels(result), only)

    def former(self, recorded: Iterable[JournaledResult], current: Collection[str]) -> list[JournaledResult]:
        """Results of the suite's trials with former code or data, also of trials that have a current result by now.

        current     keys of today's plan
        """
        found = []
        for result in recorded:
            labels = None if result.spec.configuration is not None else self.own(result)
            if labels is not None and result.key not in current:
                renamed = {"task_label": labels[0], "method_label": labels[1]}
                found.append(result.model_copy(update={"spec": result.spec.model_copy(update=renamed)}))
        return found

    def unknown(self, only: str, recorded: list[JournaledResult]) -> UnknownNameError:
        """The error for a pattern that selects nothing that is recorded, with the nearest of the names that are."""
        names = {name for task, method in map(self.labels, recorded) for name in (task, method, f"{task}/{method}")}
        return UnknownNameError("recorded entry", only, names)
