"""`noether`: conserved quantities from a library of functions, and their generators."""
