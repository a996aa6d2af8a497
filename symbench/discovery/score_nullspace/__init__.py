"""`score-nullspace`: the null space of a fitted score function."""
