"""`hidden-symmetry`: coordinates, found by an invertible network, in which a property is manifest."""
