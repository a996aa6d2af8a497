"""Tasks: a data set, a question about it, and the answer where it is known. One file per family."""
