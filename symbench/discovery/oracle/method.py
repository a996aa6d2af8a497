"""`oracle`: generators that leave a label unchanged and close into an algebra, by minimising one loss."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.registry import discovery_method
from symbench.tasks.base import FunctionTask, Task


@discovery_method("oracle")
class Oracle(DiscoveryMethod):
    """k matrices W that minimise, over the events x,

    mean[(∇φ·Wx)²] + Σ(tr WWᵀ − 2)² + Σ_{i<j}(tr WᵢWⱼᵀ)² + Σ_{i<j} tr(CᵢⱼCᵢⱼᵀ),  Cᵢⱼ = [Wᵢ, Wⱼ] − Σ aᵢⱼₖ Wₖ,

    with a network φ fitted to the standardised labels of the same events.

    Differences from the reference:

    1. The first term is the limit ε → 0 of the published (φ((1+εW)x) − φ(x))²/ε²: a quadratic form in W, whose matrix
       is computed once.
    2. The loss is quadratic in a too, so a is solved for exactly; W is found by L-BFGS instead of thousands of Adam
       steps over all events. The minimum is the same.
    3. `generators: auto` selects k, which the paper takes as given: the largest k whose matrices close (their terms of
       the loss without the label add up to less than `closing`) and each leave the label unchanged on events that φ was
       not fitted to (a relative defect below `bound`, as in `nullspace`). If there is no such k, it abstains.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "matrices that keep a fitted label and close into an algebra"
    reference: ClassVar[str] = "Forestano et al., arXiv:2301.05638; sparse variant arXiv:2302.05383"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})

    generators: int | Literal["auto"] = Field("auto", description="k, or `auto` to select it")
    max_generators: int = Field(10, ge=1, le=100, description="largest k that `auto` tries")
    closing: float = Field(
        0.1, gt=0, description="`auto`: terms of the loss without the label, below which k matrices close"
    )
    bound: float = Field(0.05, gt=0, lt=1, description="`auto`: relative defect that counts as unchanged")
    sparsity: float = Field(0.0, ge=0, description="weight of Σ_{a<b} |w_a w_b| of each W; the paper's is 0.01")
    points: int = Field(300, ge=10, le=100_000, description="largest number of events in the loss")
    steps: int = Field(500, ge=1, description="largest number of L-BFGS steps of each start at budget 1")
    starts: int = Field(3, ge=1, le=100, description="random starts, of which that with the lowest loss is kept")
    width: int = Field(128, ge=1, le=4096, description="units of each hidden layer of φ")
    depth: int = Field(2, ge=1, le=8, description="hidden layers of φ")
    label_steps: int = Field(60, ge=1, description="largest number of Levenberg–Marquardt steps of φ at budget 1")


@discovery_method("oracle-known")
class KnownOracle(Oracle):
    """The method `oracle` with the label itself as φ, given as a formula: no discovery from data, and not ranked.

    A label whose spread is far from 1 is divided by its spread, as `oracle` standardises every label: labels in GeV²
    would otherwise outweigh the other terms of the loss. `printed_loss` is the smallest value of the loss as printed,
    with its finite ε = 1e-3. The authors' code has tr(CCᵀ)² in place of tr(CCᵀ), which matters for a k at which nothing
    closes: `closure_power: 2` selects it.
    """

    version: ClassVar[str] = "3"
    summary: ClassVar[str] = "the oracle method with the label given as a formula: not from data"
    sees_label: ClassVar[bool] = True

    closure_power: Literal[1, 2] = Field(1, description="power of tr(CCᵀ) in the closure term; 2 in the authors' code")

    def incompatibility(self, task: Task) -> str | None:
        """As for every method; also for a task whose label has no formula."""
        reason = super().incompatibility(task)
        if reason is None and isinstance(task, FunctionTask) and not task.label_is_known():
            return f"the label of {task.name} is not known as a formula"
        return reason
