"""`casimir`: the quadratic forms that vectors of one event have in common."""
