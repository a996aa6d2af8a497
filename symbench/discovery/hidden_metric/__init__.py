"""`hidden-metric`: coordinates, by the network of `hidden-symmetry`, in which a metric tensor has translations."""
