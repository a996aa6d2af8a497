"""Which is real? A test of single transformations, discrete or finite, on data without a label.

`transformations` names what may be tested on `events`, `pair_test` tests one of them, `table` several. `entry` is a
transformation in a suite, `trial` its execution, and `breaking` measures the operations of classifiers on the data.
"""
