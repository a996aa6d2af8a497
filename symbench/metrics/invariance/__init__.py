"""The change of a classifier's output under transformations of its input. One file per family of metrics.

The output is a number for each jet, such as the difference of two logits, or a vector (N, K), such as the logits less
their mean; for two classes both give the same figures.
"""
