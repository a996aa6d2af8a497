"""Metrics, and the operations for measuring invariance. `catalog` contains titles, units and formats."""
