"""Regression tasks: targets that are tensors, and the group under which they are equivariant."""
