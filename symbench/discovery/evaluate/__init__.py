"""What is measured of a claimed symmetry on test events: one module a track."""
