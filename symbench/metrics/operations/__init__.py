"""The symmetry operations for measuring invariance: one file per operation, registered by a scan.

`base` defines operations, `moved` the transformed jets and the arithmetic that several operations share.
"""
