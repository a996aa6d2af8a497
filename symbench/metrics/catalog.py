"""What each metric is called in tables, its unit, and which direction is better. Light: no numpy, no torch."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from symbench.component import Track

Better = Literal["higher", "lower", None]


@dataclass(frozen=True)
class Metric:
    """A column of a table.

    style   `fixed` prints `decimals` digits behind the point, `significant` that many significant ones
    """

    name: str
    title: str
    definition: str
    unit: str = ""
    better: Better = None
    decimals: int = 3
    style: Literal["fixed", "significant"] = "fixed"

    @property
    def heading(self) -> str:
        """Title with unit, as a table's head shows it."""
        return f"{self.title} [{self.unit}]" if self.unit else self.title

    def text(self, value: float) -> str:
        """A value as tables print it."""
        if self.style == "significant":
            text = f"{value:.{self.decimals}g}"
            return f"{value:,.0f}" if "e" in text and 1e3 <= abs(value) < 1e9 else text
        return f"{value:.{self.decimals}f}"


_DISCOVERY = (
    Metric("f1", "F1", "harmonic mean of recall and precision of the found subspace, data-weighted", "", "higher"),
    Metric("recall", "recall", "share of the true algebra inside the found span, data-weighted", "", "higher"),
    Metric(
        "precision",
        "precision",
        "share of the found span inside the true algebra, data-weighted",
        "",
        "higher",
    ),
    Metric("f1_chance_corrected", "F1 above chance", "F1 with a random subspace at 0", "", "higher"),
    Metric("recall_unweighted", "recall (unweighted)", "recall in the plain matrix inner product", "", "higher"),
    Metric("precision_unweighted", "precision (unweighted)", "precision in the plain inner product", "", "higher"),
    Metric("f1_unweighted", "F1 (unweighted)", "F1 in the plain matrix inner product", "", "higher"),
    Metric("count", "claimed", "number of independent generators, or quantities, claimed", decimals=1),
    Metric("count_error", "count error", "claimed minus true number of generators, or quantities", decimals=1),
    Metric("false_discovery", "false discovery", "a symmetry claimed where there is none", "", "lower", 2),
    Metric("angle_max_deg", "largest angle", "largest principal angle to the true algebra", "°", "lower", 2),
    Metric("angle_mean_deg", "mean angle", "mean principal angle to the true algebra", "°", "lower", 2),
    Metric("grassmann", "Grassmann", "√Σθ² of the principal angles", "rad", "lower"),
    Metric(
        "grassmann_unweighted",
        "Grassmann (unweighted)",
        "√Σθ² of the principal angles in the plain matrix inner product",
        "rad",
        "lower",
    ),
    Metric(
        "defect_max",
        "largest defect",
        "largest relative defect of a generator on test events",
        "",
        "lower",
        2,
        "significant",
    ),
    Metric("defect_mean", "mean defect", "mean relative defect on test events", "", "lower", 2, "significant"),
    Metric(
        "finite_error_max",
        "finite error",
        "RMS change of the label under finite elements over its spread",
        "",
        "lower",
        2,
        "significant",
    ),
    Metric(
        "two_sample_auc_max",
        "two-sample AUC",
        "how well trees tell transformed events from others, the worst generator; ½ is an exact symmetry",
        "",
        "lower",
        3,
    ),
    Metric(
        "drift_max",
        "largest drift",
        "√(variance within trajectories / total variance) of a claimed quantity, the worst",
        "",
        "lower",
        2,
        "significant",
    ),
    Metric("span_f1", "F1 of spans", "harmonic mean of the shares of gradient spans in one another", "", "higher"),
    Metric("span_recall", "recall of spans", "share of the true gradients' span in the claimed one", "", "higher"),
    Metric(
        "span_precision",
        "precision of spans",
        "share of the claimed gradients' span in the true one",
        "",
        "higher",
    ),
    Metric("functions_claimed", "functions", "number of functions claimed, independent or not", decimals=1),
    Metric("constants_dropped", "constants", "claimed functions that are constant everywhere", decimals=1),
    Metric("closure", "closure", "part of the commutators outside the span", "", "lower", 2, "significant"),
    Metric("algebra_correct", "algebra named", "share of seeds that name the right algebra", "", "higher", 2),
    Metric("eta_cosine", "|cos| to η", "|cosine| of the invariant metric to diag(1,−1,−1,−1)", "", "higher", 4),
)
_CLASSIFICATION = (
    Metric(
        "auc", "AUC", "area under the ROC curve; of several classes, the mean of each against the rest", "", "higher", 4
    ),
    Metric("accuracy", "accuracy", "share of test events classified rightly", "", "higher", 4),
    Metric("balanced_accuracy", "balanced accuracy", "accuracy with every class counting alike", "", "higher", 4),
    Metric("log_loss", "log-loss", "mean of −log p of the true class, for several classes", "nats", "lower", 3),
    Metric("rejection_30", "rejection at 30 %", "background rejection at 30 % signal efficiency", "", "higher", 1),
    Metric("rejection_50", "rejection at 50 %", "background rejection at 50 % signal efficiency", "", "higher", 1),
    Metric("rejection_30_error", "its error (30 %)", "binomial error of the rejection", decimals=1),
    Metric("rejection_50_error", "its error (50 %)", "binomial error of the rejection", decimals=1),
    Metric("ece", "ECE", "expected calibration error", "", "lower", 4),
    Metric(
        "metric_defect",
        "metric's defect",
        "by how much found generators change the metric that a network was given: 0 not at all, about 2 at most",
        "",
        "lower",
        2,
        "significant",
    ),
    Metric(
        "metric_gap",
        "metric's gap",
        "by how much more they change the next one; near 0 the choice of the metric is arbitrary",
        "",
        "higher",
        2,
        "significant",
    ),
    Metric("augmented_by", "generators", "independent generators that training jets were moved by", decimals=1),
    Metric("parameters", "parameters", "trainable parameters", decimals=0),
    Metric(
        "forward_mflop",
        "forward",
        "floating-point operations of one event",
        "MFLOP",
        "lower",
        3,
        "significant",
    ),
    Metric("train_jets_per_s", "training", "training events a second", "jets/s", "higher", 3, "significant"),
    Metric("test_jets_per_s", "inference", "test events a second", "jets/s", "higher", 3, "significant"),
    Metric("best_epoch", "best epoch", "epoch with the lowest validation loss", decimals=1),
)
_COST = (
    Metric("fit_seconds", "fit", "wall time of one fit", "s", "lower", 3, "significant"),
    Metric("evaluate_seconds", "evaluation", "wall time of evaluating one trial", "s", "lower", 3, "significant"),
    Metric("data_seconds", "data", "wall time of loading the data for a trial", "s", "lower", 3, "significant"),
    Metric("total_seconds", "wall", "wall time of the whole trial", "s", "lower", 3, "significant"),
    Metric("cpu_seconds", "CPU", "processor time of the whole trial", "s", "lower", 3, "significant"),
    Metric("peak_memory_mib", "peak memory", "largest resident size of the trial", "MiB", "lower", 0),
    Metric("device_memory_mib", "peak GPU memory", "most GPU memory that tensors of the trial took", "MiB", "lower", 0),
    Metric("steps", "steps", "optimiser steps", decimals=0),
)

OPERATIONS = {
    "rotation": "rotation",
    "beam_rotation": "rotation about the beam",
    "boost": "boost",
    "beam_boost": "boost along the beam",
    "scale": "change of scale",
    "permutation": "permutation",
    "soft_emission": "soft emission",
    "collinear_split": "collinear splitting",
    "generators": "discovered generators",
}
PRECISIONS = {"float32": "float32", "float64": "float64", "fixed_beams": "beams fixed"}


def _operation_metrics() -> list[Metric]:
    found = [Metric("auc_unmoved", "AUC, unmoved", "AUC on the events that operations move", "", "higher", 4)]
    for name, title in OPERATIONS.items():
        for suffix, words in PRECISIONS.items():
            found.append(
                Metric(
                    f"invariance_{name}_{suffix}",
                    f"{title}, {words}",
                    f"RMS change of the logit over its spread under {title} ({words})",
                    "",
                    "lower",
                    2,
                    "significant",
                )
            )
        found.append(Metric(f"flip_rate_{name}", f"flips, {title}", f"decisions changed by {title}", "", "lower"))
        found.append(Metric(f"auc_{name}", f"AUC, {title}", f"AUC on events moved by {title}", "", "higher", 4))
    return found


def _lie_metrics() -> list[Metric]:
    titles = {name: title for name, title in OPERATIONS.items() if name not in ("permutation", *_CONSTITUENTS)}
    titles |= {f"{kind}_{axis}": f"{kind}, {axis}" for kind in ("rotation", "boost") for axis in "xyz"}
    return [
        _lie_metric(name, title, suffix, words)
        for name, title in titles.items()
        for suffix, words in {"": "", "_float32": ", float32"}.items()
    ]


def _lie_metric(name: str, title: str, suffix: str, words: str) -> Metric:
    return Metric(
        f"lie_{name}{suffix}",
        f"Lie derivative, {title}{words}",
        f"E[(∇z·Lx)²] / E[‖∇z‖²‖Lx‖²], {title}{words}",
        "",
        "lower",
        2,
        "significant",
    )


_CONSTITUENTS = ("soft_emission", "collinear_split")
_AT_STRENGTH = re.compile(
    rf"(invariance|flip_rate|auc)_({'|'.join(OPERATIONS)})_([0-9.e+-]+?)(_(?:{'|'.join(PRECISIONS)}))?"
)
_OF_GENERATOR = re.compile(r"lie_generator_([1-9][0-9]*)(_float32)?")

CATALOG: dict[str, Metric] = {
    metric.name: metric for metric in (*_DISCOVERY, *_CLASSIFICATION, *_COST, *_operation_metrics(), *_lie_metrics())
}

SCORE: dict[Track, str] = {
    Track.FUNCTION: "f1",
    Track.DISTRIBUTION: "f1",
    Track.DYNAMICS: "f1",
    Track.CLASSIFICATION: "auc",
}
"""The metric that a track is ranked by."""

_DISCOVERY_COLUMNS = ("count", "angle_max_deg", "defect_max", "false_discovery", "fit_seconds")
COLUMNS: dict[Track, tuple[str, ...]] = {
    Track.FUNCTION: _DISCOVERY_COLUMNS,
    Track.DISTRIBUTION: (
        "count",
        "angle_max_deg",
        "defect_max",
        "two_sample_auc_max",
        "false_discovery",
        "fit_seconds",
    ),
    Track.DYNAMICS: ("count", "recall", "precision", "drift_max", "false_discovery", "fit_seconds"),
    Track.CLASSIFICATION: (
        "accuracy",
        "balanced_accuracy",
        "rejection_30",
        "rejection_50",
        "invariance_rotation_float32",
        "invariance_boost_float32",
        "parameters",
        "train_jets_per_s",
        "fit_seconds",
    ),
}
"""The columns beside the score, shown where a group of rows has them."""


def metric(name: str) -> Metric:
    """The entry of this name; a metric that nobody described keeps its name as title."""
    return described(name) or Metric(name, name.replace("_", " "), "", style="significant")


def described(name: str) -> Metric | None:
    """The entry of this name, of an operation at one strength, or of one generator; None where nobody described it."""
    return CATALOG.get(name) or _at_strength(name) or _of_generator(name)


def _of_generator(name: str) -> Metric | None:
    """`lie_generator_2` and the like: as many as were given."""
    found = _OF_GENERATOR.fullmatch(name)
    if found is None:
        return None
    words = ", float32" if found[2] else ""
    return _lie_metric(f"generator_{found[1]}", f"discovered generator {found[1]}", found[2] or "", words)


def _at_strength(name: str) -> Metric | None:
    """`invariance_boost_0.5_float32` and the like: an operation at one strength of its grid."""
    found = _AT_STRENGTH.fullmatch(name)
    if found is None:
        return None
    base = CATALOG[f"{found[1]}_{found[2]}{found[4] or ''}"]
    return replace(base, name=name, title=f"{base.title}, {found[3]}", definition=f"{base.definition} at {found[3]}")


def higher_is_better(track: Track) -> bool:
    """Whether the track's score is better when higher."""
    return CATALOG[SCORE[track]].better != "lower"
