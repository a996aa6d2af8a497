from pathlib import Path

from symbench.data.splits import split
from symbench.discovery.evaluate.run import run_discovery
from symbench.discovery.siamese.method import Siamese
from symbench.tasks.base import DataContext
from symbench.tasks.dynamics.harmonic import Harmonic1d
from symbench.tasks.dynamics.lorenz import Lorenz


def test_it_finds_the_energy_of_an_oscillator_and_repeats() -> None:
    task = Harmonic1d(trajectories=100, test_trajectories=90)
    drawn = split(task.load(DataContext(Path("unused"))), task.sizes(), train_size=100, seed=0)
    outcome = run_discovery(Siamese(), task, drawn, seed=0, budget=0.3, device="cpu")
    assert outcome.metrics["count"] == outcome.metrics["functions_claimed"] == 1
    assert outcome.metrics["f1"] > 0.95
    assert outcome.metrics["drift_max"] < 0.25
    assert outcome.metrics["method_final_loss"] < 0.6  # ln 2 is guessing
    again = run_discovery(Siamese(), task, drawn, seed=0, budget=0.3, device="cpu")
    assert again.metrics == outcome.metrics


def test_it_claims_one_function_of_a_control_as_well() -> None:
    """It has no rule to abstain."""
    task = Lorenz(trajectories=20, test_trajectories=20)
    drawn = split(task.load(DataContext(Path("unused"))), task.sizes(), train_size=20, seed=0)
    metrics = run_discovery(Siamese(), task, drawn, seed=0, budget=0.02, device="cpu").metrics
    assert metrics["false_discovery"] == 1
    assert metrics["f1"] == 0
