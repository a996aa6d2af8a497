"""Recorded leptons without a label, as four-momenta and in (pT, η, φ)."""
