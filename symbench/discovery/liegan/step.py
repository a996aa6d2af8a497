"""One training step of LieGAN, differentiated by hand so that nothing is computed twice.

The paper's loop runs the discriminator three times forwards and three times backwards in a step. Its logit is one
number an event, so the signal that runs back through the hidden layers is ∂logit/∂h times a number: one forward and
one backward pass over real and transformed events together serve both losses, each with numbers of its own. The two
updates may be made together, for neither loss sees what the other has just changed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch.nn.functional import leaky_relu, normalize, softplus

from symbench.algebra.exponential import exponential

_LEAK = 0.2
_TINY = 1e-6  # keeps L̂ finite for a generator that has vanished


@dataclass(frozen=True)
class Losses:
    """Mean over a batch: adversarial and regularising parts of the generators' loss, and the discriminator's."""

    generator: torch.Tensor
    cosine: torch.Tensor
    correlation: torch.Tensor
    discriminator: torch.Tensor


class Discriminator:
    """MLP inputs → hidden → hidden → 1 with LeakyReLU; all weights are views of one flat parameter.

    Uniform in ±1/√fan-in, weights and biases. `embedding` (classes, e) is N(0, 1), None for number labels.
    """

    def __init__(
        self, inputs: int, hidden: int, generator: torch.Generator, *, classes: int = 0, embedding: int = 0
    ) -> None:
        shapes = [(inputs, hidden), (hidden,), (hidden, hidden), (hidden,), (hidden, 1), (1,)]
        fans = [inputs, inputs, hidden, hidden, hidden, hidden]
        if classes:
            shapes.append((classes, embedding))
        sizes = [math.prod(shape) for shape in shapes]
        parts = [
            (2 * torch.rand(size, generator=generator) - 1) / math.sqrt(fan)
            for size, fan in zip(sizes[:6], fans, strict=True)
        ]
        if classes:
            parts.append(torch.randn(sizes[6], generator=generator))
        self.flat = torch.cat(parts)
        self._sizes, self._shapes = sizes, shapes
        self.move("cpu")

    def move(self, device: str) -> None:
        """To another device; makes the gradient's buffers anew."""
        self.flat = self.flat.to(device)
        self.flat.grad = torch.zeros_like(self.flat)
        self.parameters = self._views(self.flat)
        self.gradients = self._views(self.flat.grad)

    def _views(self, flat: torch.Tensor) -> list[torch.Tensor]:
        pieces = torch.split(flat, self._sizes)
        return [piece.view(shape) for piece, shape in zip(pieces, self._shapes, strict=True)]

    @property
    def embedding(self) -> torch.Tensor | None:
        """(classes, e), or None where labels are numbers."""
        return self.parameters[6] if len(self.parameters) > 6 else None


class Step:
    """The algorithm of arXiv:2302.00236 on generators (c, d, d) and a discriminator, one batch at a time.

    sigma, cosine_weight λ and correlation_weight η as in the paper. The last `companions` vectors of an event are
    transformed and judged, but stay out of the cosine. Where `mask` (d, d) is 0 the generators stay what they are.
    `gradients` leaves ∂loss in the `.grad` of both, `__call__` moves them by Adam as well.
    """

    def __init__(
        self,
        generators: torch.Tensor,
        discriminator: Discriminator,
        *,
        cosine_weight: float,
        correlation_weight: float,
        generator_rate: float,
        discriminator_rate: float,
        companions: int = 0,
        mask: torch.Tensor | None = None,
    ) -> None:
        self.generators, self.discriminator = generators, discriminator
        self.companions, self.mask = companions, mask
        self.cosine_weight, self.correlation_weight = cosine_weight, correlation_weight
        generators.grad = torch.zeros_like(generators)
        self.optimiser = torch.optim.Adam(
            [
                {"params": [generators], "lr": generator_rate, "betas": (0.5, 0.999)},
                {"params": [discriminator.flat], "lr": discriminator_rate},
            ],
            fused=True,
        )

    def __call__(self, x: torch.Tensor, y: torch.Tensor, z: torch.Tensor, *, report: bool = False) -> Losses | None:
        """One update from vectors x (B, P, d), labels y (B, e) or classes (B,), and coefficients z (B, c)."""
        losses = self.gradients(x, y, z, report=report)
        self.optimiser.step()
        return losses

    def gradients(self, x: torch.Tensor, y: torch.Tensor, z: torch.Tensor, *, report: bool = True) -> Losses | None:
        """The gradients of one step; the losses too where a report is asked for."""
        batch, _, d = x.shape
        channels = len(self.generators)
        with torch.enable_grad():
            exponent = torch.mm(z, self.generators.view(channels, -1)).view(batch, d, d).requires_grad_()
            g = exponential(exponent)
        with torch.no_grad():
            gx = torch.bmm(x, g.mT)
            logits, unit = self._discriminate(x, gx, y)
            of_gx = unit.mul_((logits[batch:].sigmoid() - 1) / batch).view_as(x)
            of_gx, cosine = self._add_cosine(of_gx, x, gx)
        (of_exponent,) = torch.autograd.grad(g, exponent, torch.bmm(of_gx.mT, x))
        with torch.no_grad():
            grad = self.generators.grad
            assert grad is not None
            torch.mm(z.T, of_exponent.view(batch, -1), out=grad.view(channels, -1))
            correlation = self._add_correlation(grad)
            if self.mask is not None:
                grad.mul_(self.mask)
            if not report:
                return None
            real, fake = logits[:batch], logits[batch:]
            return Losses(
                generator=softplus(-fake).mean(),
                cosine=cosine.abs(),
                correlation=correlation,
                discriminator=(softplus(-real).mean() + softplus(fake).mean()) / 2,
            )

    def _discriminate(self, x: torch.Tensor, gx: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits (2B, 1) of real and fake events, ∂logit/∂gx (B, P·d), and the discriminator's own gradients."""
        net = self.discriminator
        w1, b1, w2, b2, w3, b3 = net.parameters[:6]
        d1, e1, d2, e2, d3, e3 = net.gradients[:6]
        batch, width = len(x), x.shape[1] * x.shape[2]
        embedding = net.embedding
        label = y if embedding is None else embedding[y]
        inputs = torch.cat([torch.cat([x.view(batch, width), gx.view(batch, width)]), label.repeat(2, 1)], dim=1)
        h1 = leaky_relu(torch.addmm(b1, inputs, w1), _LEAK, inplace=True)
        h2 = leaky_relu(torch.addmm(b2, h1, w2), _LEAK, inplace=True)
        logits = torch.addmm(b3, h2, w3)
        slope = torch.ops.aten.leaky_relu_backward
        unit2 = slope(w3.T.expand_as(h2), h2, _LEAK, True)
        unit1 = slope(torch.mm(unit2, w2.T), h1, _LEAK, True)
        unit = torch.mm(unit1[batch:], w1[:width].T)
        share = logits.sigmoid()
        share[:batch] -= 1
        share *= 0.5 / batch
        torch.mm(h2.T, share, out=d3)
        torch.sum(share, 0, out=e3)
        torch.mm(h1.T, unit2.mul_(share), out=d2)
        torch.sum(unit2, 0, out=e2)
        torch.mm(inputs.T, unit1.mul_(share), out=d1)
        torch.sum(unit1, 0, out=e1)
        if embedding is not None:
            net.gradients[6].zero_().index_add_(0, y.repeat(2), torch.mm(unit1, w1[width:].T))
        return logits, unit

    def _add_cosine(self, of_gx: torch.Tensor, x: torch.Tensor, gx: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The gradient with that of λ |mean cos(gx, x)| added, and the mean cosine."""
        whole, kept = of_gx, x.shape[1] - self.companions
        of_gx, x, gx = of_gx[:, :kept], x[:, :kept], gx[:, :kept]
        length = torch.linalg.vector_norm(gx, dim=-1, keepdim=True).clamp_min_(1e-8)
        ahead, target = gx / length, normalize(x, dim=-1)
        cosine = (ahead * target).sum(-1, keepdim=True)
        mean = cosine.mean()
        factor = mean.sign() * (self.cosine_weight / cosine.numel())
        of_gx.add_(torch.addcmul(target, cosine, ahead, value=-1).div_(length).mul_(factor))
        return whole, mean

    def _add_correlation(self, grad: torch.Tensor) -> torch.Tensor:
        """Add the gradient of η Σ_{i<j} |⟨L̂ᵢ, L̂ⱼ⟩|; the sum itself comes back."""
        channels, d, _ = self.generators.shape
        flat = self.generators.view(channels, -1)
        norm = torch.linalg.vector_norm(flat, dim=1, keepdim=True)
        length = norm / math.sqrt(d) + _TINY
        unit = flat / length
        products = torch.mm(unit, unit.T).triu_(1)
        signs = products.sign()
        of_unit = torch.mm(signs + signs.T, unit)
        along = (of_unit * unit).sum(1, keepdim=True)
        radial = flat * (along / norm.clamp_min(1e-12) / math.sqrt(d))
        grad.view(channels, -1).add_((of_unit - radial).div_(length), alpha=self.correlation_weight)
        return products.abs_().sum()
