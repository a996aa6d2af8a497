"""A thousand trials that do nothing, through Ray, journal and SQLite MLflow, and then the run that finds them done."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TRIALS = 1000
PLUGIN = Path(__file__).parents[1] / "plugins" / "behaviours.py"
SUITE = f"""
name: nothing
seeds: {TRIALS}
discovery:
  - {{task: tiny, train_sizes: [10], methods: [behave]}}
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        suite = Path(folder) / "nothing.yaml"
        suite.write_text(SUITE)
        command = [str(Path(sys.executable).parent / "symbench"), "run", str(suite), "--plugin", str(PLUGIN), "--json"]
        environment = {**os.environ, "SYMBENCH_HOME": str(Path(folder) / "home")}
        for what in (f"{TRIALS} trials that do nothing", "again, all done"):
            started = time.perf_counter()
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
            print(f"{what:34s} {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
