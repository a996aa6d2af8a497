"""Time of one LieGAN training step: ours against a direct transcription of the paper's loop, interleaved in one run.

    python tests/benchmarks/liegan_step.py [--rounds 40] [--steps 25] [--json FILE]

Batch 64, 7 channels, d = 4, two vectors an event, one thread. Each round times a block of steps of either; the ratio is
of the medians over rounds. The transcription is PyTorch as one would write it from arXiv:2302.00236: autograd,
`torch.matrix_exp`, BCELoss on a sigmoid, two Adam optimisers.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import torch
from torch import nn

from symbench.discovery.liegan.step import Step
from symbench.discovery.shared.discriminator import Discriminator

BATCH, CHANNELS, D, VECTORS, HIDDEN = 64, 7, 4, 2, 512
COSINE_WEIGHT, CORRELATION_WEIGHT = 1.0, 0.1


class Transcription:
    """The paper's loop, one step at a time, on generators (c, d, d)."""

    def __init__(
        self, generators: torch.Tensor, discriminator: nn.Module, correlation_weight: float = CORRELATION_WEIGHT
    ) -> None:
        self.correlation_weight = correlation_weight
        self.generators = nn.Parameter(generators.clone())
        self.discriminator = discriminator
        self.loss = nn.BCELoss()
        self.optimiser_g = torch.optim.Adam([self.generators], lr=1e-3, betas=(0.5, 0.999))
        self.optimiser_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4)

    def discriminate(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.discriminator(torch.cat([x.reshape(len(x), -1), y], dim=1))
        return output

    def generator_losses(
        self, x: torch.Tensor, y: torch.Tensor, z: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        g = torch.matrix_exp(torch.einsum("bj,jkl->bkl", z, self.generators))
        gx = torch.einsum("bjk,btk->btj", g, x)
        adversarial = self.loss(self.discriminate(gx, y), torch.ones(len(x), 1))
        cosine = torch.abs(nn.functional.cosine_similarity(gx, x, dim=2).mean())
        length = torch.sqrt(torch.einsum("kdf,kdf->k", self.generators, self.generators) / x.shape[2])
        unit = self.generators / (length[:, None, None] + 1e-6)
        correlation = torch.triu(torch.einsum("bij,cij->bc", unit, unit), diagonal=1).abs().sum()
        return gx, adversarial, cosine, correlation

    def discriminator_loss(self, x: torch.Tensor, y: torch.Tensor, gx: torch.Tensor) -> torch.Tensor:
        real = self.loss(self.discriminate(x, y), torch.ones(len(x), 1))
        fake = self.loss(self.discriminate(gx.detach(), y), torch.zeros(len(x), 1))
        loss: torch.Tensor = (real + fake) / 2
        return loss

    def __call__(self, x: torch.Tensor, y: torch.Tensor, z: torch.Tensor) -> None:
        self.optimiser_g.zero_grad()
        gx, adversarial, cosine, correlation = self.generator_losses(x, y, z)
        (adversarial + COSINE_WEIGHT * cosine + self.correlation_weight * correlation).backward()
        self.optimiser_g.step()
        self.optimiser_d.zero_grad()
        self.discriminator_loss(x, y, gx).backward()
        self.optimiser_d.step()


def pair(seed: int = 0) -> tuple[Step, Transcription]:
    """Both, with the same weights."""
    random = torch.Generator().manual_seed(seed)
    net = Discriminator(VECTORS * D + 1, HIDDEN, random)
    generators = torch.randn(CHANNELS, D, D, generator=random) * (2**0.5 / D)
    ours = Step(
        generators.clone(),
        net,
        cosine_weight=COSINE_WEIGHT,
        correlation_weight=CORRELATION_WEIGHT,
        generator_rate=1e-3,
        discriminator_rate=2e-4,
    )
    return ours, Transcription(generators, module_like(net))


def module_like(net: Discriminator) -> nn.Module:
    """The paper's discriminator with the weights of ours."""
    inputs, hidden = net.layers[0].shape
    module = nn.Sequential(
        nn.Linear(inputs, hidden),
        nn.LeakyReLU(0.2),
        nn.Linear(hidden, hidden),
        nn.LeakyReLU(0.2),
        nn.Linear(hidden, 1),
        nn.Sigmoid(),
    )
    with torch.no_grad():
        for parameter, value in zip(module.parameters(), net.layers, strict=True):
            parameter.copy_(value.T if value.ndim == 2 else value)
    return module


def batch(seed: int = 1) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Vectors (B, P, d), labels (B, 1) and coefficients (B, c)."""
    random = torch.Generator().manual_seed(seed)
    x = torch.randn(BATCH, VECTORS, D, generator=random)
    return x, torch.randn(BATCH, 1, generator=random), torch.randn(BATCH, CHANNELS, generator=random)


def measure(rounds: int, steps: int) -> dict[str, float]:
    """Median milliseconds of a step of either, and their ratio (smaller is faster)."""
    torch.set_num_threads(1)
    ours, transcription = pair()
    data = batch()
    for _ in range(20):
        ours(*data)
        transcription(*data)
    times: dict[str, list[float]] = {"ours": [], "transcription": []}
    for _ in range(rounds):
        for name, step in (("ours", ours), ("transcription", transcription)):
            started = time.perf_counter()
            for _ in range(steps):
                step(*data)
            times[name].append((time.perf_counter() - started) / steps * 1e3)
    medians = {f"{name}_ms": statistics.median(values) for name, values in times.items()}
    return {**medians, "ratio": medians["ours_ms"] / medians["transcription_ms"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--json", type=Path, default=None)
    arguments = parser.parse_args()
    result = measure(arguments.rounds, arguments.steps)
    print(f"LieGAN training step: batch {BATCH}, {CHANNELS} channels, d = {D}, P = {VECTORS}, 1 thread")
    print(f"  transcription of the paper  {result['transcription_ms']:7.2f} ms")
    print(f"  symbench                    {result['ours_ms']:7.2f} ms")
    print(f"  ratio                       {result['ratio']:7.2f}")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
