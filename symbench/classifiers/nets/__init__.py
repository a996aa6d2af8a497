"""The networks as torch modules: from four-momenta (B, P, 4) and mask (B, P) to logits (B, C)."""
