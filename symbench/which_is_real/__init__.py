"""Which is real? A test of single transformations, discrete or finite, on data without a label.

`transformations` names what may be asked for, `pair_test` tests one of them, `table` tests several.
"""
