"""cluster/slurm.sh for real: Ray on two nodes, each a network and a process namespace of its own.

Only `srun` and `scontrol` are stand-ins. The process namespaces also keep `ray stop`, with which
`ray symmetric-run` ends, to the Ray of this test.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from symbench.journal.file import Journal
from tests.conftest import BEHAVIOURS, ROOT
from tests.sites.standins import Site, wait_for

NODES = ("10.77.0.1", "10.77.0.2")
# The first process of a process namespace has to reap orphans, which bash does.
SRUN = """
while [[ "$1" == -* ]]; do shift; done
steps=()
for space in $NETWORKS; do
  nsenter --net="$space" unshare --pid --fork --kill-child --mount-proc bash -c '"$@"; exit $?' node "$@" &
  steps+=($!)
done
code=0
for step in "${steps[@]}"; do wait "$step" || code=$?; done
exit $code
"""
SUITE = """
name: nodes
seeds: {seeds}
resources: {{cpus: 1}}
discovery:
  - task: tiny
    train_sizes: [50]
    methods: [{{name: behave, params: {{seconds: {seconds}}}}}]
"""


def _have_namespaces() -> bool:
    if shutil.which("ip") is None or shutil.which("nsenter") is None:
        return False
    command = ["unshare", "--net", "--pid", "--fork", "--mount-proc", "true"]
    return subprocess.run(command, capture_output=True).returncode == 0


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not _have_namespaces(), reason="needs root, iproute2 and Linux namespaces to be two nodes"),
]


@dataclass
class Cluster:
    """Two networks that see each other, and stand-ins that run a step on both."""

    site: Site
    networks: list[str]
    folder: Path

    def start(self, seeds: int, seconds: float, job: str) -> subprocess.Popen[str]:
        suite = self.folder / "suite.yaml"
        suite.write_text(SUITE.format(seeds=seeds, seconds=seconds))
        env = self.site.environment(
            SLURM_JOB_ID=job,
            SLURM_JOB_NUM_NODES="2",
            SLURM_JOB_NODELIST="node[1-2]",
            SLURM_CPUS_PER_TASK="1",
            SLURM_GPUS_ON_NODE="0",
            SYMBENCH_HOME=str(self.folder / "home"),
            NETWORKS=" ".join(self.networks),
            OMP_NUM_THREADS="1",
        )
        batch = ["bash", str(ROOT / "cluster" / "slurm.sh"), str(suite), "--plugin", str(BEHAVIOURS)]
        return subprocess.Popen(
            ["nsenter", f"--net={self.networks[0]}", *batch],
            cwd=self.folder,
            env=env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def journal(self) -> Journal:
        return Journal(self.folder / "home" / "runs" / "nodes" / "journal.jsonl")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    holders = [subprocess.Popen(["unshare", "--net", "sleep", "600"]) for _ in NODES]
    try:
        own = os.readlink("/proc/self/ns/net")
        networks = [f"/proc/{holder.pid}/ns/net" for holder in holders]
        wait_for(lambda: all(os.readlink(network) != own for network in networks))
        first, second = (str(holder.pid) for holder in holders)
        veth = ["ip", "link", "add", "sb1", "netns", first, "type", "veth", "peer", "name", "sb2", "netns", second]
        subprocess.run(veth, check=True)
        for number, (network, address) in enumerate(zip(networks, NODES, strict=True), start=1):
            for command in (
                ["ip", "link", "set", "lo", "up"],
                ["ip", "addr", "add", f"{address}/24", "dev", f"sb{number}"],
                ["ip", "link", "set", f"sb{number}", "up"],
            ):
                subprocess.run(["nsenter", f"--net={network}", *command], check=True)
        site = Site(tmp_path / "site")
        site.program("srun", SRUN)
        site.program("scontrol", f'[ "$1" = requeue ] || echo "{NODES[0]}"\n')
        (site.bin / "activate").write_text(f'export PATH="{site.bin}:{Path(sys.executable).parent}:$PATH"\n')
        yield Cluster(site, networks, tmp_path)
    finally:
        for holder in holders:
            holder.kill()
            holder.wait()


def test_a_suite_runs_on_two_nodes(cluster: Cluster) -> None:
    process = cluster.start(seeds=12, seconds=1, job="910001")
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    assert "2 CPUs, 2 nodes" in output
    assert "12 ok" in output
    results = list(cluster.journal().results())
    assert len(results) == len({result.key for result in results}) == 12
    assert not Path("/tmp/sb-910001").exists()
    logged = json.dumps([call.arguments for call in cluster.site.calls()])
    assert "requeue" not in logged


def test_an_interrupted_job_goes_on_where_it_was(cluster: Cluster) -> None:
    process = cluster.start(seeds=8, seconds=2, job="910002")
    try:
        wait_for(lambda: len(list(cluster.journal().results())) >= 2, seconds=200)
        # To the batch script alone, as Slurm does: `nsenter` has become it.
        os.kill(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=200)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, output
    assert ["requeue", "910002"] in [call.arguments for call in cluster.site.calls("scontrol")]
    before = list(cluster.journal().results())
    assert 2 <= len([result for result in before if result.status.final]) < 8
    again = cluster.start(seeds=8, seconds=2, job="910002")
    output, _ = again.communicate(timeout=240)
    assert again.returncode == 0, output
    done = [result for result in cluster.journal().results() if result.status.final]
    assert len(done) == len({result.key for result in done}) == 8
