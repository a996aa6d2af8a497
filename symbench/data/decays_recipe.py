"""Species, their additive charges, and the Pythia settings of `decay-charges` (light: used for digests).

Species are particles with an antiparticle: an antiparticle counts −1, and particles that are their own antiparticles
(π⁰, γ, K⁰_S) carry no additive charge. Those of at least 60 of 63,000 decays of Z → ff̄ are listed.
"""

from __future__ import annotations

from fractions import Fraction

PYTHIA = "8.317.0"
SEED = 20_230_131
SETTINGS = (
    "Beams:idA = 11",
    "Beams:idB = -11",
    "Beams:eCM = 91.2",
    "PDF:lepton = off",
    "WeakSingleBoson:ffbar2gmZ = on",
    "23:onMode = off",
)
DECAYS_OF_Z = {"all": "23:onIfAny = 1 2 3 4 5 11 13 15", "strong": "23:onIfAny = 1 2 3 4 5"}

SPECIES: dict[int, str] = {
    11: "e⁻", 12: "ν_e", 13: "μ⁻", 14: "ν_μ", 15: "τ⁻", 16: "ν_τ",
    211: "π⁺", 213: "ρ⁺", 311: "K⁰", 313: "K*⁰", 321: "K⁺", 323: "K*⁺",
    411: "D⁺", 413: "D*⁺", 421: "D⁰", 423: "D*⁰", 431: "D_s⁺", 433: "D_s*⁺",
    511: "B⁰", 513: "B*⁰", 521: "B⁺", 523: "B*⁺", 531: "B_s⁰", 533: "B_s*⁰",
    1114: "Δ⁻", 2112: "n", 2114: "Δ⁰", 2212: "p", 2214: "Δ⁺", 2224: "Δ⁺⁺",
    3112: "Σ⁻", 3122: "Λ", 3212: "Σ⁰", 3214: "Σ*⁰", 3222: "Σ⁺", 3224: "Σ*⁺",
    3312: "Ξ⁻", 3322: "Ξ⁰", 4122: "Λ_c⁺", 20213: "a₁⁺", 20313: "K₁(1400)⁰",
}  # fmt: skip

CHARGES = {
    "all": ("electric charge", "baryon number", "electron number", "muon number", "tau number"),
    "strong": ("electric charge", "baryon number", "strangeness", "charm", "beauty"),
}
"""The additive charges that decays of all interactions conserve, and strong and electromagnetic reactions."""

_LEPTONS = {"electron number": (11, 12), "muon number": (13, 14), "tau number": (15, 16)}
_FLAVOURS = {"strangeness": (3, -1), "charm": (4, 1), "beauty": (5, -1)}


def charge(name: str, species: int) -> Fraction:
    """An additive charge of a species, from the quark content that its PDG id states; 0 for one that has none."""
    if name in _LEPTONS:
        return Fraction(int(species in _LEPTONS[name]))
    quarks = _quarks(species)
    if name == "baryon number":
        return Fraction(sum(quarks.values()), 3)
    if name == "electric charge":
        lepton = -int(species in (11, 13, 15))
        return lepton + Fraction(sum((2 if quark % 2 == 0 else -1) * n for quark, n in quarks.items()), 3)
    quark, sign = _FLAVOURS[name]
    return Fraction(sign * quarks.get(quark, 0))


def _quarks(species: int) -> dict[int, int]:
    """Quarks minus antiquarks of a hadron with a positive id, by flavour (1 d, 2 u, 3 s, 4 c, 5 b)."""
    if species < 100:
        return {}
    first, second, third = (species // 1000) % 10, (species // 100) % 10, (species // 10) % 10
    content: dict[int, int] = {}
    if first:
        parts = [(first, 1), (second, 1), (third, 1)]
    else:  # the heavier quark of a meson is a quark if it is of up type, and an antiquark if of down type
        sign = 1 if second % 2 == 0 else -1
        parts = [(second, sign), (third, -sign)]
    for quark, n in parts:
        content[quark] = content.get(quark, 0) + n
    return content
