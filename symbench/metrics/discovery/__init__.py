"""Metrics of a claimed symmetry: against the truth, on test events, and as an algebra. One file per metric or family.

`agreement` assembles the metrics that compare a claim with the truth.
"""
