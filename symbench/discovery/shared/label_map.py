"""Monotone maps of a label: f, f² and log f have the same level sets, hence the same symmetries.

A fit of a smooth function depends on which of them it is given: the mass of a pair is the root of a quadratic form, its
square is the form itself. The map is chosen by the data, by how well left-out labels are predicted: by rank, the one
scale that all maps share. The truth has no part in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, ndtri
from scipy.stats import rankdata

from symbench.discovery.base import FunctionSample
from symbench.discovery.shared.preparation import standardised_label

FloatArray = npt.NDArray[np.float64]

BETTER = 0.9
"""What comes later in a list of maps, charts or families is to leave a tenth less of the labels' order, at least."""

ORDERED = 1e-6
"""Rank error of predictions in the order of the labels but for rounding: no fit is better."""


@dataclass(frozen=True)
class MappedLabel:
    """A label after one of the maps: `values` (N,) with mean 0 and variance 1.

    classes   whether it has two values, of which a network gives the probability: `fitted` are then 0 and 1
    """

    name: str
    values: FloatArray
    classes: bool = False

    @property
    def fitted(self) -> FloatArray:
        """What a network is fitted to (N,)."""
        return (self.values > 0).astype(np.float64) if self.classes else self.values

    @property
    def unit(self) -> float:
        """`values` per unit of a network's output, to first order: √(p(1 − p)) for log-odds, p the mean of `fitted`."""
        return float(self.fitted.std()) if self.classes else 1.0

    def predicted(self, output: FloatArray) -> FloatArray:
        """Predictions of `values`, from outputs of a network: of a class, from its log-odds."""
        if not self.classes:
            return output
        low, high = self.values.min(), self.values.max()
        return np.asarray(low + (high - low) * expit(output))


def mapped_labels(sample: FunctionSample) -> tuple[MappedLabel, ...]:
    """The maps that this label allows, the identity first; none for a constant label.

    square and log need labels of one sign, log also that none is 0; negative labels are mapped as their absolute
    values. `normal` replaces the labels by normal scores of their ranks. A label of two values, be they classes or the
    sides of a step, has one map only: its symmetries are those of the log-odds of the larger value. Raises
    IncompatibleError for three classes or more, which one number cannot represent.
    """
    given = standardised_label(sample)
    if given is None:
        return ()
    if len(np.unique(given)) == 2:
        return (MappedLabel("log-odds", given, classes=True),)
    y = sample.y.astype(np.float64)
    sign, size = (1.0, y) if y.min() >= 0 else (-1.0, -y)
    maps: list[tuple[str, FloatArray]] = []
    if size.min() >= 0:
        maps.append(("square", sign * (size / size.max()) ** 2))
        if size.min() > 0:
            maps.append(("log", sign * np.log(size / size.max())))
    maps.append(("normal", np.asarray(ndtri((rankdata(y) - 0.5) / len(y)))))
    mapped = [MappedLabel(name, (values - values.mean()) / values.std()) for name, values in maps if values.std() > 0]
    return (MappedLabel("identity", given), *mapped)


def rank_error(predictions: FloatArray, label: FloatArray) -> float:
    """1 − Spearman's rank correlation of predictions and labels (N,): 0 in the same order, 1 without relation.

    It is the same for every monotone map of the label, and of the predictions.
    """
    ranks = [rankdata(predictions), rankdata(label)]
    if min(np.ptp(ranks[0]), np.ptp(ranks[1])) == 0:
        return 1.0
    first, second = ((rank - rank.mean()) / rank.std() for rank in ranks)
    return float(np.mean((first - second) ** 2) / 2)


def best_map(labels: Iterable[MappedLabel], error: Callable[[MappedLabel], float]) -> MappedLabel:
    """The map whose left-out labels are predicted best; of maps that tie, the first.

    error   `rank_error` of the predictions of left-out labels, by a fit to the others

    Raises ValueError if there is no label.
    """
    best: tuple[float, MappedLabel] | None = None
    for label in labels:
        left = error(label)
        if best is None or left < BETTER * best[0]:
            best = left, label
        if best[0] < ORDERED:
            break
    if best is None:
        raise ValueError("there is no label to choose from")
    return best[1]
