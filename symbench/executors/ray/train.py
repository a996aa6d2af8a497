"""Trials whose classifier trains in several workers, with Ray Train's TorchTrainer.

A coordinating Ray task runs the trial as any other and hands the training alone to workers: the loop is that of one
process (`symbench.classifiers.training.loop`), and what comes back is evaluated in the coordinating task, on the CPU.

A worker that is lost costs the steps since the last checkpoint: all workers start again from it, at most
`MAX_FAILURES` times. An error of the training itself is not tried again. When the trial's time is over, or the
coordinating task ends in any other way, workers, their controller and their reservation end with it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import ray

from symbench import registry
from symbench.data.splits import Pool
from symbench.executors.ray.supervisor import KeptByActor, TrainingSupervisor, keeper_for
from symbench.trial.checkpoints import CheckpointPlace, FolderCheckpoints
from symbench.trial.device import device_name, require_device
from symbench.trial.execute import execute
from symbench.trial.process import limit_threads
from symbench.trial.rebuild import rebuild
from symbench.trial.resources import Resources, amounts
from symbench.trial.result import TrialResult
from symbench.trial.spec import TrialSpec

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from symbench.classifiers.base import Classifier
    from symbench.classifiers.training.loop import Training
    from symbench.data.container import Dataset

MAX_FAILURES = 2
STOP_S = 10.0  # twice as much is within the time that the driver grants past a trial's limit
_JOIN_S = 1.0
_NO_USE = ("PlacementGroupCleanerCallback", "DatasetsCallback")
# What Ray Train reads from the environment of the task that starts it.
_TRAIN_SETTINGS = {
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",  # 2 s would be a large part of a small training
    # While workers wait to be placed Ray Train hears nothing, not even that it shall end; it then tries again.
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "15",
}


def execute_with_workers(
    spec: TrialSpec,
    pool: Pool,
    plugins: Sequence[registry.Plugin] = (),
    given: npt.NDArray[np.float64] | None = None,
    checkpoints: CheckpointPlace | None = None,
) -> TrialResult:
    """Run a trial whose classifier trains in `spec.resources.workers` processes, and record however it ends.

    To be called in a Ray task, which should hold no resources: each worker asks for what the trial asks for. The
    result's environment says how many workers there were, how they talked, and how often they were started again.
    """
    trainer = RayTrainer(spec, plugins, given, checkpoints.of(spec.key) if checkpoints else None)
    result = execute(spec, pool, plugins, trainer, given, checkpoints)
    return result.model_copy(update={"environment": {**result.environment, **trainer.environment}})


class RayTrainer:
    """Trains like `symbench.classifiers.training.loop.train`, in several processes; see `Trainer` there."""

    def __init__(
        self,
        spec: TrialSpec,
        plugins: Sequence[registry.Plugin],
        given: npt.NDArray[np.float64] | None = None,
        folder: FolderCheckpoints | None = None,
    ) -> None:
        from symbench.classifiers.training.distributed import backend_for

        self.spec, self.plugins, self.given, self.folder = spec, tuple(plugins), given, folder
        self.backend = backend_for(spec.resources.gpus)
        self.environment = {
            "workers": str(spec.resources.workers),
            "backend": self.backend,
            "evaluated_on": "cpu",
        }

    def __call__(
        self,
        classifier: Classifier,
        train_data: Dataset,
        validation_data: Dataset,
        *,
        seed: int,
        budget: float,
        device: str,
    ) -> Training:
        """Raises what the training raised in a worker, and RuntimeError when workers are lost too often."""
        from symbench.classifiers.training.loop import finished

        keeper = keeper_for(self.spec.resources.timeout_s, self.folder)
        folder = tempfile.mkdtemp(prefix="sb-train-")
        try:
            config = {
                "spec": self.spec,
                "plugins": self.plugins,
                "given": self.given,
                "keeper": keeper,
                "train": ray.put(train_data),
                "validation": ray.put(validation_data),
                "seed": seed,
                "budget": budget,
            }
            self._fit(config, keeper, folder)
            checkpoint, starts, (notes, resumed_at) = ray.get(
                [keeper.load.remote(), keeper.starts.remote(), keeper.how.remote()]
            )
            self.environment["worker_restarts"] = str(starts - 1)
        finally:
            with _alarm_held():
                ray.kill(keeper)
                shutil.rmtree(folder, ignore_errors=True)
        training = finished(classifier, train_data, checkpoint, seed=seed, budget=budget)
        return replace(training, notes=notes, resumed_at=resumed_at)

    def _fit(self, config: dict[str, Any], keeper: Any, folder: str) -> None:
        from ray.train import FailureConfig, RunConfig
        from ray.train.torch import TorchConfig
        from ray.train.v2.api.config import LoggingConfig

        trainer = _trainer_class()(
            train_rank,
            train_loop_config=config,
            torch_config=TorchConfig(backend=self.backend),
            scaling_config=scaling(self.spec.resources),
            run_config=RunConfig(
                name="training",
                storage_path=folder,
                failure_config=FailureConfig(max_failures=MAX_FAILURES),
                callbacks=[*_callbacks(keeper)],
                logging_config=LoggingConfig(log_level="ERROR"),
            ),
        )
        for name, value in _TRAIN_SETTINGS.items():
            os.environ.setdefault(name, value)
        fitting = _Fitting(trainer.fit)
        try:
            fitting.wait()
        except ray.train.TrainingFailedError as error:
            self._explain(error, keeper)
        finally:
            with _alarm_held():
                _stop(keeper)
                fitting.thread.join(_JOIN_S)

    def _explain(self, error: Exception, keeper: Any) -> NoReturn:
        """Raise the training's own error, if there was one, as if it had been raised here."""
        failure = ray.get(keeper.failure.remote())
        if failure is not None:
            raise failure.rebuilt() from None
        lost = ray.get(keeper.starts.remote())
        raise RuntimeError(f"the training lost workers {lost} times: {str(error)[-1500:]}") from None


def scaling(asked: Resources) -> Any:
    """Ray Train's request for the workers of a trial."""
    from ray.train import ScalingConfig

    return ScalingConfig(
        num_workers=asked.workers,
        use_gpu=asked.gpus > 0,
        resources_per_worker=amounts(asked),
        label_selector=dict(asked.labels) or None,
    )


def train_rank(config: dict[str, Any]) -> None:
    """What each worker runs: its part of the training, checkpoints and errors to the keeper."""
    import ray.train.torch

    from symbench.classifiers.heads import for_classes
    from symbench.classifiers.training.distributed import Ranks, lost_a_peer
    from symbench.classifiers.training.loop import train
    from symbench.tasks.base import ClassificationTask

    spec: TrialSpec = config["spec"]
    context, keeper = ray.train.get_context(), config["keeper"]
    ranks = Ranks(context.get_world_rank(), context.get_world_size())
    if ranks.rank == 0:
        ray.get(keeper.started.remote())
    try:
        require_device(spec.resources)
        device = str(ray.train.torch.get_device()) if device_name(spec.resources) == "cuda" else "cpu"
        with limit_threads(max(1, int(spec.resources.cpus))):
            registry.load_plugins(config["plugins"])
            task = rebuild(registry.find_task(spec.task.name), spec.task)
            assert isinstance(task, ClassificationTask), "only classifiers train in several workers"
            classifier = rebuild(registry.find_classifier(spec.method.name), spec.method, config["given"])
            training = train(
                for_classes(classifier, len(task.label_names())),
                ray.get(config["train"]),
                ray.get(config["validation"]),
                seed=config["seed"],
                budget=config["budget"],
                device=device,
                ranks=ranks,
                checkpoints=KeptByActor(keeper),
            )
        if ranks.rank == 0:
            ray.get(keeper.trained.remote(training.notes, training.resumed_at))
    except Exception as error:
        if not lost_a_peer(error):
            ray.get(keeper.failed.remote(TrainingSupervisor.describe(error)))
        raise


class _Fitting:
    """`fit` in a thread of its own: inside `ray.get` the main thread would not hear that the trial's time is over.

    Ray Train also leaves SIGINT as it is where it does not run in the main thread.
    """

    def __init__(self, fit: Callable[[], Any]) -> None:
        self._fit = fit
        self._error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, name="ray-train", daemon=True)
        self.thread.start()

    def wait(self) -> None:
        """Until it has ended; raises what it raised."""
        while self.thread.is_alive():
            self.thread.join(_JOIN_S)
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._fit()
        except BaseException as error:
            self._error = error


def _callbacks(keeper: Any) -> Iterator[Any]:
    from ray.train import UserCallback
    from ray.train.v2._internal.execution.callback import ControllerCallback

    class OwnErrors(UserCallback):  # type: ignore[misc]
        """Ray Train starts workers again whatever ended them; this ends the training when the error was its own."""

        def after_exception(self, run_context: Any, worker_exceptions: Any) -> None:
            if ray.get(keeper.failure.remote()) is not None:
                raise RuntimeError("an error of the training itself is not tried again")

    class Introduction(ControllerCallback):  # type: ignore[misc]
        """Ray Train's controller tells the keeper who it is: no other handle of it can be had."""

        def after_controller_start(self, train_run_context: Any) -> None:
            ray.get(keeper.watch.remote(ray.get_runtime_context().current_actor))

    yield OwnErrors()
    yield Introduction()


def _trainer_class() -> Any:
    from ray.train.torch import TorchTrainer

    class Trainer(TorchTrainer):  # type: ignore[misc]
        """A TorchTrainer that starts no actors beside its workers that are of no use here.

        Ray Train's cleaner frees the reservation of workers whose controller was killed. It asks the dashboard whether
        the controller lives; a cluster of our own has none, and there the cleaner would free nothing and stay for
        ever: the keeper does its work. Ray's data sets are not used.
        """

        def _create_default_callbacks(self) -> list[Any]:
            found = super()._create_default_callbacks()
            return [c for c in found if type(c).__name__ not in _NO_USE]

    return Trainer


def _stop(keeper: Any) -> None:
    """End the controller, and with its reservation the workers: whatever they are doing, without waiting for it."""
    with contextlib.suppress(ray.exceptions.RayActorError, ray.exceptions.GetTimeoutError):
        controller = ray.get(keeper.controller.remote(), timeout=STOP_S)
        if controller is not None:
            ray.kill(controller)
            ray.get(keeper.free.remote(), timeout=STOP_S)


@contextlib.contextmanager
def _alarm_held() -> Iterator[None]:
    """Clean up undisturbed by the alarm of a trial whose time is over; what is done here has limits of its own."""
    delay, interval = signal.setitimer(signal.ITIMER_REAL, 0.0)
    try:
        yield
    finally:
        if delay:
            signal.setitimer(signal.ITIMER_REAL, delay, interval)
