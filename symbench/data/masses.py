"""Particle masses in GeV, by the absolute value of the PDG id (Particle Data Group, Phys. Rev. D 110 (2024) 030001).

They decide the bytes of data sets, hence their digests, and are therefore written here rather than taken from a package
that follows the yearly updates.
"""

from __future__ import annotations

ELECTRON_MASS = 0.00051099895
MUON_MASS = 0.1056583755

MASSES = {
    11: ELECTRON_MASS,
    13: MUON_MASS,
    130: 0.497611,  # K⁰_L
    211: 0.13957039,  # π±
    310: 0.497611,  # K⁰_S
    321: 0.493677,  # K±
    2112: 0.93956542,  # n
    2212: 0.93827209,  # p
    3112: 1.197449,  # Σ⁻
    3122: 1.115683,  # Λ
    3222: 1.18937,  # Σ⁺
    3312: 1.32171,  # Ξ⁻
    3322: 1.31486,  # Ξ⁰
    3334: 1.67245,  # Ω⁻
}
