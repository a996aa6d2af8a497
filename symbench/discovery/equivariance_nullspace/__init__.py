"""`equivariance-nullspace`: an algebra and its representation on the target, found together."""
