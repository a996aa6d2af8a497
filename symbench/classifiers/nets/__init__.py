"""The networks themselves: modules that import torch, one model a file."""
