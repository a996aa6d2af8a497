"""What is measured of a trained regressor: errors of its prediction, and of its equivariance."""
