"""Discovery methods. A folder per method: `method.py` holds its parameters and imports fast, `fit.py` its algorithm.

shared/    fits and tests that several methods use
evaluate/  metrics of a claim, by track
"""
