"""One discovery trial: run a method on the events of a task and measure its claim."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from symbench.data.container import Dataset
from symbench.data.domain import DOMAIN
from symbench.data.splits import Split
from symbench.discovery.base import DiscoveryMethod, FunctionSample, Symmetry
from symbench.discovery.evaluate.claim import checked_claim
from symbench.discovery.shared.domain import with_domain
from symbench.errors import IncompatibleError
from symbench.tasks.base import (
    DiscoveryTask,
    DistributionTask,
    DynamicsTask,
    EquivarianceTask,
    FlowSymmetryTask,
    FunctionTask,
    InvariantTask,
)
from symbench.trial.result import Outcome


def run_discovery(
    method: DiscoveryMethod, task: DiscoveryTask, split: Split, *, seed: int, budget: float, device: str
) -> Outcome:
    """Fit on the training events, measure on the test events.

    The method receives the training events as the sample of the task, and the truth only if it declares so.
    Raises IncompatibleError if the method cannot be applied to the task.
    """
    reason = method.incompatibility(task)
    if reason is not None:
        raise IncompatibleError(reason)
    sample = task.sample(split.train, with_truth=method.sees_truth)
    if method.sees_label and isinstance(task, FunctionTask) and isinstance(sample, FunctionSample):
        sample = replace(sample, label_function=task.label_function())
    started = time.perf_counter()
    symmetry = method.fit(sample, seed=seed, budget=budget, device=device)
    fitted = time.perf_counter()
    symmetry = with_domain(checked_claim(symmetry), method, sample)
    outcome = evaluate(symmetry, task, split.test)
    if symmetry.domain is not None and len(symmetry.confidence):
        outcome.notes[DOMAIN] = symmetry.domain.text(getattr(sample, "scale", 1.0))
        outcome.arrays[DOMAIN] = np.stack([symmetry.domain.low, symmetry.domain.high])
    outcome.timings.update(fit=fitted - started, evaluate=time.perf_counter() - fitted)
    return outcome


def evaluate(symmetry: Symmetry, task: DiscoveryTask, test: Dataset) -> Outcome:
    """Every metric of a claim on test events, by track, with the notes of the method."""
    outcome = _evaluate(symmetry, task, test)
    return replace(outcome, notes={**symmetry.notes, **outcome.notes})


def _evaluate(symmetry: Symmetry, task: DiscoveryTask, test: Dataset) -> Outcome:
    if isinstance(task, FunctionTask):
        from symbench.discovery.evaluate.function import evaluate_function

        return evaluate_function(symmetry, task, test)
    if isinstance(task, EquivarianceTask):
        from symbench.discovery.evaluate.equivariance import evaluate_equivariance

        return evaluate_equivariance(symmetry, task, test)
    if isinstance(task, DistributionTask):
        from symbench.discovery.evaluate.distribution import evaluate_distribution

        return evaluate_distribution(symmetry, task, test)
    if isinstance(task, DynamicsTask):
        from symbench.discovery.evaluate.dynamics import evaluate_dynamics

        return evaluate_dynamics(symmetry, task, test)
    if isinstance(task, InvariantTask):
        from symbench.discovery.evaluate.invariant import evaluate_invariant

        return evaluate_invariant(symmetry, task, test)
    if isinstance(task, FlowSymmetryTask):
        from symbench.discovery.evaluate.flow import evaluate_flow

        return evaluate_flow(symmetry, task, test)
    raise IncompatibleError(f"{task.name} is a task of the {task.track} track, for which no metrics exist")
