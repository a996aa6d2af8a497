"""The resolution of `from` in an entry's parameters: the trial whose result another trial uses.

Sources are discovery entries and their users are classifiers and regressors. Therefore no trial can depend on itself,
and in a suite's order, discovery first, every source precedes its dependents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symbench.errors import nearest
from symbench.suite.blocks import Block, Link
from symbench.tasks.base import GeneratorTask
from symbench.trial.reference import From


@dataclass(frozen=True)
class Unresolved:
    """The reason why a `from` matches no trial; `key` is the key with the wrong value."""

    key: str
    message: str
    hint: str | None = None


def resolve(wanted: From, discovery: Sequence[Block], trained: Sequence[str]) -> Link | Unresolved:
    """The entry that a `from` names; `trained` are labels of networks, for a clear error if it names one."""
    named = [(block, entry) for block in discovery for entry in block.entries if entry.label == wanted.entry]
    if not named:
        if wanted.entry in trained:
            message = "is a network, and results of networks cannot be used: name an entry under 'discovery'"
            return Unresolved("from", message)
        labels = {entry.label for block in discovery for entry in block.entries}
        return Unresolved("from", "no discovery entry of this suite has this label", nearest(wanted.entry, labels))
    tasks = [block.task_label for block, _ in named]
    found = [(block, entry) for block, entry in named if wanted.task in (None, block.task_label)]
    if not found:
        return Unresolved("task", f"{wanted.entry} is not tried on this task", nearest(wanted.task or "", tasks))
    if any(block.by_seed is not None for block, _ in found):
        return Unresolved("from", "is tried on another task for each seed, and a source is one task")
    if len(found) > 1:
        return Unresolved("from", "is tried on several tasks: choose one by `task`", "known: " + ", ".join(tasks))
    block, entry = found[0]
    sizes = ", ".join(str(size) for size in block.train_sizes)
    if wanted.train_size is None and len(block.train_sizes) > 1:
        return Unresolved("from", "is tried at several sizes: choose one by `train_size`", "known: " + sizes)
    if wanted.train_size not in (None, *block.train_sizes):
        return Unresolved("train_size", f"{wanted.entry} is not tried at this size", "known: " + sizes)
    if entry.incompatibility is not None:
        return Unresolved("from", f"has no result: {entry.incompatibility}")
    if not isinstance(block.task, GeneratorTask) or block.task.vector_coordinates != "cartesian":
        return Unresolved("from", f"results on {block.task_label} are not matrices that act on four-momenta")
    return Link(block, entry, wanted.train_size or block.train_sizes[0])


def shown(value: object) -> str:
    """A parameter's value as it stands in a default label; for a `from`, the name of the source."""
    if isinstance(value, Mapping) and "from" in value:
        joints = {"from": "", "task": " on ", "train_size": " at "}
        return "".join(f"{joint}{value[key]}" for key, joint in joints.items() if key in value)
    return str(value)
