"""Trajectories: integrators, systems with known conserved quantities, and a recorded pendulum."""
