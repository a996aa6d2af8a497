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

    mean[(∇φ·Wx)²] + Σ(tr WWᵀ − 2)² + Σ_{i<j}(tr WᵢWⱼᵀ)² + Σ_{i<j} tr(CᵢⱼCᵢⱼᵀ),  Cᵢⱼ = [Wᵢ, Wⱼ] − Σ aᵢⱼₖ Wₖ

    where φ is a network fitted to the standardised labels of the same events. The first term is the limit ε → 0 of the
    paper's (φ((1+εW)x) − φ(x))²/ε², and a quadratic form in W whose matrix is computed once; a, in which the loss is
    quadratic too, is solved for exactly. What remains is minimised by L-BFGS, where the paper takes thousands of steps
    of Adam over all events: the same minimum in a fraction of the time.

    The paper takes k as given. `auto` is a rule of ours: fit k = 1, 2, …, and keep the largest k whose matrices close
    (what concerns the algebra adds up to less than `closing`) and each of which leaves the label unchanged on events
    that φ was not fitted to (a relative defect below `bound`, as in `nullspace`); none where no k does.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "matrices that keep a fitted label and close into an algebra"
    reference: ClassVar[str] = "Forestano et al., arXiv:2301.05638; sparse variant arXiv:2302.05383"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})

    generators: int | Literal["auto"] = Field("auto", description="k, or `auto` to choose it")
    max_generators: int = Field(10, ge=1, le=100, description="largest k that `auto` tries")
    closing: float = Field(0.1, gt=0, description="`auto`: algebra terms of the loss below which k matrices close")
    bound: float = Field(0.05, gt=0, lt=1, description="`auto`: relative defect that counts as unchanged")
    sparsity: float = Field(0.0, ge=0, description="weight of Σ_{a<b} |w_a w_b| of each W; the paper's is 0.01")
    points: int = Field(300, ge=10, le=100_000, description="events that enter the loss, at most")
    steps: int = Field(500, ge=1, description="steps of L-BFGS at budget 1, at most, for each start")
    starts: int = Field(3, ge=1, le=100, description="random starts, of which the lowest loss is kept")
    width: int = Field(128, ge=1, le=4096, description="units of each hidden layer of φ")
    depth: int = Field(2, ge=1, le=8, description="hidden layers of φ")
    label_steps: int = Field(60, ge=1, description="Levenberg–Marquardt steps of φ at budget 1, at most")


@discovery_method("oracle-known")
class KnownOracle(Oracle):
    """The same with φ the label as a formula, as in the paper's own examples: no discovery from data, and unranked.

    A label whose spread is far from 1 (GeV²) is taken in units of its spread, as `oracle` takes every label: it would
    otherwise outweigh the other terms, and of the six generators of recorded dimuons' mass two were found.
    `printed_loss` is the smallest value of the loss as printed, with its finite ε = 1e-3. The authors' code has
    tr(CCᵀ)² where `oracle` has tr(CCᵀ), which matters for counts that cannot close: `closure_power: 2` is theirs.
    """

    version: ClassVar[str] = "3"
    summary: ClassVar[str] = "the oracle method with the label given as a formula: not from data"
    sees_label: ClassVar[bool] = True

    closure_power: Literal[1, 2] = Field(1, description="power of tr(CCᵀ) in the closure term; 2 in the authors' code")

    def incompatibility(self, task: Task) -> str | None:
        """As for every method, and for a task whose label no formula gives."""
        reason = super().incompatibility(task)
        if reason is None and isinstance(task, FunctionTask) and not task.label_is_known():
            return f"the label of {task.name} is not known as a formula"
        return reason
