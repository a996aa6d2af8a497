"""The training loop of all classifiers, its checkpoints, and training in several processes.

The only package besides `nets` and `evaluate` in which classifiers import torch.
"""
