"""Statistics of seeds and learning curves: intervals, tiers, chance, data efficiency, power laws."""

from symbench.stats.chance import ChanceScore, above_chance
from symbench.stats.curves import Bound, area_under_curve, size_for
from symbench.stats.efficiency import EquivalentSize, equivalent_size, size_for_target
from symbench.stats.intervals import Estimate, mean_estimate, paired_difference
from symbench.stats.powerlaw import PowerLaw, fit_power_law
from symbench.stats.separation import separated_pairs
from symbench.stats.test_events import TestScores, event_covariance
from symbench.stats.tiers import tiers

__all__ = [
    "Bound",
    "ChanceScore",
    "EquivalentSize",
    "Estimate",
    "PowerLaw",
    "TestScores",
    "above_chance",
    "area_under_curve",
    "equivalent_size",
    "event_covariance",
    "fit_power_law",
    "mean_estimate",
    "paired_difference",
    "separated_pairs",
    "size_for",
    "size_for_target",
    "tiers",
]
