"""Execute one trial: from a specification and its data to a result. Knows neither Ray nor MLflow, never raises."""

from __future__ import annotations

import functools
import time
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING

from symbench import registry
from symbench.component import Track
from symbench.data.container import Provenance
from symbench.data.sizes import validation_size
from symbench.data.splits import Pool, split
from symbench.errors import IncompatibleError, TrialTimeoutError
from symbench.redaction import redact_text
from symbench.tasks.base import ClassificationTask, DiscoveryTask
from symbench.trial.arrays import encode_array
from symbench.trial.checkpoints import CheckpointPlace
from symbench.trial.device import device_name, require_device
from symbench.trial.process import limit_threads, peak_memory_mib, reset_peak_memory, time_limit, versions
from symbench.trial.rebuild import rebuild
from symbench.trial.reference import filled_operations
from symbench.trial.result import Outcome, Status, TrialError, TrialResult
from symbench.trial.spec import TrialSpec

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.classifiers.training.loop import Trainer


_TRACEBACK_LINES = 12


def execute(
    spec: TrialSpec,
    pool: Pool,
    plugins: Sequence[registry.Plugin] = (),
    trainer: Trainer | None = None,
    given: npt.NDArray[np.float64] | None = None,
    checkpoints: CheckpointPlace | None = None,
) -> TrialResult:
    """Run one trial in this process, within its time limit, and record however it ends.

    pool holds all events of the task; the trial's own are drawn here. The same spec and events give the same
    metrics on a CPU with the same number of threads. A classifier is trained in this process too, unless `trainer`
    does it elsewhere; a note says so when more workers were asked for. `given` are the generators (k, d, d) of the
    trial's source, where it has one. Of an earlier attempt at this trial the training goes on from what is kept in
    `checkpoints`, where nothing is left when the trial has ended.
    """
    threads = max(1, int(spec.resources.cpus))
    device = device_name(spec.resources)
    wall, cpu = time.perf_counter(), time.process_time()
    reset_peak_memory()
    outcome: Outcome | None = None
    error: TrialError | None = None
    try:
        with time_limit(spec.resources.timeout_s), limit_threads(threads):
            if trainer is None:
                require_device(spec.resources)
            registry.load_plugins(plugins)
            outcome = _evaluate(spec, pool, device, trainer, given, checkpoints)
        status = Status.OK
    except TrialTimeoutError as raised:
        status, error = Status.TIMEOUT, _describe(raised)
    except IncompatibleError as raised:
        status, error = Status.INCOMPATIBLE, _describe(raised)
    except MemoryError as raised:
        status, error = Status.OOM, _describe(raised)
    except Exception as raised:
        status = Status.OOM if _out_of_memory(raised) else Status.FAILED
        error = _describe(raised)
    if checkpoints is not None:
        checkpoints.forget(spec.key)
    timings = {"total": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    return TrialResult(
        key=spec.key,
        spec=spec,
        status=status,
        metrics=outcome.metrics if outcome else {},
        arrays={name: encode_array(array) for name, array in outcome.arrays.items()} if outcome else {},
        notes={**_origin(pool.data.provenance), **_used(spec), **(outcome.notes if outcome else {})},
        timings={**timings, **(outcome.timings if outcome else {})},
        peak_memory_mib=peak_memory_mib(),
        environment={**versions(), "device": device, "threads": str(threads)},
        error=error,
        finished_at=time.time(),
    )


def unexecuted(spec: TrialSpec, status: Status, kind: str, message: str) -> TrialResult:
    """The record of a trial that never ran to its end in a worker."""
    error = TrialError(type=kind, message=redact_text(message))
    return TrialResult(key=spec.key, spec=spec, status=status, error=error, notes=_used(spec), finished_at=time.time())


def _evaluate(
    spec: TrialSpec,
    pool: Pool,
    device: str,
    trainer: Trainer | None,
    given: npt.NDArray[np.float64] | None,
    checkpoints: CheckpointPlace | None,
) -> Outcome:
    if spec.configuration is not None:
        from symbench.classifiers.training.configuration import run_configuration

        return run_configuration(spec, pool, device, trainer)
    task = rebuild(registry.find_task(spec.task.name), spec.task)
    started = time.perf_counter()
    validation = 0
    if spec.track == Track.CLASSIFICATION:
        validation = validation_size(pool.sizes, spec.train_size)
    sample = split(pool.data, pool.sizes, train_size=spec.train_size, seed=spec.seed, validation_size=validation)
    drawn = time.perf_counter() - started
    if isinstance(task, DiscoveryTask):
        from symbench.discovery.evaluate.run import run_discovery

        method = rebuild(registry.find_discovery_method(spec.method.name), spec.method)
        outcome = run_discovery(method, task, sample, seed=spec.seed, budget=spec.budget, device=device)
    elif isinstance(task, ClassificationTask):
        from symbench.classifiers.evaluate.run import run_classification
        from symbench.classifiers.training.loop import train

        model = rebuild(registry.find_classifier(spec.method.name), spec.method, given)
        outcome = run_classification(
            model,
            task,
            sample,
            seed=spec.seed,
            budget=spec.budget,
            device=device,
            evaluation=filled_operations(spec.evaluation, given),
            trainer=trainer or functools.partial(train, checkpoints=checkpoints.of(spec.key) if checkpoints else None),
        )
        told = model.diagnostics()
        outcome.metrics.update(told.metrics)
        outcome.arrays.update(told.arrays)
        outcome.notes.update(told.notes)
        if trainer is None and spec.resources.workers > 1:
            outcome.notes["workers"] = f"trained in one process, {spec.resources.workers} workers were asked for"
    else:
        raise IncompatibleError(f"no way to execute the {spec.track} question of {spec.task.name}")
    outcome.timings["data"] = drawn
    return outcome


def _used(spec: TrialSpec) -> dict[str, str]:
    return {"source": str(spec.source)} if spec.source else {}


def _origin(provenance: Provenance) -> dict[str, str]:
    """Where the data come from, to stand beside what was found in them."""
    told = {
        "data_source": provenance.source,
        "data_record": provenance.record,
        "data_selection": provenance.selection,
        "data_licence": provenance.licence,
        "data_notes": "; ".join(provenance.notes),
    }
    return {name: text for name, text in told.items() if text}


def _out_of_memory(error: Exception) -> bool:
    """Whether torch ran out of memory: on a GPU with a type of its own, on the CPU with a plain RuntimeError."""
    return type(error).__name__ == "OutOfMemoryError" or "DefaultCPUAllocator" in str(error)


def _describe(error: BaseException) -> TrialError:
    lines = redact_text("".join(traceback.format_exception(error))).rstrip().splitlines()
    message = redact_text(str(error))[:2000]
    return TrialError(type=type(error).__name__, message=message, traceback="\n".join(lines[-_TRACEBACK_LINES:]))
