"""Errors of a predicted tensor, and of its equivariance f(gx) = ρ(g) f(x); a file for each metric or family.

Light: numpy is imported by the functions.
"""
