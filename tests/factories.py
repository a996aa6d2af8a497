"""Synthetic trials for tests of tables and reports: plausible numbers with a known structure, no training."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from symbench.component import Track
from symbench.trial.arrays import encode_array
from symbench.trial.result import Status, TrialError, TrialResult
from symbench.trial.spec import ComponentSpec, TrialSpec

FloatArray = npt.NDArray[np.float64]

OPERATIONS = ("rotation", "beam_rotation", "boost", "beam_boost")
RAPIDITIES = (0.1, 0.5, 1.0, 2.0)


def trial(
    *,
    track: Track = Track.FUNCTION,
    task: str = "task",
    method: str = "method",
    train_size: int = 100,
    seed: int = 0,
    status: Status = Status.OK,
    metrics: dict[str, float] | None = None,
    arrays: dict[str, npt.NDArray[Any]] | None = None,
    notes: dict[str, str] | None = None,
    timings: dict[str, float] | None = None,
    version: str = "1",
    finished_at: float = 0.0,
    error: TrialError | None = None,
) -> TrialResult:
    """One result; labels are the components' names. F1 is above chance if no other number is stated."""
    if metrics and "f1" in metrics:
        metrics = {"f1_chance_corrected": metrics["f1"], "f1_chance_deviation": 0.0, **metrics}
    spec = TrialSpec(
        track=track,
        task=ComponentSpec(name=task, version="1"),
        method=ComponentSpec(name=method, version=version),
        train_size=train_size,
        seed=seed,
        data_digest="0" * 64,
        metrics_version="1",
        task_label=task,
        method_label=method,
    )
    if error is None and status not in (Status.OK, Status.SKIPPED):
        error = TrialError(type="RuntimeError", message=f"{status} on purpose <&>", traceback="line 1\nline 2")
    return TrialResult(
        key=spec.key,
        spec=spec,
        status=status,
        metrics=metrics or {},
        arrays={name: encode_array(a) for name, a in (arrays or {}).items()},
        timings=timings or {},
        notes=notes or {},
        environment={"python": "3.11", "device": "cpu", "threads": "1"},
        error=error,
        finished_at=finished_at,
        peak_memory_mib=300.0 if status is Status.OK else None,
    )


def lorentz_algebra() -> FloatArray:
    """(6, 4, 4): three boosts, three rotations, in the coordinates (E, px, py, pz)."""
    found = np.zeros((6, 4, 4))
    for i in range(3):
        found[i, 0, i + 1] = found[i, i + 1, 0] = 1.0
    for i, (a, b) in enumerate(((2, 3), (3, 1), (1, 2))):
        found[3 + i, a, b], found[3 + i, b, a] = -1.0, 1.0
    return found


def discovery_trials(
    task: str = "cms-dimuon-mass",
    *,
    truth: str = "so(1,3)",
    sizes: tuple[int, ...] = (50, 100, 200, 400),
    seeds: int = 5,
    methods: tuple[str, ...] = ("nullspace", "liegan", "random", "truth"),
) -> list[TrialResult]:
    """Trials of a function task; `truth` is so(1,3) or none. Better with more events, except for the
    bounds.
    """
    results = []
    for i, method in enumerate(methods):
        for size in sizes:
            for seed in range(seeds):
                rng = np.random.default_rng([i, size, seed])
                results.append(_discovery_trial(task, truth, method, size, seed, rng))
    return results


def _discovery_trial(task: str, truth: str, method: str, size: int, seed: int, rng: np.random.Generator) -> TrialResult:
    noise = {"nullspace": 9.0 / size, "liegan": 0.5, "random": 5.0, "truth": 0.0}.get(method, 0.1)
    none = truth == "none"
    true_count = 0 if none else 6
    count = {"nullspace": true_count if size > 60 else 0, "truth": true_count, "liegan": 7}.get(method, 6)
    basis = lorentz_algebra()
    mixed = np.einsum("ab,bij->aij", np.linalg.qr(rng.normal(size=(6, 6)))[0], basis)
    generators = np.concatenate([mixed, rng.normal(size=(1, 4, 4))])[:count]
    generators = generators + noise * rng.normal(size=generators.shape) / 4
    angle = float(np.degrees(math.atan(noise)) * (1 + 0.1 * rng.random()))
    f1 = float(np.clip(math.cos(math.radians(angle)) ** 2 * 12 / (6 + max(count, 1)), 0, 1))
    metrics = {"count": float(count), "count_error": float(count - true_count), "steps": 3000.0}
    if none:
        metrics |= {"f1": float(count == 0), "false_discovery": float(count > 0)}
    else:
        metrics |= {"f1": f1 if count else 0.0, "recall": f1 if count else 0.0}
    if count and not none:
        metrics |= {"angle_max_deg": angle, "angle_mean_deg": angle / 2, "grassmann": angle / 30}
    arrays: dict[str, npt.NDArray[Any]] = {"generators": generators}
    if method == "nullspace":
        small = noise * np.sort(rng.uniform(0.2, 1.0, true_count))
        arrays["spectrum"] = np.concatenate([small, np.sort(rng.uniform(0.3, 0.9, 16 - true_count))])
    if count:
        arrays["defects"] = np.full(count, noise / 5)
        metrics |= {"defect_max": noise / 5 + 1e-9, "defect_mean": noise / 6 + 1e-9, "closure": noise / 3}
    return trial(
        task=task,
        method=method,
        train_size=size,
        seed=seed,
        metrics=metrics,
        arrays=arrays,
        notes={"algebra": "so(1,3)" if count == 6 and noise < 0.4 else f"unknown({count})", "truth": truth},
        timings={"data": 0.1, "fit": 2.0 + size / 100 + rng.random(), "evaluate": 0.2},
        finished_at=1e9 + size + seed,
    )


def classification_trials(
    task: str = "top-tagging",
    *,
    sizes: tuple[int, ...] = (300, 1000, 3000),
    seeds: int = 3,
    test_events: int = 1000,
) -> list[TrialResult]:
    """pfn and lorentznet on one test set; lorentznet reaches pfn's score with about a third of the events."""
    labels = (np.arange(test_events) % 2).astype(np.uint8)
    results = []
    for method, gain in (("pfn", 1.0), ("lorentznet", 3.0)):
        for size in sizes:
            for seed in range(seeds):
                rng = np.random.default_rng([int(gain), size, seed])
                separation = 2.6 - 9.0 * (size * gain) ** -0.4 + 0.03 * rng.normal()
                scores = (rng.normal(size=test_events) + separation * labels).astype(np.float32)
                results.append(_classification_trial(task, method, size, seed, scores, labels, rng))
    return results


def _boosted(invariant: bool, auc: float) -> dict[str, float]:
    """AUC and errors at each rapidity, Lie derivatives, and cost: a network that is invariant, and one that is not."""
    found = {"auc_unmoved": auc, "forward_mflop": 30.0 if invariant else 0.1, "test_jets_per_s": 4000.0}
    for op in ("boost", "beam_boost"):
        for y in RAPIDITIES:
            moved = 3e-6 if invariant else 0.3 * y
            found |= {f"invariance_{op}_{y:g}_float32": moved, f"invariance_{op}_{y:g}_float64": moved}
            found |= {
                f"flip_rate_{op}_{y:g}": 0.0,
                f"auc_{op}_{y:g}": auc if invariant else 0.5 + (auc - 0.5) / (1 + y),
            }
    for name in ("rotation_z", "boost_x", "scale"):
        found |= {f"lie_{name}": 1e-30 if invariant else 1e-3, f"lie_{name}_float32": 1e-12 if invariant else 1e-3}
    return found


def _classification_trial(
    task: str,
    method: str,
    size: int,
    seed: int,
    scores: npt.NDArray[np.float32],
    labels: npt.NDArray[np.uint8],
    rng: np.random.Generator,
) -> TrialResult:
    signal, background = scores[labels == 1], scores[labels == 0]
    auc = float((signal[:, None] > background[None]).mean() + (signal[:, None] == background[None]).mean() / 2)
    metrics = {
        "auc": auc,
        "accuracy": auc - 0.05,
        "parameters": 1e4,
        "train_jets_per_s": 400.0,
        "steps": 500.0,
    }
    for percent in (30, 50):
        cut = np.quantile(signal, 1 - percent / 100)
        metrics[f"rejection_{percent}"] = float(1 / max((background > cut).mean(), 1 / len(background)))
        metrics[f"rejection_{percent}_error"] = 0.1 * metrics[f"rejection_{percent}"]
    metrics["ece"] = 0.02
    invariant = method == "lorentznet"
    for op in OPERATIONS:
        scale = 1.0 + 0.2 * rng.random()
        metrics[f"invariance_{op}_float32"] = scale * (3e-6 if invariant else 0.3)
        metrics[f"invariance_{op}_float64"] = scale * (4e-15 if invariant else 0.3)
        metrics[f"flip_rate_{op}"] = 0.0 if invariant else 0.05
        if invariant:
            metrics[f"invariance_{op}_fixed_beams"] = scale * (4e-15 if op == "beam_rotation" else 0.2)
    metrics |= _boosted(invariant, auc)
    loss = np.exp(-np.linspace(0, 2, 20))
    return trial(
        track=Track.CLASSIFICATION,
        task=task,
        method=method,
        train_size=size,
        seed=seed,
        metrics=metrics,
        arrays={
            "test_scores": scores,
            "test_labels": labels,
            "train_loss": loss,
            "validation_loss": loss + 0.1,
        },
        timings={"data": 0.3, "fit": size / 100, "evaluate": 1.0},
        finished_at=1e9 + size + seed,
    )
