"""One training step of LieGAN, differentiated by hand so that nothing is computed twice.

Differences from the authors' loop, which runs the discriminator three times forwards and three times backwards:

1. One forward and one backward pass over real and transformed events together serve both losses. The logit of an event
   is one number, so the gradient of any loss in a hidden layer h is ∂logit/∂h times a number per event.
2. Both players are updated together. That gives the same step, since each loss is evaluated before either update.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch.nn.functional import binary_cross_entropy, leaky_relu, normalize

from symbench.algebra.exponential import exponential
from symbench.discovery.shared.discriminator import LEAK, Discriminator

_LEAST_VARIANCE = 1e-12  # of torch's binary cross-entropy, in the denominator of its derivative
_TINY = 1e-6  # keeps L̂ finite for a generator that has vanished


@dataclass(frozen=True)
class Losses:
    """Means over a batch: adversarial and regularising parts of the generators' loss; the discriminator's loss."""

    generator: torch.Tensor
    cosine: torch.Tensor
    correlation: torch.Tensor
    discriminator: torch.Tensor


class Step:
    """The algorithm of arXiv:2302.00236 on generators (c, d, d) and a discriminator, one batch at a time.

    cosine_weight       λ of the paper
    correlation_weight  η of the paper
    companions          the last vectors of an event, which are transformed and judged but do not enter the cosine
    mask                (d, d); generators keep their entries at zeros of the mask

    `gradients` writes ∂loss to the `.grad` of both players; `__call__` also updates them by Adam. The weights of the
    discriminator become views of one tensor, `weights`, so that the optimiser has one operation for all of them.
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
        self.weights = _joined(discriminator)
        self.optimiser = torch.optim.Adam(
            [
                {"params": [generators], "lr": generator_rate, "betas": (0.5, 0.999)},
                {"params": [self.weights], "lr": discriminator_rate},
            ],
            fused=True,
        )

    def __call__(self, x: torch.Tensor, y: torch.Tensor, z: torch.Tensor, *, report: bool = False) -> Losses | None:
        """One update from vectors x (B, P, d), labels y (B, e) or classes (B,), and coefficients z (B, c)."""
        losses = self.gradients(x, y, z, report=report)
        self.optimiser.step()
        return losses

    def gradients(self, x: torch.Tensor, y: torch.Tensor, z: torch.Tensor, *, report: bool = True) -> Losses | None:
        """The gradients of one step, and the losses if `report`."""
        batch, _, d = x.shape
        channels = len(self.generators)
        with torch.enable_grad():
            exponent = torch.mm(z, self.generators.view(channels, -1)).view(batch, d, d).requires_grad_()
            g = exponential(exponent)
        with torch.no_grad():
            gx = torch.bmm(x, g.mT)
            logits, unit = self._discriminate(x, gx, y)
            of_gx = unit.mul_(_slope(logits[batch:].sigmoid(), 1.0) / batch).view_as(x)
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
            real, fake = logits[:batch].sigmoid(), logits[batch:].sigmoid()
            ones, zeros = torch.ones_like(real), torch.zeros_like(real)
            return Losses(
                generator=binary_cross_entropy(fake, ones),
                cosine=cosine.abs(),
                correlation=correlation,
                discriminator=(binary_cross_entropy(real, ones) + binary_cross_entropy(fake, zeros)) / 2,
            )

    def _discriminate(self, x: torch.Tensor, gx: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits (2B, 1) of real and fake events, and ∂logit/∂gx (B, P·d); sets the discriminator's own gradients."""
        net = self.discriminator
        w1, b1, w2, b2, w3, b3 = net.layers
        d1, e1, d2, e2, d3, e3 = (weight.grad for weight in net.layers)
        batch, width = len(x), x.shape[1] * x.shape[2]
        embedding = net.embedding
        label = y if embedding is None else embedding[y]
        inputs = torch.cat([torch.cat([x.view(batch, width), gx.view(batch, width)]), label.repeat(2, 1)], dim=1)
        h1 = leaky_relu(torch.addmm(b1, inputs, w1), LEAK, inplace=True)
        h2 = leaky_relu(torch.addmm(b2, h1, w2), LEAK, inplace=True)
        logits = torch.addmm(b3, h2, w3)
        slope = torch.ops.aten.leaky_relu_backward
        unit2 = slope(w3.T.expand_as(h2), h2, LEAK, True)
        unit1 = slope(torch.mm(unit2, w2.T), h1, LEAK, True)
        unit = torch.mm(unit1[batch:], w1[:width].T)
        judged = logits.sigmoid()
        share = torch.cat([_slope(judged[:batch], 1.0), _slope(judged[batch:], 0.0)])
        share *= 0.5 / batch
        torch.mm(h2.T, share, out=d3)
        torch.sum(share, 0, out=e3)
        torch.mm(h1.T, unit2.mul_(share), out=d2)
        torch.sum(unit2, 0, out=e2)
        torch.mm(inputs.T, unit1.mul_(share), out=d1)
        torch.sum(unit1, 0, out=e1)
        if embedding is not None:
            assert embedding.grad is not None
            embedding.grad.zero_().index_add_(0, y.repeat(2), torch.mm(unit1, w1[width:].T))
        return logits, unit

    def _add_cosine(self, of_gx: torch.Tensor, x: torch.Tensor, gx: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The gradient with that of λ |mean cos(gx, x)| added to it, and the mean cosine."""
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
        """Σ_{i<j} |⟨L̂ᵢ, L̂ⱼ⟩|; adds η times its gradient to `grad`."""
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


def _slope(judged: torch.Tensor, target: float) -> torch.Tensor:
    """∂BCE/∂logit of a discriminator's output σ (float32), as torch differentiates it.

    That is (σ − target) min(1, σ(1−σ)/10⁻¹²), which vanishes if σ rounds to 0 or 1. In GeV this matters: an event that
    g moves very far, which the discriminator recognises without doubt, does not act on the generators.
    """
    return (judged - target) * (judged * (1 - judged) / _LEAST_VARIANCE).clamp_max_(1.0)


def _joined(discriminator: Discriminator) -> torch.Tensor:
    """One tensor of all weights, with a gradient; the weights and gradients of the network become views of it."""
    weights = [*discriminator.layers]
    if discriminator.embedding is not None:
        weights.append(discriminator.embedding)
    sizes = [weight.numel() for weight in weights]
    joined = torch.cat([weight.detach().flatten() for weight in weights])
    joined.grad = torch.zeros_like(joined)
    for weight, part, gradient in zip(
        weights, torch.split(joined, sizes), torch.split(joined.grad, sizes), strict=True
    ):
        shape = weight.shape
        weight.data = part.view(shape)
        weight.grad = gradient.view(shape)
    return joined
