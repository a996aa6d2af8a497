"""`symbench doctor`: what of this machine works, and how to mend the rest.

`finding` is the result of a check; `software`, `machine`, `services` and `data` have the checks; `examine` runs them.
"""
