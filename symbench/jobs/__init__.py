"""Suites as jobs of a Ray cluster: `client` submits, lists, follows and stops them, over a `connection`.

`status` describes a job, `environment` the variables that it receives, `staging` the files; `entry` is its script.
"""
