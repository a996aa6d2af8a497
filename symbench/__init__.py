"""symbench: benchmarks of symmetry discovery and of networks that respect symmetries, on collider data."""

__version__ = "0.1.0"
