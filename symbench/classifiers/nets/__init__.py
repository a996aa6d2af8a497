"""The networks themselves, as torch modules: four-momenta (B, P, 4) and mask (B, P) to logits (B, C)."""
