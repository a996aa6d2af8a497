"""The rules of tasks: what is true of their data, their digest and their stated answer."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.data.container import Dataset
from symbench.data.sizes import Sizes
from symbench.data.splits import split
from symbench.errors import DataError
from symbench.tasks.base import (
    ClassificationTask,
    DataContext,
    DistributionTask,
    DynamicsTask,
    FunctionTask,
    GeneratorTask,
    InvariantTask,
    RegressionTask,
    Task,
)
from symbench.testing.component import check_component
from symbench.testing.elsewhere import describe_elsewhere
from symbench.testing.rules import global_generators_untouched, require

FloatArray = npt.NDArray[np.float64]

_EVENTS = 500  # that the truth is checked on


def check_task(
    task: Task, *, context: DataContext | None = None, bound: float = 1e-6, other_process: bool = True
) -> None:
    """Load a task's data twice and check them against what the task states; raises ConformanceError.

    The identity is JSON, and the digest is the same in another process; the module is imported without torch, numpy
    and other slow packages, unless it is a plug-in; sizes match the data; two loads give the same bytes and draw from
    no global generator; splits share no event, and larger training sets contain smaller ones; labels are of their
    kind; the truth has the right shape and annihilates the label (quantities: is constant along the flow).

    context        folders with data that have to be fetched; by default two empty ones, so that data are made twice
    bound          relative defect that the stated truth may have: 0 is a symmetry, 1 is none
    other_process  whether to check import and digest in another process, which takes about a second
    """
    check_component(task)
    _check_identity(task)
    if other_process:
        _check_elsewhere(task)
    data = _check_loading(task, context)
    _check_sizes(task, task.sizes(), data)
    _check_splits(task, task.sizes(), data)
    if isinstance(task, InvariantTask):
        _check_invariants(task, data)
    elif isinstance(task, GeneratorTask):
        _check_generators(task, data, bound)
    if isinstance(task, FunctionTask):
        _check_label(task, data)
    if isinstance(task, DistributionTask):
        _check_companion(task, data)
    if isinstance(task, DynamicsTask):
        _check_trajectories(task, data, bound)
    if isinstance(task, ClassificationTask):
        _check_classes(task, data)
    if isinstance(task, RegressionTask):
        _check_target(task, data)


def _check_identity(task: Task) -> None:
    identity = task.identity()
    try:
        text = json.dumps(identity, allow_nan=False)
    except (TypeError, ValueError) as error:
        require(False, f"{task.name}: the identity is not JSON: {error}")
    keys = _keys(identity)
    require(all(isinstance(key, str) for key in keys), f"{task.name}: a key of the identity is no text: {keys}")
    require(task.digest == task.digest, f"{task.name}: two calls gave two digests")
    require(json.loads(text), f"{task.name}: the identity is empty, so that no change of the data would be noticed")


def _keys(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *(key for inner in value.values() for key in _keys(inner))]
    if isinstance(value, list | tuple):
        return [key for inner in value for key in _keys(inner)]
    return []


def _check_elsewhere(task: Task) -> None:
    elsewhere = describe_elsewhere(task)
    require(
        elsewhere.digest == task.digest,
        f"{task.name}: the digest is another one in another process ({elsewhere.digest[:12]} and {task.digest[:12]}): "
        "the identity depends on the order of a set, an address or the time",
    )
    require(
        not elsewhere.heavy,
        f"{task.name}: importing {type(task).__module__} imports {', '.join(elsewhere.heavy)}, which every "
        "`symbench plan` would wait for: import it inside the function that needs it",
    )


def _check_loading(task: Task, context: DataContext | None) -> Dataset:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        data = task.load(context or DataContext(Path(one)))
        with global_generators_untouched(f"{task.name}, as it loaded its data,"):  # not the first: imports may draw
            again = task.load(context or DataContext(Path(other)))
        require(data.digest == again.digest, f"{task.name}: two loads gave different data")
        for name in ("source", "selection", "licence"):
            require(getattr(data.provenance, name), f"{task.name}: the provenance of the data lacks the {name}")
        everything = np.arange(len(data))
        return data.take(everything)  # arrays in memory: mapped files end with the folders


def _check_sizes(task: Task, sizes: Sizes, data: Dataset) -> None:
    require(sizes.train > 0 and sizes.test > 0, f"{task.name}: there are no events to train or to test with: {sizes}")
    total = sizes.train + sizes.validation + sizes.test
    if data.part is None:
        require(total == len(data), f"{task.name}: sizes() adds up to {total} events, and load() gives {len(data)}")
    require(np.isfinite(data.vectors).all(), f"{task.name}: a vector is not finite")
    padding = data.vectors[~data.mask]
    require(not padding.any(), f"{task.name}: vectors that the mask excludes are not zero")


def _check_splits(task: Task, sizes: Sizes, data: Dataset) -> None:
    small, large = max(1, sizes.train // 2), sizes.train
    try:
        drawn = split(data, sizes, train_size=large, seed=1)
        fewer = split(data, sizes, train_size=small, seed=1)
    except DataError as error:
        require(False, f"{task.name}: its data cannot be split by its sizes: {error}")
    ids = {name: set(getattr(drawn, name).event_id.tolist()) for name in ("train", "validation", "test")}
    for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
        shared = len(ids[one] & ids[other])
        require(not shared, f"{task.name}: {shared} events are both in {one} and in {other}")
    contained = set(fewer.train.event_id.tolist()) <= ids["train"]
    require(contained, f"{task.name}: {large} training events do not contain the {small} of a smaller trial")


def _check_generators(task: GeneratorTask, data: Dataset, bound: float) -> None:
    truth, name = task.truth(), task.truth_name()
    known = truth is not None or (isinstance(task, FunctionTask) and task.truth_fields() is not None)
    require(
        task.truth_is_known() == known or name is not None,
        f"{task.name}: truth_is_known() is {task.truth_is_known()}, and truth() says otherwise",
    )
    x = task.scaled(data)[:_EVENTS]
    dimension = x.shape[2]
    if truth is not None:
        shape = truth.shape
        require(
            truth.ndim == 3 and shape[1:] == (dimension, dimension),
            f"{task.name}: the truth has shape {shape}, not (k, {dimension}, {dimension}) as its vectors demand",
        )
        require(np.isfinite(truth).all(), f"{task.name}: a true generator is not finite")
        rank = int(np.linalg.matrix_rank(truth.reshape(len(truth), -1))) if len(truth) else 0
        require(rank == len(truth), f"{task.name}: {len(truth)} true generators span {rank} dimensions only")
        nonlinear = isinstance(task, FunctionTask) and task.truth_fields() is not None
        if name is not None and not nonlinear:
            require(
                (name == "none") == (len(truth) == 0), f"{task.name}: the truth is named {name!r} and has {len(truth)}"
            )
    for what, answer in (("unbroken", task.unbroken()), ("published", task.published())):
        require(
            answer is None or (answer.ndim == 3 and answer.shape[1:] == (dimension, dimension)),
            f"{task.name}: {what}() has not the shape (k, {dimension}, {dimension}) that its vectors demand",
        )
    require(
        task.unbroken() is None or (truth is not None and len(truth) == 0),
        f"{task.name}: unbroken() is the algebra of a symmetry that is broken, so the truth has no generators",
    )
    if isinstance(task, FunctionTask):
        _check_annihilation(task, truth, x, bound)


def _check_annihilation(task: FunctionTask, truth: FloatArray | None, x: FloatArray, bound: float) -> None:
    """The defect √(E[(∇f·Lx)²] / E[‖∇f‖²‖Lx‖²]) of every true generator or field of a task with a label function."""
    from symbench.metrics.fields import coordinate_spread, field_defects, linear_fields
    from symbench.metrics.label import label_gradient

    label, fields = task.label_function(), task.truth_fields()
    require(
        (label is not None) == task.label_is_known(),
        f"{task.name}: label_is_known() is {task.label_is_known()}, and label_function() says otherwise",
    )
    if fields is None and truth is not None:
        fields = linear_fields(truth)
    if fields is None:
        return
    values = fields(x)
    wanted = (len(values), *x.shape)
    require(values.shape == wanted, f"{task.name}: true fields have shape {values.shape}, not {wanted}")
    require(np.isfinite(values).all(), f"{task.name}: a true field is not finite")
    if label is None or not len(values):
        return
    defects = field_defects(values, label_gradient(label, x), coordinate_spread(x))
    worst = int(defects.argmax())
    require(
        defects[worst] <= bound,
        f"{task.name}: true generator {worst} changes the label: its defect is {defects[worst]:.2g}, more than "
        f"{bound:.2g}",
    )


def _check_label(task: FunctionTask, data: Dataset) -> None:
    require(np.isfinite(data.label).all(), f"{task.name}: a label is not finite")
    integer = np.issubdtype(data.label.dtype, np.integer)
    wanted = "integers" if task.label_kind == "class" else "floating-point numbers"
    require(
        integer == (task.label_kind == "class"),
        f"{task.name}: label_kind is {task.label_kind!r}, so labels must be {wanted}, not {data.label.dtype}",
    )
    require(len(np.unique(data.label)) > 1, f"{task.name}: all labels are the same")


def _check_companion(task: DistributionTask, data: Dataset) -> None:
    if task.companion == "class":
        require(np.issubdtype(data.label.dtype, np.integer), f"{task.name}: its classes are no integers")
    if task.companion == "vectors":
        columns = None if data.features is None else data.features.shape[2]
        dimension = data.vectors.shape[2]
        require(columns == dimension, f"{task.name}: companions have {columns} components, and vectors {dimension}")


def _check_trajectories(task: DynamicsTask, data: Dataset, bound: float) -> None:
    from symbench.metrics.conservation import flow_defects

    shape = None if data.features is None else data.features.shape
    require(shape == data.vectors.shape, f"{task.name}: velocities {shape} for states {data.vectors.shape}")
    sample = task.sample(data)
    dimension = sample.x.shape[2]
    require(sample.dt > 0, f"{task.name}: the time between states is {sample.dt}")
    require(not task.canonical or dimension % 2 == 0, f"{task.name}: {dimension} coordinates cannot be (q, p)")
    truth, names = task.conserved(), task.conserved_names()
    require((truth is None) == (names is None), f"{task.name}: conserved() and conserved_names() disagree on the truth")
    if truth is None or names is None:
        return
    require(truth.count == len(names), f"{task.name}: {truth.count} quantities have {len(names)} names")
    states, velocity = sample.x.reshape(-1, dimension)[:_EVENTS], sample.velocity.reshape(-1, dimension)[:_EVENTS]
    values, gradients = truth.values(states), truth.gradients(states)
    wanted = (len(states), truth.count)
    require(
        values.shape == wanted and gradients.shape == (*wanted, dimension),
        f"{task.name}: {truth.count} quantities have values {values.shape} and gradients {gradients.shape}",
    )
    if truth.count:
        defects = flow_defects(truth, states, velocity)
        worst = int(defects.argmax())
        require(
            defects[worst] <= bound,
            f"{task.name}: {names[worst]} changes along the flow: its defect is {defects[worst]:.2g}, more than "
            f"{bound:.2g}",
        )


def _check_invariants(task: InvariantTask, data: Dataset) -> None:
    """The true functions fit their names and the events; the algebra leaves them unchanged at any event."""
    from symbench.data.permuted import permuted

    truth, names = task.invariants(), task.invariant_names()
    require(
        (truth is None) == (names is None), f"{task.name}: invariants() and invariant_names() disagree on the truth"
    )
    x = task.sample(data).x
    if task.parts != "vectors":
        wanted = x.shape[1] if task.parts == "blocks" else x.shape[2]
        require(
            len(task.part_names()) == wanted, f"{task.name}: {len(task.part_names())} names of {wanted} {task.parts}"
        )
    if truth is None or names is None:
        return
    require(truth.count == len(names), f"{task.name}: {truth.count} functions have {len(names)} names")
    events = permuted(x, np.random.default_rng(0), parts=task.parts)[:_EVENTS]
    states = events.reshape(len(events), -1)
    values, gradients = truth.values(states), truth.gradients(states)
    require(
        values.shape == (len(states), truth.count) and gradients.shape == (*values.shape, states.shape[1]),
        f"{task.name}: {truth.count} functions have values {values.shape} and gradients {gradients.shape}",
    )
    algebra = task.truth()
    if algebra is None or not truth.count:
        return
    moved = np.einsum("lij,npj->lnpi", algebra, events).reshape(len(algebra), len(states), -1)
    change = np.einsum("nki,lni->lnk", gradients, moved)
    size = np.linalg.norm(gradients, axis=2) * np.linalg.norm(moved, axis=2)[:, :, None]
    worst = float(np.max(np.abs(change) / np.maximum(size, np.finfo(np.float64).tiny)))
    require(
        worst < 1e-8, f"{task.name}: a true generator changes a true function, by {worst:.2g} of the largest change"
    )


def _check_classes(task: ClassificationTask, data: Dataset) -> None:
    names = task.label_names()
    require(len(set(names)) == len(names) >= 2, f"{task.name}: needs two classes or more with different names: {names}")
    require(np.issubdtype(data.label.dtype, np.integer), f"{task.name}: labels are {data.label.dtype}, not integers")
    found = set(np.unique(data.label).tolist())
    wanted = set(range(len(names)))
    require(found == wanted, f"{task.name}: labels are {sorted(found)}, and the classes are {dict(enumerate(names))}")
    dimension = data.vectors.shape[2]
    require(dimension == 4, f"{task.name}: classifiers take four-momenta, and vectors have {dimension} components")
    require(data.mask.any(axis=1).all(), f"{task.name}: an event has no constituent")


def _check_target(task: RegressionTask, data: Dataset) -> None:
    signature = task.outputs()
    found = (data.vectors.shape[1], data.vectors.shape[2], 0 if data.features is None else data.features.shape[2])
    stated = (signature.vectors, signature.dimension, signature.scalars)
    require(found == stated, f"{task.name}: vectors, dimension and scalars are {found}, and the signature has {stated}")
    wanted = (len(data), signature.outputs)
    require(
        data.label.shape == wanted and data.label.dtype == np.float64,
        f"{task.name}: the target is {data.label.dtype} of shape {data.label.shape}, and float64 {wanted} is needed",
    )
    group = task.group()
    sizes = signature.dimension if group is None else group.dimension
    require(sizes == signature.dimension, f"{task.name}: the group acts on {sizes} components, not on those of vectors")
