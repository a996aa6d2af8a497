"""LieGAN's time to a stated quality: ours against a direct transcription of the paper's loop, interleaved in one run.

    python -m tests.benchmarks.liegan_quality [--seeds 5] [--json FILE]

Two questions whose answers are known, one channel each. `plane`: x ~ N(0, I) in two dimensions with the label ‖x‖²,
whose symmetry is the rotation. `gas`: two correlated momenta of an isotropic gas, of which any rotation is one. The
quality is |cos| of the generator to the true algebra, reached at QUALITY. 1,600 events, batches of 64, one thread, CPU
seconds. It is looked at after every epoch, 25 steps, off the clock; not there after MOST_EPOCHS counts as never.

Three contenders on each seed, beginning with the same generators, each with the same events in the same order: the
transcription of `liegan_step` (autograd, `torch.matrix_exp`, two optimisers) and `liegan`, both as published, and
`liegan` as it is set for `liegan-incremental`, a discriminator a quarter as wide and both rates larger. The second says
what the arithmetic gains, the third what a user gains who asks for the quality and not for the paper's schedule.

One core of an Intel Xeon at 2 GHz, three seeds, all reached; medians, ratios seed by seed: `plane` 9.2 s against 3.9 s,
ratio 0.42 to 0.43, and 0.93 s, ratio 0.07 to 0.11; `gas` 20.4 s against 9.8 s, 0.43 to 0.48, and 1.5 s, 0.06 to 0.08.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from symbench.algebra.bases import so
from symbench.algebra.subspace import overlap
from symbench.discovery.base import DistributionSample, FunctionSample
from symbench.discovery.liegan.fit import Events, events_of, new_step, run_epoch
from symbench.discovery.liegan.method import LieGan
from symbench.tasks.distribution.isotropic_gas import IsotropicGas
from tests.benchmarks.liegan_step import Transcription, module_like

EVENTS, QUALITY, MOST_EPOCHS = 1_600, 0.99, 120

FloatArray = npt.NDArray[np.float64]
Epoch = Callable[[], None]


@dataclass(frozen=True)
class Question:
    """Events, and the algebra that one generator should lie in."""

    name: str
    events: Events
    truth: FloatArray

    def quality(self, generators: torch.Tensor) -> float:
        """|cos| of a generator (1, d, d) to the algebra."""
        return float(np.cos(overlap(generators.detach().double().numpy(), self.truth).angles[0]))


def questions(seed: int) -> list[Question]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(EVENTS, 1, 2))
    plane = FunctionSample(x, np.sum(x**2, axis=(1, 2)), "number")
    gas = DistributionSample(IsotropicGas().draw(rng, EVENTS)[0], None)
    return [Question("plane", events_of(plane), so(2)), Question("gas", events_of(gas), so(3))]


PUBLISHED = LieGan(channels=1)
QUICKER = LieGan(channels=1, hidden=128, generator_rate=3e-3, discriminator_rate=1e-3)  # as `liegan-incremental`


def ours(question: Question, method: LieGan, seed: int) -> tuple[Epoch, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    step = new_step(method, question.events, 1, random)
    step.generators.copy_(first(question, seed))
    order = torch.Generator().manual_seed(seed)
    return lambda: void(run_epoch(method, step, question.events, order)), step.generators


def transcription(question: Question, seed: int) -> tuple[Epoch, torch.Tensor]:
    method, events = PUBLISHED, question.events
    # A network of the same random numbers as in `ours`, so that they part by rounding alone.
    net = new_step(method, events, 1, torch.Generator().manual_seed(seed)).discriminator
    step = Transcription(first(question, seed), module_like(net), method.correlation_weight)
    order = torch.Generator().manual_seed(seed)

    def epoch() -> None:
        rows = torch.randperm(len(events), generator=order)
        z = method.sigma * torch.randn(len(events), 1, generator=order)
        shuffled = events.take(rows)
        for start in range(0, len(events), method.batch_size):
            part = slice(start, start + method.batch_size)
            step(shuffled.x[part], shuffled.y[part], z[part])

    return epoch, step.generators


def first(question: Question, seed: int) -> torch.Tensor:
    """A Kaiming-normal generator (1, d, d), the same for all."""
    d = question.events.x.shape[2]
    random = torch.Generator().manual_seed(seed + 1_000)
    return torch.randn(1, d, d, generator=random) * (2**0.5 / d)


def void(result: object) -> None:
    """An epoch of ours answers with its losses, which nobody asks for here."""


def measure(seeds: int) -> list[dict[str, str | float | None]]:
    """A row for each question, seed and contender: seconds and epochs to QUALITY, None where never."""
    torch.set_num_threads(1)
    rows: list[dict[str, str | float | None]] = []
    for seed in range(seeds):
        for question in questions(seed):
            contenders = {
                "transcription": transcription(question, seed),
                "symbench": ours(question, PUBLISHED, seed),
                "quicker": ours(question, QUICKER, seed),
            }
            spent = dict.fromkeys(contenders, 0.0)
            reached: dict[str, int] = {}
            for epochs in range(1, MOST_EPOCHS + 1):
                for name, (epoch, generators) in contenders.items():
                    if name in reached:
                        continue
                    started = time.process_time()
                    epoch()
                    spent[name] += time.process_time() - started
                    if question.quality(generators) >= QUALITY:
                        reached[name] = epochs
            rows += [
                {
                    "question": question.name,
                    "seed": seed,
                    "contender": name,
                    "seconds": spent[name] if name in reached else None,
                    "epochs": reached.get(name),
                }
                for name in contenders
            ]
    return rows


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=None)
    asked = parser.parse_args(arguments if arguments is not None else [])
    rows = measure(asked.seeds)
    print(f"LieGAN to a quality of {QUALITY}: {EVENTS} events, 1 thread, {asked.seeds} seeds; ratios seed by seed")
    for question in ("plane", "gas"):
        seconds = {
            name: [row["seconds"] for row in rows if (row["question"], row["contender"]) == (question, name)]
            for name in ("transcription", "symbench", "quicker")
        }
        for name, times in seconds.items():
            got = [float(t) for t in times if t is not None]
            both = zip(times, seconds["transcription"], strict=True)
            ratios = sorted(float(t) / float(r) for t, r in both if t is not None and r is not None)
            if not got or not ratios:
                print(f"  {question:6s} {name:14s} reached in {len(got)} of {len(times)}")
                continue
            reached = f"reached in {len(got)} of {len(times)}, median {statistics.median(got):6.2f} s"
            print(
                f"  {question:6s} {name:14s} {reached}, ratio "
                f"{statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})"
            )
    if asked.json is not None:
        asked.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
