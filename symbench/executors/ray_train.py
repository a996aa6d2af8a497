"""Trials whose classifier trains in several workers, with Ray Train's TorchTrainer.

A coordinating Ray task runs the trial as any other and hands the training alone to workers: the loop is that of one
process (`symbench.classifiers.training`), and what comes back is evaluated in the coordinating task, on the CPU.

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
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import ray

from symbench import registry, worker
from symbench.data.splits import Pool
from symbench.device import device_name, require_device
from symbench.executors.ray_keeper import Keeper, KeptByActor, keeper_for
from symbench.request import amounts
from symbench.trial import Resources, TrialResult, TrialSpec

if TYPE_CHECKING:
    from symbench.classifiers.base import Classifier
    from symbench.classifiers.training import Training
    from symbench.data.container import Dataset

MAX_FAILURES = 2
ABORT_S = 25.0  # within the time that the driver grants past a trial's limit
# What Ray Train reads from the environment of the task that starts it.
_TRAIN_SETTINGS = {
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",  # 2 s would be a large part of a small training
    # While workers wait to be placed Ray Train hears nothing, not even that it shall end; it then tries again.
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "15",
}


def execute_with_workers(spec: TrialSpec, pool: Pool, plugins: Sequence[registry.Plugin] = ()) -> TrialResult:
    """Run a trial whose classifier trains in `spec.resources.workers` processes, and record however it ends.

    To be called in a Ray task, which should hold no resources: each worker asks for what the trial asks for. The
    result's environment says how many workers there were, how they talked, and how often they were started again.
    """
    trainer = RayTrainer(spec, plugins)
    result = worker.execute(spec, pool, plugins, trainer)
    return result.model_copy(update={"environment": {**result.environment, **trainer.environment}})


class RayTrainer:
    """Trains like `symbench.classifiers.training.train`, in several processes; see `Trainer` there."""

    def __init__(self, spec: TrialSpec, plugins: Sequence[registry.Plugin]) -> None:
        from symbench.classifiers.distributed import backend_for

        self.spec, self.plugins = spec, tuple(plugins)
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
        from symbench.classifiers.training import finished

        keeper = keeper_for(self.spec.resources.timeout_s)
        folder = tempfile.mkdtemp(prefix="sb-train-")
        try:
            config = {
                "spec": self.spec,
                "plugins": self.plugins,
                "keeper": keeper,
                "train": ray.put(train_data),
                "validation": ray.put(validation_data),
                "seed": seed,
                "budget": budget,
            }
            self._fit(config, keeper, folder)
            checkpoint = ray.get(keeper.load.remote())
            self.environment["worker_restarts"] = str(ray.get(keeper.starts.remote()) - 1)
        finally:
            with _alarm_held():
                ray.kill(keeper)
                shutil.rmtree(folder, ignore_errors=True)
        return finished(classifier, train_data, checkpoint, seed=seed, budget=budget)

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
                callbacks=[_own_errors(keeper)],
                logging_config=LoggingConfig(log_level="ERROR"),
            ),
        )
        trainer.keeper = keeper
        for name, value in _TRAIN_SETTINGS.items():
            os.environ.setdefault(name, value)
        try:
            trainer.fit()
        except ray.train.TrainingFailedError as error:
            self._explain(error, keeper)
        finally:
            with _alarm_held():
                _stop(trainer.controller)

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

    from symbench.classifiers.distributed import Ranks, lost_a_peer
    from symbench.classifiers.training import train

    spec: TrialSpec = config["spec"]
    context, keeper = ray.train.get_context(), config["keeper"]
    ranks = Ranks(context.get_world_rank(), context.get_world_size())
    if ranks.rank == 0:
        ray.get(keeper.started.remote(ray.util.get_current_placement_group()))
    try:
        require_device(spec.resources)
        device = str(ray.train.torch.get_device()) if device_name(spec.resources) == "cuda" else "cpu"
        with worker.limit_threads(max(1, int(spec.resources.cpus))):
            registry.load_plugins(config["plugins"])
            train(
                worker.rebuild(registry.find_classifier(spec.method.name), spec.method),
                ray.get(config["train"]),
                ray.get(config["validation"]),
                seed=config["seed"],
                budget=config["budget"],
                device=device,
                ranks=ranks,
                checkpoints=KeptByActor(keeper),
            )
    except Exception as error:
        if not lost_a_peer(error):
            ray.get(keeper.failed.remote(Keeper.describe(error)))
        raise


def _own_errors(keeper: Any) -> Any:
    """Ray Train starts workers again whatever ended them; this ends the training when an error was its own."""
    from ray.train import UserCallback

    class OwnErrors(UserCallback):  # type: ignore[misc]
        def after_exception(self, run_context: Any, worker_exceptions: Any) -> None:
            if ray.get(keeper.failure.remote()) is not None:
                raise RuntimeError("an error of the training itself is not tried again")

    return OwnErrors()


def _trainer_class() -> Any:
    from ray.train.torch import TorchTrainer

    class Trainer(TorchTrainer):  # type: ignore[misc]
        """A TorchTrainer that can be ended from outside, leaves this process's SIGINT alone, and starts no cleaner.

        Ray Train's own cleaner frees the reservation of workers whose controller was killed. It asks the dashboard
        whether the controller lives, which a cluster of our own has not, and would then stay for ever: the keeper
        does its work.
        """

        controller: Any = None
        keeper: Any = None

        def _register_sigint_handler(self, controller: Any) -> None:
            self.controller = controller
            self.keeper.watch.remote(controller)

        def _create_default_callbacks(self) -> list[Any]:
            found = super()._create_default_callbacks()
            return [c for c in found if type(c).__name__ != "PlacementGroupCleanerCallback"]

    return Trainer


def _stop(controller: Any) -> None:
    """End workers and controller, whatever they are doing."""
    if controller is None:
        return
    with contextlib.suppress(ray.exceptions.RayError):
        ray.get(controller.abort.remote(), timeout=ABORT_S)
    with contextlib.suppress(ray.exceptions.RayError):
        ray.kill(controller)


@contextlib.contextmanager
def _alarm_held() -> Iterator[None]:
    """Clean up undisturbed by the alarm of a trial whose time is over; what is done here has limits of its own."""
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
