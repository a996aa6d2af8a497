import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from symbench.data.container import Dataset
from symbench.data.orbits.integrate import integrate, smoothing_derivative
from symbench.data.orbits.oscillators import double_pendulum
from symbench.data.orbits.recorded import read_rows
from symbench.data.orbits.slopes import local_slopes
from symbench.errors import DataError, MissingDataError
from symbench.metrics.conservation import functional_rank
from symbench.tasks.base import DataContext
from symbench.tasks.dynamics.damped_pendulum import DampedPendulum
from symbench.tasks.dynamics.double_pendulum import DoublePendulum
from symbench.tasks.dynamics.harmonic import Harmonic1d, Harmonic2dAnisotropic, Harmonic2dIsotropic
from symbench.tasks.dynamics.kepler import Kepler2d, Kepler3d
from symbench.tasks.dynamics.lorenz import Lorenz
from symbench.tasks.dynamics.lotka_volterra import LotkaVolterra
from symbench.tasks.dynamics.pendulum import Pendulum
from symbench.tasks.dynamics.recorded import RecordedPendulum
from symbench.tasks.dynamics.rigid_body import RigidBody
from symbench.tasks.dynamics.simulated import Dynamics
from symbench.tasks.dynamics.three_body import ThreeBody
from symbench.tasks.dynamics.two_body import TwoBody

COUNTS: dict[type[Dynamics], int] = {
    Harmonic1d: 1,
    Harmonic2dIsotropic: 3,
    Harmonic2dAnisotropic: 2,
    Kepler2d: 3,
    Kepler3d: 5,
    TwoBody: 3,
    ThreeBody: 2,
    Pendulum: 1,
    DoublePendulum: 1,
    RigidBody: 2,
    LotkaVolterra: 1,
    DampedPendulum: 0,
    Lorenz: 0,
}
SYSTEMS = list(COUNTS)
CONSERVING = [cls for cls, count in COUNTS.items() if count]


@cache
def orbits(cls: type[Dynamics]) -> Dataset:
    return cls(trajectories=80, test_trajectories=20).load(DataContext(Path("unused")))


def flat(cls: type[Dynamics]) -> tuple[np.ndarray, np.ndarray]:
    """States and velocities (M, D)."""
    data = orbits(cls)
    assert data.features is not None
    return data.vectors.reshape(-1, data.vectors.shape[2]), data.features.reshape(-1, data.vectors.shape[2])


@pytest.mark.parametrize("cls", CONSERVING)
def test_the_known_quantities_drift_below_a_millionth(cls: type[Dynamics]) -> None:
    """Over the whole orbit, relative to the typical size of the quantity: far below the promised 1e-6."""
    x = orbits(cls).vectors.astype(np.float64)
    n, steps, dimension = x.shape
    values = cls().conserved().values(x.reshape(-1, dimension)).reshape(n, steps, -1)
    drift = np.abs(values - values[:, :1]).max(axis=(0, 1)) / np.sqrt(np.mean(values**2, axis=(0, 1)))
    assert drift.max() < 1e-7


@pytest.mark.parametrize("cls", CONSERVING)
def test_gradients_are_exact_and_orthogonal_to_the_flow(cls: type[Dynamics]) -> None:
    """∇C·ẋ = 0, which is {C, H} = 0 where the state is canonical, and finite differences of C give ∇C."""
    x, velocity = flat(cls)
    truth = cls().conserved()
    gradients = truth.gradients(x)
    assert gradients.shape == (len(x), truth.count, x.shape[1])
    lengths = np.linalg.norm(gradients, axis=2) * np.linalg.norm(velocity, axis=1)[:, None]
    assert np.max(np.abs(np.einsum("mkd,md->mk", gradients, velocity)) / lengths.mean()) < 1e-12
    some, step = x[::37], 1e-5
    for i, unit in enumerate(np.eye(x.shape[1])):
        slope = (truth.values(some + step * unit) - truth.values(some - step * unit)) / (2 * step)
        np.testing.assert_allclose(gradients[::37, :, i], slope, atol=2e-7, rtol=2e-7)


@pytest.mark.parametrize("cls", SYSTEMS)
def test_the_functional_rank_is_the_stated_count(cls: type[Dynamics]) -> None:
    task = cls()
    assert task.conserved().count == len(task.conserved_names()) == COUNTS[cls]
    assert functional_rank(task.conserved(), flat(cls)[0]) == COUNTS[cls]
    assert str(COUNTS[cls] or "nothing") in task.summary


@pytest.mark.parametrize("cls", [cls for cls in CONSERVING if cls.canonical])
def test_canonical_flows_are_hamiltonian(cls: type[Dynamics]) -> None:
    """J⁻¹ ∂ẋ/∂x is symmetric: the flow is J∇H of some H."""
    x = flat(cls)[0][::499]
    flow, dimension, step = cls().system().flow, x.shape[1], 1e-6
    slopes = [(flow(x + step * unit) - flow(x - step * unit)) / (2 * step) for unit in np.eye(dimension)]
    jacobian = np.stack(slopes, axis=2)
    half = dimension // 2
    hessian = np.concatenate([-jacobian[:, half:], jacobian[:, :half]], axis=1)
    np.testing.assert_allclose(hessian, hessian.transpose(0, 2, 1), atol=1e-7 * np.abs(hessian).max())


@pytest.mark.parametrize("cls", SYSTEMS)
def test_velocities_are_those_of_the_states(cls: type[Dynamics]) -> None:
    """Exact without noise; a centred difference over a hundredth of the time step sees the same."""
    system = cls().system()
    x, velocity = flat(cls)
    np.testing.assert_allclose(velocity, system.flow(x), atol=1e-9 * np.abs(velocity).max())
    h = 1e-3
    path = integrate(system.flow, x[::401], steps=3, dt=h, substeps=1)
    np.testing.assert_allclose(
        (path[:, 2] - path[:, 0]) / (2 * h), system.flow(path[:, 1]), atol=1e-3 * np.abs(velocity).max()
    )


@pytest.mark.parametrize("cls", SYSTEMS)
def test_data_repeat_and_their_digest_depends_on_the_recipe(cls: type[Dynamics]) -> None:
    small = {"trajectories": 6, "test_trajectories": 4, "steps": 12}
    task = cls(**small)
    data = task.load(DataContext(Path("unused")))
    assert data.digest == task.load(DataContext(Path("unused"))).digest
    assert data.features is not None
    assert data.vectors.shape == (10, 12, data.features.shape[2])
    assert task.sizes().train == 6
    digests = {
        cls(**{**small, **change}).digest
        for change in ({}, {"steps": 13}, {"time_step": 0.01}, {"noise": 0.1}, {"trajectories": 7})
    }
    assert len(digests) == 5
    sample = task.sample(data)
    assert sample.truth is None
    assert task.sample(data, with_truth=True).truth is not None
    assert sample.dt == task.time_step


def test_systems_of_one_recipe_have_digests_of_their_own() -> None:
    assert len({cls().digest for cls in SYSTEMS}) == len(SYSTEMS)


def test_a_damped_pendulum_ends_at_rest() -> None:
    x = orbits(DampedPendulum).vectors
    energy = x[..., 1] ** 2 / 2 + 1 - np.cos(x[..., 0])
    assert np.all(energy[:, -1] < 0.01 * energy[:, 0].max())


def test_a_centre_of_mass_at_rest_leaves_a_subspace() -> None:
    for cls, rank in ((TwoBody, 4), (ThreeBody, 8)):
        assert np.linalg.matrix_rank(flat(cls)[0], tol=1e-8) == rank


@pytest.mark.parametrize("energy", [(6.0, 11.0), (0.01, 0.02), (1.0, 5.0)])
def test_the_double_pendulum_has_the_energy_asked_for(energy: tuple[float, float]) -> None:
    system = double_pendulum(energy)
    drawn = system.truth.values(system.draw(np.random.default_rng(0), 500))[:, 0]
    assert energy[0] <= drawn.min() < drawn.max() <= energy[1]


def test_angles_are_wrapped() -> None:
    angles = orbits(DoublePendulum).vectors[..., :2]
    assert -np.pi < angles.min() < -3
    assert 3 < angles.max() <= np.pi


def test_noise_has_the_size_asked_for_and_velocities_are_estimated() -> None:
    size = {"trajectories": 150, "test_trajectories": 50}
    clean, noisy = (
        Kepler2d(noise=noise, time_step=0.1, **size).load(DataContext(Path("unused"))) for noise in (0, 0.01)
    )
    difference = (noisy.vectors - clean.vectors).std(axis=(0, 1)) / clean.vectors.std(axis=(0, 1))
    np.testing.assert_allclose(difference, 0.01, rtol=0.05)
    assert clean.features is not None
    assert noisy.features is not None
    error = np.sqrt(np.mean((noisy.features - clean.features) ** 2) / np.mean(clean.features**2))
    assert 0.005 < error < 0.2
    assert "estimated" in noisy.provenance.notes[0]
    assert "exact" in clean.provenance.notes[0]


def test_the_smoothing_derivative_is_exact_for_quartics() -> None:
    t = np.linspace(0, 1, 15)
    states = np.stack([t**4 - t, 2 * t**3], axis=1)[None]
    np.testing.assert_allclose(
        smoothing_derivative(states, t[1]), np.stack([4 * t**3 - 1, 6 * t**2], axis=1)[None], atol=1e-10
    )


def test_a_step_too_long_is_an_error_that_says_so() -> None:
    with pytest.raises(DataError, match="shorter time step"):
        integrate(lambda x: -1e4 * x**3, np.ones((1, 1)), steps=2, dt=10.0, substeps=1)


def test_impossible_parameters_are_refused() -> None:
    with pytest.raises(ValidationError, match="below lowest_energy"):
        DoublePendulum(lowest_energy=5, highest_energy=4)
    with pytest.raises(ValidationError):
        Harmonic1d(steps=3)


# The recorded pendulum.

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A file of the recorded layout: a damped swing with a row missing, in two trials."""

    def make(rows: int = 200, spoil: str = "") -> Path:
        lines = ["%o v"]
        for trial in (0, 1):
            for i in range(rows):
                t = 5 + i / 6
                decay = np.exp(-0.02 * t)
                theta, omega = decay * np.cos(t), -decay * (np.sin(t) + 0.02 * np.cos(t))
                if i != 17:
                    lines.append(f" {trial:.16e} {t:.16e} {theta:.16e} {omega:.16e} ")
        path = tmp_path / "pendulum.txt"
        path.write_text("\n".join([*lines, spoil]))
        return path

    return make


def check_recorded(path: Path) -> Dataset:
    task = RecordedPendulum(path=str(path))
    data = task.load(DataContext(Path("unused")))
    assert len(data) == task.sizes().train + task.sizes().test
    assert task.conserved_names() == ()
    assert task.dt == pytest.approx(1 / 6)
    sample = task.sample(data, with_truth=True)
    assert sample.truth is not None
    assert sample.truth.count == 0
    assert data.features is not None
    velocity, omega = data.features[..., 0], data.vectors[..., 1]
    assert np.corrcoef(velocity.ravel(), omega.ravel())[0, 1] > 0.99  # θ̇ is ω
    return data


def test_a_file_of_the_recorded_layout_becomes_windows(write: Write) -> None:
    path = write()
    data = check_recorded(path)
    assert data.vectors.shape == (8, 40, 2)  # 199 rows of each trial
    assert str(path) not in str(RecordedPendulum(path=str(path)).parameters())


def test_local_slopes_are_exact_for_cubics_at_any_times() -> None:
    times = np.cumsum(np.random.default_rng(0).uniform(0.1, 0.5, 30))
    values = np.stack([times**3 - times, times**2], axis=1)
    np.testing.assert_allclose(local_slopes(times, values), np.stack([3 * times**2 - 1, 2 * times], axis=1), rtol=1e-8)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [("1 2 3", "expected 4 finite numbers"), ("1 2 x 4", "could not convert"), ("1 0 0 0", "time does not increase")],
)
def test_a_damaged_file_is_an_error_that_says_where(write: Write, spoil: str, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        RecordedPendulum(path=str(write(spoil=spoil))).sizes()


def test_a_file_too_short_or_missing_is_an_error(write: Write, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="fewer `steps`"):
        RecordedPendulum(path=str(write(rows=60))).sizes()
    with pytest.raises(DataError, match="no trial has"):
        RecordedPendulum(path=str(write(rows=20))).sizes()
    with pytest.raises(MissingDataError, match="no such file"):
        RecordedPendulum(path=str(tmp_path / "none.txt")).identity()


def recorded_file() -> Path | None:
    """From the environment, else from a folder `shared` beside the checkout."""
    named = os.environ.get("SYMBENCH_RECORDED_PENDULUM")
    beside = Path(__file__).parents[4] / "shared" / "data" / "dynamics" / "real_pend_h_1.txt"
    return next((path for path in (Path(named) if named else beside, beside) if path.is_file()), None)


def test_the_recorded_pendulum_loses_its_energy() -> None:
    path = recorded_file()
    if path is None:
        pytest.skip("real_pend_h_1.txt is not ours to ship; name it in SYMBENCH_RECORDED_PENDULUM")
    assert len(read_rows(str(path))) == 556
    data = check_recorded(path)
    assert data.vectors.shape == (13, 40, 2)
    energy = data.vectors[..., 1] ** 2 / 2 + 1 - np.cos(data.vectors[..., 0])
    assert energy[-1].mean() < 0.5 * energy[0].mean()
