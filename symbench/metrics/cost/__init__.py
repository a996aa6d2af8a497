"""Metrics of what a trial costs: size of the network, operations, speed, time and memory."""
