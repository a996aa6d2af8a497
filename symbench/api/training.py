"""Training a classifier on arrays of jets, without a suite."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from symbench.classifiers.base import Classifier
from symbench.registry import find_classifier

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from torch import nn

    from symbench.classifiers.training.loop import Training
    from symbench.data.container import Dataset


@dataclass(frozen=True)
class TrainedClassifier:
    """A trained network with its scores on jets that it was not trained with.

    module      the network, in evaluation mode: (four_momenta (B, P, 4), mask (B, P), features) to logits (B, C)
    scores      AUC, accuracy, background rejections, calibration error on the test jets
    """

    name: str
    module: nn.Module
    scores: dict[str, float]
    training: Training

    def logits(self, jets: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> npt.NDArray[np.float64]:
        """Logits (N, C) of jets (N, P, 4) in GeV."""
        from symbench.classifiers.evaluate.probe import Probe
        from symbench.classifiers.training.jets import Jets

        data = _dataset(jets, None, mask)
        return Probe(self.module, Jets.of(data, self.training.device)).logits()

    def probabilities(self, jets: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> npt.NDArray[np.float64]:
        """Class probabilities (N, C) of jets (N, P, 4) in GeV."""
        import numpy as np
        from scipy.special import softmax

        return np.asarray(softmax(self.logits(jets, mask), axis=1))

    def __repr__(self) -> str:
        scores = ", ".join(f"{name} {value:.4g}" for name, value in self.scores.items())
        return f"TrainedClassifier({self.name}: {scores})"

    def _repr_html_(self) -> str:
        lines = "".join(f"<tr><td>{escape(name)}</td><td>{value:.4g}</td></tr>" for name, value in self.scores.items())
        return f"<p><b>{escape(self.name)}</b>, {self.training.parameters} parameters</p><table>{lines}</table>"


def train(
    classifier: str | Classifier,
    jets: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    mask: npt.ArrayLike | None = None,
    test_fraction: float = 0.2,
    validation_fraction: float = 0.1,
    seed: int = 0,
    budget: float = 1.0,
    device: str = "cpu",
    **parameters: Any,
) -> TrainedClassifier:
    """Train a classifier on jets and score it on the jets kept back.

    classifier   a name that `list_classifiers` lists, with `parameters`; or one already built
    jets         (N, P, 4) four-momenta (E, px, py, pz) in GeV, padded by zeros
    labels       (N,) classes as integers 0, 1, …
    mask         (N, P) True for real constituents; by default those with E > 0
    Equal jets count once, so that none is in two parts. Raises UnknownNameError, ValueError for arrays that do not fit.
    """
    from symbench.classifiers.evaluate.probe import Probe
    from symbench.classifiers.evaluate.run import separation
    from symbench.classifiers.training.jets import Jets
    from symbench.classifiers.training.loop import train as run_training
    from symbench.data.sizes import Sizes
    from symbench.data.splits import split

    if isinstance(classifier, str):
        classifier = find_classifier(classifier)(**parameters)
    elif parameters:
        raise ValueError("parameters belong to a classifier that is named; this one is built already")
    data = _dataset(jets, labels, mask)
    test, validation = (max(1, round(share * len(data))) for share in (test_fraction, validation_fraction))
    sizes = Sizes(len(data) - test - validation, validation, test)
    if sizes.train < 1:
        raise ValueError(f"{len(data)} distinct jets leave none to train with")
    parts = split(data, sizes, train_size=sizes.train, seed=seed)
    classes = max(2, int(data.label.max()) + 1)
    training = run_training(
        classifier, parts.train, parts.validation, outputs=classes, seed=seed, budget=budget, device=device
    )
    outputs = Probe(training.module, Jets.of(parts.test, training.device)).outputs()
    scores, _ = separation(outputs[:, 0] if classes == 2 else outputs, parts.test)
    return TrainedClassifier(classifier.name, training.module.eval(), scores, training)


def _dataset(jets: npt.ArrayLike, labels: npt.ArrayLike | None, mask: npt.ArrayLike | None) -> Dataset:
    """Distinct jets as the container that all data travel in."""
    import numpy as np

    from symbench.data.container import Dataset, Provenance, content_ids, first_rows

    momenta = np.asarray(jets, dtype=np.float64)
    if momenta.ndim != 3 or momenta.shape[2] != 4:
        raise ValueError(f"jets have the shape {momenta.shape}; (N, P, 4) is needed: E, px, py, pz of P constituents")
    real = momenta[..., 0] > 0 if mask is None else np.asarray(mask, dtype=np.bool_)
    if real.shape != momenta.shape[:2]:
        raise ValueError(f"mask has the shape {real.shape}; {momenta.shape[:2]} is needed")
    momenta = np.where(real[..., None], momenta, 0.0)
    if not np.isfinite(momenta).all():
        raise ValueError("jets contain values that are not finite")
    provenance = Provenance(source="arrays", selection="all", licence="")
    if labels is None:
        ids = np.arange(len(momenta), dtype=np.uint64)
        return Dataset(momenta, real, np.zeros(len(momenta), dtype=np.int64), ids, provenance)
    label = np.asarray(labels)
    if label.shape != (len(momenta),) or label.dtype.kind not in "iub":
        raise ValueError(f"labels are {label.dtype} of the shape {label.shape}; integers ({len(momenta)},) are needed")
    if label.min() < 0:
        raise ValueError("labels are negative: classes are counted 0, 1, …")
    ids = content_ids(momenta)
    rows = first_rows(ids)
    return Dataset(momenta[rows], real[rows], label[rows].astype(np.int64), ids[rows], provenance)
