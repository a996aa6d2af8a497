"""Metrics, and the operations that invariance is measured under. `catalog` says how each is shown."""
