"""Dynamics track: which functions are constant along trajectories?"""
