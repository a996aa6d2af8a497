"""How `liegan` trains: events as tensors, batches, epochs, and the claim."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from symbench.algebra.metric import invariant_metric
from symbench.discovery.base import DistributionSample, FunctionSample, Symmetry
from symbench.discovery.liegan.step import Step
from symbench.discovery.shared.discriminator import Discriminator

if TYPE_CHECKING:
    from symbench.discovery.liegan.method import LieGan, LieGanSettings

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Events:
    """A sample as input of a discriminator.

    x           (N, P + Q, d) all vectors that are transformed, divided by the root mean square of the P vectors: one
                number, which does not change the algebra
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


def events_of(sample: FunctionSample | DistributionSample) -> Events:
    """The events of a sample of either track: labels and classes stay, companion vectors are transformed with x."""
    size = np.sqrt(np.mean(sample.x**2))
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
    method: LieGanSettings,
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
    coefficients = (method.sigma * torch.randn(n, channels, generator=random)).to(device)
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


def fit(
    method: LieGan, sample: FunctionSample | DistributionSample, *, seed: int, budget: float, device: str
) -> Symmetry:
    """Train, and claim every channel; the arrays hold the metric tensor and the losses of each epoch."""
    random = torch.Generator().manual_seed(seed)
    events = events_of(sample)
    step = new_step(method, events, method.channels, random, device=device)
    events = Events(events.x.to(device), events.y.to(device), events.classes, events.companions)
    batches = math.ceil(len(events) / method.batch_size)
    epochs = max(1, round(budget * max(method.epochs, math.ceil(method.min_steps / batches))))
    curve = np.empty((epochs, 4))
    for epoch in range(epochs):
        curve[epoch], _ = run_epoch(method, step, events, random)
    generators = step.generators.detach().cpu().double().numpy()
    return Symmetry(
        generators=generators,
        confidence=np.full(method.channels, 0.5),  # the discriminator's loss is no measure of confidence
        steps=epochs * batches,
        arrays={"metric_tensor": invariant_metric(generators), "loss_curve": curve},
        scalars={"discriminator_loss": float(curve[-1, 3])},
    )
