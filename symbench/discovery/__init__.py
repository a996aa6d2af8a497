"""Ways of discovering a symmetry, one method a file."""
