"""`hidden-symmetry`: coordinates, by an invertible network, in which a property is manifest."""
