"""Regressors, a file for each with its parameters: from vectors and scalars to tensors.

`nets/` the torch modules, `evaluate/` errors and equivariance. They are trained by the loop of the classifiers.
"""
