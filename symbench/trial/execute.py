"""Execute one trial: from a specification and its data to a result. Uses neither Ray nor MLflow, never raises."""

from __future__ import annotations

import functools
import time
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from symbench import registry
from symbench.component import Track
from symbench.data.container import Provenance
from symbench.data.sizes import validation_size
from symbench.data.splits import Split, split
from symbench.errors import IncompatibleError, TrialTimeoutError
from symbench.plugins import load_plugins
from symbench.tasks.base import ClassificationTask, DiscoveryTask, RegressionTask, Task
from symbench.trial.arrays import encode_array
from symbench.trial.clean_state import LEFT_BEHIND, CleanState, clean_state
from symbench.trial.context import TrialContext
from symbench.trial.device import device_name, require_device
from symbench.trial.parts import parts_mapped_by
from symbench.trial.process import (
    limit_threads,
    peak_memory_mib,
    reset_peak_memory,
    stop_signal,
    time_limit,
    versions,
)
from symbench.trial.rebuild import rebuild
from symbench.trial.recordable import recordable
from symbench.trial.reference import filled_operations
from symbench.trial.result import TRAIN_POOL, Outcome, Status, TrialError, TrialResult
from symbench.trial.spec import TrialSpec
from symbench.trial.traceback_text import traceback_text
from symbench.words import error_kind, error_message, for_record

if TYPE_CHECKING:
    from symbench.classifiers.training.loop import Trainer


def execute(spec: TrialSpec, context: TrialContext) -> TrialResult:
    """Run one trial in this process, within its time limit, and record however it ends.

    The same spec and events give the same metrics on a CPU with the same number of threads. A note says so if a
    classifier is trained in this process although the trial requests several workers. The training resumes from the
    checkpoint of an earlier attempt, if `context.checkpoints` holds one; when the trial has ended, none is left there.
    """
    import torch  # noqa: F401  before the time limit begins, and so that each trial finds it loaded

    wall, cpu = time.perf_counter(), time.process_time()
    reset_peak_memory()
    with clean_state(spec.key) as state:
        ending = _attempt(spec, context, state)
    if state.left_behind:
        ending = ending.with_note(LEFT_BEHIND, "; ".join(state.left_behind))
    if context.checkpoints is not None:
        context.checkpoints.forget(spec.key)
    timings = {"total": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    return _record(spec, context, ending, timings)


def unexecuted(spec: TrialSpec, status: Status, kind: str, message: str) -> TrialResult:
    """The record of a trial that no process has run to its end."""
    error = TrialError(type=for_record(kind, 100), message=for_record(message))
    return TrialResult(key=spec.key, spec=spec, status=status, error=error, notes=_used(spec), finished_at=time.time())


class _Ending(NamedTuple):
    """How a trial ended; the outcome is empty unless the status is `ok`."""

    status: Status
    outcome: Outcome
    error: TrialError | None = None

    def with_note(self, name: str, text: str) -> _Ending:
        return self._replace(outcome=replace(self.outcome, notes={**self.outcome.notes, name: text}))


def _attempt(spec: TrialSpec, context: TrialContext, state: CleanState) -> _Ending:
    """Evaluate the trial within its limits; an exception of any class becomes a status and an error.

    Only the exceptions with which a signal ends the run pass through.
    """
    with stop_signal() as stop:
        try:
            with time_limit(spec.resources.timeout_s), limit_threads(_threads(spec)):
                if context.trainer is None:
                    require_device(spec.resources)
                load_plugins(context.plugins)
                state.begin(loaded=bool(context.plugins))
                return _Ending(Status.OK, recordable(_evaluate(spec, context)))
        except BaseException as error:
            if stop.arrived and not isinstance(error, Exception):
                raise
            return _Ending(_status_of(error), Outcome({}), _describe(error))


def _status_of(error: BaseException) -> Status:
    if isinstance(error, TrialTimeoutError):
        return Status.TIMEOUT
    if isinstance(error, IncompatibleError):
        return Status.INCOMPATIBLE
    if isinstance(error, MemoryError) or _out_of_memory(error):
        return Status.OOM
    return Status.FAILED


def _record(spec: TrialSpec, context: TrialContext, ending: _Ending, timings: dict[str, float]) -> TrialResult:
    outcome, origin = ending.outcome, _origin(context.pool.data.provenance)
    return TrialResult(
        key=spec.key,
        spec=spec,
        status=ending.status,
        metrics=outcome.metrics,
        arrays={name: encode_array(array) for name, array in outcome.arrays.items()},
        notes={TRAIN_POOL: str(context.pool.sizes.train), **origin, **_used(spec), **outcome.notes},
        timings={**timings, **outcome.timings},
        peak_memory_mib=peak_memory_mib(),
        environment={**versions(), "device": device_name(spec.resources), "threads": str(_threads(spec))},
        error=ending.error,
        finished_at=time.time(),
    )


def _evaluate(spec: TrialSpec, context: TrialContext) -> Outcome:
    if spec.configuration is not None:
        from symbench.classifiers.training.configuration import run_configuration

        return run_configuration(spec, context.pool, device_name(spec.resources), context.trainer)
    task = rebuild(registry.find_task(spec.task.name), spec.task)
    started = time.perf_counter()
    sample = _draw(spec, context)
    drawn = time.perf_counter() - started
    if spec.track is Track.CHALLENGE:
        outcome = _challenge(spec, task, sample)
    elif isinstance(task, DiscoveryTask):
        with parts_mapped_by(context.part_map):
            outcome = _discover(spec, task, sample)
    elif isinstance(task, ClassificationTask | RegressionTask):
        outcome = _predict(spec, task, sample, context)
    else:
        raise IncompatibleError(f"no way to execute the {spec.track} question of {spec.task.name}")
    outcome.timings["data"] = drawn
    return outcome


def _draw(spec: TrialSpec, context: TrialContext) -> Split:
    """The trial's events; only trained networks use validation events."""
    pool = context.pool
    validation = validation_size(pool.sizes, spec.train_size) if spec.track.trained else 0
    return split(pool.data, pool.sizes, train_size=spec.train_size, seed=spec.seed, validation_size=validation)


def _discover(spec: TrialSpec, task: DiscoveryTask, sample: Split) -> Outcome:
    from symbench.discovery.evaluate.run import run_discovery

    method = rebuild(registry.find_discovery_method(spec.method.name), spec.method)
    device = device_name(spec.resources)
    return run_discovery(method, task, sample, seed=spec.seed, budget=spec.budget, device=device)


def _challenge(spec: TrialSpec, task: Task, sample: Split) -> Outcome:
    from symbench.which_is_real.entry import WhichIsReal
    from symbench.which_is_real.trial import run_challenge

    return run_challenge(rebuild(WhichIsReal, spec.method), task, sample.train, seed=spec.seed)


def _predict(
    spec: TrialSpec, task: ClassificationTask | RegressionTask, sample: Split, context: TrialContext
) -> Outcome:
    from symbench.classifiers.evaluate.run import run_classification
    from symbench.regressors.evaluate.run import run_regression

    generators = context.source_generators
    model = rebuild(registry.find_learner(spec.track, spec.method.name), spec.method, generators)
    device = device_name(spec.resources)
    trainer = context.trainer or _trainer_here(spec, context)
    if isinstance(task, RegressionTask):
        outcome = run_regression(
            model, task, sample, seed=spec.seed, budget=spec.budget, device=device, trainer=trainer
        )
    else:
        outcome = run_classification(
            model,
            task,
            sample,
            seed=spec.seed,
            budget=spec.budget,
            device=device,
            evaluation=filled_operations(spec.evaluation, generators),
            trainer=trainer,
        )
    diagnostics = model.diagnostics()
    outcome.metrics.update(diagnostics.metrics)
    outcome.arrays.update(diagnostics.arrays)
    outcome.notes.update(diagnostics.notes)
    if context.trainer is None and spec.resources.workers > 1:
        outcome.notes["workers"] = f"trained in one process, {spec.resources.workers} workers were asked for"
    return outcome


def _trainer_here(spec: TrialSpec, context: TrialContext) -> Trainer:
    """Train in this process, with the trial's checkpoints."""
    from symbench.classifiers.training.loop import train

    return functools.partial(train, checkpoints=context.checkpoints.of(spec.key) if context.checkpoints else None)


def _threads(spec: TrialSpec) -> int:
    return max(1, int(spec.resources.cpus))


def _used(spec: TrialSpec) -> dict[str, str]:
    return {"source": str(spec.source)} if spec.source else {}


def _origin(provenance: Provenance) -> dict[str, str]:
    """Where the data come from, to be recorded with the result."""
    notes = {
        "data_source": provenance.source,
        "data_record": provenance.record,
        "data_selection": provenance.selection,
        "data_licence": provenance.licence,
        "data_notes": "; ".join(provenance.notes),
    }
    return {name: for_record(text) for name, text in notes.items() if text}


def _out_of_memory(error: BaseException) -> bool:
    """Whether torch ran out of memory: on a GPU with a type of its own, on the CPU with a plain RuntimeError."""
    return error_kind(error) == "OutOfMemoryError" or "DefaultCPUAllocator" in error_message(error)


def _describe(error: BaseException) -> TrialError:
    try:
        text = traceback_text(error)
    except Exception as failure:
        text = f"the traceback cannot be read: {error_kind(failure)}"
    return TrialError(type=error_kind(error), message=error_message(error), traceback=text)
