"""The one training loop of all classifiers and regressors.

AdamW; the learning rate rises linearly over the first tenth of the steps and falls to zero along a cosine; gradients
are clipped; the result has the weights of the epoch with the lowest validation loss, and training stops early if that
loss has not fallen for many epochs. It is deterministic on the CPU for a given seed and number of threads, also if it
is interrupted and resumed from a checkpoint. Several processes that train together (`distributed`) run the same loop.
"""

from __future__ import annotations

import copy
import hashlib
import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from symbench.classifiers.learner import Learner
from symbench.classifiers.nets.standardised import Standardised
from symbench.classifiers.training.checkpoint import Checkpoints, Progress, read, resume, write
from symbench.classifiers.training.compilation import Compiled, refusal
from symbench.classifiers.training.distributed import Ranks, generator_states
from symbench.classifiers.training.jets import Jets
from symbench.classifiers.training.objective import loss, loss_unit
from symbench.classifiers.training.penalty import Penalised, Penalty
from symbench.classifiers.training.precision import forward_precision, is_mixed
from symbench.metrics.cost.parameters import parameters
from symbench.trial.checkpoints import Cadence

if TYPE_CHECKING:
    from symbench.data.container import Dataset
    from symbench.data.signature import Signature


OnEpoch = Callable[[int, float], bool]
"""Called after each epoch with its number, from 1, and its validation loss; True ends the training."""

WARM_UP = 0.1  # share of the steps in which the learning rate rises
LEAST_PATIENCE = 10  # epochs
CHECKPOINT_STEPS = 1000
EVALUATION_BATCH = 64
_PENALTY = 1  # the purpose of random numbers other than those of the augmentation

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Training:
    """A trained network in evaluation mode, and the record of its training.

    train_loss, validation_loss  (epochs,) mean loss of each epoch (`objective`), the former in training mode
    steps                        number of training steps
    best_epoch                   epoch of the final weights, counted from 1
    jets                         number of training jets, each counted once per epoch
    seconds                      wall time of the training steps without validation
    device                       device of the network, on which it is to be evaluated
    resumed_at                   step at which an earlier attempt's checkpoint was resumed, 0 without one
    notes                        precision, compilation and unit of momenta, unless float32, uncompiled and GeV; how
                                 the penalty was computed, unless it was differentiated
    """

    module: nn.Module
    train_loss: np.ndarray[tuple[int], np.dtype[np.float64]]
    validation_loss: np.ndarray[tuple[int], np.dtype[np.float64]]
    steps: int
    best_epoch: int
    jets: int
    seconds: float
    device: str
    resumed_at: int = 0
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def parameters(self) -> int:
        """Number of trainable parameters."""
        return parameters(self.module)

    @property
    def jets_per_s(self) -> float:
        """Training jets per second."""
        return self.jets / self.seconds


class Trainer(Protocol):
    """A function that trains a learner: `train`, or one that does so elsewhere with the same result."""

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
    ) -> Training: ...


def train(
    learner: Learner,
    train_data: Dataset,
    validation_data: Dataset,
    *,
    outputs: int | Signature = 2,
    seed: int,
    budget: float,
    device: str,
    ranks: Ranks | None = None,
    checkpoints: Checkpoints | None = None,
    on_epoch: OnEpoch | None = None,
) -> Training:
    """Train on one sample and select the epoch on another.

    outputs      number of classes, or the signature of a regression
    budget       scales the number of epochs; at least one is run
    ranks        the processes that train together; each of them calls this function with the same arguments
    checkpoints  resume the latest checkpoint and save new ones as they are due; if it is damaged or of another
                 training, a warning is logged and the training starts from the beginning
    on_epoch     called after each epoch, and may end the training; in each process separately

    Raises FloatingPointError if the loss is no longer finite, and IncompatibleError as `Learner.network` does.
    """
    identity = _identity(learner, train_data, seed, budget) if checkpoints else ""

    def begin() -> _Course:
        torch.manual_seed(seed)  # initialisation and dropout draw from the default generator
        module = learner.network(outputs, train_data).to(device)
        group, penalty = ranks or Ranks(), learner.penalty(outputs)
        return _Course(learner, module, device, seed, budget, group, checkpoints, identity, on_epoch, penalty)

    cuda = [torch.device(device)] if device.startswith("cuda") else []
    if cuda:
        torch.cuda.reset_peak_memory_stats(device)
    with torch.random.fork_rng(devices=cuda):
        course = begin()
        latest = checkpoints.load() if checkpoints else None
        if latest is not None:
            try:
                course.resume(latest)
            except ValueError as error:
                _log.warning("%s is trained from the beginning: %s", learner.name, error)
                course = begin()
        return course.run(Jets.of(train_data, device, outputs), Jets.of(validation_data, device, outputs))


def finished(
    learner: Learner,
    train_data: Dataset,
    checkpoint: bytes,
    *,
    outputs: int | Signature = 2,
    seed: int,
    budget: float,
) -> Training:
    """The finished training of a last checkpoint, with its network on the CPU.

    Raises ValueError if the checkpoint is of another training, or of one that is not finished.
    """
    progress = Progress.of(read(checkpoint, _identity(learner, train_data, seed, budget)))
    if not _ended(learner, progress, planned_epochs(learner, len(train_data), budget)):
        raise ValueError(f"this training is not finished: it was in epoch {progress.epoch + 1}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _training(learner.network(outputs, train_data), progress, len(train_data), "cpu")


def planned_epochs(learner: Learner, jets: int, budget: float) -> int:
    """Passes over `jets` training jets: enough for `min_steps`, at least `epochs`, times the budget."""
    if learner.closed_form:
        return 1
    steps_per_epoch = math.ceil(jets / learner.batch_size)
    epochs = max(learner.epochs, math.ceil(learner.min_steps / steps_per_epoch))
    return max(1, round(budget * epochs))


def patience_of(learner: Learner, epochs: int) -> int | None:
    """Number of epochs without a lower validation loss after which a training of `epochs` epochs ends; None for never.

    The learner's own, or a common rule: a third of the epochs, at least `LEAST_PATIENCE`. The learning rate falls to
    zero at the end of all planned epochs, so most trainings have their best epoch late.
    """
    if learner.patience is None:
        return max(LEAST_PATIENCE, math.ceil(epochs / 3))
    return learner.patience or None


def learning_rate(step: int, steps: int, peak: float) -> float:
    """The learning rate of a step, counted from 0, of `steps` steps: linear warm-up, then half a cosine."""
    warm_up = max(1, round(WARM_UP * steps))
    if step < warm_up:
        return peak * (step + 1) / warm_up
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warm_up) / (steps - warm_up)))


@dataclass
class _Course:
    """A training in progress."""

    learner: Learner
    module: nn.Module
    device: str
    seed: int
    budget: float
    ranks: Ranks
    checkpoints: Checkpoints | None
    identity: str
    on_epoch: OnEpoch | None = None
    penalty: Penalty | None = None
    steps: int = 0

    def __post_init__(self) -> None:
        recipe = self.learner
        self.order = torch.Generator().manual_seed(self.seed)
        self.weights = list(self.module.parameters())
        # `foreach` gives the same bits as torch's default on CPUs, one weight after the other, in less time
        self.optimiser = torch.optim.AdamW(
            self.weights or [torch.zeros(0)], lr=recipe.learning_rate, weight_decay=recipe.weight_decay, foreach=True
        )
        self.mixed = is_mixed(recipe.precision, self.module, self.device)
        self.penalised = Penalised.of(self.module, self.penalty, self.ranks)
        self.progress = Progress(order=self.order.get_state())
        self.resumed_at = 0
        self.cadence = Cadence(self.checkpoints.every_s if self.checkpoints else math.inf)

    def resume(self, checkpoint: bytes) -> None:
        """Restore the state of a checkpoint; raises ValueError if it does not fit."""
        self.progress = resume(checkpoint, self.identity, self.module, self.optimiser, self.device)
        self.order.set_state(self.progress.order)
        self.resumed_at = self.progress.step

    def run(self, jets: Jets, validation: Jets) -> Training:
        learner, module, ranks = self.learner, self.module, self.ranks
        epochs = planned_epochs(learner, len(jets), self.budget)
        self.steps = epochs * math.ceil(len(jets) / learner.batch_size)
        self.unit = loss_unit(jets.label)
        progress = self.progress
        network = self._network()  # ranks synchronise here: none saves a checkpoint before all have read theirs
        while not _ended(learner, progress, epochs):
            self._epoch(network, jets, progress)
            loss_now = _mean_loss(module, validation, ranks, self.unit, learner.evaluation_batch)
            progress.validation_loss.append(loss_now)
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
        trained = _training(module, progress, len(jets), self.device)
        return replace(trained, resumed_at=self.resumed_at, notes=self._notes(network))

    def _network(self) -> Callable[..., Any]:
        """The function to call in training: the module over all ranks, or the compiled module; with its penalty."""
        recipe, ranks = self.learner, self.ranks
        self.uncompiled = refusal(recipe.compile, self.module, self.device, ranks=ranks.size, steps=self.steps)
        if self.penalised is not None:
            self.uncompiled = "a network with a penalty is not compiled"
            return ranks.parallel(self.penalised)
        if self.uncompiled is None:
            return Compiled(self.module, recipe.batch_size, self.device)
        if recipe.compile == "on":
            _log.warning("%s is trained uncompiled: %s", recipe.name, self.uncompiled)
        return ranks.parallel(self.module)

    def _notes(self, network: object) -> dict[str, str]:
        notes = {"precision": "bfloat16"} if self.mixed else {}
        if isinstance(self.module, Standardised):
            notes["momentum_unit"] = f"{float(self.module.momentum_scale):.6g} of the data's unit"
        if self.penalised is not None and self.penalised.by_differences is not None:
            notes["penalty"] = f"central differences: {self.penalised.by_differences}"
        if isinstance(network, Compiled):
            notes["compiled"] = f"no: {network.failure}" if network.failure else "yes"
        elif self.learner.compile == "on":
            notes["compiled"] = f"no: {self.uncompiled}"
        return notes

    def _epoch(self, network: Callable[..., Any], jets: Jets, progress: Progress) -> None:
        """Train on the remaining batches of an epoch."""
        learner, module, ranks, optimiser = self.learner, self.module, self.ranks, self.optimiser
        started = time.perf_counter()
        before = progress.seconds
        module.train()
        total = torch.tensor(progress.loss_sum, dtype=torch.float64, device=jets.p.device)
        batches = torch.split(torch.randperm(len(jets), generator=self.order), learner.batch_size)
        for rows in batches[progress.batch :]:
            batch = self._batch(jets, rows, progress.step)
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(progress.step, self.steps, learner.learning_rate)
            optimiser.zero_grad(set_to_none=True)
            with forward_precision(self.mixed, self.device):
                if self.penalised is None:
                    output, broken = network(batch.p, batch.mask, batch.features), None
                else:
                    drawn = torch.Generator().manual_seed(_draw_seed(self.seed, progress.step, _PENALTY))
                    moves = ranks.share_of(self.penalised.penalty.draw(len(rows), drawn))
                    output, broken = self.penalised.step(network, batch, moves, self.unit)
            if self.mixed:
                output = output.float()
            # a rank without jets of a small last batch still takes part in the collective operations
            value = loss(output, batch.label, self.unit, weight=batch.weight) if len(batch) else 0 * output.sum()
            if not self.learner.closed_form:
                ((value if broken is None else value + broken) * ranks.weight).backward()
                nn.utils.clip_grad_norm_(self.weights, learner.clip_norm, foreach=True)
                optimiser.step()
            total += value.detach() * len(batch)
            progress.step += 1
            progress.batch += 1
            if progress.batch < len(batches) and self._pauses(progress.step):
                progress.loss_sum = float(ranks.total(total))
                total.fill_(progress.loss_sum if ranks.rank == 0 else 0.0)
                progress.seconds = before + time.perf_counter() - started
                self._keep(progress)
        progress.train_loss.append(float(ranks.total(total)) / len(jets))
        progress.batch, progress.loss_sum = 0, 0.0
        progress.seconds = before + time.perf_counter() - started

    def _batch(self, jets: Jets, rows: Tensor, step: int) -> Jets:
        """This rank's share of a global batch; an augmentation is drawn for the whole batch, whatever the share."""
        device, ranks = jets.p.device, self.ranks
        if type(self.learner).augment is Learner.augment:
            return jets.take(ranks.share(rows).to(device))
        drawn = torch.Generator().manual_seed(_draw_seed(self.seed, step))
        whole = self.learner.augment(jets.take(rows.to(device)), drawn)
        return whole.take(ranks.share(torch.arange(len(rows))).to(device))

    def _pauses(self, step: int) -> bool:
        """Whether to save a checkpoint within an epoch. Several ranks must agree, so they count steps."""
        if self.ranks.size > 1 or self.cadence.every_s == 0:
            return step % CHECKPOINT_STEPS == 0
        return self.cadence.due()

    def _keep(self, progress: Progress) -> None:
        self.ranks.align_generators(self.device)
        checkpoints = self.checkpoints
        if checkpoints is None or self.ranks.rank > 0 or not self.cadence.due():
            return
        states = generator_states(self.device)
        self.cadence.keep(lambda: checkpoints.save(write(progress, self.module, self.optimiser, states, self.identity)))


def _draw_seed(seed: int, step: int, *purpose: int) -> int:
    """The seed of the augmentation of a step: a resumed training needs no other state for it."""
    return int(np.random.SeedSequence([seed, step, *purpose]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _ended(learner: Learner, progress: Progress, epochs: int) -> bool:
    patience = patience_of(learner, epochs)
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


def _identity(learner: Learner, jets: Dataset, seed: int, budget: float) -> str:
    """The identity of a training in its checkpoints: the recipe, the jets, seed and budget."""
    content = np.ascontiguousarray(jets.event_id).tobytes()
    if jets.weight is not None:
        content += np.ascontiguousarray(jets.weight).tobytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    recipe = json.dumps(learner.model_dump(mode="json"), sort_keys=True)
    return f"{learner.name} {learner.version} {recipe} seed {seed} budget {budget:g} jets {digest}"


@torch.inference_mode()
def _mean_loss(
    module: nn.Module, jets: Jets, ranks: Ranks | None = None, unit: float = 1.0, size_of_batch: int = EVALUATION_BATCH
) -> float:
    """Mean loss. Ranks take batches in turn; sums are added in the same order as in one process."""
    module.eval()
    rank, size = (ranks.rank, ranks.size) if ranks else (0, 1)
    starts = range(0, len(jets), size_of_batch)
    sums = torch.zeros(len(starts), dtype=torch.float64, device=jets.p.device)
    for index in range(rank, len(starts), size):
        batch = jets.take(slice(starts[index], starts[index] + size_of_batch))
        output = module(batch.p, batch.mask, batch.features)
        sums[index] = loss(output.double(), batch.label, unit, weight=batch.weight, reduction="sum")
    if ranks:
        sums = ranks.total(sums)
    total = 0.0
    for part in sums.tolist():
        total += float(part)
    return total / len(jets)
