"""The one training loop of all classifiers.

AdamW; the learning rate rises linearly over the first tenth of the steps and falls by a cosine to zero; gradients
are clipped; the weights of the epoch with the lowest validation loss are kept, and a training in which it has not
fallen for long ends early. Deterministic on the CPU for a given seed and number of threads, also when it is interrupted
and goes on from a checkpoint. Several processes that train together (`distributed`) run this same loop.
"""

from __future__ import annotations

import copy
import hashlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from symbench.classifiers.base import Classifier
from symbench.classifiers.checkpoint import Checkpoints, Progress, read, resume, write
from symbench.classifiers.distributed import Ranks, generator_states

if TYPE_CHECKING:
    from symbench.data.container import Dataset

OnEpoch = Callable[[int, float], bool]
"""Told of each epoch (from 1) and its validation loss as it ends; True ends the training there."""

WARM_UP = 0.1
LEAST_PATIENCE = 10
CHECKPOINT_STEPS = 1000
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
    device                       where the network lies, and is to be evaluated
    """

    module: nn.Module
    train_loss: np.ndarray[tuple[int], np.dtype[np.float64]]
    validation_loss: np.ndarray[tuple[int], np.dtype[np.float64]]
    steps: int
    best_epoch: int
    jets: int
    seconds: float
    device: str

    @property
    def jets_per_s(self) -> float:
        return self.jets / self.seconds


class Trainer(Protocol):
    """How a classifier is trained: in this process by `train`, or somewhere else with the same result."""

    def __call__(
        self,
        classifier: Classifier,
        train_data: Dataset,
        validation_data: Dataset,
        *,
        seed: int,
        budget: float,
        device: str,
    ) -> Training: ...


def train(
    classifier: Classifier,
    train_data: Dataset,
    validation_data: Dataset,
    *,
    seed: int,
    budget: float,
    device: str,
    ranks: Ranks | None = None,
    checkpoints: Checkpoints | None = None,
    on_epoch: OnEpoch | None = None,
) -> Training:
    """Train on one sample, choose the epoch with another.

    budget       scales the number of epochs, at least one is run
    ranks        the processes that train together, each of which calls this with the same arguments
    checkpoints  go on from the latest one kept there, and keep more: after each epoch and `CHECKPOINT_STEPS` steps
    on_epoch     watches the training and may end it; of several processes each asks its own

    Raises FloatingPointError when the loss stops being a number, ValueError for a checkpoint of another training.
    """
    cuda = [torch.device(device)] if device.startswith("cuda") else []
    with torch.random.fork_rng(devices=cuda):
        torch.manual_seed(seed)  # initialisation and dropout draw from the default generator
        module = classifier.build().to(device)
        identity = _identity(classifier, train_data, seed, budget) if checkpoints else ""
        course = _Course(classifier, module, device, seed, budget, ranks or Ranks(), checkpoints, identity, on_epoch)
        return course.run(Jets.of(train_data, device), Jets.of(validation_data, device))


def finished(classifier: Classifier, train_data: Dataset, checkpoint: bytes, *, seed: int, budget: float) -> Training:
    """The training whose last checkpoint this is, with its network on the CPU.

    Raises ValueError for a checkpoint of another training, or of one that has not ended.
    """
    progress = Progress.of(read(checkpoint, _identity(classifier, train_data, seed, budget)))
    if not _ended(classifier, progress, planned_epochs(classifier, len(train_data), budget)):
        raise ValueError(f"this training was in epoch {progress.epoch + 1}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _training(classifier.build(), progress, len(train_data), "cpu")


def planned_epochs(classifier: Classifier, jets: int, budget: float) -> int:
    """Passes over `jets` training jets: enough for `min_steps`, at least `epochs`, times the budget."""
    steps_per_epoch = math.ceil(jets / classifier.batch_size)
    epochs = max(classifier.epochs, math.ceil(classifier.min_steps / steps_per_epoch))
    return max(1, round(budget * epochs))


def patience_of(classifier: Classifier, epochs: int) -> int | None:
    """Epochs without a lower validation loss after which a training of so many epochs ends; None for never.

    The classifier's own, or the same rule for every model: a third of the epochs, at least `LEAST_PATIENCE`. The rate
    falls to zero at the end of all planned epochs, so that most find their best one late.
    """
    if classifier.patience is None:
        return max(LEAST_PATIENCE, math.ceil(epochs / 3))
    return classifier.patience or None


def learning_rate(step: int, steps: int, peak: float) -> float:
    """The rate of the step-th of `steps` steps, counted from 0: linear warm-up, then half a cosine."""
    warm_up = max(1, round(WARM_UP * steps))
    if step < warm_up:
        return peak * (step + 1) / warm_up
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warm_up) / (steps - warm_up)))


@dataclass
class _Course:
    """One training on its way."""

    classifier: Classifier
    module: nn.Module
    device: str
    seed: int
    budget: float
    ranks: Ranks
    checkpoints: Checkpoints | None
    identity: str
    on_epoch: OnEpoch | None = None
    steps: int = 0

    def __post_init__(self) -> None:
        recipe = self.classifier
        self.order = torch.Generator().manual_seed(self.seed)
        self.optimiser = torch.optim.AdamW(
            self.module.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
        )

    def run(self, jets: Jets, validation: Jets) -> Training:
        classifier, module, ranks = self.classifier, self.module, self.ranks
        epochs = planned_epochs(classifier, len(jets), self.budget)
        self.steps = epochs * math.ceil(len(jets) / classifier.batch_size)
        progress = self._start()
        network = ranks.parallel(module)  # the ranks meet here: no one keeps a checkpoint before all have read theirs
        while not _ended(classifier, progress, epochs):
            self._epoch(network, jets, progress)
            progress.validation_loss.append(_mean_loss(module, validation, ranks))
            if not math.isfinite(progress.train_loss[-1] + progress.validation_loss[-1]):
                raise FloatingPointError(
                    f"the loss is not a number after epoch {progress.epoch + 1}: lower the learning rate"
                )
            progress.epoch += 1
            if progress.validation_loss[-1] == min(progress.validation_loss):
                progress.best = copy.deepcopy(module.state_dict())
                progress.best_epoch = progress.epoch
            progress.order = self.order.get_state()
            self._keep(progress)
            if self.on_epoch is not None and self.on_epoch(progress.epoch, progress.validation_loss[-1]):
                break
        return _training(module, progress, len(jets), self.device)

    def _start(self) -> Progress:
        latest = self.checkpoints.load() if self.checkpoints else None
        if latest is None:
            return Progress(order=self.order.get_state())
        progress = resume(latest, self.identity, self.module, self.optimiser, self.device)
        self.order.set_state(progress.order)
        return progress

    def _epoch(self, network: nn.Module, jets: Jets, progress: Progress) -> None:
        """The batches of one epoch that are not done yet."""
        classifier, module, ranks, optimiser = self.classifier, self.module, self.ranks, self.optimiser
        started = time.perf_counter()
        before = progress.seconds
        module.train()
        total = torch.tensor(progress.loss_sum, dtype=torch.float64, device=jets.p.device)
        batches = torch.split(torch.randperm(len(jets), generator=self.order), classifier.batch_size)
        for rows in batches[progress.batch :]:
            batch = self._batch(jets, rows, progress.step)
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(progress.step, self.steps, classifier.learning_rate)
            optimiser.zero_grad(set_to_none=True)
            logits = network(batch.p, batch.mask, batch.features)
            # a rank may have no jet of a small last batch: it still takes part in what all compute together
            loss = cross_entropy(logits, batch.label) if len(batch) else 0 * logits.sum()
            (loss * ranks.weight).backward()
            nn.utils.clip_grad_norm_(module.parameters(), classifier.clip_norm)
            optimiser.step()
            total += loss.detach() * len(batch)
            progress.step += 1
            progress.batch += 1
            if progress.step % CHECKPOINT_STEPS == 0 and progress.batch < len(batches):
                progress.loss_sum = float(ranks.total(total))
                total.fill_(progress.loss_sum if ranks.rank == 0 else 0.0)
                progress.seconds = before + time.perf_counter() - started
                self._keep(progress)
        progress.train_loss.append(float(ranks.total(total)) / len(jets))
        progress.batch, progress.loss_sum = 0, 0.0
        progress.seconds = before + time.perf_counter() - started

    def _batch(self, jets: Jets, rows: Tensor, step: int) -> Jets:
        """This rank's share of a global batch; an augmentation draws for the whole of it, whatever the share."""
        device, ranks = jets.p.device, self.ranks
        if type(self.classifier).augment is Classifier.augment:
            return jets.take(ranks.share(rows).to(device))
        drawn = torch.Generator().manual_seed(_draw_seed(self.seed, step))
        whole = self.classifier.augment(jets.take(rows.to(device)), drawn)
        return whole.take(ranks.share(torch.arange(len(rows))).to(device))

    def _keep(self, progress: Progress) -> None:
        self.ranks.align_generators(self.device)
        if self.checkpoints is not None and self.ranks.rank == 0:
            states = generator_states(self.device)
            self.checkpoints.save(write(progress, self.module, self.optimiser, states, self.identity))


def _draw_seed(seed: int, step: int) -> int:
    """A generator for every step: where a training goes on from is then all that it needs to know."""
    return int(np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _ended(classifier: Classifier, progress: Progress, epochs: int) -> bool:
    patience = patience_of(classifier, epochs)
    in_vain = patience is not None and progress.epoch > 0 and progress.epoch - progress.best_epoch >= patience
    return progress.epoch >= epochs or in_vain


def _training(module: nn.Module, progress: Progress, jets: int, device: str) -> Training:
    module.load_state_dict(progress.best)
    module.eval()
    return Training(
        module,
        np.array(progress.train_loss),
        np.array(progress.validation_loss),
        steps=progress.step,
        best_epoch=progress.best_epoch,
        jets=jets * len(progress.train_loss),
        seconds=progress.seconds,
        device=device,
    )


def _identity(classifier: Classifier, jets: Dataset, seed: int, budget: float) -> str:
    """What a checkpoint must belong to: the same recipe on the same jets."""
    digest = hashlib.sha256(np.ascontiguousarray(jets.event_id).tobytes()).hexdigest()[:16]
    recipe = json.dumps(classifier.model_dump(mode="json"), sort_keys=True)
    return f"{classifier.name} {classifier.version} {recipe} seed {seed} budget {budget:g} jets {digest}"


@torch.inference_mode()
def _mean_loss(module: nn.Module, jets: Jets, ranks: Ranks | None = None) -> float:
    """Mean cross-entropy. Ranks take batches in turn; the sums of all are added in the order of one process."""
    module.eval()
    rank, size = (ranks.rank, ranks.size) if ranks else (0, 1)
    starts = range(0, len(jets), EVALUATION_BATCH)
    sums = torch.zeros(len(starts), dtype=torch.float64, device=jets.p.device)
    for index in range(rank, len(starts), size):
        batch = jets.take(slice(starts[index], starts[index] + EVALUATION_BATCH))
        logits = module(batch.p, batch.mask, batch.features)
        sums[index] = cross_entropy(logits.double(), batch.label, reduction="sum")
    if ranks:
        sums = ranks.total(sums)
    total = 0.0
    for part in sums.tolist():
        total += float(part)
    return total / len(jets)
