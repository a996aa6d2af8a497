"""Suites as jobs of a Ray cluster: submit, list, follow, stop. `entry` is the script that runs there."""
