"""Jet classifiers with and without a built-in symmetry, one model a file, one shared training loop."""
