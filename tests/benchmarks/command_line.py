"""How long the commands take that people type often: median of five runs of the whole process."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMANDS = (["--help"], ["plan", "suites/cms.yaml"], ["methods"])


def seconds(arguments: list[str], runs: int = 5) -> list[float]:
    """Wall times of `symbench ARGUMENTS`, after one run that is not counted."""
    symbench = Path(sys.executable).parent / "symbench"
    times = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        subprocess.run([symbench, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return times[1:]


def main() -> None:
    for arguments in COMMANDS:
        times = seconds(arguments)
        print(
            f"symbench {' '.join(arguments):24s} median {statistics.median(times):.2f} s "
            f"({min(times):.2f} to {max(times):.2f})"
        )


if __name__ == "__main__":
    main()
