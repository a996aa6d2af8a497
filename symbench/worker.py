"""Execute one trial: from a specification and its data to a result. Knows neither Ray nor MLflow, never raises."""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import os
import platform
import resource
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

from symbench import registry
from symbench.checkpoint_folder import CheckpointPlace
from symbench.component import Component, Track
from symbench.data.container import Provenance
from symbench.data.sizes import Sizes
from symbench.data.splits import Pool, split
from symbench.device import device_name, require_device
from symbench.errors import IncompatibleError, TrialTimeoutError
from symbench.redaction import redact_text
from symbench.source import filled, filled_operations
from symbench.tasks.base import ClassificationTask, DiscoveryTask
from symbench.trial import ComponentSpec, Outcome, Status, TrialError, TrialResult, TrialSpec, encode_array

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.classifiers.training import Trainer

C = TypeVar("C", bound=Component)

MIN_VALIDATION = 50
_TRACEBACK_LINES = 12
_PACKAGES = ("symbench", "torch", "numpy", "ray", "awkward", "pythia8mc", "fastjet")


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
    _reset_peak_memory()
    outcome: Outcome | None = None
    error: TrialError | None = None
    try:
        with _time_limit(spec.resources.timeout_s), limit_threads(threads):
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
        peak_memory_mib=_peak_memory_mib(),
        environment={**_versions(), "device": device, "threads": str(threads)},
        error=error,
        finished_at=time.time(),
    )


def unexecuted(spec: TrialSpec, status: Status, kind: str, message: str) -> TrialResult:
    """The record of a trial that never ran to its end in a worker."""
    error = TrialError(type=kind, message=redact_text(message))
    return TrialResult(key=spec.key, spec=spec, status=status, error=error, notes=_used(spec), finished_at=time.time())


def validation_size(sizes: Sizes, train_size: int) -> int:
    """How many events choose the epoch of a training on so many."""
    return min(sizes.validation, max(MIN_VALIDATION, train_size // 4))


def _evaluate(
    spec: TrialSpec,
    pool: Pool,
    device: str,
    trainer: Trainer | None,
    given: npt.NDArray[np.float64] | None,
    checkpoints: CheckpointPlace | None,
) -> Outcome:
    if spec.configuration is not None:
        from symbench.tuning.training import run_configuration

        return run_configuration(spec, pool, device, trainer)
    task = rebuild(registry.find_task(spec.task.name), spec.task)
    started = time.perf_counter()
    validation = 0
    if spec.track == Track.CLASSIFICATION:
        validation = validation_size(pool.sizes, spec.train_size)
    sample = split(pool.data, pool.sizes, train_size=spec.train_size, seed=spec.seed, validation_size=validation)
    drawn = time.perf_counter() - started
    if isinstance(task, DiscoveryTask):
        from symbench.discovery.evaluate import run_discovery

        method = rebuild(registry.find_discovery_method(spec.method.name), spec.method)
        outcome = run_discovery(method, task, sample, seed=spec.seed, budget=spec.budget, device=device)
    elif isinstance(task, ClassificationTask):
        from symbench.classifiers.evaluate import run_classification
        from symbench.classifiers.training import train

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


def rebuild(cls: type[C], spec: ComponentSpec, given: npt.NDArray[np.float64] | None = None) -> C:
    """The component that a spec describes, with the generators of the source in their place.

    Raises RuntimeError when its version is another one here, or generators are missing.
    """
    if cls.version != spec.version:
        raise RuntimeError(
            f"{spec.name} is version {cls.version} here and {spec.version} where the trial was planned: "
            "install the same symbench and plug-ins on every node"
        )
    return cls(**filled(spec.parameters, given), **spec.locations)


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


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise TrialTimeoutError in this thread after `seconds`, and every second from then on in case it is caught.

    Only the main thread can be interrupted; elsewhere the executor's own limit has to do. A computation that never
    returns to Python is ended by the executor as well.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def expired(signal_number: int, frame: FrameType | None) -> None:
        raise TrialTimeoutError(f"the trial ran past its limit of {seconds:g} s")

    previous = signal.signal(signal.SIGALRM, expired)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, previous)


@contextlib.contextmanager
def limit_threads(count: int) -> Iterator[None]:
    """Limit every numerical library, loaded or not yet loaded, to `count` threads."""
    from threadpoolctl import threadpool_limits

    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(count)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(count)
    with threadpool_limits(count):
        yield


def _reset_peak_memory() -> None:
    """Start the peak of this process anew, where the kernel allows it (Linux)."""
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def _peak_memory_mib() -> float:
    """Peak resident memory since the trial began, of the whole worker process."""
    try:
        with open("/proc/self/status") as file:
            peak = next(line for line in file if line.startswith("VmHWM:"))
        return float(peak.split()[1]) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@functools.cache
def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for package in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    revision = _revision()
    return {**found, "revision": revision} if revision else found


def _revision() -> str | None:
    """The git revision of a source checkout, with `-dirty` where it was changed; None for an installed package."""
    root = Path(__file__).parents[1]
    if not (root / ".git").exists():
        return None
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--exclude=*"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    return None
