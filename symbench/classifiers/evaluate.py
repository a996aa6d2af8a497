"""One classification trial: train, then measure separation, calibration, invariance and cost."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from symbench.algebra.lorentz import boost_generators, rotation_generators
from symbench.classifiers.training import EVALUATION_BATCH, Jets, Trainer, train
from symbench.errors import IncompatibleError
from symbench.metrics import classification, invariance
from symbench.metrics.operations import OPERATIONS
from symbench.trial import Outcome

if TYPE_CHECKING:
    from symbench.classifiers.base import Classifier
    from symbench.data.container import Dataset
    from symbench.data.splits import Split
    from symbench.tasks.base import ClassificationTask

Floats = npt.NDArray[np.float64]

FLOAT64_JETS = 256  # test jets for what runs in float64 or needs gradients: means over jets, known well enough
FIXED_BEAM_JETS = 512
FLOP_JETS = 8
WALL_CLOCK_METRICS = frozenset({"train_jets_per_s", "test_jets_per_s"})  # all other metrics repeat exactly

_LIE_FAMILIES = {
    "lie_rotation": rotation_generators(),
    "lie_beam_rotation": rotation_generators()[2:],
    "lie_boost": boost_generators(),
    "lie_beam_boost": boost_generators()[2:],
}


def run_classification(
    classifier: Classifier,
    task: ClassificationTask,
    split: Split,
    *,
    seed: int,
    budget: float,
    device: str,
    evaluation: Mapping[str, Any],
    trainer: Trainer = train,
) -> Outcome:
    """Train on `split.train`, choose the epoch with `split.validation`, measure on `split.test`.

    evaluation  {"operations": [{"name": …, settings …}, …]}: what invariance is measured under
    trainer     what trains: this process by default

    Raises IncompatibleError for a task with other than two classes.
    """
    if len(task.class_names) != 2:
        raise IncompatibleError(f"{task.name} has {len(task.class_names)} classes, these metrics are for two")
    started = time.perf_counter()
    training = trainer(classifier, split.train, split.validation, seed=seed, budget=budget, device=device)
    fitted = time.perf_counter()

    probe = Probe(training.module, Jets.of(split.test, training.device))
    z = probe.outputs()
    test_seconds = time.perf_counter() - fitted
    metrics, notes = separation(z, split.test)
    metrics |= {
        "parameters": float(sum(p.numel() for p in training.module.parameters() if p.requires_grad)),
        "forward_mflop": probe.forward_mflop(),
        "steps": float(training.steps),
        "best_epoch": float(training.best_epoch),
        "train_jets_per_s": training.jets_per_s,
        "test_jets_per_s": len(split.test) / test_seconds,
    }
    for operation in evaluation.get("operations", []):
        metrics |= _under_operation(probe, z, split.test.label, operation, seed)
    metrics |= _lie_errors(probe, split.test)
    return Outcome(
        metrics=metrics,
        arrays={
            "test_scores": z.astype(np.float32),
            "test_labels": split.test.label.astype(np.uint8),
            "train_loss": training.train_loss,
            "validation_loss": training.validation_loss,
        },
        timings={"fit": fitted - started, "evaluate": time.perf_counter() - fitted},
        notes=notes,
    )


class Probe:
    """A trained network and its test jets: outputs z (the difference of the logits) of jets as asked for."""

    def __init__(self, module: nn.Module, jets: Jets) -> None:
        self.module = module.eval()
        self.jets = jets
        spurions = getattr(module, "spurions", None)
        self.spurions: Tensor | None = spurions if isinstance(spurions, Tensor) else None
        # made here and not where it is used: what inference mode makes cannot be differentiated
        self.double = copy.deepcopy(module).double().eval().requires_grad_(False)

    @cached_property
    def exact_outputs(self) -> Floats:
        """z of the first `FLOAT64_JETS` test jets in float64."""
        return self.outputs(count=FLOAT64_JETS, double=True)

    @torch.inference_mode()
    def outputs(
        self,
        matrices: Floats | None = None,
        *,
        count: int | None = None,
        double: bool = False,
        fixed_beams: bool = False,
    ) -> Floats:
        """z (n,) of the first `count` test jets (all by default), transformed by matrices (n, 4, 4) where given.

        The network's spurions are transformed with the jet unless `fixed_beams`.
        """
        jets = self.jets.take(slice(count))
        module = self.double if double else self.module
        found = []
        for start in range(0, len(jets), EVALUATION_BATCH):
            rows = slice(start, start + EVALUATION_BATCH)
            batch = jets.take(rows)
            p, options = batch.p, {}
            if matrices is not None:
                transposed = torch.tensor(matrices[rows], device=p.device).transpose(1, 2)
                p = p @ transposed
                if self.spurions is not None and not fixed_beams:
                    options["spurions"] = self.spurions.double() @ transposed
            found.append(_z(module(p, batch.mask, batch.features, **options)))
        return np.asarray(torch.cat(found).cpu().numpy(), dtype=np.float64)

    def gradients(self, count: int) -> tuple[Floats, Floats]:
        """∇z and what it is taken by, both (n, S + P, 4) float64: spurions, then constituents."""
        jets = self.jets.take(slice(count))
        gradients, points = [], []
        for start in range(0, len(jets), EVALUATION_BATCH):
            batch = jets.take(slice(start, start + EVALUATION_BATCH))
            p = batch.p.clone().requires_grad_()
            inputs, options = [p], {}
            if self.spurions is not None:
                per_jet = self.spurions.double().expand(len(batch), *self.spurions.shape).clone().requires_grad_()
                inputs, options = [per_jet, p], {"spurions": per_jet}
            z = _z(self.double(p, batch.mask, batch.features, **options))
            gradients.append(torch.cat(torch.autograd.grad(z.sum(), inputs), dim=1))
            points.append(torch.cat(inputs, dim=1).detach())
        return torch.cat(gradients).cpu().numpy(), torch.cat(points).cpu().numpy()

    def forward_mflop(self) -> float:
        """10⁶ floating-point operations of one jet's forward pass: matrix products, two for a multiply-add."""
        from torch.utils.flop_counter import FlopCounterMode

        batch = self.jets.take(slice(FLOP_JETS))
        counter = FlopCounterMode(display=False)
        with torch.inference_mode(), counter:
            self.module(batch.p, batch.mask, batch.features)
        return counter.get_total_flops() / 1e6 / len(batch)


def separation(z: Floats, test: Dataset) -> tuple[dict[str, float], dict[str, str]]:
    """AUC, accuracy, rejections and calibration of outputs z (N,); notes say which rejection is a lower bound."""
    metrics = {
        "accuracy": classification.accuracy(z, test.label),
        "ece": classification.expected_calibration_error(0.5 * (1 + np.tanh(z / 2)), test.label),
    }
    notes = {}
    auc = classification.auc(z, test.label)
    if auc is not None:
        metrics["auc"] = auc
    for percent in (30, 50):
        rejection = classification.background_rejection(z, test.label, percent / 100)
        if rejection is None:
            continue
        metrics[f"rejection_{percent}"] = rejection.value
        if rejection.error is not None:
            metrics[f"rejection_{percent}_error"] = rejection.error
        else:
            notes[f"rejection_{percent}"] = "lower bound: no background event passes"
    return metrics, notes


def _under_operation(
    probe: Probe, z: Floats, label: npt.NDArray[Any], operation: Mapping[str, Any], seed: int
) -> dict[str, float]:
    name = operation["name"]
    settings = OPERATIONS[name].settings({k: v for k, v in operation.items() if k != "name"})
    matrices = invariance.draw(name, settings, len(z), invariance.operation_rng(name, seed))
    moved = probe.outputs(matrices)
    exact = probe.exact_outputs
    exact_moved = probe.outputs(matrices[: len(exact)], count=len(exact), double=True)
    found = {
        f"invariance_{name}_float32": invariance.invariance_error(z, moved),
        f"invariance_{name}_float64": invariance.invariance_error(exact, exact_moved),
        f"flip_rate_{name}": invariance.flip_rate(z, moved),
        f"auc_{name}": classification.auc(moved, label),
    }
    if probe.spurions is not None:
        some = min(FIXED_BEAM_JETS, len(z))
        fixed = probe.outputs(matrices[:some], count=some, fixed_beams=True)
        found[f"invariance_{name}_fixed_beams"] = invariance.invariance_error(z[:some], fixed)
    return {metric: value for metric, value in found.items() if value is not None}


def _lie_errors(probe: Probe, test: Dataset) -> dict[str, float]:
    gradient, x = probe.gradients(min(FLOAT64_JETS, len(test)))
    found = {}
    for family, generators in _LIE_FAMILIES.items():
        errors = [invariance.lie_derivative_error(gradient, x, generator) for generator in generators]
        known = [error for error in errors if error is not None]
        if known:
            found[family] = float(np.mean(known))
    return found


def _z(logits: Tensor) -> Tensor:
    return logits[:, 1] - logits[:, 0]
