"""A training that stops anywhere goes on from its checkpoint as if nothing had been."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from symbench.classifiers.base import Classifier
from symbench.classifiers.lorentznet import LorentzNet
from symbench.classifiers.pfn import ParticleFlow
from symbench.classifiers.training import loop as training
from symbench.classifiers.training.checkpoint import read
from symbench.classifiers.training.loop import Training, finished, train
from symbench.data.splits import Split
from symbench.trial.checkpoints import TrialCheckpoints
from tests.classifiers.jets import toy_split

SHORT = {"epochs": 3, "min_steps": 0, "batch_size": 20}
BOTH = [ParticleFlow(**SHORT), LorentzNet(**SHORT, width=8, blocks=2)]


class StopError(Exception):
    pass


class InMemory:
    """Keeps checkpoints, and ends the process that saves its `stop`-th one (in effect)."""

    every_s = 0.0

    def __init__(self, stop: int | None = None) -> None:
        self.stop, self.saved = stop, 0
        self.latest: bytes | None = None

    def load(self) -> bytes | None:
        return self.latest

    def save(self, checkpoint: bytes) -> None:
        self.latest = checkpoint
        self.saved += 1
        if self.saved == self.stop:
            raise StopError


@pytest.fixture(scope="module")
def split() -> Split:
    return toy_split(96, 48)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "CHECKPOINT_STEPS", 3)


def run(classifier: Classifier, split: Split, checkpoints: InMemory | TrialCheckpoints | None) -> Training:
    return train(classifier, split.train, split.validation, seed=1, budget=1.0, device="cpu", checkpoints=checkpoints)


def same(one: Training, other: Training) -> None:
    np.testing.assert_array_equal(one.train_loss, other.train_loss)
    np.testing.assert_array_equal(one.validation_loss, other.validation_loss)
    assert (one.best_epoch, one.steps, one.jets) == (other.best_epoch, other.steps, other.jets)
    state = other.module.state_dict()
    assert state.keys() == one.module.state_dict().keys() != set()
    for name, value in one.module.state_dict().items():
        assert torch.equal(value, state[name]), name


@pytest.mark.parametrize("classifier", BOTH, ids=lambda c: c.name)
def test_it_goes_on_to_the_bit_wherever_it_stopped(classifier: Classifier, split: Split) -> None:
    undisturbed = run(classifier, split, None)
    whole = InMemory()
    same(run(classifier, split, whole), undisturbed)
    # 3 epochs of 5 steps: after each epoch, and within them after steps 3, 6, 9 and 12
    assert whole.saved == 7
    for stop in range(1, 8):
        checkpoints = InMemory(stop)
        with pytest.raises(StopError):
            run(classifier, split, checkpoints)
        same(run(classifier, split, checkpoints), undisturbed)


def test_it_may_stop_again_and_again(split: Split) -> None:
    checkpoints = InMemory()
    for _ in range(7):
        checkpoints.saved, checkpoints.stop = 0, 1
        with pytest.raises(StopError):
            run(BOTH[1], split, checkpoints)
    checkpoints.stop = None
    same(run(BOTH[1], split, checkpoints), run(BOTH[1], split, None))


def test_the_last_checkpoint_is_the_training(split: Split) -> None:
    patient = BOTH[1].model_copy(update={"patience": 1, "epochs": 20, "learning_rate": 0.1})
    for classifier in (*BOTH, patient):
        checkpoints = InMemory()
        trained = run(classifier, split, checkpoints)
        assert checkpoints.latest is not None
        before = torch.get_rng_state()
        again = finished(classifier, split.train, checkpoints.latest, seed=1, budget=1.0)
        same(again, trained)
        assert not again.module.training
        assert torch.equal(before, torch.get_rng_state())


def test_another_training_and_an_unfinished_one_are_refused(split: Split) -> None:
    checkpoints = InMemory(4)
    with pytest.raises(StopError):
        run(BOTH[0], split, checkpoints)
    assert checkpoints.latest is not None
    with pytest.raises(ValueError, match="in epoch 2"):
        finished(BOTH[0], split.train, checkpoints.latest, seed=1, budget=1.0)
    for classifier, seed, data in (
        (BOTH[1], 1, split.train),
        (BOTH[0], 2, split.train),
        (BOTH[0], 1, split.validation),
        (BOTH[0].model_copy(update={"batch_size": 21}), 1, split.train),
    ):
        with pytest.raises(ValueError, match="of another training"):
            finished(classifier, data, checkpoints.latest, seed=seed, budget=1.0)


def test_a_folder_keeps_the_latest(split: Split, tmp_path: Path) -> None:
    kept = TrialCheckpoints(tmp_path / "trial", 0.0)
    assert kept.load() is None
    trained = run(BOTH[0], split, kept)
    same(run(BOTH[0], split, kept), trained)
    assert [path.name for path in kept.path.parent.iterdir()] == ["checkpoint.pt"]


class Harm:
    """Leaves a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (self.path, "w")


def test_reading_a_checkpoint_runs_no_code(tmp_path: Path) -> None:
    writers: list[Callable[[Harm, io.BytesIO], None]] = [
        lambda harm, file: torch.save({"format": harm}, file),
        lambda harm, file: pickle.dump(harm, file),
    ]
    for write in writers:
        buffer = io.BytesIO()
        write(Harm(str(tmp_path / "harm")), buffer)
        with pytest.raises(ValueError, match="damaged"):
            read(buffer.getvalue(), "any")
    assert not (tmp_path / "harm").exists()


def test_one_that_is_damaged_or_of_another_training_is_told_of_and_nothing_else(
    split: Split, caplog: pytest.LogCaptureFixture
) -> None:
    undisturbed = run(BOTH[0], split, None)
    stopped, other = InMemory(3), InMemory()
    with pytest.raises(StopError):
        run(BOTH[0], split, stopped)
    run(BOTH[1], split, other)
    assert stopped.latest is not None
    assert other.latest is not None
    content = torch.load(io.BytesIO(stopped.latest), weights_only=True)
    content["module"].popitem()  # the network has changed since
    another_network = io.BytesIO()
    torch.save(content, another_network)
    a_number = io.BytesIO()
    torch.save(torch.zeros(1), a_number)
    half = stopped.latest[: len(stopped.latest) // 2]
    for unusable, told in (
        (b"", "damaged"),
        (b"nonsense", "damaged"),
        (half, "damaged"),
        (other.latest, "of another training"),
        (another_network.getvalue(), "does not fit this network"),
        (a_number.getvalue(), "format None"),
    ):
        caplog.clear()
        checkpoints = InMemory()
        checkpoints.latest = unusable
        found = run(BOTH[0], split, checkpoints)
        assert f"pfn is trained from the beginning: the checkpoint {'is ' if told == 'damaged' else ''}" in caplog.text
        assert told in caplog.text
        assert found.resumed_at == 0
        same(found, undisturbed)


def test_checkpoints_are_kept_by_time(split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A training that is over before the first is due writes none; others write one when it is, after any step."""
    rare = TrialCheckpoints(tmp_path / "rare", 3600.0)
    undisturbed = run(BOTH[0], split, rare)
    assert not rare.path.parent.exists()

    class Stops(TrialCheckpoints):
        def save(self, checkpoint: bytes) -> None:
            super().save(checkpoint)
            raise StopError

    monkeypatch.setattr(training, "CHECKPOINT_STEPS", 10**9)
    often = tmp_path / "often"
    with pytest.raises(StopError):
        run(BOTH[0], split, Stops(often, 1e-9))
    found = run(BOTH[0], split, TrialCheckpoints(often, 3600.0))
    assert found.resumed_at == 1
    same(found, undisturbed)


def test_another_format_is_refused() -> None:
    buffer = io.BytesIO()
    torch.save({"format": 0}, buffer)
    with pytest.raises(ValueError, match="format 0"):
        read(buffer.getvalue(), "any")
