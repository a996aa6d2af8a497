"""`python -m symbench.cli`."""

from symbench.cli import main

main()
