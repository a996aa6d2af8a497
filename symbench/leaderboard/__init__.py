"""Results to tables: the leaderboard, and how much data a method saves."""

from symbench.leaderboard.efficiency import EfficiencyRow, TargetRow, data_efficiency, size_to_target
from symbench.leaderboard.render import FORMATS, render, rich_tables
from symbench.leaderboard.rows import LeaderboardRow, leaderboard
from symbench.leaderboard.selection import Selection, select

__all__ = [
    "FORMATS",
    "EfficiencyRow",
    "LeaderboardRow",
    "Selection",
    "TargetRow",
    "data_efficiency",
    "leaderboard",
    "render",
    "rich_tables",
    "select",
    "size_to_target",
]
