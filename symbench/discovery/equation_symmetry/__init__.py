"""`equation-symmetry`: linear symmetries of a fitted equation of motion, counted by one of several rules."""
