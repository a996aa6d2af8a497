"""The Python interface: what `import symbench as sb` offers, as thin functions on the packages below.

`suites` and `results` run and read suites, `discovery` and `training` work on arrays, `catalogue` lists what there is.
"""
