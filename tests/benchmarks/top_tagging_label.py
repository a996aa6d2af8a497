"""The directions that change a fitted P(top | two leading constituents) least, against the published seven.

    python -m tests.benchmarks.top_tagging_label [--home FOLDER] [--jets 12500] [--events 2000 10000] [--seeds 1]
        [--json FILE]

LieNLSD's mark is a Grassmann distance of 0.092 ± 0.018 to so(1,3) ⊕ dilation, with the number of generators, seven, set
by hand. `nullspace` claims what passes its bound and no number that is given; here the seven directions of smallest
label spread are taken from its fit of the log-odds, so that the distance answers the same question. Printed are the
held-out AUC of the fit, the distance, weighted by the data's second moment and unweighted, the square roots of the
eighth smallest σ² and of those before it on held-out jets, what the noise of the gradient gives by itself, and the
number of generators that the method claims. A control replaces the class by one that depends on single components: the
sign of the transverse momentum of the leading constituent along x, times that of the second, with as much noise.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import roc_auc_score

from symbench.algebra.subspace import overlap, second_moment
from symbench.discovery.base import FunctionSample
from symbench.discovery.nullspace.method import Nullspace
from symbench.discovery.shared.claim import claim, relevant
from symbench.discovery.shared.cross_fit import candidates
from symbench.discovery.shared.family import best_family
from symbench.tasks.base import DataContext
from symbench.tasks.distribution.top_tagging_density import lorentz_and_dilation
from symbench.tasks.function.top_tagging_label import TopTaggingLabel

FloatArray = npt.NDArray[np.float64]
GIVEN = 7


def measure(x: FloatArray, tops: npt.NDArray[np.bool_], seed: int, width: int = 128) -> dict[str, object]:
    """Of jets x (N, 2, 4) in units of the task."""
    method = Nullspace(family="network", width=width)
    sample = FunctionSample(x=x, y=tops.astype(np.float64), label_kind="class", label_function=None)
    began = time.process_time()
    fitted = best_family(method, sample, polynomials=False, seed=seed, budget=1.0, device="cpu")
    assert fitted is not None
    found = relevant(method, x, fitted.white, fitted.ensemble)
    nearest = found.space.lifted(candidates(found.forms.whole)[:, :GIVEN])
    published = lorentz_and_dilation()
    claimed = claim(method, x, fitted.white, fitted.ensemble) if fitted.learnt else None
    rank = found.forms.components
    pooled = np.linalg.eigvalsh(np.mean(found.forms.held_out, axis=0)) * rank
    noise = np.linalg.eigvalsh(found.forms.noise) * rank
    return {
        "jets": len(x),
        "seed": seed,
        "auc": float(roc_auc_score(tops, fitted.ensemble.values)),
        "distance": distance(nearest, published, second_moment(x)),
        "unweighted": distance(nearest, published, np.eye(4)),
        "spreads": [round(float(s), 3) for s in np.sqrt(np.maximum(pooled[: GIVEN + 1], 0))],
        "noise": [round(float(s), 3) for s in np.sqrt(np.maximum(noise[:GIVEN], 0))],
        "claimed": 0 if claimed is None else len(claimed.generators),
        "seconds": time.process_time() - began,
    }


def distance(found: FloatArray, published: FloatArray, moment: FloatArray) -> float:
    """The Grassmann distance √Σθ² of two spans."""
    return float(np.linalg.norm(overlap(found, published, moment).angles))


def control(x: FloatArray, seed: int) -> npt.NDArray[np.bool_]:
    """Classes (N,) that depend on single components: 80 % follow the signs of p_x of the two vectors."""
    follows = np.random.default_rng([seed, 9]).random(len(x)) < 0.8
    return np.asarray((np.prod(np.sign(x[:, :, 1]), axis=1) > 0) == follows)


def draw(x: FloatArray, tops: npt.NDArray[np.bool_], events: int, seed: int) -> npt.NDArray[np.intp]:
    """Rows of so many jets, half of each class."""
    rng = np.random.default_rng(seed)
    halves = [rng.permutation(np.flatnonzero(tops == side))[: events // 2] for side in (False, True)]
    return np.asarray(rng.permutation(np.concatenate(halves)))


def report(x: FloatArray, tops: npt.NDArray[np.bool_], events: list[int], seeds: int) -> list[dict[str, object]]:
    """Measure every size and seed, and the control at the smallest size."""
    rows = []
    for size in events:
        for seed in range(seeds):
            chosen = draw(x, tops, size, seed)
            rows.append(measure(x[chosen], tops[chosen], seed))
            print(json.dumps(rows[-1]), flush=True)
    chosen = draw(x, tops, min(events), 0)
    rows.append({"control": True, **measure(x[chosen], control(x[chosen], 0), 0)})
    print(json.dumps(rows[-1]), flush=True)
    return rows


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=None, help="folder that keeps the generated jets")
    parser.add_argument("--jets", type=int, default=12_500)
    parser.add_argument("--events", type=int, nargs="+", default=[2_000, 10_000])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--json", type=Path, default=None)
    asked = parser.parse_args(arguments if arguments is not None else [])
    torch.set_num_threads(1)
    task = TopTaggingLabel(jets=asked.jets)
    with tempfile.TemporaryDirectory() as temporary:
        data = task.load(DataContext(asked.home or Path(temporary)))
    rows = report(np.array(task.scaled(data)), np.asarray(data.label) == 1, asked.events, asked.seeds)
    if asked.json is not None:
        asked.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
