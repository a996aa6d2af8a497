"""Metrics of a classifier: separation, calibration, and records of its training. One file per metric or family.

Outputs are z (N,) of two classes, rising with the probability of signal, or logits (N, C) of several; labels are the
classes 0 to C − 1, with 1 for signal.
"""
