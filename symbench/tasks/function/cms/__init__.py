"""Invariant masses of recorded lepton pairs and quadruples."""
