"""Results to tables: the leaderboard, false discoveries, and how much data a method needs or saves.

`rows`, `discovery`, `challenge`, `efficiency`, `cost` and `tuning` compute rows; `scores`, `discovery_tables` and
`table` write them as text, `frames` as pandas tables; `sections` lists the parts of the printed leaderboard.
"""

from symbench.leaderboard.cost import CostRow, costs
from symbench.leaderboard.discovery import EventsNeededRow, FalseDiscoveryRow, events_needed, false_discoveries
from symbench.leaderboard.efficiency import EfficiencyRow, TargetRow, data_efficiency, size_to_target
from symbench.leaderboard.rows import LeaderboardRow, leaderboard
from symbench.leaderboard.selection import Selection, select

__all__ = [
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
    "select",
    "size_to_target",
]
