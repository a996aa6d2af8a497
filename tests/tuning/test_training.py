"""A search's training: the same whether it is whole or in parts, and blind to test events."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from symbench import registry
from symbench.data.container import Dataset
from symbench.data.sizes import Sizes, validation_size
from symbench.data.splits import Pool, split
from symbench.plugins import Plugin, load_plugins, read_plugin
from symbench.suite.blocks import component_spec
from symbench.trial.context import TrialContext
from symbench.trial.execute import execute
from symbench.trial.resources import Resources
from symbench.trial.result import Status, TrialResult
from symbench.trial.spec import TrialSpec
from symbench.tuning.search import LOSS, STOPPED, Search, Settings
from symbench.tuning.space import Dimension
from symbench.tuning.training import Parts, stopped
from tests.classifiers.jets import toy_jets
from tests.conftest import ROOT

SIZES = Sizes(train=220, validation=80, test=100)
TRAIN = 60
EPOCHS = 9


@pytest.fixture(scope="module")
def plugin() -> Plugin:
    found = read_plugin(ROOT / "tests" / "plugins" / "jets.py")
    load_plugins([found])
    return found


@pytest.fixture(scope="module")
def jets() -> Dataset:
    return toy_jets(400)


def _search(how: str = "random", **parameters: object) -> Search:
    task = registry.find_task("toy-jets")()
    recipe = registry.find_classifier("pfn")(**{"width": 4, "epochs": EPOCHS, "min_steps": 0, **parameters})
    return Search(
        task=component_spec(task),
        task_label="toy-jets",
        method=component_spec(recipe),
        method_label="pfn",
        space={"learning_rate": Dimension(log_uniform=(1e-3, 1e-1))},
        settings=Settings(search=how, trials=3, train_size=TRAIN),
        budget=1.0,
        data_digest=task.digest,
        metrics_version="2",
        resources=Resources(timeout_s=600),
    )


def _train(search: Search, spec: TrialSpec, pool: Pool) -> list[TrialResult]:
    parts = Parts(spec, search.settings, pool)
    results = [parts.next()]
    while not parts.ended:
        results.append(parts.next())
    return results


def test_parts_make_the_whole_to_the_bit(plugin: Plugin, jets: Dataset) -> None:
    """A training that is looked at at its rungs is the training that nobody looks at."""
    pool = Pool(jets, SIZES)
    whole = _search()
    in_parts = _search("asha")
    spec = list(whole.specs())[1]
    (one,) = _train(whole, spec, pool)
    first, second, third = _train(in_parts, spec, pool)
    assert one.status is Status.OK, one.error
    np.testing.assert_array_equal(third.array("validation_loss"), one.array("validation_loss"))
    assert [r.metrics["epochs"] for r in (first, second, third)] == [1, 3, EPOCHS]
    assert third.metrics[LOSS] == one.metrics[LOSS] == one.array("validation_loss").min()  # type: ignore[union-attr]
    assert third.metrics["rung_1_loss"] == first.metrics[LOSS]
    assert third.metrics["rung_2_loss"] == second.metrics[LOSS]
    assert third.timings["fit"] > second.timings["fit"]
    record = stopped(first, 1)
    assert record.notes[STOPPED].startswith("at rung 1, after 1 epoch:")


class _Guarded(Dataset):
    """Events of which none may be taken that are in `forbidden`."""

    forbidden: frozenset[int] = frozenset()

    def take(self, rows: np.ndarray) -> Dataset:
        assert not self.forbidden & set(self.event_id[rows].tolist()), "a test event was taken"
        return super().take(rows)


def test_test_events_are_never_looked_at(plugin: Plugin, jets: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search takes none of them, and comes out the same when they are not even numbers; a trial takes them all."""
    drawn = split(jets, SIZES, train_size=TRAIN, seed=0, validation_size=validation_size(SIZES, TRAIN))
    monkeypatch.setattr(_Guarded, "forbidden", frozenset(drawn.test.event_id.tolist()))
    vectors = jets.vectors.copy()
    vectors[np.isin(jets.event_id, drawn.test.event_id)] = np.nan
    guarded = _Guarded(**{**{f.name: getattr(jets, f.name) for f in fields(jets)}, "vectors": vectors})
    search = _search()
    spec = next(iter(search.specs()))
    (expected,) = _train(search, spec, Pool(jets, SIZES))
    (found,) = _train(search, spec, Pool(guarded, SIZES))
    assert found.status is Status.OK, found.error
    np.testing.assert_array_equal(found.array("validation_loss"), expected.array("validation_loss"))
    assert not {name for name in found.metrics if "auc" in name or "test" in name}
    trial = spec.model_copy(update={"configuration": None})
    refused = execute(trial, TrialContext(Pool(guarded, SIZES)))
    assert refused.error is not None
    assert "a test event was taken" in refused.error.message


def test_an_error_and_a_time_limit_are_records(plugin: Plugin, jets: Dataset) -> None:
    pool = Pool(jets, SIZES)
    search = _search()
    spec = next(iter(search.specs()))
    late = spec.model_copy(update={"resources": Resources(timeout_s=1e-3)})
    (timed_out,) = _train(search, late, pool)
    assert timed_out.status is Status.TIMEOUT
    bad = replace(search, method=search.method.model_copy(update={"version": "0"}))
    (failed,) = _train(bad, next(iter(bad.specs())), pool)
    assert failed.status is Status.FAILED
    assert failed.error is not None
    assert "version" in failed.error.message
