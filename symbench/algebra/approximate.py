"""The wording of an approximate symmetry: every place that shows a claim says that it is broken, and by how much."""

from __future__ import annotations

_WORD = "approximate "
NEGLIGIBLE = 0.01
"""σ_L below which an unresolved breaking is not mentioned."""


def approximate(name: str) -> str:
    """The name of an algebra of which only an approximation is a symmetry.

    >>> approximate("so(3)")
    'approximate so(3)'
    """
    return name if name == "none" else _WORD + name


def exact_part(name: str) -> str:
    """The name of the algebra without the word `approximate`."""
    return name.removeprefix(_WORD)


def is_approximate(name: str) -> bool:
    """Whether a name says that the symmetry is approximate."""
    return name.startswith(_WORD)


def broken_by(*breaking: float) -> str:
    """How strongly a symmetry is broken, from σ_L of one claim, or from the smallest and the largest of several.

    >>> broken_by(0.03)
    'broken by 3.0 %'
    >>> broken_by(0.0123, 0.31)
    'broken by 1.2 to 31 %'
    """
    low, high = (_percent(value) for value in (min(breaking), max(breaking)))
    return f"broken by {low} %" if low == high else f"broken by {low} to {high} %"


def at_most(limit: float) -> str:
    """What a claim leaves open about a breaking that it does not resolve, from its upper limit of σ_L.

    >>> at_most(0.37)
    'broken by at most 37 %'
    """
    return f"broken by at most {_percent(limit)} %"


def _percent(value: float) -> str:
    """Two significant digits, in percent."""
    percent = 100 * value
    return f"{percent:.0f}" if percent >= 9.95 else f"{percent:.1f}" if percent >= 0.995 else f"{percent:.2g}"
