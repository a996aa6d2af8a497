"""Which linear symmetries P(top | two leading constituents) has: measured with boosted trees, without any method.

    python -m tests.benchmarks.top_tagging_symmetry [--home FOLDER] [--jets 6000] [--json FILE]

The constituents are massless. A linear map that takes such events to such events maps the light cone to itself, so it
is a Lorentz transformation times a dilation. The rotation about the beam, J_z, is a symmetry by construction: beams are
not polarised, and jets are selected by pT and |η|. So is the exchange of the beams. A larger connected group that
contains J_z and that the exchange leaves as it is contains one of four: that of J_z and dilations, of J_z and boosts
along the beam, so(3), or so(1,2) of J_z and the boosts across the beam.

1. If P is invariant under a group, it is a function of the group's invariants, and a classifier that receives only
   these loses nothing. Each line is the AUC from the invariants of a group, and its difference to that from the
   invariants of all groups together, which are all invariant under the rotation about the beam: paired jet by jet. A
   sharper test of one degree of freedom: a variable that changes under the group, added to the score in a logistic
   regression.
2. How far a finite operation moves the fitted log-odds: RMS over jets of the change, divided by their spread. For the
   rotation about the beam this is the noise of the fit.
3. A linear symmetry of the density of constituents and class keeps the second moments Σ of either constituent in either
   class. Singular values of L ↦ L Σ + Σ Lᵀ for all four, rising, in coordinates in which their mean is 1; Σ is averaged
   over the azimuth, so that the first is 0, and the errors are those of a bootstrap.

Trees are fitted to four fifths of the jets and applied to the others. Errors are from 400 bootstrap samples of jets.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from symbench.algebra.bases import beam_rotation, dilation, so
from symbench.tasks.base import DataContext
from symbench.tasks.function.top_tagging_label import TopTaggingLabel

FloatArray = npt.NDArray[np.float64]
FOLDS, RESAMPLES = 5, 400


@dataclass(frozen=True)
class Pair:
    """Two massless vectors per event: logarithms of pT (N, 2), pseudorapidities η (N, 2), azimuths φ (N, 2)."""

    log_pt: FloatArray
    eta: FloatArray
    phi: FloatArray

    @staticmethod
    def of(x: FloatArray) -> Pair:
        """From (N, 2, 4) four-momenta (E, px, py, pz)."""
        pt = np.hypot(x[..., 1], x[..., 2])
        return Pair(np.log(pt), np.arcsinh(x[..., 3] / pt), np.arctan2(x[..., 2], x[..., 1]))

    @property
    def opening(self) -> FloatArray:
        """Δφ (N,), in (−π, π]."""
        return np.asarray(np.angle(np.exp(1j * (self.phi[:, 0] - self.phi[:, 1]))))

    def log_mass(self) -> FloatArray:
        """log m² (N,) of the pair, without cancellation."""
        difference = self.eta[:, 0] - self.eta[:, 1]
        angles = np.sinh(difference / 2) ** 2 + np.sin(self.opening / 2) ** 2
        return np.asarray(self.log_pt.sum(axis=1) + np.log(np.maximum(angles, 1e-12)))


Invariants = Callable[[Pair], list[FloatArray]]


def along(v: Pair) -> list[FloatArray]:
    """Invariants of J_z and K_z: both pT, the difference of rapidities, the azimuth between the vectors."""
    return [*v.log_pt.T, np.abs(v.eta[:, 0] - v.eta[:, 1]), np.abs(v.opening), v.log_mass()]


def ratios(v: Pair) -> list[FloatArray]:
    """Invariants of J_z and D: the ratio of pT, the rapidities, the azimuth between the vectors."""
    return [v.log_pt[:, 0] - v.log_pt[:, 1], *v.eta.T, np.abs(v.opening), v.log_mass() - v.log_pt.sum(axis=1)]


def rotations(v: Pair) -> list[FloatArray]:
    """Invariants of so(3): both energies and the mass, which determine the angle between the vectors."""
    return [*(v.log_pt + np.log(np.cosh(v.eta))).T, v.log_mass()]


def across(v: Pair) -> list[FloatArray]:
    """Invariants of J_z, K_x and K_y: both longitudinal momenta and the mass."""
    return [*(np.exp(v.log_pt) * np.sinh(v.eta)).T, v.log_mass()]


def of_the_beam(v: Pair) -> list[FloatArray]:
    """Invariants of J_z: those of all groups, in the variables in which trees learn them best."""
    return [*along(v), *ratios(v), *rotations(v), *across(v)]


GROUPS: dict[str, Invariants] = {
    "rotation about the beam": of_the_beam,
    "none (azimuth added)": lambda v: [*of_the_beam(v), np.cos(v.phi[:, 0]), np.sin(v.phi[:, 0])],
    "boost along the beam": along,
    "dilation": ratios,
    "rotations so(3)": rotations,
    "boosts across the beam so(1,2)": across,
    "so(1,3)": lambda v: [v.log_mass()],
}


def rapidity(v: Pair) -> FloatArray:
    """The square of the mean pseudorapidity of the pair, which the exchange of the beams does not change."""
    return np.asarray(v.eta.mean(axis=1) ** 2)


def momentum(v: Pair) -> FloatArray:
    """log of the product of both pT."""
    return np.asarray(v.log_pt.sum(axis=1))


VARIABLES: dict[str, Callable[[Pair], FloatArray]] = {
    "rotation about the beam": lambda v: np.asarray(np.sin(v.phi[:, 0])),  # a control: P does not depend on it
    "boost along the beam": rapidity,
    "dilation": momentum,
    "rotations so(3)": rapidity,
    "boosts across the beam so(1,2)": momentum,
    "so(1,3)": momentum,
}
"""A variable that changes under a group, added to the score from the group's invariants."""


def operations() -> dict[str, FloatArray]:
    """Finite operations (4, 4)."""
    lorentz = so(1, 3)

    def element(time: int, space: int, t: float) -> FloatArray:
        (generator,) = (L for L in lorentz if L[time, space] != 0)
        return np.asarray(expm(t * generator / abs(generator[time, space])))

    return {
        "rotation about the beam by 1": element(1, 2, 1.0),
        "rotation about x by 0.3": element(2, 3, 0.3),
        "boost along the beam by 0.5": element(0, 3, 0.5),
        "boost along x by 0.3": element(0, 1, 0.3),
        "dilation by 1.2": expm(np.log(1.2) * dilation(4)[0]),
        "dilation by 2": expm(np.log(2.0) * dilation(4)[0]),
    }


def log_odds(inputs: FloatArray, label: npt.NDArray[np.int64], others: list[FloatArray]) -> list[FloatArray]:
    """Held-out log-odds (N,) of the inputs (N, k), and of others with the same rows, by the same trees."""
    scores = [np.empty(len(label)) for _ in range(1 + len(others))]
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(inputs, label):
        trees = HistGradientBoostingClassifier(
            max_iter=120, learning_rate=0.06, max_leaf_nodes=12, min_samples_leaf=30, random_state=0
        ).fit(inputs[train], label[train])
        for score, shown in zip(scores, [inputs, *others], strict=True):
            score[test] = trees.decision_function(shown[test])
    return scores


def added(score: FloatArray, label: npt.NDArray[np.int64], variable: FloatArray) -> float:
    """The z value of a variable (N,) added to a score (N,) in a logistic regression: 0 ± 1 if it adds nothing."""
    inputs = np.stack([np.ones(len(score)), score, (variable - variable.mean()) / variable.std()], axis=1)
    weights = np.zeros(3)
    for _ in range(50):
        p = 1 / (1 + np.exp(-inputs @ weights))
        information = inputs.T @ (inputs * (p * (1 - p))[:, None])
        weights += np.linalg.solve(information, inputs.T @ (label - p))
    return float(weights[2] / np.sqrt(np.linalg.inv(information)[2, 2]))


def kept_directions(moments: FloatArray) -> FloatArray:
    """Singular values (16,), rising, of L ↦ L Σ + Σ Lᵀ for moments Σ (m, 4, 4), whose mean is brought to 1."""
    scaled = moments / np.trace(moments, axis1=1, axis2=2)[:, None, None]
    values, vectors = np.linalg.eigh(scaled.mean(axis=0))
    whiten = vectors / np.sqrt(values)
    units = np.eye(16).reshape(16, 4, 4)
    changes = [(units @ m + m @ units.swapaxes(1, 2)).reshape(16, 16).T for m in whiten.T @ scaled @ whiten]
    return np.asarray(np.linalg.svd(np.concatenate(changes), compute_uv=False)[::-1])


def moments_of(x: FloatArray, label: npt.NDArray[np.int64]) -> FloatArray:
    """Second moments (4, 4, 4) of either vector in either class, averaged over rotations about the beam."""
    vectors = [x[label == c][:, p] for c in (0, 1) for p in (0, 1)]
    moments = np.stack([v.T @ v / len(v) for v in vectors])
    turned = [expm(angle * beam_rotation()[0]) for angle in (0, np.pi / 2, np.pi, 3 * np.pi / 2)]
    return np.asarray(np.mean([g @ moments @ g.T for g in turned], axis=0))


def main(home: Path | None = None, jets: int = 6000, file: Path | None = None) -> None:
    task = TopTaggingLabel(jets=jets)
    with tempfile.TemporaryDirectory() as scratch:
        data = task.load(DataContext(home or Path(scratch)))
        x = np.array(task.scaled(data))
    label = np.asarray(data.label, dtype=np.int64)
    pair = Pair.of(x)
    print(f"{len(x)} jets, of which {label.sum()} top quarks")
    scores = {name: log_odds(np.stack(f(pair), axis=1), label, [])[0] for name, f in GROUPS.items()}
    rng = np.random.Generator(np.random.PCG64(0))
    samples = [rng.integers(0, len(label), len(label)) for _ in range(RESAMPLES)]
    draws = {n: np.array([roc_auc_score(label[rows], s[rows]) for rows in samples]) for n, s in scores.items()}
    first = next(iter(GROUPS))
    found: dict[str, dict[str, float]] = {}
    for name, score in scores.items():
        auc = float(roc_auc_score(label, score))
        difference = auc - float(roc_auc_score(label, scores[first]))
        error = float((draws[name] - draws[first]).std())
        found[name] = {"auc": auc, "difference": difference, "error": error}
        line = f"{name:36} AUC {auc:.4f}  difference {difference:+.4f} ± {error:.4f}"
        if name in VARIABLES:
            found[name]["z"] = added(score, label, VARIABLES[name](pair))
            line += f"  added variable z = {found[name]['z']:+.1f}"
        print(line)

    def inputs(v: Pair) -> FloatArray:
        return np.stack(GROUPS["none (azimuth added)"](v), axis=1)

    moved = {name: inputs(Pair.of(x @ g.T)) for name, g in operations().items()}
    original, *after = log_odds(inputs(pair), label, list(moved.values()))
    for name, score in zip(moved, after, strict=True):
        change = float(np.sqrt(np.mean((score - original) ** 2)) / original.std())
        found[name] = {"change": change}
        print(f"{name:36} moves the log-odds by {change:.2f} of their spread")
    values = kept_directions(moments_of(x, label))
    errors = np.std([kept_directions(moments_of(x[rows], label[rows])) for rows in samples[:100]], axis=0)
    found["directions that keep the moments"] = {f"{i + 1}": float(value) for i, value in enumerate(values[:3])}
    shown = (f"{value:.3f} ± {error:.3f}" for value, error in zip(values[:4], errors[:4], strict=True))
    print("directions that keep the second moments:", ", ".join(shown))
    if file is not None:
        file.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="folder of generated data; by default the jets are generated anew")
    parser.add_argument("--jets", type=int, default=6000, help="number of jets")
    parser.add_argument("--json", type=Path, help="file for the numbers")
    asked = parser.parse_args()
    main(asked.home, asked.jets, asked.json)
