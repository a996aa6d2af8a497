"""`charges`: additive charges that reactions conserve."""
