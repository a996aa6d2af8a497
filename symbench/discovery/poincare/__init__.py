"""`poincare-1`, `poincare-2`, `poincare-2-auto`: AI Poincaré in its two versions."""
