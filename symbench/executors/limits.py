"""Time and size limits of an executor on a cluster. Imports nothing heavy, so that the command line can use it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits in seconds, except for `file_from_bytes`.

    grace_s            from a trial's time limit until its worker is killed
    wait_for_nodes_s   at the start, for nodes that can hold every request
    lost_nodes_s       during the run, for nodes to return if none can hold what remains
    data_wait_s        for a data set to reach a node
    unheard_s          between the end of a task and its last message
    file_from_bytes    data sets of at least this size become files on each node
    """

    grace_s: float = 30.0
    wait_for_nodes_s: float = 0.0
    lost_nodes_s: float = 120.0
    data_wait_s: float = 900.0
    unheard_s: float = 15.0
    file_from_bytes: int = 1024**3
