"""Several seeds of one small method as one batched computation, against as many fits one after the other.

    python -m tests.benchmarks.batched_seeds [--rounds 5] [--json FILE]

Two trials run side by side on two cores, so that batching pays only as far as it saves core-seconds: everything here is
one thread, timed in CPU seconds, by turns in one run. A gain of 1.5 says that S seeds in one batch cost what 1/1.5 of S
seeds cost one by one. Each pair does the same arithmetic on the same numbers and is compared before it is timed.

* `oracle`: the loss of six generators in four dimensions and its derivative, which is what its L-BFGS spends.
* `nullspace`: a Levenberg–Marquardt step of a network 8–128–128–1 on 80 and on 320 events, four folds of 100 and 400.
* `liegan`: a training step at batch 64, seven channels, d = 4, P = 2, with the discriminator as published.
* `liegan-narrow`: the same with the discriminator of `liegan-incremental`.
* `conservnet`: a step of 24 trajectories with ten states each; `siamese` one of 128 pairs of each kind.

The upper bound that it is: no fit waits here for another that needs more steps or a different damping.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import leaky_relu, normalize

from symbench.algebra.exponential import exponential
from symbench.discovery.liegan.step import Step
from symbench.discovery.oracle.loss import evaluate_loss
from symbench.discovery.shared.discriminator import Discriminator
from symbench.discovery.shared.networks import Functions, new_functions
from symbench.discovery.shared.smooth_fit import Network, _deltas, _gram, new_network

SEEDS = (2, 5, 10)
BLOCK = 0.1  # seconds of CPU in a block

Work = Callable[[], torch.Tensor]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """One step of S seeds, in turn and at once; each answers with what it computed, for comparison."""

    in_turn: Work
    at_once: Work


def oracle(seeds: int) -> Pair:
    """The loss of `oracle_fit` for (S, k, d, d) matrices, with the structure constants solved for."""
    rng = np.random.default_rng(0)
    w = rng.normal(size=(seeds, 6, 4, 4)) / 2
    root = rng.normal(size=(seeds, 16, 16))
    forms = root @ root.swapaxes(1, 2) / 16

    def in_turn() -> torch.Tensor:
        return torch.from_numpy(
            np.stack([evaluate_loss(one, form, 0.0)[1] for one, form in zip(w, forms, strict=True)])
        )

    return Pair(in_turn, lambda: torch.from_numpy(oracle_gradients(w, forms)))


def oracle_gradients(w: FloatArray, forms: FloatArray) -> FloatArray:
    """`evaluate_loss` at sparsity 0, loss and derivative, for (S, k, d, d) at once."""
    s, k, d, _ = w.shape
    flat = w.reshape(s, k, d * d)
    rows = flat.swapaxes(1, 2)
    pushed = flat @ forms
    gram = flat @ rows
    diagonal = np.einsum("sii->si", gram)
    across = gram * (1 - np.eye(k))
    product = w[:, :, None] @ w[:, None]
    brackets = (product - product.swapaxes(1, 2)).reshape(s, k * k, d * d)
    ridge = 1e-12 * diagonal.mean(axis=1)[:, None, None] * np.eye(k)
    a = np.linalg.solve(gram + ridge, (brackets @ rows).swapaxes(1, 2)).swapaxes(1, 2)
    outside = (brackets - a @ flat).reshape(s, k, k, d, d)
    losses = np.sum(pushed * flat, axis=(1, 2)) + np.sum((diagonal - 2) ** 2, axis=1)
    losses += np.sum(across**2, axis=(1, 2)) / 2 + np.sum(outside**2, axis=(1, 2, 3, 4)) / 2
    transposed = w.swapaxes(2, 3)[:, None]
    turned = 2 * (outside @ transposed - transposed @ outside).sum(axis=2)
    excess = 4 * (diagonal - 2)[:, :, None] * np.eye(k)
    gradient = 2 * pushed + (2 * across + excess) @ flat + turned.reshape(flat.shape)
    gradient -= a.swapaxes(1, 2) @ outside.reshape(s, k * k, d * d)
    assert np.isfinite(losses).all()
    return np.asarray(gradient.reshape(w.shape))


def nullspace(seeds: int, events: int) -> Pair:
    """A Levenberg–Marquardt step of a network each, on the same events, at a damping that is accepted."""
    random = torch.Generator().manual_seed(0)
    networks = [new_network(8, 128, 2, random) for _ in range(seeds)]
    x = torch.randn(events, 8, generator=random, dtype=torch.float64)
    y = torch.randn(events, generator=random, dtype=torch.float64)
    identity = torch.eye(events, dtype=x.dtype)

    def in_turn() -> torch.Tensor:
        return torch.stack([step(network) for network in networks])

    def step(network: Network) -> torch.Tensor:
        f, inputs, slopes = network.trace(x)
        deltas = _deltas(network, slopes, events)
        gram = _gram(inputs, deltas)
        factor, _ = torch.linalg.cholesky_ex(gram + 0.01 * gram.diagonal().mean() * identity)
        a = torch.cholesky_solve((y - f)[:, None], factor)
        moved = [
            (weight + h.T @ (a * delta), bias + (a * delta).sum(0))
            for (weight, bias), h, delta in zip(network.layers, inputs, deltas, strict=True)
        ]
        return Network(moved).trace(x)[0]

    stacked = [
        (torch.stack([n.layers[i][0] for n in networks]), torch.stack([n.layers[i][1] for n in networks])[:, None])
        for i in range(3)
    ]

    def forward(
        layers: list[tuple[torch.Tensor, torch.Tensor]],
    ) -> tuple[torch.Tensor, list[torch.Tensor], list[torch.Tensor]]:
        inputs, slopes = [x.expand(seeds, -1, -1)], []
        for weight, bias in layers[:-1]:
            z = torch.baddbmm(bias, inputs[-1], weight)
            s = torch.sigmoid(z)
            slopes.append(s * (1 + z * (1 - s)))
            inputs.append(z * s)
        return torch.baddbmm(layers[-1][1], inputs[-1], layers[-1][0])[..., 0], inputs, slopes

    def at_once() -> torch.Tensor:
        f, inputs, slopes = forward(stacked)
        deltas = [torch.ones(seeds, events, 1, dtype=x.dtype)]
        for (weight, _), slope in zip(stacked[:0:-1], slopes[::-1], strict=True):
            deltas.append(torch.bmm(deltas[-1], weight.mT) * slope)
        deltas.reverse()
        gram = torch.zeros(seeds, events, events, dtype=x.dtype)
        for h, delta in zip(inputs, deltas, strict=True):
            gram += (torch.bmm(h, h.mT) + 1) * torch.bmm(delta, delta.mT)
        scale = gram.diagonal(dim1=1, dim2=2).mean(dim=1)[:, None, None]
        factor, _ = torch.linalg.cholesky_ex(gram + 0.01 * scale * identity)
        a = torch.cholesky_solve((y - f)[..., None], factor)
        moved = [
            (weight + torch.bmm(h.mT, a * delta), bias + (a * delta).sum(1, keepdim=True))
            for (weight, bias), h, delta in zip(stacked, inputs, deltas, strict=True)
        ]
        return forward(moved)[0]

    return Pair(in_turn, at_once)


def liegan(seeds: int, hidden: int) -> Pair:
    """Gradients of the generators and Adam on everything, the hand-written step against the same with `bmm`."""
    batch, vectors, d, channels, random = 64, 2, 4, 7, torch.Generator().manual_seed(0)
    width = vectors * d
    x = torch.randn(seeds, batch, vectors, d, generator=random)
    y = torch.randn(seeds, batch, 1, generator=random)
    z = 0.3 * torch.randn(seeds, batch, channels, generator=random)
    steps = [
        Step(
            torch.randn(channels, d, d, generator=random) / 3,
            Discriminator(width + 1, hidden, random),
            cosine_weight=1.0,
            correlation_weight=0.1,
            generator_rate=0.0,  # so that a step can be repeated on the same numbers
            discriminator_rate=0.0,
        )
        for _ in range(seeds)
    ]
    generators = torch.stack([step.generators for step in steps])
    parts = [torch.stack([step.discriminator.layers[i].detach() for step in steps]) for i in range(6)]
    w1, b1, w2, b2, w3, b3 = parts
    leaves = [generators, *parts]
    for leaf in leaves:
        leaf.grad = torch.zeros_like(leaf)
    optimiser = torch.optim.Adam(leaves, lr=0.0, fused=True)
    slope = torch.ops.aten.leaky_relu_backward

    def in_turn() -> torch.Tensor:
        for i, step in enumerate(steps):
            step(x[i], y[i], z[i])
        return torch.stack([step.generators.grad for step in steps if step.generators.grad is not None])

    def at_once() -> torch.Tensor:
        with torch.enable_grad():
            exponent = torch.bmm(z, generators.flatten(2)).view(-1, d, d).requires_grad_()
            g = exponential(exponent)
        with torch.no_grad():
            flat_x = x.view(-1, vectors, d)
            gx = torch.bmm(flat_x, g.mT)
            moved = torch.cat([x.view(seeds, batch, width), gx.view(seeds, batch, width)], dim=1)
            inputs = torch.cat([moved, y.repeat(1, 2, 1)], dim=2)
            h1 = leaky_relu(torch.baddbmm(b1[:, None], inputs, w1), 0.2, inplace=True)
            h2 = leaky_relu(torch.baddbmm(b2[:, None], h1, w2), 0.2, inplace=True)
            logits = torch.baddbmm(b3[:, None], h2, w3)
            unit2 = slope(w3.mT.expand_as(h2), h2, 0.2, True)
            unit1 = slope(torch.bmm(unit2, w2.mT), h1, 0.2, True)
            unit = torch.bmm(unit1[:, batch:], w1[:, :width].mT)
            share = logits.sigmoid()
            share[:, :batch] -= 1
            share *= 0.5 / batch
            new = [torch.bmm(h2.mT, share), share.sum(1), torch.bmm(h1.mT, unit2.mul_(share)), unit2.sum(1)]
            new += [torch.bmm(inputs.mT, unit1.mul_(share)), unit1.sum(1)]
            for leaf, value in zip((w3, b3, w2, b2, w1, b1), new, strict=True):
                assert leaf.grad is not None
                leaf.grad.copy_(value)
            of_gx = unit.mul_((logits[:, batch:].sigmoid() - 1) / batch).view(-1, vectors, d)
            length = torch.linalg.vector_norm(gx, dim=-1, keepdim=True).clamp_min_(1e-8)
            ahead, target = gx / length, normalize(flat_x, dim=-1)
            cosine = (ahead * target).sum(-1, keepdim=True)
            signs = cosine.view(seeds, -1).mean(1).sign() / (batch * vectors)
            factor = signs.repeat_interleave(batch)[:, None, None]
            of_gx.add_(torch.addcmul(target, cosine, ahead, value=-1).div_(length).mul_(factor))
        (of_exponent,) = torch.autograd.grad(g, exponent, torch.bmm(of_gx.mT, flat_x))
        with torch.no_grad():
            flat = generators.flatten(2)
            norm = torch.linalg.vector_norm(flat, dim=2, keepdim=True)
            size = norm / math.sqrt(d) + 1e-6
            hat = flat / size
            sign = torch.bmm(hat, hat.mT).triu_(1).sign()
            of_hat = torch.bmm(sign + sign.mT, hat)
            radial = flat * ((of_hat * hat).sum(2, keepdim=True) / norm.clamp_min(1e-12) / math.sqrt(d))
            grad = torch.bmm(z.mT, of_exponent.view(seeds, batch, -1)).add_((of_hat - radial).div_(size), alpha=0.1)
            assert generators.grad is not None
            generators.grad.copy_(grad.view_as(generators))
        optimiser.step()
        return generators.grad

    return Pair(in_turn, at_once)


def small_network(seeds: int, loss: Callable[[Functions, torch.Tensor], torch.Tensor], rows: int) -> Pair:
    """A step of Adam on networks 4–64–64–64–1, each with `rows` states of its own."""
    random = torch.Generator().manual_seed(0)
    each = [new_functions(1, 4, 64, 3, 1, random, "cpu") for _ in range(seeds)]

    def joined(parts: list[list[torch.Tensor]]) -> list[torch.Tensor]:
        return [torch.cat(layer).detach().requires_grad_() for layer in zip(*parts, strict=True)]

    together = Functions(joined([f.weights for f in each]), joined([f.biases for f in each]))
    optimisers = [torch.optim.Adam(f.parameters, lr=0.0) for f in each]
    optimiser = torch.optim.Adam(together.parameters, lr=0.0)
    states = torch.randn(seeds, rows, 4, generator=random)

    def step(functions: Functions, z: torch.Tensor, adam: torch.optim.Optimizer) -> torch.Tensor:
        adam.zero_grad(set_to_none=True)
        loss(functions, z).backward()
        adam.step()
        grad = functions.weights[1].grad
        assert grad is not None
        return grad

    def in_turn() -> torch.Tensor:
        return torch.cat([step(f, states[i : i + 1], a) for i, (f, a) in enumerate(zip(each, optimisers, strict=True))])

    return Pair(in_turn, lambda: step(together, states, optimiser))


def conservnet_loss(functions: Functions, z: torch.Tensor) -> torch.Tensor:
    values = functions(z).view(len(z), 24, 10)
    blurred = functions(z + 0.5)[..., 0]
    return (values.var(dim=2).mean(dim=1) + (1 - blurred.var(dim=1)).abs()).sum()


def siamese_loss(functions: Functions, z: torch.Tensor) -> torch.Tensor:
    first, second = functions(z)[..., 0].chunk(2, dim=1)
    same = (torch.arange(256) < 128).float().expand(len(z), -1)
    logits = 1 - (first - second).square()
    loss = torch.nn.functional.binary_cross_entropy_with_logits
    return loss(logits, same, reduction="none").mean(dim=1).sum()


METHODS: dict[str, Callable[[int], Pair]] = {
    "oracle": oracle,
    "nullspace, N = 100": lambda seeds: nullspace(seeds, 80),
    "nullspace, N = 400": lambda seeds: nullspace(seeds, 320),
    "liegan": lambda seeds: liegan(seeds, 512),
    "liegan-narrow": lambda seeds: liegan(seeds, 128),
    "conservnet": lambda seeds: small_network(seeds, conservnet_loss, 240),
    "siamese": lambda seeds: small_network(seeds, siamese_loss, 512),
}


def block(work: Work, repeat: int) -> float:
    """CPU milliseconds a call."""
    started = time.process_time()
    for _ in range(repeat):
        work()
    return (time.process_time() - started) / repeat * 1e3


def measure(rounds: int) -> list[dict[str, float | str]]:
    """A row for each method and number of seeds: milliseconds of a step of one seed, either way, and the gain."""
    torch.set_num_threads(1)
    rows: list[dict[str, float | str]] = []
    for name, make in METHODS.items():
        for seeds in SEEDS:
            pair = make(seeds)
            torch.testing.assert_close(pair.at_once(), pair.in_turn(), rtol=1e-3, atol=1e-4)
            repeat = max(2, math.ceil(BLOCK / max(1e-6, block(pair.in_turn, 3) / 1e3)))
            pairs = [(block(pair.in_turn, repeat), block(pair.at_once, repeat)) for _ in range(rounds)]
            in_turn, at_once = (statistics.median(times) / seeds for times in zip(*pairs, strict=True))
            gains = sorted(a / b for a, b in pairs)
            rows.append(
                {
                    "method": name,
                    "seeds": seeds,
                    "in_turn_ms": in_turn,
                    "at_once_ms": at_once,
                    "gain": statistics.median(gains),
                    "lowest": gains[0],
                    "highest": gains[-1],
                }
            )
    return rows


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=None)
    asked = parser.parse_args(arguments if arguments is not None else [])
    rows = measure(asked.rounds)
    print("method               S   in turn    at once   (CPU ms a step and seed)   gain")
    for row in rows:
        print(
            f"{row['method']:18s} {row['seeds']:3d} {row['in_turn_ms']:9.3f} {row['at_once_ms']:10.3f}"
            f"   {row['gain']:24.2f} ({row['lowest']:.2f} to {row['highest']:.2f})"
        )
    if asked.json is not None:
        asked.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
