"""`balance`: the sums that the blocks of an event conserve."""
