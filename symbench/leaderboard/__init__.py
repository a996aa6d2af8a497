"""Results to tables: the leaderboard, false discoveries, and how much data a method needs or saves."""

from symbench.leaderboard.cost import CostRow, costs
from symbench.leaderboard.discovery import EventsNeededRow, FalseDiscoveryRow, events_needed, false_discoveries
from symbench.leaderboard.efficiency import EfficiencyRow, TargetRow, data_efficiency, size_to_target
from symbench.leaderboard.render import FORMATS, render, rich_tables
from symbench.leaderboard.rows import LeaderboardRow, leaderboard
from symbench.leaderboard.selection import Selection, select

__all__ = [
    "FORMATS",
    "CostRow",
    "EfficiencyRow",
    "EventsNeededRow",
    "FalseDiscoveryRow",
    "LeaderboardRow",
    "Selection",
    "TargetRow",
    "costs",
    "data_efficiency",
    "events_needed",
    "false_discoveries",
    "leaderboard",
    "render",
    "rich_tables",
    "select",
    "size_to_target",
]
