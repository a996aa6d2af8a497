"""The symmetry operations that invariance is measured under: one file per operation, found by a scan.

`base` holds what an operation is, `moved` the transformed jets and the arithmetic that several operations share.
"""
