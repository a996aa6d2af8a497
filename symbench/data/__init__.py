"""Containers of events, their splits, and one file per source of data."""
