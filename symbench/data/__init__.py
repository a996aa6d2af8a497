"""Data sets: one container for events, how they are split, kept and shared, and the readers of every format.

cms/ recorded collisions; jets/ jets, generated or read; orbits/ trajectories; tables/ tables of vectors; public/
downloads
"""
