"""The task `trajectory-table`: recorded trajectories in the user's files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from pydantic import ValidationError

from symbench.data.container import Dataset
from symbench.data.samples import TrajectorySample
from symbench.data.splits import split
from symbench.errors import DataError
from symbench.registry import find_discovery_method
from symbench.tasks.base import DataContext
from symbench.tasks.dynamics.trajectory_table import TrajectoryTable


def springs(recordings: int = 6, rows: int = 90, uneven: float = 0.4) -> pd.DataFrame:
    """Unit springs of different amplitudes, at steps of 0.1 that vary by up to this share of themselves."""
    rng = np.random.default_rng(7)
    frames = []
    for number in range(recordings):
        t = 0.1 * (np.arange(rows) + uneven * rng.uniform(-0.5, 0.5, rows))
        a, phase = rng.uniform(0.5, 2.0), rng.uniform(0, 6)
        frames.append(pd.DataFrame({"run": number, "t": t, "q": a * np.cos(t + phase), "p": -a * np.sin(t + phase)}))
    return pd.concat(frames, ignore_index=True)


def table(path: Path, frame: pd.DataFrame, **changes: Any) -> TrajectoryTable:
    frame.to_csv(path / "springs.csv", index=False)
    fields: dict[str, Any] = {"recording": ["run"], "time": "t", "state": ["q", "p"], "steps": 30, **changes}
    return TrajectoryTable(path=str(path / "springs.csv"), **fields)


def velocity(data: Dataset) -> npt.NDArray[Any]:
    assert data.features is not None
    return data.features


def test_velocities_at_uneven_steps_are_those_of_the_motion(tmp_path: Path) -> None:
    data = table(tmp_path, springs()).load(DataContext(tmp_path))
    assert data.vectors.shape == (18, 30, 2)
    exact = np.stack([data.vectors[..., 1], -data.vectors[..., 0]], axis=-1)
    assert np.abs(velocity(data) - exact).max() < 5e-3
    assert np.median(np.abs(velocity(data) - exact)) < 3e-4
    assert "540 rows, 6 recordings, 18 windows of 30 rows" in data.provenance.selection
    assert "of the steps differ by more than 1 %" in data.provenance.selection


def test_stated_velocities_are_taken_as_they_are(tmp_path: Path) -> None:
    frame = springs().assign(vq=lambda f: f.p, vp=lambda f: -f.q)
    data = table(tmp_path, frame, velocities=["vq", "vp"]).load(DataContext(tmp_path))
    np.testing.assert_allclose(velocity(data)[..., 0], data.vectors[..., 1], rtol=1e-12)


def test_recordings_are_tested_as_a_whole(tmp_path: Path) -> None:
    task = table(tmp_path, springs())
    data, sizes = task.load(DataContext(tmp_path)), task.sizes()
    drawn = split(data, sizes, train_size=sizes.train, seed=0)
    energies = [np.round(np.square(part.vectors).sum(axis=2).mean(axis=1), 6) for part in (drawn.train, drawn.test)]
    assert not set(energies[0].tolist()) & set(energies[1].tolist()), "each recording has an energy of its own"
    assert len(drawn.test) in (3, 6)
    one = table(tmp_path, springs(1))
    assert one.load(DataContext(tmp_path)).part is None
    assert "all windows are of one recording" in one.load(DataContext(tmp_path)).provenance.notes


def test_rows_in_any_order_and_several_files_give_the_same_windows(tmp_path: Path) -> None:
    plain = table(tmp_path, springs()).load(DataContext(tmp_path))
    shuffled = springs().sort_values("t", kind="stable")  # all recordings at once, as an acquisition writes them
    mixed = table(tmp_path, shuffled).load(DataContext(tmp_path))
    assert {window.tobytes() for window in plain.vectors} == {window.tobytes() for window in mixed.vectors}
    backwards = table(tmp_path, springs().iloc[::-1]).load(DataContext(tmp_path))
    assert "534 rows earlier than the one before, sorted by time" in backwards.provenance.selection
    for number, frame in springs().groupby("run"):
        frame.to_csv(tmp_path / f"run_{number}.csv", index=False)
    files = TrajectoryTable(path=str(tmp_path / "run_*.csv"), time="t", state=["q", "p"], steps=30)
    np.testing.assert_array_equal(files.load(DataContext(tmp_path)).vectors, plain.vectors)
    whole = TrajectoryTable(path=str(tmp_path / "run_*.csv"), time="t", state=["q", "p"])
    assert whole.load(DataContext(tmp_path)).vectors.shape == (6, 90, 2)


def test_a_gap_cuts_a_recording_and_no_slope_crosses_it(tmp_path: Path) -> None:
    frame = springs(3, uneven=0.0)
    paused = frame[~((frame.run == 1) & (frame.t > 3.95) & (frame.t < 6.05))]
    data = table(tmp_path, paused, steps=20).load(DataContext(tmp_path))
    exact = np.stack([data.vectors[..., 1], -data.vectors[..., 0]], axis=-1)
    assert np.abs(velocity(data) - exact).max() < 5e-3
    assert "1 steps longer than 10 median steps: recordings are cut there" in data.provenance.selection
    assert "29 rows beyond windows of 20 rows left out" in data.provenance.selection


def test_what_is_no_trajectory_is_refused_with_its_numbers(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"have the time of another one, first .*set `recording`"):
        table(tmp_path, springs(uneven=0.0), recording=[]).sizes()
    with pytest.raises(DataError, match="the recordings have 40 to 90 rows: set `steps`"):
        table(tmp_path, springs().iloc[50:], steps=None).sizes()
    noise = springs().assign(q=np.random.default_rng(0).normal(size=540))
    with pytest.raises(DataError, match=r"two estimates of the velocities differ .*accept: \[time-step\]"):
        table(tmp_path, noise).sizes()
    assert "accepted" in table(tmp_path, noise, accept=["time-step"]).load(DataContext(tmp_path)).provenance.selection
    holes = springs()
    holes.loc[3, "q"] = np.nan
    with pytest.raises(DataError, match="'q' is missing or not finite in 1 rows, first in row 4"):
        table(tmp_path, holes).sizes()
    assert "1 rows without a value of 'q'" in table(tmp_path, holes, drop_missing=True)._read()[0].provenance.selection
    with pytest.raises(ValidationError, match="even number of columns"):
        TrajectoryTable(path="a.csv", time="t", state=["q"], phase_space=True)
    with pytest.raises(ValidationError, match="repeats"):
        TrajectoryTable(path="a.csv", time="t", state=["q", "t"])


def test_the_energy_of_springs_is_found_in_a_file(tmp_path: Path) -> None:
    task = table(tmp_path, springs(12), phase_space=True)
    sample = task.sample(task.load(DataContext(tmp_path)))
    assert isinstance(sample, TrajectorySample)
    assert sample.canonical
    found = find_discovery_method("noether")().fit(sample, seed=0, budget=0.2)
    assert found.conserved is not None
    assert found.conserved.count == 1
    states = sample.x.reshape(-1, 2)
    energy = np.square(states).sum(axis=1)
    assert abs(np.corrcoef(found.conserved.values(states)[:, 0], energy)[0, 1]) > 0.99
