"""What is measured of a trained classifier: scores, invariance errors, Lie-derivative errors, cost."""
