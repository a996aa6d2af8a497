"""The torch modules of the regressors."""
