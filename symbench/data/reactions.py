"""Reactions as text, such as `-13 -> -11 12 -14`, and as numbers of each species before and after."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from symbench.errors import DataError

FloatArray = npt.NDArray[np.float64]

MOST_SPECIES = 500
_ARROW = re.compile(r"\s*(?:->|→|=>)\s*")
_ANTI = ("anti-", "~")


def read_reactions(texts: Sequence[str], neutral: Collection[str] = ()) -> tuple[FloatArray, tuple[str, ...]]:
    """Numbers (N, 2, S) of each species minus its antiparticles before and after, and the names of the S species.

    texts    `PARENTS -> PRODUCTS`, species separated by blanks or +, as in `n -> p e- anti-nu_e`. A species is a name
             or an id of the Particle Data Group. The antiparticle has a minus before the id, or `anti-` or ~ before
             the name; another spelling is another species
    neutral  species that carry no charge, such as π⁰ (111) and γ (22); they are left out

    Species are in the order of appearance. Raises DataError with the number of the line.
    """
    left_out = {_species(name)[0] for name in neutral}
    columns: dict[str, int] = {}
    rows: list[tuple[int, int, int, int]] = []
    for line, text in enumerate(texts):
        sides = _ARROW.split(text.strip())
        if len(sides) != 2:
            raise DataError(f"reaction {line + 1}: {text[:80]!r} is not of the form `parents -> products`")
        for side, names in enumerate(sides):
            for word in re.split(r"\s+\+\s+|\s+", names.strip()):
                if not word:
                    continue
                species, sign = _species(word)
                if species not in left_out:
                    rows.append((line, side, columns.setdefault(species, len(columns)), sign))
    if not columns:
        raise DataError("no reaction has a species")
    if len(columns) > MOST_SPECIES:
        raise DataError(f"{len(columns)} species are more than {MOST_SPECIES}")
    counts = np.zeros((len(texts), 2, len(columns)))
    for line, side, column, sign in rows:
        counts[line, side, column] += sign
    return counts, tuple(columns)


def _species(word: str) -> tuple[str, int]:
    """The species of a word, and −1 for its antiparticle."""
    if re.fullmatch(r"[+-]?\d+", word):
        number = int(word)
        return str(abs(number)), -1 if number < 0 else 1
    for prefix in _ANTI:
        if word.startswith(prefix) and len(word) > len(prefix):
            return word.removeprefix(prefix), -1
    return word, 1
