"""Data digests recorded in a journal, for machines that have the journal but not the data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from symbench.tasks.base import Task
from symbench.trial.result import TrialResult


@dataclass(frozen=True)
class RecordedDigests:
    """For each task (name and parameters), its labels in results, each with the latest data digest."""

    by_task: Mapping[str, Mapping[str, str]]

    @classmethod
    def in_results(cls, results: Iterable[TrialResult]) -> RecordedDigests:
        """From results in the order of recording."""
        by_task: dict[str, dict[str, str]] = {}
        for result in results:
            spec = result.spec
            labels = by_task.setdefault(_identity(spec.task.name, spec.task.parameters), {})
            labels[spec.task_label] = spec.data_digest
        return cls(by_task)

    def of(self, task: Task, label: str) -> str | None:
        """The digest of the data of a task with these parameters.

        Tasks on different files may have the same parameters; in that case the digest with this label is used. None if
        there is no digest, or if there are several and none has this label.
        """
        labels = self.by_task.get(_identity(task.name, task.parameters()), {})
        digests = set(labels.values())
        return labels.get(label) or (digests.pop() if len(digests) == 1 else None)


def _identity(name: str, parameters: Mapping[str, object]) -> str:
    return json.dumps([name, parameters], sort_keys=True)
