"""Trajectories: the integrator, one file for each family of systems with known conserved quantities, and the reader of
a recorded pendulum.
"""
