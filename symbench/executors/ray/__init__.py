"""Trials as Ray tasks: `trials` starts and watches them, `train` and `tune` use Ray Train and Ray Tune.

Everything that Ray does not document is used in `private` alone.
"""
