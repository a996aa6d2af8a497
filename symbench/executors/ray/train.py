"""Trials whose classifier trains in several workers, with Ray Train's TorchTrainer.

A coordinating Ray task runs the trial like any other, except that workers do the training: the loop is that of one
process (`symbench.classifiers.training.loop`), and the coordinating task evaluates the trained network, on the CPU.

If a worker is lost, all workers start again from the last checkpoint, at most `MAX_FAILURES` times. After an error of
the training itself, it is not tried again. When the trial's time is over, or the coordinating task ends in any other
way, the workers, their controller and their placement group end too.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import ray

from symbench import registry
from symbench.executors.ray.private import (
    controller_callback,
    quiet_train_logging,
    set_train_environment,
    torch_config,
    torch_trainer_class,
)
from symbench.executors.ray.supervisor import Failure, SupervisedCheckpoints, start_supervisor
from symbench.plugins import load_plugins
from symbench.trial.context import TrialContext
from symbench.trial.device import device_name, require_device
from symbench.trial.execute import execute
from symbench.trial.process import limit_threads, time_limit_held
from symbench.trial.rebuild import rebuild
from symbench.trial.resources import Resources, amounts
from symbench.trial.result import TrialResult
from symbench.trial.spec import TrialSpec

if TYPE_CHECKING:
    from symbench.classifiers.learner import Learner
    from symbench.classifiers.training.loop import Training
    from symbench.data.container import Dataset
    from symbench.data.signature import Signature

MAX_FAILURES = 2
STOP_S = 10.0  # twice as much is less than the time that the driver waits after a trial's limit
ANSWER_S = 60.0  # for the supervisor, which is never busy for long
DATA_S = 900.0  # for the events to reach a worker's node
_JOIN_S = 1.0


def execute_with_workers(spec: TrialSpec, context: TrialContext) -> TrialResult:
    """Run a trial whose classifier trains in `spec.resources.workers` processes, and record however it ends.

    To be called in a Ray task, which should hold no resources: each worker requests those of the trial. The result's
    environment has the number of workers, their communication backend, and how often they were started again.
    """
    trainer = RayTrainer(spec, context)
    result = execute(spec, replace(context, trainer=trainer))
    return result.model_copy(update={"environment": {**result.environment, **trainer.environment}})


class RayTrainer:
    """Trains like `symbench.classifiers.training.loop.train`, in several processes; see `Trainer` there."""

    def __init__(self, spec: TrialSpec, context: TrialContext) -> None:
        from symbench.classifiers.training.distributed import backend_for

        self.spec, self.context = spec, context
        self.backend = backend_for(spec.resources.gpus)
        self.environment = {
            "workers": str(spec.resources.workers),
            "backend": self.backend,
            "evaluated_on": "cpu",
        }

    def __call__(
        self,
        learner: Learner,
        train_data: Dataset,
        validation_data: Dataset,
        *,
        outputs: int | Signature = 2,
        seed: int,
        budget: float,
        device: str,
    ) -> Training:
        """Raises the exception of the training in a worker, and RuntimeError if workers are lost too often."""
        from symbench.classifiers.training.loop import finished

        checkpoints = self.context.checkpoints
        supervisor = start_supervisor(
            self.spec.resources.timeout_s, checkpoints.of(self.spec.key) if checkpoints else None
        )
        folder = tempfile.mkdtemp(prefix="sb-train-")
        try:
            config = {
                "spec": self.spec,
                "plugins": self.context.plugins,
                "source_generators": self.context.source_generators,
                "supervisor": supervisor,
                "train": ray.put(train_data),
                "validation": ray.put(validation_data),
                "seed": seed,
                "budget": budget,
            }
            self._fit(config, supervisor, folder)
            checkpoint, starts, (notes, resumed_at) = ray.get(
                [supervisor.load.remote(), supervisor.starts.remote(), supervisor.training_notes.remote()],
                timeout=ANSWER_S,
            )
            self.environment["worker_restarts"] = str(starts - 1)
        finally:
            with time_limit_held():
                ray.kill(supervisor)
                shutil.rmtree(folder, ignore_errors=True)
        training = finished(learner, train_data, checkpoint, outputs=outputs, seed=seed, budget=budget)
        return replace(training, notes=notes, resumed_at=resumed_at)

    def _fit(self, config: dict[str, Any], supervisor: Any, folder: str) -> None:
        from ray.train import FailureConfig, RunConfig

        trainer = torch_trainer_class()(
            train_rank,
            train_loop_config=config,
            torch_config=torch_config(self.backend),
            scaling_config=scaling(self.spec.resources),
            run_config=RunConfig(
                name="training",
                storage_path=folder,
                failure_config=FailureConfig(max_failures=MAX_FAILURES),
                callbacks=[_own_errors(supervisor), controller_callback(supervisor)],
                **quiet_train_logging(),
            ),
        )
        set_train_environment()
        fitting = _Fitting(trainer.fit)
        try:
            fitting.wait()
        except ray.train.TrainingFailedError as error:
            self._explain(error, supervisor)
        finally:
            with time_limit_held():
                _stop(supervisor)
                fitting.thread.join(_JOIN_S)

    def _explain(self, error: Exception, supervisor: Any) -> NoReturn:
        """Raise the training's own error, if there was one, as if it had been raised in this process."""
        failure = ray.get(supervisor.failure.remote(), timeout=ANSWER_S)
        if failure is not None:
            raise failure.rebuilt() from None
        starts = ray.get(supervisor.starts.remote(), timeout=ANSWER_S)
        raise RuntimeError(f"the training lost workers {starts} times: {str(error)[-1500:]}") from None


def scaling(request: Resources) -> Any:
    """Ray Train's request for the workers of a trial."""
    from ray.train import ScalingConfig

    return ScalingConfig(
        num_workers=request.workers,
        use_gpu=request.gpus > 0,
        resources_per_worker=amounts(request),
        label_selector=dict(request.labels) or None,
    )


def train_rank(config: dict[str, Any]) -> None:
    """The function of each worker: its part of the training; the supervisor receives checkpoints and errors."""
    import ray.train.torch

    from symbench.classifiers.training.distributed import Ranks, lost_a_peer
    from symbench.classifiers.training.loop import train
    from symbench.tasks.base import PredictionTask

    spec: TrialSpec = config["spec"]
    context, supervisor = ray.train.get_context(), config["supervisor"]
    ranks = Ranks(context.get_world_rank(), context.get_world_size())
    if ranks.rank == 0:
        ray.get(supervisor.started.remote(), timeout=ANSWER_S)
    try:
        require_device(spec.resources)
        device = str(ray.train.torch.get_device()) if device_name(spec.resources) == "cuda" else "cpu"
        with limit_threads(max(1, int(spec.resources.cpus))):
            load_plugins(config["plugins"])
            task = rebuild(registry.find_task(spec.task.name), spec.task)
            assert isinstance(task, PredictionTask), "only networks train in several workers"
            learner = rebuild(
                registry.find_learner(spec.track, spec.method.name), spec.method, config["source_generators"]
            )
            training = train(
                learner,
                ray.get(config["train"], timeout=DATA_S),
                ray.get(config["validation"], timeout=DATA_S),
                outputs=task.outputs(),
                seed=config["seed"],
                budget=config["budget"],
                device=device,
                ranks=ranks,
                checkpoints=SupervisedCheckpoints(supervisor),
            )
        if ranks.rank == 0:
            ray.get(supervisor.trained.remote(training.notes, training.resumed_at), timeout=ANSWER_S)
    except Exception as error:
        if not lost_a_peer(error):
            ray.get(supervisor.failed.remote(Failure.of(error)), timeout=ANSWER_S)
        raise


class _Fitting:
    """`fit` in a thread of its own: in `ray.get` the main thread would not receive the alarm of the trial's time limit.

    Outside the main thread, Ray Train does not change the handling of SIGINT either.
    """

    def __init__(self, fit: Callable[[], Any]) -> None:
        self._fit = fit
        self._error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, name="ray-train", daemon=True)
        self.thread.start()

    def wait(self) -> None:
        """Wait until it has ended; raises its exception."""
        while self.thread.is_alive():
            self.thread.join(_JOIN_S)
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._fit()
        except BaseException as error:
            self._error = error


def _own_errors(supervisor: Any) -> Any:
    """A callback that ends the training after an error of its own; Ray Train would start the workers again."""
    from ray.train import UserCallback

    class OwnErrors(UserCallback):  # type: ignore[misc]  # Ray has no types
        def after_exception(self, run_context: Any, worker_exceptions: Any) -> None:
            if ray.get(supervisor.failure.remote(), timeout=ANSWER_S) is not None:
                raise RuntimeError("an error of the training itself is not tried again")

    return OwnErrors()


def _stop(supervisor: Any) -> None:
    """Kill the controller and remove its placement group, which ends the workers, without waiting for the training."""
    with contextlib.suppress(ray.exceptions.RayActorError, ray.exceptions.GetTimeoutError):
        controller = ray.get(supervisor.controller.remote(), timeout=STOP_S)
        if controller is not None:
            ray.kill(controller)
            ray.get(supervisor.free.remote(), timeout=STOP_S)
