"""Fits that are tried before others: the size of the inputs and the map of the label, chosen by events left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch

from symbench.discovery.shared.label_map import MappedLabel, best_map, rank_error
from symbench.discovery.shared.smooth_fit import Fit, Network, fit_network
from symbench.trial.parts import map_parts

SIZES = (2.0, 1.0, 0.5)
"""Root mean square of the inputs of an event, for networks to choose from."""


_CLOSE = 3.0  # ratio of the rank errors of maps between which one network does not decide


@dataclass(frozen=True)
class TrialFits:
    """Fits from one start to some of the events (N, P·q), by the map of the label and the size of the inputs.

    events             of root mean square 1
    labels             (N,) what a network is fitted to, by the name of the map
    fitted, left_out   rows
    """

    start: Network
    events: torch.Tensor
    labels: Mapping[str, torch.Tensor]
    fitted: torch.Tensor
    left_out: torch.Tensor
    steps: int
    made: dict[tuple[str, float], Fit] = field(default_factory=dict)

    def of(self, label: MappedLabel, size: float) -> Fit:
        """The fit of this map at this size; it is made once."""
        key = label.name, size
        if key not in self.made:
            self.made[key] = self.fit(label.name, label.classes, size)
        return self.made[key]

    def fit(self, name: str, classes: bool, size: float) -> Fit:
        """Fit to the label of this name, which may have two classes."""
        y = self.labels[name]
        held_out = size * self.events[self.left_out], y[self.left_out]
        x = size * self.events[self.fitted]
        return fit_network(self.start, x, y[self.fitted], held_out, steps=self.steps, classes=classes)

    def rank_error(self, label: MappedLabel, size: float) -> float:
        """Of the labels left out."""
        predicted = self.of(label, size).network(size * self.events[self.left_out])
        return rank_error(predicted.cpu().numpy(), self.labels[label.name][self.left_out].cpu().numpy())

    def chosen(self, maps: Sequence[MappedLabel], sizes: Sequence[float]) -> tuple[float, MappedLabel]:
        """The size of the inputs and the map of the label: the size for the first map, then the map at this size."""
        size = self.best_size(maps[0], sizes)
        return size, best_map(maps, lambda label: self.rank_error(label, size))

    def best_size(self, label: MappedLabel, sizes: Sequence[float]) -> float:
        """The size of the inputs at which held-out labels are predicted best; the fits are parts of the trial's."""
        fits = map_parts(_fit_at, (self, label.name, label.classes), sizes)
        self.made.update({(label.name, size): fit for size, fit in zip(sizes, fits, strict=True)})
        return min(sizes, key=lambda size: self.of(label, size).held_out_loss)

    def contenders(self, maps: Sequence[MappedLabel], size: float) -> list[MappedLabel]:
        """The maps whose rank error is at most three times the smallest, in their order: one fit decides no better."""
        errors = [self.rank_error(label, size) for label in maps]
        return [label for label, error in zip(maps, errors, strict=True) if error <= _CLOSE * min(errors)]

    @property
    def spent(self) -> int:
        """Optimiser steps of all fits."""
        return sum(fit.steps for fit in self.made.values())


def _fit_at(shared: tuple[TrialFits, str, bool], size: float) -> Fit:
    fits, name, classes = shared
    return fits.fit(name, classes, size)
