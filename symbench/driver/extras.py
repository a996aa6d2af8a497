"""Whether this environment has the packages that the trials of a plan need, before any of them starts."""

from __future__ import annotations

from symbench.driver.plan import Plan, State
from symbench.extras import Requirement, is_installed, require_all


def require_extras(plan: Plan) -> None:
    """Raise MissingExtraError if a selected trial that has yet to run needs a package that is not installed.

    Recorded trials need none, so that a journal can be ranked without the extras.
    """
    lacking: dict[tuple[str, str], list[Requirement]] = {}
    for block in plan.suite.blocks:
        for entry in block.entries:
            needed = (*block.task.requirements(), *entry.component.requirements())
            missing = [each for each in needed if not is_installed(each.package)]
            if missing:
                lacking[block.task_label, entry.label] = missing
    if not lacking:
        return
    to_run: dict[tuple[str, str], None] = {}  # a dict keeps the order of the suite
    for planned, state in plan.planned_trials():
        labels = planned.template.common.task_label, planned.template.common.method_label
        if labels in lacking and (state.runs or state is State.WAITING):
            to_run.setdefault(labels)
    if to_run:
        (task, method), *others = to_run
        more = f" and {len(others)} other entries" if len(others) > 1 else " and another entry" if others else ""
        require_all([each for labels in to_run for each in lacking[labels]], f"{method} on {task}{more}")
