"""Several processes train as one: the same losses, the same weights, the same moments and masks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from symbench.classifiers.base import Classifier
from symbench.classifiers.lorentznet import LorentzNet
from symbench.classifiers.loss_invariant import LossInvariant
from symbench.classifiers.pfn import ParticleFlow
from symbench.classifiers.training.distributed import GlobalBatchNorm, Ranks, backend_for, lost_a_peer
from symbench.classifiers.training.loop import train
from tests.classifiers.group import together
from tests.classifiers.jets import toy_split


class Float64(LorentzNet):
    """LorentzNet whose rounding is too small to be amplified to something."""

    def build(self, classes: int = 2) -> nn.Module:
        return super().build(classes).double()


class Partly(ParticleFlow):
    """A network with parameters that it does not use."""

    def build(self, classes: int = 2) -> nn.Module:
        module = super().build(classes)
        module.idle = nn.Linear(3, 3)
        return module


SHORT = {"epochs": 3, "min_steps": 0, "batch_size": 20}
SMALL = {**SHORT, "width": 8, "blocks": 2}
# the last of four batches has one jet: all ranks but the first have none of it
JETS = 61
TRAININGS: dict[str, Classifier] = {
    "pfn": ParticleFlow(**SHORT),
    "unused parameters": Partly(**SHORT),
    "penalised": LossInvariant(classifier="pfn", params=SHORT, weight=0.5),
    "lorentznet": LorentzNet(**SMALL),
    "lorentznet float64": Float64(**SMALL),
    "faithful float64": Float64(**SMALL, faithful=True),
    "patient float64": Float64(**{**SMALL, "epochs": 30}, patience=2, learning_rate=0.1),
}
# float32: the order of sums. Weights before a batch normalisation have no gradient but rounding, which Adam makes
# steps of, so that LorentzNet's weights differ by more than its losses.
TOLERANCE = {"pfn": 1e-6, "penalised": 1e-5, "unused parameters": 1e-6, "lorentznet": 5e-3}


@dataclass
class Trained:
    train_loss: np.ndarray
    validation_loss: np.ndarray
    best_epoch: int
    steps: int
    state: dict[str, np.ndarray]


def all_trainings(ranks: Ranks) -> dict[str, Trained]:
    split = toy_split(JETS, 150)
    found = {}
    for name, classifier in TRAININGS.items():
        run = train(classifier, split.train, split.validation, seed=3, budget=1.0, device="cpu", ranks=ranks)
        state = {key: value.numpy().copy() for key, value in run.module.state_dict().items()}
        found[name] = Trained(run.train_loss, run.validation_loss, run.best_epoch, run.steps, state)
    return found


def norm_layer(ranks: Ranks, layer: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """What a layer and its gradients give for this rank's rows of x, and its running moments."""
    own = ranks.share(torch.arange(len(x)))
    inputs = x[own].clone().requires_grad_()
    ranks.parallel(layer)
    output = layer(inputs)
    (output**3).sum().backward()
    found = {"output": output.detach(), "gradient": inputs.grad, **layer.state_dict()}
    assert all(value is not None for value in found.values())
    return {name: value.clone() for name, value in found.items() if value is not None}


LAYERS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "rows": (lambda: nn.BatchNorm1d(3), (9, 3)),
    "sequences": (lambda: nn.BatchNorm1d(3, momentum=None), (9, 3, 4)),
    "images": (lambda: nn.BatchNorm2d(3, affine=False), (9, 3, 4, 2)),
}


def normalised(ranks: Ranks) -> dict[str, dict[str, Tensor]]:
    generator = torch.Generator().manual_seed(0)
    return {
        name: norm_layer(ranks, make().double(), torch.randn(shape, generator=generator, dtype=torch.float64))
        for name, (make, shape) in LAYERS.items()
    }


def dropped(ranks: Ranks) -> dict[str, Tensor]:
    """Masks of jets and of rows that are no jets, and the state that the default generator is left in."""
    torch.manual_seed(0)
    layer = nn.Dropout(0.4)
    ranks.parallel(layer)
    own = ranks.share(torch.arange(9))
    jets = layer(torch.ones(9, 50)[own])
    rows = layer(torch.ones(1000 + ranks.rank))
    return {"jets": jets, "rows": rows, "state": torch.get_rng_state()}


def work(ranks: Ranks) -> tuple[dict[str, Trained], dict[str, dict[str, Tensor]], dict[str, Tensor]]:
    return all_trainings(ranks), normalised(ranks), dropped(ranks)


@pytest.fixture(scope="module")
def alone() -> Any:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    found = work(Ranks())
    torch.set_num_threads(threads)
    return found


@pytest.fixture(scope="module", params=[2, pytest.param(3, marks=pytest.mark.slow)])
def group(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return together(request.param, work, tmp_path_factory.mktemp("ranks"))


@pytest.mark.parametrize("name", TRAININGS)
def test_ranks_train_as_one_process(name: str, alone: Any, group: Any) -> None:
    one: Trained = alone[0][name]
    for rank in group:
        many: Trained = rank[0][name]
        assert (many.best_epoch, many.steps) == (one.best_epoch, one.steps)
        tolerance = TOLERANCE.get(name, 1e-9)
        np.testing.assert_allclose(many.train_loss, one.train_loss, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(many.validation_loss, one.validation_loss, rtol=tolerance, atol=tolerance)
        if name != "lorentznet":
            assert many.state.keys() == one.state.keys() != set()
            for key, value in one.state.items():
                np.testing.assert_allclose(many.state[key], value, rtol=tolerance, atol=10 * tolerance, err_msg=key)


@pytest.mark.parametrize("name", TRAININGS)
def test_all_ranks_hold_the_same_network_to_the_bit(name: str, group: Any) -> None:
    first, *others = (rank[0][name].state for rank in group)
    assert others
    for other in others:
        assert first.keys() == other.keys() != set()
        assert all(np.array_equal(first[key], other[key]) for key in first)


def test_patience_ends_all_ranks(group: Any) -> None:
    assert len(group[0][0]["patient float64"].validation_loss) < 30


@pytest.mark.parametrize("name", LAYERS)
def test_batch_normalisation_is_that_of_the_global_batch(name: str, alone: Any, group: Any) -> None:
    one = alone[1][name]
    for index, rank in enumerate(group):
        assert rank[1][name].keys() == one.keys() >= {"output", "gradient"}
        for key, value in rank[1][name].items():
            expected = one[key][index :: len(group)] if key in ("output", "gradient") else one[key]
            torch.testing.assert_close(value, expected, rtol=1e-10, atol=1e-10, msg=key)


def test_dropout_masks_each_jet_as_one_process_would(alone: Any, group: Any) -> None:
    for index, rank in enumerate(group):
        assert torch.equal(rank[2]["jets"], alone[2]["jets"][index :: len(group)])


def test_dropout_of_other_rows_differs_and_keeps_the_generators_together(group: Any) -> None:
    first, second = group[0][2], group[1][2]
    assert not torch.equal(first["rows"], second["rows"][: len(first["rows"])])
    for rank in (first, second):
        assert float((rank["rows"] == 0).float().mean()) == pytest.approx(0.4, abs=0.06)
        assert float(rank["rows"].max()) == pytest.approx(1 / 0.6)
    assert torch.equal(first["state"], second["state"])


@given(jets=st.integers(1, 300), size=st.integers(1, 9))
def test_shares_are_a_partition_and_their_weights_those_of_a_mean(jets: int, size: int) -> None:
    rows = torch.randperm(jets)
    everyone = [Ranks(rank, size) for rank in range(size)]
    shares = [ranks.share(rows) for ranks in everyone]
    assert torch.equal(torch.cat(shares).sort().values, torch.arange(jets))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert sum(ranks.weight for ranks in everyone) / size == pytest.approx(1)


def test_one_process_is_left_as_it_is() -> None:
    ranks, module = Ranks(), nn.Sequential(nn.BatchNorm1d(3), nn.Dropout())
    assert ranks.parallel(module) is module
    assert not any(isinstance(layer, GlobalBatchNorm) for layer in module)
    value = torch.ones(3)
    assert ranks.total(value) is value
    ranks.share(torch.arange(7))
    assert ranks.weight == 1.0


def test_a_layer_that_cannot_be_shared_is_named() -> None:
    with pytest.raises(NotImplementedError, match=r"BatchNorm3d .* workers: 1"):
        Ranks(0, 2).parallel(nn.Sequential(nn.BatchNorm3d(3)))


def test_a_rank_is_one_of_its_group() -> None:
    with pytest.raises(ValueError, match="no rank 2 among 2"):
        Ranks(2, 2)


@pytest.mark.parametrize(("gpus", "backend"), [(0, "gloo"), (0.5, "gloo"), (1, "nccl"), (2, "nccl")])
def test_nccl_where_every_worker_has_a_gpu_of_its_own(gpus: float, backend: str) -> None:
    assert backend_for(gpus) == backend


def test_the_echo_of_a_lost_rank_is_told_from_an_error_of_the_training() -> None:
    assert lost_a_peer(RuntimeError("[gloo/transport/tcp/pair.cc:553] Connection closed by peer [127.0.0.1]:3"))
    assert lost_a_peer(torch.distributed.DistBackendError("NCCL communicator was aborted"))
    assert not lost_a_peer(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not lost_a_peer(FloatingPointError("the loss is not a number"))
    assert not lost_a_peer(torch.OutOfMemoryError("CUDA out of memory"))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_ranks_that_share_a_gpu_train_as_one_process(tmp_path: Path) -> None:
    one = on_gpu(Ranks())
    for many in together(2, on_gpu, tmp_path):
        np.testing.assert_allclose(many, one, rtol=0, atol=1e-9)


def on_gpu(ranks: Ranks) -> np.ndarray:
    """Losses of a network without dropout, whose masks are another on a GPU."""
    split = toy_split(JETS, 150)
    classifier = Float64(**SMALL, dropout=0.0)
    run = train(classifier, split.train, split.validation, seed=3, budget=1.0, device="cuda", ranks=ranks)
    return np.concatenate([run.train_loss, run.validation_loss])
