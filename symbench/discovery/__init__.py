"""Discovery methods. A folder a method: `method.py` has its parameters and is light, `fit.py` what it does.

shared/    fits and tests that several methods use
evaluate/  what is measured of a claim, track by track
"""
