"""`polynomial`: a polynomial whose degree is chosen by left-out events, and the null space of its gradient."""
