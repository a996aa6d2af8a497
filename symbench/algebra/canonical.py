"""A readable basis of generators: the sparsest one, with names for elements that have one.

A method returns an arbitrary basis of an algebra. The canonical one is the sparsest orthonormal basis of the span, that
with the smallest Σ|entries|. Several starts are rotated to a maximum of Σ entries⁴ (quartimax: H. F. Kaiser,
Psychometrika 23 (1958) 187; as a fixed point of polar decompositions, Y. Zhai et al., JMLR 21 (2020) 165), which
separates matrices without common entries and is smooth, while Σ|entries| has kinks. Then pairs are rotated to the kink
with the smallest Σ|entries| until no rotation improves it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.algebra.labels import Labelled, label
from symbench.algebra.subspace import orthonormal_generators

FloatArray = npt.NDArray[np.float64]

_POLAR_STEPS, _SWEEPS = 200, 20
_GAIN = 1e-9  # of the sum: a rotation with a smaller gain is no improvement
_TIE = 1e-3  # of the sum: with a smaller difference two bases are equally sparse, and the earlier start is taken
_AGREED = 3  # equally sparse results after which no further start is tried
_SMALL = 0.05  # of the largest entry: angles at which a smaller entry vanishes are no candidates


def canonical_basis(
    generators: FloatArray, *, four_momenta: bool | None = None, starts: int = 8, seed: int = 0
) -> tuple[FloatArray, tuple[str, ...]]:
    """The sparsest basis (rank, d, d) of the span of generators (k, d, d), and a label for each element.

    four_momenta   whether vectors are (E, px, py, pz), so that labels are J_x, K_z and D; None: yes if d = 4, an
                   element mixes the first coordinate with another by a boost, and none does by a rotation
    starts, seed   number of random initial rotations besides the basis itself; the same seed gives the same basis

    Labels count coordinates from 1: R_12 rotates axis 1 to axis 2, B_12 boosts one along the other, E_12 has a single
    entry, D is the dilation, H_12 = E_11 − E_22, and sums of up to four of them are written out; other elements are
    L_1, L_2, … A labelled element has the scale and sign of the matrix of its label; an unlabelled one has norm 1 and a
    positive largest entry. Rotations come first, then boosts, then the others.
    """
    span = orthonormal_generators(generators)
    k, d = len(span), generators.shape[-1]
    if k == 0:
        return span, ()
    rows = sparsest(span.reshape(k, d * d), starts=starts, seed=seed)
    labelled = [label(row.reshape(d, d)) for row in rows]
    momenta = _are_momenta(labelled, d) if four_momenta is None else four_momenta and d == 4
    labelled.sort(key=lambda item: item.order(momenta))
    names: list[str] = []
    for item in labelled:
        name = item.name(momenta)
        names.append(name if name is not None else f"L_{sum(n.startswith('L_') for n in names) + 1}")
    matrices = np.array([item.matrix * item.sign(momenta) for item in labelled])
    return matrices, tuple(names)


def _are_momenta(labelled: list[Labelled], d: int) -> bool:
    return d == 4 and any(i.is_pair("B", 0) for i in labelled) and not any(i.is_pair("R", 0) for i in labelled)


def sparsest(rows: FloatArray, *, starts: int = 8, seed: int = 0) -> FloatArray:
    """Orthonormal rows (k, n) rotated among themselves so that Σ|entries| is smallest, over several starts.

    The result is never less sparse than the argument, from which maximising Σ entries⁴ may lead away.
    """
    k = len(rows)
    random = np.random.Generator(np.random.PCG64(seed))
    best, least, agreed = rows, np.inf, 0
    for start in range(starts + 1):
        turned = rows if start == 0 else np.linalg.qr(random.standard_normal((k, k)))[0] @ rows
        turned = pairwise_l1(quartimax(turned))
        total = float(np.abs(turned).sum())
        agreed = agreed + 1 if total < (1 + _TIE) * least else agreed
        if total < (1 - _TIE) * least:
            best, least, agreed = turned, total, 1
        if agreed == _AGREED:
            break
    lost = least > (1 + _GAIN) * float(np.abs(rows).sum())
    return pairwise_l1(rows) if lost else best


def quartimax(rows: FloatArray) -> FloatArray:
    """Orthonormal rows (k, n) rotated to a maximum of Σ entries⁴: R ← polar((R Q)³ Qᵀ)."""
    turned = rows
    before = float(np.sum(turned**4))
    for _ in range(_POLAR_STEPS):
        left, _, right = np.linalg.svd(turned**3 @ rows.T)
        turned = left @ right @ rows
        after = float(np.sum(turned**4))
        if after <= before * (1 + 1e-10):
            break
        before = after
    return turned


def pairwise_l1(rows: FloatArray) -> FloatArray:
    """Rotate pairs of rows (k, n), each by the best angle at which an entry vanishes, until Σ|entries| is constant.

    Σ|entries| of a pair is concave between two such angles, so its minimum is at one of them.
    """
    rows = rows.copy()
    for _ in range(_SWEEPS):
        before = float(np.abs(rows).sum())
        for i in range(len(rows)):
            for j in range(i + 1, len(rows)):
                a, b = rows[i], rows[j]
                size = np.maximum(np.abs(a), np.abs(b))
                entries = size > _SMALL * size.max()
                angle = np.arctan2(
                    b[entries], a[entries]
                )  # the second row loses this entry; a quarter turn on, the first
                c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
                sums = np.abs(c * a + s * b).sum(axis=1) + np.abs(c * b - s * a).sum(axis=1)
                m = int(np.argmin(sums))
                if sums[m] < np.abs(a).sum() + np.abs(b).sum() - _GAIN:
                    rows[i], rows[j] = c[m] * a + s[m] * b, c[m] * b - s[m] * a
        if before - float(np.abs(rows).sum()) <= _GAIN * before:
            break
    return rows
