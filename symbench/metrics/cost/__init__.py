"""Metrics of the cost of a trial: size of the network, operations, speed, time and memory."""
