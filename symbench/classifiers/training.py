"""The one training loop of all classifiers.

AdamW; the learning rate rises linearly over the first tenth of the steps and falls by a cosine to zero; gradients
are clipped; the weights of the epoch with the lowest validation loss are kept. Deterministic on the CPU for a given
seed and number of threads.
"""

from __future__ import annotations

import copy
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

if TYPE_CHECKING:
    from symbench.classifiers.base import Classifier
    from symbench.data.container import Dataset

WARM_UP = 0.1
EVALUATION_BATCH = 64


@dataclass(frozen=True)
class Jets:
    """A data set on the device: four-momenta stay float64, networks choose what to compute in less.

    p (N, P, 4) GeV, mask (N, P) bool, features (N, P, F) or None, label (N,) int64
    """

    p: Tensor
    mask: Tensor
    features: Tensor | None
    label: Tensor

    @classmethod
    def of(cls, data: Dataset, device: str) -> Jets:
        features = None if data.features is None else torch.tensor(data.features, device=device)
        return cls(
            torch.tensor(data.vectors, dtype=torch.float64, device=device),
            torch.tensor(data.mask, device=device),
            features,
            torch.tensor(data.label, dtype=torch.int64, device=device),
        )

    def __len__(self) -> int:
        return len(self.p)

    def take(self, rows: Tensor | slice) -> Jets:
        features = None if self.features is None else self.features[rows]
        return Jets(self.p[rows], self.mask[rows], features, self.label[rows])


@dataclass(frozen=True)
class Training:
    """A trained network, in evaluation mode, and how it got there.

    train_loss, validation_loss  (epochs,) mean cross-entropy of each epoch, the former while training
    best_epoch                   the one whose weights were kept, counted from 1
    seconds                      wall time of the training steps, validation not counted
    """

    module: nn.Module
    train_loss: np.ndarray[tuple[int], np.dtype[np.float64]]
    validation_loss: np.ndarray[tuple[int], np.dtype[np.float64]]
    steps: int
    best_epoch: int
    jets: int
    seconds: float

    @property
    def jets_per_s(self) -> float:
        return self.jets / self.seconds


def train(
    classifier: Classifier, train_data: Dataset, validation_data: Dataset, *, seed: int, budget: float, device: str
) -> Training:
    """Train on one sample, choose the epoch with another.

    budget scales the number of epochs, at least one is run. Raises FloatingPointError when the loss stops being a
    number.
    """
    cuda = [torch.device(device)] if device.startswith("cuda") else []
    with torch.random.fork_rng(devices=cuda):
        torch.manual_seed(seed)  # initialisation and dropout draw from the default generator
        module = classifier.build().to(device)
        return _run(classifier, module, Jets.of(train_data, device), Jets.of(validation_data, device), seed, budget)


def planned_epochs(classifier: Classifier, jets: int, budget: float) -> int:
    """Passes over `jets` training jets: enough for `min_steps`, at least `epochs`, times the budget."""
    steps_per_epoch = math.ceil(jets / classifier.batch_size)
    epochs = max(classifier.epochs, math.ceil(classifier.min_steps / steps_per_epoch))
    return max(1, round(budget * epochs))


def learning_rate(step: int, steps: int, peak: float) -> float:
    """The rate of the step-th of `steps` steps, counted from 0: linear warm-up, then half a cosine."""
    warm_up = max(1, round(WARM_UP * steps))
    if step < warm_up:
        return peak * (step + 1) / warm_up
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warm_up) / (steps - warm_up)))


def _run(classifier: Classifier, module: nn.Module, jets: Jets, validation: Jets, seed: int, budget: float) -> Training:
    epochs = planned_epochs(classifier, len(jets), budget)
    steps = epochs * math.ceil(len(jets) / classifier.batch_size)
    order = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(
        module.parameters(), lr=classifier.learning_rate, weight_decay=classifier.weight_decay
    )
    train_loss, validation_loss = [], []
    best: dict[str, Tensor] = {}
    step, seconds = 0, 0.0
    for epoch in range(epochs):
        started = time.perf_counter()
        module.train()
        total = torch.zeros((), dtype=torch.float64, device=jets.p.device)
        for rows in torch.split(torch.randperm(len(jets), generator=order), classifier.batch_size):
            batch = jets.take(rows.to(jets.p.device))
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(step, steps, classifier.learning_rate)
            optimiser.zero_grad(set_to_none=True)
            loss = cross_entropy(module(batch.p, batch.mask, batch.features), batch.label)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(module.parameters(), classifier.clip_norm)
            optimiser.step()
            total += loss.detach() * len(batch)
            step += 1
        train_loss.append(float(total) / len(jets))
        seconds += time.perf_counter() - started
        validation_loss.append(_mean_loss(module, validation))
        if not math.isfinite(train_loss[-1] + validation_loss[-1]):
            raise FloatingPointError(f"the loss is not a number after epoch {epoch + 1}: lower the learning rate")
        if validation_loss[-1] == min(validation_loss):
            best = copy.deepcopy(module.state_dict())
            best_epoch = epoch + 1
        if classifier.patience is not None and epoch + 1 - best_epoch >= classifier.patience:
            break
    module.load_state_dict(best)
    module.eval()
    return Training(
        module,
        np.array(train_loss),
        np.array(validation_loss),
        steps=step,
        best_epoch=best_epoch,
        jets=len(jets) * len(train_loss),
        seconds=seconds,
    )


@torch.inference_mode()
def _mean_loss(module: nn.Module, jets: Jets) -> float:
    module.eval()
    total = 0.0
    for start in range(0, len(jets), EVALUATION_BATCH):
        batch = jets.take(slice(start, start + EVALUATION_BATCH))
        logits = module(batch.p, batch.mask, batch.features)
        total += float(cross_entropy(logits.double(), batch.label, reduction="sum"))
    return total / len(jets)
