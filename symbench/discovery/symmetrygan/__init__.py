"""`symmetrygan`: one group element trained against a discriminator, and its logarithm."""
