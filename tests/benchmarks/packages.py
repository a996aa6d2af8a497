"""What our interface costs around the packages' own models: L-GATr and LLoCa, through it and called directly.

    python tests/benchmarks/packages.py [--batch 32] [--rounds 5] [--json FILE]

Size `small`, 40 constituents; forward, loss and backward by turns with the same weights, on one thread; the ratio is
of the medians over rounds, of processor time. Called directly means on tensors that are in the packages' own form
already: for L-GATr multivectors, scalars and the attention mask; for LLoCa the same frames' network and transformer on
momenta that are divided, padded and joined with the references beforehand.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from lgatr import extract_scalar
from torch import Tensor
from torch.nn.functional import cross_entropy

from symbench.classifiers.lgatr import LGATr
from symbench.classifiers.lloca import LLoCa
from symbench.classifiers.nets.lgatr import GEV, LGATrTagger, attention_mask, with_references
from symbench.classifiers.nets.lloca import LLoCaTransformer
from tests.benchmarks.lorentznet import jets
from tests.benchmarks.rounds import by_turns, keep

CONSTITUENTS = 40


def lgatr(p: Tensor, mask: Tensor) -> tuple[Callable[[], Tensor], Callable[[], Tensor], torch.nn.Module]:
    """Logits through our interface, logits by calling the package, and the network of both."""
    net = LGATr(size="small").build()
    assert isinstance(net, LGATrTagger)
    multivectors, scalars, items = net.inputs(p, mask, None)
    options = attention_mask(items)
    weight = items.unsqueeze(-1) / items.sum(dim=1).view(-1, 1, 1)
    direct = net.net
    return (
        lambda: net(p, mask),
        lambda: (extract_scalar(direct(multivectors, scalars, **options)[0])[..., 0] * weight).sum(dim=1),
        net,
    )


def lloca(p: Tensor, mask: Tensor) -> tuple[Callable[[], Tensor], Callable[[], Tensor], torch.nn.Module]:
    """As for L-GATr; frames depend on weights, so that predicting them is part of either."""
    net = LLoCa(size="small").build()
    assert isinstance(net, LLoCaTransformer)
    momenta, items, is_reference = with_references(p, mask, net.spurions, GEV)
    options = attention_mask(mask)
    weight = mask.unsqueeze(-1) / mask.sum(dim=1).view(-1, 1, 1)

    def direct() -> Tensor:
        components, frames, jet = net.localised(momenta, items, is_reference)
        logits: Tensor = (net.net(components, frames, p_ref=jet, **options) * weight).sum(dim=1)
        return logits

    return lambda: net(p, mask), direct, net


def _train(net: torch.nn.Module, logits: Callable[[], Tensor], label: Tensor) -> None:
    net.zero_grad(set_to_none=True)
    cross_entropy(logits(), label).backward()


def measure(batch: int, rounds: int) -> list[dict[str, Any]]:
    p, mask = jets(CONSTITUENTS, batch)
    label = torch.arange(batch) % 2
    rows = []
    for make in (lgatr, lloca):
        torch.manual_seed(0)
        through, direct, net = make(p, mask)
        steps = {"through our interface": through, "directly": direct}
        with torch.no_grad():
            torch.testing.assert_close(through(), direct(), rtol=1e-4, atol=1e-5)
        medians = by_turns({name: partial(_train, net, logits, label) for name, logits in steps.items()}, rounds)
        rows.append(
            {
                "model": make.__name__,
                **{f"{name} jets/s": batch / seconds for name, seconds in medians.items()},
                "ratio": medians["through our interface"] / medians["directly"],
            }
        )
    return rows


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=None)
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)
    rows = measure(chosen.batch, chosen.rounds)
    for row in rows:
        print(", ".join(f"{name} {value:.4g}" if name != "model" else value for name, value in row.items()))
    keep(rows, chosen.json)


if __name__ == "__main__":
    main()
