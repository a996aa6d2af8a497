"""Things timed by turns: what else the machine does then falls on all of them alike."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any


def by_turns(steps: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median processor time of each step in seconds, over so many rounds after one that is not counted."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for run in steps.values():
        run()
    for _ in range(rounds):
        for name, run in steps.items():
            started = time.process_time()
            run()
            times[name].append(time.process_time() - started)
    return {name: statistics.median(taken) for name, taken in times.items()}


def keep(rows: Sequence[Mapping[str, Any]], path: Path | None) -> None:
    """Write the rows as JSON, where a path is given."""
    if path is not None:
        path.write_text(json.dumps(rows, indent=2) + "\n")
