"""Suites and journals of any size, made without running anything: what a long run would have left."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

from symbench.journal.records import FORMAT
from symbench.plugins import load_plugins, read_plugin
from symbench.suite.resolve import CheckedSuite, load_suite
from symbench.trial.expand import TrialTemplate, planned_trials

PLUGIN = Path(__file__).parents[1] / "plugins" / "behaviours.py"
METRICS = (
    *("f1", "recall", "precision", "count", "count_error", "closure", "steps", "angle_max_deg", "angle_mean_deg"),
    *("grassmann", "defect_max", "defect_mean", "finite_error_max", "jacobi"),
)


def write_suite(path: Path, *, methods: int, sizes: int, seeds: int, name: str = "large") -> Path:
    """A suite of methods × sizes × seeds trials of the plug-in `behaviours`; at most 50 sizes."""
    entries = [f"{{name: behave, label: m{i}, params: {{mib: {i}}}}}" for i in range(methods)]
    path.write_text(
        f"name: {name}\nseeds: {seeds}\ndiscovery:\n  - task: tiny\n"
        f"    train_sizes: {list(range(1, sizes + 1))}\n    methods: [{', '.join(entries)}]\n"
    )
    return path


def load(path: Path) -> CheckedSuite:
    """The suite, with the plug-in that it names."""
    load_plugins([read_plugin(PLUGIN)])
    return load_suite(path)


def write_journal(suite: CheckedSuite, path: Path, *, array_bytes: int = 0) -> int:
    """A result for every trial, as a worker would record it; gives the bytes of the file."""
    rng = random.Random(0)
    environment = dict.fromkeys(("python", "machine", "symbench", "torch", "numpy", "ray", "awkward"), "1.2.3")
    path.parent.mkdir(parents=True, exist_ok=True)
    template: TrialTemplate | None = None
    spec: dict[str, object] = {}
    with path.open("w") as file:
        for number, planned in enumerate(planned_trials(suite)):
            if planned.template is not template:
                template = planned.template
                spec = planned.spec.model_dump(mode="json")
            spec |= {"train_size": planned.train_size, "seed": planned.seed}
            quality = 1.0 - math.exp(-planned.train_size / 20) + 0.05 * rng.random()
            array = {"dtype": "|u1", "shape": [array_bytes], "data": "A" * (4 * ((array_bytes + 2) // 3))}
            result = {
                "journal": FORMAT,
                "key": planned.key,
                "spec": spec,
                "status": "ok",
                "metrics": {metric: quality * (1 + rng.random()) for metric in METRICS},
                "arrays": {"scores": array} if array_bytes else {},
                "timings": {"total": 1.0 + rng.random(), "cpu": 1.0, "fit": rng.random(), "evaluate": 0.1, "data": 0.1},
                "peak_memory_mib": 300.0 + number % 7,
                "environment": {**environment, "device": "cpu", "threads": "1"},
                "notes": {"algebra": "none", "truth": "none", "data_source": "numpy", "data_licence": "CC0"},
                "error": None,
                "finished_at": 1.7e9 + number,
            }
            file.write(json.dumps(result, separators=(",", ":")) + "\n")
    return path.stat().st_size
