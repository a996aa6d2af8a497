"""Which true charges a claim contains exactly: as integer combinations of the claimed ones, species by species."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from symbench.metrics.metric import outcome

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

METRICS = (
    outcome(
        "charges_named",
        "charges exact",
        "share of the true charges that are integer combinations of the claimed ones, for every species that occurs in "
        "the test reactions",
    ),
)


def wrong_species(
    found: FloatArray, true: FloatArray, occurrences: FloatArray, species: Sequence[str]
) -> list[tuple[str, ...]]:
    """For each true charge (m, S) the species with another value in the nearest combination of claimed ones (k, S).

    The nearest combination has the integer coefficients that are nearest to those of least squares, with species
    weighted by their occurrences (S,); species that do not occur are not compared. None wrong: the charge is in the
    claimed lattice.
    """
    import numpy as np

    present = occurrences > 0
    weights = np.sqrt(occurrences)
    rest = true
    if len(found):
        coefficients = np.linalg.lstsq((found * weights).T, (true * weights).T, rcond=None)[0]
        rest = true - np.rint(coefficients).T @ found
    differs = (np.abs(rest) > 1e-6) & present
    return [tuple(name for name, wrong in zip(species, row, strict=True) if wrong) for row in differs]


def charges_text(names: Sequence[str], wrong: Sequence[Sequence[str]]) -> str:
    """`baryon number; charm: 1 species wrong (Λ_c⁺)`."""
    parts = []
    for name, species in zip(names, wrong, strict=True):
        shown = ", ".join(species[:5]) + (", …" if len(species) > 5 else "")
        parts.append(f"{name}: {len(species)} species wrong ({shown})" if species else f"{name}: exact")
    return "; ".join(parts)
