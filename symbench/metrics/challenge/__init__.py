"""Metrics of `which-is-real`: whether a classifier tells events from their transformed copies."""
