"""`nullspace`: the null space of the gradients of cross-fitted networks."""
