"""Searches of training recipes: what is tried, when a training is stopped, and which configuration wins."""
