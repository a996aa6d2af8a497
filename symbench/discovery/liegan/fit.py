"""How `liegan` trains: events as tensors, batches, epochs, and the claim."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import torch

from symbench.algebra.metric import invariant_metric
from symbench.discovery.base import DistributionSample, FunctionSample, Symmetry
from symbench.discovery.liegan.method import LieGan
from symbench.discovery.liegan.step import Step
from symbench.discovery.shared.discriminator import Discriminator
from symbench.errors import IncompatibleError

if TYPE_CHECKING:
    from symbench.discovery.liegan.method import EventLieGan, LieGanSettings, TrueCountLieGan

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Events:
    """A sample as input of a discriminator.

    x           (N, P + Q, d) all vectors that are transformed, in the unit of the method
    y           (N, e) labels that are not transformed, or classes (N,) counted from 0; e = 0 without a label
    classes     number of classes, 0 if labels are numbers
    companions  Q
    """

    x: torch.Tensor
    y: torch.Tensor
    classes: int
    companions: int

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: torch.Tensor) -> Events:
        """Some of the events."""
        return Events(self.x[rows], self.y[rows], self.classes, self.companions)


def events_of(sample: FunctionSample | DistributionSample, unit: Literal["original", "rms"] = "rms") -> Events:
    """The events of a sample of either track: labels and classes stay, companion vectors are transformed with x.

    Vectors are in the unit of the data (original), or in that of their root mean square (rms): one number, which does
    not change the algebra.
    """
    size = 1 / sample.scale if unit == "original" else float(np.sqrt(np.mean(sample.x**2))) or 1.0
    vectors, companions = sample.x, 0
    y, classes = torch.zeros(len(vectors), 0), 0
    if isinstance(sample, FunctionSample):
        y, classes = _labels(sample.y, sample.label_kind == "class")
    elif sample.y is not None and sample.y.ndim == 3:
        companions = sample.y.shape[1]
        vectors = np.concatenate([vectors, sample.y], axis=1)
    elif sample.y is not None:
        y, classes = _labels(sample.y, True)
    return Events(torch.from_numpy(vectors / size).float().contiguous(), y, classes, companions)


def _labels(y: npt.NDArray[np.float64] | npt.NDArray[np.int64], are_classes: bool) -> tuple[torch.Tensor, int]:
    """Standardised numbers (N, 1) and 0, or classes (N,) counted from 0 and their number."""
    if are_classes:
        values, index = np.unique(y, return_inverse=True)
        return torch.from_numpy(index.astype(np.int64)), len(values)
    y = y.astype(np.float64)
    spread = float(y.std()) or 1.0
    return torch.from_numpy((y - y.mean()) / spread).float()[:, None], 0


def new_step(
    method: LieGanSettings, events: Events, channels: int, random: torch.Generator, *, device: str = "cpu"
) -> Step:
    """Discriminator and generators drawn from `random`, on the device, initialised as in the authors' code.

    Generators are Kaiming normal of an array (c, d, d), whose fan-in is d²; with a mask they are N(0, 1).
    """
    _, vectors, d = events.x.shape
    beside = method.embedding if events.classes else events.y.shape[1]
    width = vectors * d + beside
    discriminator = Discriminator(width, method.hidden, random, classes=events.classes, embedding=method.embedding)
    mask = method.mask_matrix(d)
    start = torch.randn(channels, d, d, generator=random)
    start *= math.sqrt(2) / d if mask is None else torch.from_numpy(mask).float()
    discriminator.to(device)
    return Step(
        start.to(device),
        discriminator,
        cosine_weight=method.cosine_weight,
        correlation_weight=method.correlation_weight,
        generator_rate=method.generator_rate,
        discriminator_rate=method.discriminator_rate,
        companions=events.companions,
        mask=None if mask is None else torch.from_numpy(mask).float().to(device),
    )


def run_epoch(
    method: EventLieGan,
    step: Step,
    events: Events,
    random: torch.Generator,
    *,
    most: int | None = None,
    after: Callable[[], None] = lambda: None,
) -> tuple[FloatArray, int]:
    """One pass over the events in random order, of at most `most` steps; `after` is called after each.

    Returns the losses of the last batch (generator, cosine, correlation, discriminator), and the number of steps.
    """
    n, device = len(events), events.x.device
    channels = len(step.generators)
    order = torch.randperm(n, generator=random).to(device)
    coefficients = drawn_coefficients(method, n, channels, random).to(device)
    shuffled = events.take(order)
    starts = range(0, n, method.batch_size)[:most]
    losses = None
    for start in starts:
        rows = slice(start, start + method.batch_size)
        losses = step(shuffled.x[rows], shuffled.y[rows], coefficients[rows], report=start == starts[-1])
        after()
    assert losses is not None
    parts = (losses.generator, losses.cosine, losses.correlation, losses.discriminator)
    return torch.stack(parts).cpu().double().numpy(), len(starts)


def drawn_coefficients(method: EventLieGan, n: int, channels: int, random: torch.Generator) -> torch.Tensor:
    """z of n events (n, channels)."""
    if not isinstance(method, LieGan) or method.coefficients == "normal":
        return method.sigma * torch.randn(n, channels, generator=random)
    if method.coefficients == "uniform":
        return method.largest * (2 * torch.rand(n, channels, generator=random) - 1)
    return torch.randint(-method.largest, method.largest, (n, channels), generator=random).float()


def fit(
    method: LieGan | TrueCountLieGan,
    sample: FunctionSample | DistributionSample,
    *,
    seed: int,
    budget: float,
    device: str,
) -> Symmetry:
    """Train, and claim every channel; the arrays hold the metric tensor and the losses of each epoch."""
    d = sample.x.shape[2]
    channels = method.channels if isinstance(method, LieGan) else _true_count(sample)
    if channels == 0:
        return Symmetry(np.zeros((0, d, d)), np.zeros(0))
    random = torch.Generator().manual_seed(seed)
    events = events_of(sample, method.unit)
    step = new_step(method, events, channels, random, device=device)
    events = Events(events.x.to(device), events.y.to(device), events.classes, events.companions)
    batches = math.ceil(len(events) / method.batch_size)
    epochs = max(1, round(budget * max(method.epochs, math.ceil(method.min_steps / batches))))
    curve = np.empty((epochs, 4))
    for epoch in range(epochs):
        curve[epoch], _ = run_epoch(method, step, events, random)
    generators = step.generators.detach().cpu().double()
    arrays, scalars = {"loss_curve": curve}, {"discriminator_loss": float(curve[-1, 3])}
    if isinstance(method, LieGan) and method.coefficients == "integer-grid":
        arrays["group_elements"] = torch.linalg.matrix_exp(generators).numpy()
        scalars["displacement"] = _displacement(arrays["group_elements"], sample.x)
        return Symmetry(np.zeros((0, d, d)), np.zeros(0), steps=epochs * batches, arrays=arrays, scalars=scalars)
    arrays["metric_tensor"] = invariant_metric(generators.numpy())
    return Symmetry(
        generators=generators.numpy(),
        confidence=np.full(channels, 0.5),  # the discriminator's loss is no measure of confidence
        steps=epochs * batches,
        arrays=arrays,
        scalars=scalars,
    )


def _displacement(elements: FloatArray, x: FloatArray) -> float:
    """The least RMS ‖gx − x‖ over RMS ‖x‖ of group elements (k, d, d): 0 if one of them is the identity."""
    moved = [float(np.mean((x @ g.T - x) ** 2)) for g in elements]
    return math.sqrt(min(moved) / float(np.mean(x**2)))


def _true_count(sample: FunctionSample | DistributionSample) -> int:
    """The number of true generators; of true vector fields if these state the truth."""
    if isinstance(sample, FunctionSample) and sample.truth_fields is not None:
        return len(sample.truth_fields(sample.x[:1]))
    if sample.truth is None:
        raise IncompatibleError("the truth of this task is not known")
    return len(sample.truth)
