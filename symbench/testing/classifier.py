"""The rules of classifiers, on jets of 1 to 12 constituents and with random weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from symbench.classifiers.base import Classifier, build_network, takes_classes
from symbench.testing.component import check_component
from symbench.testing.rules import require

if TYPE_CHECKING:
    from torch import Tensor, nn


def check_classifier(
    classifier: Classifier, *, invariant_under: Iterable[str] = (), bound: float = 1e-8, fewest: int = 1
) -> None:
    """Build a classifier's network and check its logits, derivatives and reproducibility; raises ConformanceError.

    The logits are finite and depend on the jet; they do not change with padding, with the values in the padding, with
    the order of the constituents, or with the other jets of the batch; they can be differentiated by the four-momenta,
    also for a jet without constituents; the same state of torch's generator gives the same network. All of this in
    float64, to `bound` in units of the logits' spread; in float32 the logits have the precision of the weights. If
    `build` takes the number of classes, there are as many logits. The parameters that it proposes to search are
    parameters that it accepts.

    invariant_under  names of operations by matrices that must not change the logits either; spurions, if the network
                     has them, are transformed together with the jet
    fewest           constituents that a jet has at least, for a network that is not defined for jets of fewer
    """
    import torch

    check_component(classifier)
    _check_search_space(classifier)
    with torch.random.fork_rng(devices=[]):
        p, mask = _jets(fewest)
        net = _check_build(classifier, p, mask)
        _check_classes(classifier, p, mask)
        net = _far_from_its_start(net, p, mask)
    with torch.no_grad():
        _check_logits(net, p, mask, classifier.name, bound)
        for operation in invariant_under:
            moved, options = _transformed(net, operation, p)
            _unchanged(net(moved, mask, **options), net(p, mask), f"{operation}", classifier.name, bound)
    _check_derivatives(net, p, mask, classifier.name)


def _check_search_space(classifier: Classifier) -> None:
    for name, dimension in classifier.search_space().items():
        for value in dimension.ends:
            try:
                type(classifier)(**{**classifier.model_dump(), name: value})
            except ValueError as error:
                require(
                    False, f"{classifier.name} proposes to search {name} = {value!r} and does not accept it: {error}"
                )


def _check_build(classifier: Classifier, p: Tensor, mask: Tensor) -> nn.Module:
    """The network in float64; the global generator has been seeded."""
    import torch

    torch.manual_seed(1)
    first = classifier.build()
    torch.manual_seed(1)
    again = classifier.build()
    for name, value in first.state_dict().items():
        same = name in again.state_dict() and torch.equal(value, again.state_dict()[name])
        require(same, f"{classifier.name}: the same state of torch's generator gave another network, in {name}")
    parameters = list(first.parameters())
    require(parameters, f"{classifier.name}: the network has no parameter to train")
    logits, precision = first.eval()(p, mask), parameters[0].dtype
    require(
        logits.dtype == precision,
        f"{classifier.name}: the logits have {logits.dtype}, and the weights have {precision}",
    )
    return first.double()


def _check_classes(classifier: Classifier, p: Tensor, mask: Tensor) -> None:
    """Whether there are as many logits as classes, for each number that `build` takes."""
    for classes in (2, 3) if takes_classes(classifier) else (2,):
        shape = tuple(build_network(classifier, classes).eval()(p, mask).shape)
        require(
            shape == (len(p), classes),
            f"{classifier.name}: {len(p)} jets gave logits of shape {shape} for {classes} classes",
        )


def _check_logits(net: nn.Module, p: Tensor, mask: Tensor, name: str, bound: float) -> None:
    import torch

    logits = net(p, mask)
    shape = tuple(logits.shape)
    require(
        logits.dim() == 2 and len(logits) == len(p), f"{name}: {len(p)} jets gave logits of shape {shape}, not (B, C)"
    )
    require(logits.isfinite().all(), f"{name}: a logit is not finite")
    require(float(logits.std(dim=0).max()) > 0, f"{name}: the logits do not depend on the jet")
    pad = torch.nn.functional.pad
    order = torch.randperm(p.shape[1], generator=torch.Generator().manual_seed(0))
    single = [net(p[n : n + 1], mask[n : n + 1]) for n in range(len(p))]
    for what, changed in (
        ("padding", net(pad(p, (0, 0, 0, 5)), pad(mask, (0, 5)))),
        ("the values in the padding", net(torch.where(mask.unsqueeze(-1), p, -7.0), mask)),
        ("the order of the constituents", net(p[:, order], mask[:, order])),
        ("the other jets of the batch", torch.cat(single)),
    ):
        _unchanged(changed, logits, what, name, bound)


def _unchanged(after: Tensor, before: Tensor, what: str, name: str, bound: float) -> None:
    spread = float(before.std(dim=0).max())
    change = float((after - before).abs().max()) / spread
    require(
        change <= bound, f"{name}: {what} changed the logits by {change:.2g} of their spread, more than {bound:.2g}"
    )


def _check_derivatives(net: nn.Module, p: Tensor, mask: Tensor, name: str) -> None:
    """With a jet without constituents beside the others."""
    import torch

    inputs = torch.cat([p, torch.zeros_like(p[:1])]).requires_grad_()
    logits = net(inputs, torch.cat([mask, torch.zeros_like(mask[:1])]))
    require(logits.isfinite().all(), f"{name}: a logit of a jet without constituents is not finite")
    (gradient,) = torch.autograd.grad(logits.sum(), inputs)
    require(gradient.isfinite().all(), f"{name}: a derivative of the logits by the four-momenta is not finite")


def _jets(fewest: int) -> tuple[Tensor, Tensor]:
    """16 jets of `fewest` to 12 massless constituents, some hundred GeV, at |η| < 2: p (16, 12, 4), mask (16, 12)."""
    import torch

    rng = np.random.default_rng(4)
    axis = np.stack([rng.uniform(-1.5, 1.5, 16), rng.uniform(-np.pi, np.pi, 16)])
    eta, phi = axis[..., None] + rng.normal(0, 0.25, (2, 16, 12))
    pt = np.exp(rng.normal(2.5, 1.2, (16, 12)))
    p = np.stack([pt * np.cosh(eta), pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=-1)
    mask = np.arange(12) < np.r_[1, 2, 3, 12, rng.integers(4, 13, 12)].clip(min=fewest)[:, None]
    return torch.tensor(p * mask[..., None]), torch.tensor(mask)


def _far_from_its_start(net: nn.Module, p: Tensor, mask: Tensor) -> nn.Module:
    """The network in evaluation mode, with weights and running moments such that each of its parts matters."""
    import torch

    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
        net.train()
        for _ in range(3):
            net(p, mask)
    return net.eval()


def _transformed(net: nn.Module, operation: str, p: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    import torch

    from symbench import registry
    from symbench.metrics.operations.base import MatrixOperation
    from symbench.metrics.operations.moved import operation_rng, transform

    registered = registry.find_operation(operation)
    if not isinstance(registered, MatrixOperation):
        raise ValueError(f"{operation} changes single constituents: it is no matrix")
    matrices = registered.matrices(registered.settings({}), len(p), operation_rng(operation, 0))
    spurions = getattr(net, "spurions", None)
    options = {}
    if isinstance(spurions, torch.Tensor):
        options["spurions"] = torch.tensor(transform(matrices, spurions.double().numpy()))
    return torch.tensor(transform(matrices, p.numpy())), options
