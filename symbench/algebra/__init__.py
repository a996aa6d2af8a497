"""Lie-algebra mathematics: bases, exponentials, subspaces and angles, structure, invariant metrics."""
