"""MLflow, written only by the driver, and always after the journal.

There is an experiment per suite, a parent run per execution, a child run per trial, and one leaderboard run per task,
method and training size. Every run has a tag with its identity, so that writing it again changes nothing. Therefore the
store ends in the same state after a killed driver, an outage of the server, or `symbench sync`.

client    MLflow's client, with short timeouts      store        runs, read and written by identity
runs      results and rows as runs                  tracker      the thread that writes during a run
bulk      many runs in one transaction              replay       `symbench sync`
view      the leaderboard in MLflow's page          sync_marker  a note that a store is up to date
private   undocumented parts of MLflow              owner        the owner of a leaderboard run
report    the report as artifacts and description
"""

from __future__ import annotations

from symbench.tracking.client import require_driver
from symbench.tracking.owner import Owner
from symbench.tracking.replay import publish, sync
from symbench.tracking.store import Store
from symbench.tracking.sync_marker import SyncMarker
from symbench.tracking.tracker import Patience, Tracker

__all__ = ["Owner", "Patience", "Store", "SyncMarker", "Tracker", "publish", "require_driver", "sync"]
