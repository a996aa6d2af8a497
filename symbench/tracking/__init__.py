"""MLflow, written by the driver alone and always behind the journal.

An experiment per suite; a parent run per execution; a child run per trial; one leaderboard run per task, method and
training size. Every run that mirrors something carries its identity as a tag, so that writing it again changes
nothing: that is how a killed driver, a server that was away, and `symbench sync` all end in the same store.

address   where a store is, without its secrets     store     runs found and written by identity
client    MLflow's client, made to answer soon      tracker   the thread beside a running benchmark
runs      results and rows as runs                  replay    `symbench sync`
bulk      many runs in one transaction              mirror    a note that a store is up to date
view      the leaderboard in MLflow's page
"""

from __future__ import annotations

from symbench.tracking.address import redact, without_secrets
from symbench.tracking.client import require_driver
from symbench.tracking.owner import Owner
from symbench.tracking.replay import sync
from symbench.tracking.store import Store
from symbench.tracking.sync_marker import SyncMarker
from symbench.tracking.tracker import Patience, Tracker

__all__ = ["Owner", "Patience", "Store", "SyncMarker", "Tracker", "redact", "require_driver", "sync", "without_secrets"]
