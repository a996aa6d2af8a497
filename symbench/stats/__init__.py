"""Statistics of seeds and learning curves: intervals, tiers, data efficiency, power laws."""

from symbench.stats.curves import Bound, area_under_curve, size_for
from symbench.stats.efficiency import (
    EquivalentSize,
    TestScores,
    equivalent_size,
    resampled_auc,
    size_for_target,
)
from symbench.stats.intervals import Estimate, bootstrap_mean, paired_difference
from symbench.stats.powerlaw import PowerLaw, fit_power_law
from symbench.stats.tiers import tiers

__all__ = [
    "Bound",
    "EquivalentSize",
    "Estimate",
    "PowerLaw",
    "TestScores",
    "area_under_curve",
    "bootstrap_mean",
    "equivalent_size",
    "fit_power_law",
    "paired_difference",
    "resampled_auc",
    "size_for",
    "size_for_target",
    "tiers",
]
