"""Where trainings keep how far they came: rarely enough to cost nothing, and gone when it is of no more use."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbench.trial.checkpoints import COST, Cadence, CheckpointFolder, TrialCheckpoints


@given(every=st.floats(0.1, 100), cost=st.floats(0, 50), step=st.floats(0.01, 20))
def test_checkpoints_take_a_hundredth_of_the_time_at_most(every: float, cost: float, step: float) -> None:
    now, spent = 0.0, 0.0
    cadence = Cadence(every, clock=lambda: now)

    def save() -> None:
        nonlocal now, spent
        now += cost
        spent += cost

    kept = []
    for _ in range(200):
        now += step
        if cadence.due():
            kept.append(now)
            cadence.keep(save)
    assert kept or 199 * step <= every, "the first checkpoint is due after `every` seconds"
    assert all(later - earlier > every * (1 - 1e-9) for earlier, later in zip([0.0, *kept], kept, strict=False))
    if len(kept) > 1:
        before_the_last = (len(kept) - 1) * cost
        assert before_the_last <= 1.0001 * COST * kept[-1]


def test_always_is_always() -> None:
    cadence = Cadence(0.0)
    for _ in range(3):
        assert cadence.due()
        cadence.keep(lambda: None)


def test_a_folder_that_cannot_be_written_or_read_costs_no_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    blocked = TrialCheckpoints(tmp_path / "file" / "trial")
    blocked.save(b"state")
    assert "cannot be written" in caplog.text
    assert blocked.load() is None
    (tmp_path / "trial" / "checkpoint.pt").mkdir(parents=True)
    caplog.clear()
    assert TrialCheckpoints(tmp_path / "trial").load() is None
    assert "cannot be read, and the training starts anew" in caplog.text


def test_what_belongs_to_no_trial_is_removed_at_the_start(tmp_path: Path) -> None:
    place = CheckpointFolder(tmp_path / "run" / "checkpoints")
    asked = []

    def unfinished() -> set[str]:
        asked.append(1)
        return {"a"}

    place.open(unfinished)
    assert not asked, "an empty folder asks for no key"
    for key in "abc":
        place.of(key).save(b"state")
    place.open(unfinished)
    assert [place.of(key).load() for key in "abc"] == [b"state", None, None]
    place.close()
    assert place.of("a").load() == b"state", "a run that ended early leaves what can go on"
    place.forget("a")
    place.forget("never there")
    place.close()
    assert not place.folder.exists()


def test_a_node_that_does_not_see_the_home_keeps_them_itself(tmp_path: Path) -> None:
    place, cache = CheckpointFolder(tmp_path / "home", 5.0), tmp_path / "cache"
    here = place.on_this_node(lambda: cache)
    assert here == CheckpointFolder(cache / "checkpoints", 5.0)
    begun = time.time() - 60
    assert CheckpointFolder(tmp_path / "home", since=begun).on_this_node(lambda: cache).since == begun
    for key in ("old", "new"):
        here.of(key).save(b"state")
    month_ago = time.time() - 30 * 24 * 3600
    os.utime(here.folder / "old", (month_ago, month_ago))
    place.on_this_node(lambda: cache)
    assert [here.of(key).load() for key in ("old", "new")] == [None, b"state"]
    place.folder.mkdir()
    assert place.on_this_node(lambda: cache) is place


def test_a_run_that_begins_afresh_sees_its_own_alone(tmp_path: Path) -> None:
    CheckpointFolder(tmp_path).of("a").save(b"of an earlier run")
    hour_ago = time.time() - 3600
    os.utime(tmp_path / "a" / "checkpoint.pt", (hour_ago, hour_ago))
    afresh = CheckpointFolder(tmp_path, since=time.time() - 60).of("a")
    assert afresh.load() is None
    afresh.save(b"of this run")
    assert afresh.load() == b"of this run"
