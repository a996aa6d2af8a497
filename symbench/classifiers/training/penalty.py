"""Penalties for broken symmetry: how much a network's output changes along generators, or under group elements.

For each event a random generator M = Σ zₐ Lₐ with independent zₐ ~ N(0, 1) is drawn in each step. With it, one more
forward pass suffices for any number of generators, because the mean over z of a square is a sum over the generators:

derivative   E_z ‖Mf‖² = Σₐ ‖Lₐf‖², with Mf = ∇f·Mx − dρ(M) f(x): the rate of change, by forward differentiation
finite       ‖f(gx) − ρ(g) f(x)‖² with g = exp(s M); divided by s² its limit for s → 0 is the derivative

Logits have no ρ, and are defined up to a common shift: their mean over classes is removed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from symbench.algebra.exponential import exponential
from symbench.algebra.representations import direct_sum_derivative, direct_sum_power
from symbench.classifiers.training.differentiation import differentiable, has_no_derivative
from symbench.classifiers.training.distributed import Ranks, generator_states, set_generator_state

if TYPE_CHECKING:
    from symbench.classifiers.training.jets import Jets

STEP = 1e-3  # of central differences, in rad or units of rapidity: rounding in float32 is then 1e-3 of the output


@dataclass(frozen=True)
class Penalty:
    """A term weight · mean of ‖change‖² of the loss.

    generators  (k, d, d) float64, each multiplied by the square root of its own weight
    weight      factor of the whole term; 0: the training is that of the plain network
    form        derivative or finite
    strength    s of the finite form
    ranks       of the tensors of a regression's target; empty for classes
    """

    generators: Tensor
    weight: float
    form: Literal["derivative", "finite"]
    strength: float = 1.0
    ranks: tuple[int, ...] = ()

    def draw(self, events: int, generator: torch.Generator) -> Tensor:
        """The random generators M (events, d, d) of a step."""
        z = torch.empty(events, len(self.generators), dtype=torch.float64).normal_(generator=generator)
        return torch.einsum("nk,kij->nij", z, self.generators)

    def size(self, change: Tensor, unit: float) -> Tensor:
        """‖change‖² (B,) in the unit of the loss: a sum over logits, a mean over components over the target's unit."""
        squares = change.double().square()
        return squares.mean(dim=1) / unit if self.ranks else squares.sum(dim=1)


class Penalised(nn.Module):
    """A network together with the change of its output: called with M it returns outputs (B, K) and changes (B, K).

    Neither dropout nor the running moments of batch normalisation differ from a training without the penalty.

    by_differences   why the derivative form uses central differences; None as long as it is differentiated
    """

    def __init__(self, network: nn.Module, penalty: Penalty) -> None:
        super().__init__()
        self.network, self.penalty = network, penalty
        self.by_differences: str | None = None
        d = penalty.generators.shape[-1]
        entries = np.eye(d * d).reshape(-1, d, d)
        self.units = torch.empty(0)
        if penalty.ranks:
            rates = [direct_sum_derivative(entry, penalty.ranks) for entry in entries]
            self.units = torch.from_numpy(np.stack(rates)).unflatten(0, (d, d))

    @classmethod
    def of(cls, network: nn.Module, penalty: Penalty | None, ranks: Ranks) -> Self | None:
        """The network with its penalty; None without one, or with the weight 0.

        Raises NotImplementedError for the derivative form in several processes: sums over them have no forward
        derivative.
        """
        if penalty is None or penalty.weight == 0:
            return None
        if ranks.size > 1 and penalty.form == "derivative":
            raise NotImplementedError("the derivative of a penalty is not available with several workers: workers: 1")
        return cls(network, penalty)

    def step(self, network: Callable[..., Any], batch: Jets, moves: Tensor, unit: float) -> tuple[Tensor, Tensor]:
        """Outputs (B, K) and the penalty of a batch.

        network   this module, or its counterpart over several processes
        moves     (B, d, d), see `Penalty.draw`
        unit      of the loss (`objective.loss_unit`)
        """
        output, change = network(batch.p, batch.mask, batch.features, moves.to(batch.p.device))
        squares = self.penalty.size(change, unit)
        if batch.weight is not None:
            squares = squares * batch.weight
        return output, self.penalty.weight * (squares.mean() if len(batch) else squares.sum() * 0)

    def forward(self, p: Tensor, mask: Tensor, features: Tensor | None, moves: Tensor) -> tuple[Tensor, Tensor]:
        """p (B, P, d), mask (B, P), features (B, P, F) or None, moves (B, d, d): M of each event."""
        inputs = (p, mask, features)
        if not len(p):  # the share of a process in a small last batch
            output = self.network(*inputs)
            return output, output
        if self.penalty.form == "finite":
            output, (moved,) = self._outputs(inputs, [exponential(self.penalty.strength * moves)])
            return output, self._changed(output, moved, self.penalty.strength * moves)
        if self.by_differences is None:
            states = generator_states(str(p.device))
            buffers = [buffer.clone() for buffer in self.network.buffers()]
            try:
                output, rate = self._differentiated(inputs, moves)
                return output, self._rate(output, rate, moves)
            except RuntimeError as error:  # NotImplementedError is one
                if not has_no_derivative(error):
                    raise
                self.by_differences = str(error).splitlines()[0][:200]
                _set(states, str(p.device))
                _restore(self.network, buffers)
        output, (up, down) = self._outputs(inputs, [exponential(STEP * moves), exponential(-STEP * moves)])
        return output, self._rate(output, (up - down) / (2 * STEP), moves)

    def _differentiated(self, inputs: tuple[Any, ...], moves: Tensor) -> tuple[Tensor, Tensor]:
        p, mask, features = inputs
        with differentiable(), forward_ad.dual_level():
            dual = self.network(forward_ad.make_dual(p, p @ moves.mT), mask, features)
            output, rate = forward_ad.unpack_dual(dual)
            return output, torch.zeros_like(output) if rate is None else rate

    def _outputs(self, inputs: tuple[Any, ...], elements: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """The output for the events, and for the events moved by each of the elements, with the same dropout."""
        p, mask, features = inputs
        device = str(p.device)
        before = generator_states(device)
        output = self.network(p, mask, features)
        after, moved = generator_states(device), []
        for element in elements:
            _set(before, device)
            # with copies of the buffers: those of the network are left to the events themselves
            copies = {name: buffer.clone() for name, buffer in self.network.named_buffers()}
            moved.append(torch.func.functional_call(self.network, copies, (p @ element.mT, mask, features)))
        _set(after, device)
        return output, moved

    def _changed(self, output: Tensor, moved: Tensor, logarithms: Tensor) -> Tensor:
        if not self.penalty.ranks:
            return _centred(moved - output)
        turns = direct_sum_power(exponential(logarithms).detach().cpu().numpy(), self.penalty.ranks)
        turned = torch.from_numpy(turns).to(output) @ output.unsqueeze(-1)
        return moved - turned.squeeze(-1)

    def _rate(self, output: Tensor, along: Tensor, moves: Tensor) -> Tensor:
        if not self.penalty.ranks:
            return _centred(along)
        # dρ is linear: it is a sum over its values at the matrices with a single entry
        rotations = torch.einsum("bij,ijmn->bmn", moves, self.units.to(moves.device))
        return along - (rotations.to(output) @ output.unsqueeze(-1)).squeeze(-1)


def _centred(logits: Tensor) -> Tensor:
    return logits - logits.mean(dim=1, keepdim=True)


def _set(states: dict[str, Tensor], device: str) -> None:
    for kind, state in states.items():
        set_generator_state(kind, state, device)


@torch.no_grad()
def _restore(network: nn.Module, copies: list[Tensor]) -> None:
    for buffer, copy in zip(network.buffers(), copies, strict=True):
        buffer.copy_(copy)
