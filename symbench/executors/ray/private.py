"""Everything that symbench uses of Ray beyond its documented interface.

No other module may use such parts. Each function states its purpose; `USES` lists the undocumented names of Ray that it
depends on, which a test looks up in the installed Ray. The releases in TRIED_VERSIONS have all of them; 2.55 does not.

This module imports no Ray before a function is called: the authentication is chosen before Ray is imported.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from typing import Any

TRIED_VERSIONS = ("2.56.0", "2.60.0")

USES: dict[str, tuple[str, ...]] = {
    "own_cluster_options": (
        "ray:init(_node_ip_address)",
        "ray:init(_system_config)",
        "ray:init(_temp_dir)",
    ),
    "on_loopback": ("ray._private:ray_constants", "ray._private.ray_constants:ENABLE_RAY_CLUSTER"),
    "requires_token": (
        "ray._raylet:AuthenticationMode",
        "ray._raylet:AuthenticationMode.TOKEN",
        "ray._raylet:get_authentication_mode",
    ),
    "cluster_asks_for_token": (),
    "request_nodes": ("ray.autoscaler.sdk:request_resources(bundle_label_selectors)",),
    "stream_end": ("ray:ObjectRefGenerator.completed",),
    "actor_lives": (),
    "placement_groups_of": (
        "ray._private.state:state",
        "ray._private.state:state._connect_and_get_accessor",
        "ray._raylet:GlobalStateAccessor.get_placement_group_table",
        "ray.core.generated.gcs_pb2:PlacementGroupTableData",
        "ray.core.generated.gcs_pb2:PlacementGroupTableData.REMOVED",
        "ray.core.generated.gcs_pb2:PlacementGroupTableData.creator_actor_id",
        "ray.core.generated.gcs_pb2:PlacementGroupTableData.placement_group_id",
        "ray.core.generated.gcs_pb2:PlacementGroupTableData.state",
        "ray.util.placement_group:PlacementGroup",
    ),
    "set_train_environment": (
        "ray.train.v2._internal.constants:HEALTH_CHECK_INTERVAL_S_ENV_VAR",
        "ray.train.v2._internal.constants:WORKER_GROUP_START_TIMEOUT_S_ENV_VAR",
    ),
    "quiet_train_logging": (
        "ray.train.v2.api.config:LoggingConfig",
        "ray.train.v2.api.config:RunConfig(logging_config)",
    ),
    "controller_callback": (
        "ray.train.v2._internal.execution.callback:ControllerCallback",
        "ray.train.v2._internal.execution.callback:ControllerCallback.after_controller_start",
    ),
    "torch_trainer_class": (
        "ray.train.torch:TorchTrainer._create_default_callbacks",
        "ray.train.v2._internal.callbacks.placement_group_callback:PlacementGroupCleanerCallback",
        "ray.train.v2._internal.callbacks.datasets:DatasetsCallback",
    ),
    "torch_config": (
        "ray.train.torch.config:TorchConfig.backend_cls",
        "ray.train.torch.config:_TorchBackend",
        "ray.train.torch.config:_TorchBackend.on_start",
        "ray.train.torch.config:_set_torch_distributed_env_vars",
    ),
    "unbuffered_scheduler_class": ("ray.tune.schedulers:FIFOScheduler._supports_buffered_results",),
    "job_client": ("ray.job_submission:JobSubmissionClient._do_request",),
}
"""Function → undocumented names as `module:attribute` or `module:function(parameter)`."""

_CLUSTER_ID = "/ray.rpc.NodeInfoGcsService/GetClusterId"
_TRAIN_ENVIRONMENT = {
    # The default of 2 s would be a large part of a small training.
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",
    # While workers wait to be placed, Ray Train does not react, not even to a request to stop; it then tries again.
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "15",
}
_HEALTH_CHECKS = {
    "health_check_initial_delay_ms": 5000,
    "health_check_period_ms": 2000,
    "health_check_timeout_ms": 10_000,
    "health_check_failure_threshold": 3,
}
_UNUSED_CALLBACKS = ("PlacementGroupCleanerCallback", "DatasetsCallback")


def own_cluster_options(folder: str) -> dict[str, Any]:
    """Options of `ray.init` for a cluster on loopback that writes into this folder (a short path, for its sockets).

    The head notices within some forty seconds that the node does not answer; by default it takes more than a minute.
    """
    return {"_node_ip_address": "127.0.0.1", "_temp_dir": folder, "_system_config": dict(_HEALTH_CHECKS)}


@contextlib.contextmanager
def on_loopback() -> Iterator[None]:
    """Let `ray.init` keep the loopback address that it is given.

    Otherwise Ray replaces it by the address of this machine, for nodes that join later, and all its parts listen on
    every interface. Ray keeps it on systems on which it supports no clusters; this pretends that Linux is one.
    """
    from ray._private import ray_constants

    before = ray_constants.ENABLE_RAY_CLUSTER
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = before


def requires_token() -> bool:
    """Whether this process authenticates by token. Ray may switch to tokens by itself when it starts or joins."""
    from ray._raylet import AuthenticationMode, get_authentication_mode  # type: ignore[attr-defined]  # of Cython

    return bool(get_authentication_mode() == AuthenticationMode.TOKEN)


def cluster_asks_for_token(address: str, wait_s: float = 10.0) -> bool | None:
    """Whether the head at HOST:PORT refuses requests without a token; None if it gives no answer (away, TLS).

    The request is one that the head answers to clients that do not know the cluster's id yet. No Ray is imported: the
    answer decides which authentication Ray is imported with.
    """
    if "://" in address or ":" not in address:
        return None
    import grpc  # type: ignore[import-untyped]

    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        try:
            channel.unary_unary(_CLUSTER_ID)(b"", timeout=wait_s)
        except grpc.RpcError as error:
            return True if error.code() is grpc.StatusCode.UNAUTHENTICATED else None
    return False


def request_nodes(bundles: list[dict[str, float]], labels: list[dict[str, str]]) -> None:
    """Announce a demand to an autoscaler, in place of the last one; the label selectors are not documented.

    bundles   amounts under Ray's names, a bundle for each process
    labels    the labels that the node of each bundle must have
    """
    from ray.autoscaler.sdk import request_resources

    if bundles:
        request_resources(bundles=bundles, bundle_label_selectors=labels)
    else:
        request_resources(bundles=[])


def stream_end(task: Any) -> Any:
    """The reference that becomes ready when a streaming task has ended, whether or not its results have arrived."""
    return task.completed()


def actor_lives(actor: Any, wait_s: float) -> bool:
    """Whether an actor is alive, by a method that every actor has; True if it is too busy to answer in time."""
    import ray

    try:
        ray.get(actor.__ray_ready__.remote(), timeout=wait_s)
    except ray.exceptions.GetTimeoutError:
        return True
    except ray.exceptions.RayError:
        return False
    return True


def placement_groups_of(actor: Any) -> list[Any]:
    """The placement groups that an actor made and that still exist. Ray's public table does not name the actor."""
    import ray
    from ray._private.state import state
    from ray.core.generated.gcs_pb2 import PlacementGroupTableData
    from ray.util.placement_group import PlacementGroup

    table = state._connect_and_get_accessor().get_placement_group_table()
    rows = [PlacementGroupTableData.FromString(row) for row in table]
    return [
        PlacementGroup(ray.PlacementGroupID(row.placement_group_id))
        for row in rows
        if row.creator_actor_id == actor._actor_id.binary() and row.state != PlacementGroupTableData.REMOVED
    ]


def set_train_environment() -> None:
    """Shorten two intervals of Ray Train, unless the environment sets them; read from the process that starts it."""
    for name, value in _TRAIN_ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def quiet_train_logging() -> dict[str, Any]:
    """The argument of Ray Train's `RunConfig` with which it logs errors only."""
    from ray.train.v2.api.config import LoggingConfig

    return {"logging_config": LoggingConfig(log_level="ERROR")}


def controller_callback(supervisor: Any) -> Any:
    """A callback of Ray Train that passes the handle of its controller to the supervisor; no other way gives it."""
    import ray
    from ray.train.v2._internal.execution.callback import ControllerCallback

    class Introduction(ControllerCallback):  # type: ignore[misc]  # Ray has no types
        def after_controller_start(self, train_run_context: Any) -> None:
            ray.get(supervisor.watch.remote(ray.get_runtime_context().current_actor))

    return Introduction()


def torch_trainer_class() -> Any:
    """A TorchTrainer without two helper actors that are of no use to symbench.

    Ray Train's cleaner frees the placement group of workers whose controller was killed. It asks the dashboard whether
    the controller lives; a cluster that a run starts has no dashboard, and there the cleaner would free nothing and
    never end: the supervisor does its work. Ray's data sets are not used.
    """
    from ray.train.torch import TorchTrainer

    class Trainer(TorchTrainer):  # type: ignore[misc]  # Ray has no types
        def _create_default_callbacks(self) -> list[Any]:
            callbacks = super()._create_default_callbacks()
            return [callback for callback in callbacks if type(callback).__name__ not in _UNUSED_CALLBACKS]

    return Trainer


def torch_config(backend: str) -> Any:
    """Ray Train's TorchConfig, with `rendezvous` in place of a store that listens on every interface."""
    import ray
    from ray.train.torch.config import TorchConfig, _set_torch_distributed_env_vars, _TorchBackend

    from symbench.executors.ray.rendezvous import join, serve_store

    class Rendezvous(_TorchBackend):  # type: ignore[misc]  # Ray has no types
        def on_start(self, worker_group: Any, backend_config: Any) -> None:
            workers = len(worker_group)
            address, port = worker_group.execute_single(0, serve_store, workers)
            worker_group.execute(_set_torch_distributed_env_vars)
            place = {"address": address, "port": port, "timeout_s": backend_config.timeout_s}
            joined = [
                worker_group.execute_single_async(
                    rank, join, backend=backend_config.backend, number=rank, workers=workers, **place
                )
                for rank in range(workers)
            ]
            ray.get(joined)

    class Config(TorchConfig):  # type: ignore[misc]
        @property
        def backend_cls(self) -> Any:
            return Rendezvous

    return Config(backend=backend)


def unbuffered_scheduler_class() -> Any:
    """A first-in, first-out scheduler of Ray Tune that receives every report on its own, not in batches."""
    from ray.tune.schedulers import FIFOScheduler

    class Scheduler(FIFOScheduler):  # type: ignore[misc]  # Ray has no types
        _supports_buffered_results = False

    return Scheduler


def job_client(address: str, headers: dict[str, str], timeout: tuple[float, float]) -> Any:
    """Ray's client of the Jobs API with time limits, (to connect, to answer) in seconds; Ray has none.

    RAY_ADDRESS and RAY_API_SERVER_ADDRESS do not override the address, as they would with Ray's own client.
    """
    from ray.job_submission import JobSubmissionClient

    for name in ("ray.dashboard.modules.dashboard_sdk", "ray.dashboard.modules.job.sdk", "ray._private"):
        logging.getLogger(name).setLevel(logging.WARNING)

    class Bounded(JobSubmissionClient):  # type: ignore[misc]  # Ray has no types
        def _do_request(self, method: str, endpoint: str, **options: Any) -> Any:
            return super()._do_request(method, endpoint, **{"timeout": timeout, **options})

    overriding = {name: os.environ.pop(name, None) for name in ("RAY_ADDRESS", "RAY_API_SERVER_ADDRESS")}
    try:
        return Bounded(address, headers=headers)
    finally:
        os.environ.update({name: value for name, value in overriding.items() if value is not None})
