"""`liegnn`: LorentzNet with the metric of another symmetry: a discovered one, the published one, or matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from symbench.classifiers.lorentznet import LorentzNet
from symbench.classifiers.symmetry import Matrix, SymmetryParameter, as_generators, matrix, symmetry_named
from symbench.registry import classifier
from symbench.trial.result import Outcome

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from torch import nn

    Floats = npt.NDArray[np.float64]

LORENTZ: Matrix = ((1.0, 0.0, 0.0, 0.0), (0.0, -1.0, 0.0, 0.0), (0.0, 0.0, -1.0, 0.0), (0.0, 0.0, 0.0, -1.0))
# arXiv:2302.00236, section 5.4: the metric that the authors' generators of top tagging preserve, as printed
PUBLISHED: Matrix = ((-1.12, 0.0, 0.0, 0.0), (0.0, 1.25, 0.0, 0.0), (0.0, 0.0, 1.25, 0.0), (0.0, 0.0, 0.0, 1.06))
_METRICS = {"lorentz": LORENTZ, "published": PUBLISHED}
_NORM = 2.0  # of diag(1, −1, −1, −1): metrics of generators are scaled to it, for features of LorentzNet's size


def _symmetric(value: object) -> object:
    if value is None:
        return None
    metric = matrix(value)
    if metric != tuple(zip(*metric, strict=True)) or not any(any(row) for row in metric):
        raise ValueError("a metric must be a symmetric matrix other than zero")
    return metric


@classifier("liegnn")
class LieGNN(LorentzNet):
    """LorentzNet with ⟨p, q⟩ = pᵀ J q in place of Minkowski's product: invariant under the group that preserves J.

    For generators Lᵢ, J is the symmetric matrix of fixed norm that minimises Σ‖LᵢᵀJ + J Lᵢ‖². `metric_defect` is this
    minimum, on a scale from 0 (preserved) to about 2; `metric_gap` is the difference to the next stationary value. With
    a gap near 0 the choice of J is arbitrary.
    """

    version: ClassVar[str] = "3"
    summary: ClassVar[str] = "LorentzNet with the metric of a discovered symmetry, or another metric"
    reference: ClassVar[str] = "Yang et al., ICML 2023, arXiv:2302.00236, section 4.3"

    # validation loss of `tiny` at 1,000 jets of top-tagging, published metric: 0.326 at the paper's 3e-4,
    # 0.252 at 1e-3, 0.246 at 3e-3 and 1e-2, in as few steps
    learning_rate: float = Field(3e-3, gt=0, description="peak learning rate of AdamW; 3e-4 in the paper")

    symmetry: Annotated[SymmetryParameter, symmetry_named(_METRICS)] = Field(
        "published",
        description="symmetry of the metric: lorentz, published (the authors' metric), {from: ENTRY} or generators",
        json_schema_extra={"suite_source": True},
    )
    lengths: Literal["found", "equal"] = Field(
        "found",
        description="weights of generators: their lengths as discovered, as in the paper; or equal in all directions "
        "of their span",
    )
    metric: Annotated[Matrix | None, BeforeValidator(_symmetric)] = Field(
        None, description="a metric, 4 × 4 and symmetric, in place of that of the symmetry"
    )
    masses: Literal["minkowski", "metric"] | None = Field(
        None,
        description="product of the masses of constituents: Minkowski's, as in the authors' code (default of the "
        "published metric), or that of the metric, with which the network is invariant under its group (default of "
        "every other)",
    )

    def keeps(self) -> str | None:
        """The Lorentz group with its metric; the group of another metric is none of those that have a name."""
        return super().keeps() if self.metric is None and self.symmetry == "lorentz" else None

    def build(self, classes: int = 2) -> nn.Module:
        import torch

        authors = self.metric is None and self.symmetry == "published"
        masses = self.masses or ("minkowski" if authors else "metric")
        return self._network(classes, torch.tensor(self._form()[0]), minkowski_masses=masses == "minkowski")

    def diagnostics(self) -> Outcome:
        """The metric, and how well its generators preserve it."""
        from symbench.algebra.metric import minkowski_cosine
        from symbench.metrics.classification.metric_defect import metric_defect
        from symbench.metrics.classification.metric_gap import metric_gap

        form, spectrum = self._form()
        metrics = {"eta_cosine": minkowski_cosine(form)}
        arrays = {"metric": form}
        if spectrum is not None:
            metrics |= {"metric_defect": metric_defect(spectrum), "metric_gap": metric_gap(spectrum)}
            arrays["metric_spectrum"] = spectrum
        return Outcome(metrics, arrays)

    def _form(self) -> tuple[Floats, Floats | None]:
        """J (4, 4), and the stationary values (10,) of its violation, rising, if it is that of generators."""
        import numpy as np

        from symbench.algebra.metric import invariant_metric, metric_spectrum
        from symbench.algebra.subspace import orthonormal_generators

        if self.metric is not None:
            return np.array(self.metric), None
        if isinstance(self.symmetry, str):
            return np.array(_METRICS[self.symmetry]), None
        generators = as_generators(self.symmetry, {})
        if self.lengths == "equal":
            generators = orthonormal_generators(generators)
        spectrum = metric_spectrum(generators)
        return _NORM * invariant_metric(generators), spectrum
