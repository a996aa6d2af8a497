"""What results are measured by: discovery, classification, invariance, efficiency."""
