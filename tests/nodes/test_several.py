"""A suite on a cluster of three nodes: requests, data and errors as a site with different machines meets them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from symbench.errors import InfrastructureError
from symbench.executors import Limits, make_executor
from symbench.home import Home
from symbench.suite.resolve import CheckedSuite, load_suite
from symbench.trial.result import Status
from tests.conftest import BEHAVIOURS
from tests.nodes.conftest import Nodes, exactly_once

MakeSuite = Callable[[str], CheckedSuite]


MIXED = """
name: mixed
timeout: 120 s
seeds: 4
discovery:
  - task: tiny
    train_sizes: [10]
    methods:
      - {name: behave, label: anywhere, params: {seconds: 0.4}}
      - {name: behave, label: licensed, params: {seconds: 0.01}, resources: {cpus: 0.5, custom: {licence: 1}}}
      - {name: behave, label: placed, params: {seconds: 0.02}, resources: {labels: {zone: small}}}
      - {name: behave, label: two threads, params: {seconds: 0.03}, resources: {cpus: 2, memory: 1 GiB}}
      - {name: behave, label: on a GPU, params: {seconds: 0.04}, resources: {gpus: 0.5}}
"""


def test_every_request_is_honoured(
    nodes: Nodes, run_on: Callable[..., Any], make_suite: MakeSuite, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, results = run_on(nodes, make_suite(MIXED))
    by_label: dict[str, list[Any]] = {}
    for result in results.values():
        by_label.setdefault(result.spec.method_label, []).append(result)
    where = {label: {r.notes["node"] for r in found} for label, found in by_label.items()}
    wide, small = nodes.wide.node_id, nodes.small.node_id
    assert len(where["anywhere"]) >= 2, "several nodes take part"
    assert where["licensed"] == {wide}
    assert where["placed"] == {small}
    assert where["two threads"] == where["on a GPU"] == {wide}
    assert {r.environment["threads"] for r in by_label["two threads"]} == {"2"}
    assert {r.environment["threads"] for r in by_label["licensed"]} == {"1"}
    on_gpu = by_label.pop("on a GPU")
    assert {r.status for found in by_label.values() for r in found} == {Status.OK}
    assert {r.environment["device"] for found in by_label.values() for r in found} == {"cpu"}
    assert {r.notes["attempts"] for r in results.values()} == {"1"}
    # The GPU is pretended: the trials say what they asked for and what there is, and none runs on the CPU instead.
    for result in on_gpu:
        assert (result.status, result.environment["device"]) == (Status.FAILED, "cuda")
        assert result.error is not None
        assert "asks for 0.5 GPUs" in result.error.message
        assert "CUDA_VISIBLE_DEVICES='0'" in result.error.message


def _stored_bytes(nodes: Nodes) -> dict[str, int]:
    """Bytes that were ever made in the object store of each node, by its id: copies that arrive count as well."""
    import ray
    from ray._private.internal_api import node_stats

    return {
        row["NodeID"]: node_stats(
            row["NodeManagerAddress"], row["NodeManagerPort"], False
        ).store_stats.cumulative_created_bytes
        for row in ray.nodes()
        if row["Alive"]
    }


BULKY = """
name: bulky
timeout: 120 s
seeds: 12
discovery:
  - {task: {name: bulky, params: {mib: 24}}, train_sizes: [10], methods: [{name: behave, params: {seconds: 0.3}}]}
"""


def _run_counting(
    nodes: Nodes, suite: CheckedSuite, behaviours: Any, tmp_path: Path, **limits: Any
) -> tuple[dict[str, int], list[Any]]:
    from symbench.data.splits import Pool
    from symbench.tasks.base import DataContext

    block = suite.blocks[0]
    pool = Pool(block.task.load(DataContext(tmp_path)), block.task.sizes())
    with make_executor("ray", address=nodes.address, limits=Limits(**limits)) as executor:
        before = _stored_bytes(nodes)
        results = list(executor.run(suite.trials(), {block.task.digest: pool}, [behaviours]))
        after = _stored_bytes(nodes)
    return {node: after[node] - before[node] for node in after}, results


def test_data_reach_each_node_once(nodes: Nodes, make_suite: MakeSuite, behaviours: Any, tmp_path: Path) -> None:
    moved, results = _run_counting(nodes, make_suite(BULKY), behaviours, tmp_path)
    assert {r.status for r in results} == {Status.OK}
    trials = Counter(r.notes["node"] for r in results)
    assert len(trials) >= 2, "several nodes take part"
    assert max(trials.values()) >= 3, "and some more than once"
    for node in trials:
        assert 24 <= moved[node] / 2**20 < 1.5 * 24, (moved, trials)


@pytest.mark.slow
def test_large_data_become_files_once_a_node(
    nodes: Nodes, make_suite: MakeSuite, behaviours: Any, tmp_path: Path
) -> None:
    def files(node: Any) -> dict[str, int]:
        return {str(path): path.stat().st_ino for path in nodes.cache(node).glob("*/*.npy")}

    suite = make_suite(BULKY)
    plain = {r.key: r.metrics for r in _run_counting(nodes, suite, behaviours, tmp_path)[1]}
    _, results = _run_counting(nodes, suite, behaviours, tmp_path, file_from_bytes=2**20)
    assert {r.key: r.metrics for r in results} == plain
    used = {r.notes["node"] for r in results}
    made = {node.node_id: files(node) for node in (nodes.head, nodes.wide, nodes.small)}
    for node, found in made.items():
        assert {Path(path).name for path in found} == (
            {"vectors.npy", "mask.npy", "label.npy", "event_id.npy", "features.npy"} if node in used else set()
        )
    _run_counting(nodes, suite, behaviours, tmp_path, file_from_bytes=2**20)
    again = {node.node_id: files(node) for node in (nodes.head, nodes.wide, nodes.small)}
    assert all(again[node] == found for node, found in made.items() if found), "made once, whatever the run"


def test_an_impossible_request_is_an_error_before_any_trial(
    nodes: Nodes, run_on: Callable[..., Any], make_suite: MakeSuite, home: Home
) -> None:
    suite = make_suite("""
name: impossible
discovery:
  - task: tiny
    train_sizes: [10]
    methods:
      - {name: behave, label: fine}
      - {name: behave, label: wide, params: {seconds: 1}, resources: {cpus: 3, custom: {licence: 1}}}
      - {name: behave, label: placed, params: {seconds: 2}, resources: {labels: {zone: moon}}}
""")
    with pytest.raises(InfrastructureError) as raised:
        run_on(nodes, suite)
    told = str(raised.value)
    assert "tiny/wide asks for 3 CPUs, 1 licence" in told
    assert "tiny/placed asks for 1 CPU, label zone=moon" in told
    assert "tiny/fine" not in told
    assert "2 CPUs, 1 GPU" in told
    assert "label zone=wide" in told
    assert "--wait-for-nodes" in told
    from symbench.journal.file import Journal

    assert list(Journal(home.journal("impossible")).results()) == []


def test_waiting_for_a_node_that_does_not_come_ends(nodes: Nodes, make_suite: MakeSuite) -> None:
    (spec, *_) = make_suite("""
name: waiting
discovery:
  - {task: tiny, train_sizes: [10], methods: [{name: behave, resources: {cpus: 64}}]}
""").trials()
    with make_executor("ray", address=nodes.address, limits=Limits(wait_for_nodes_s=1.5)) as executor:
        began = time.monotonic()
        with pytest.raises(InfrastructureError, match=r"tiny/behave asks for 64 CPUs.*after waiting 1.5 s"):
            executor.admit({spec.resources: "tiny/behave"})
        assert time.monotonic() - began >= 1.5


def test_the_command_line_runs_on_a_cluster(nodes: Nodes, home: Home, tmp_path: Path, behaviours: Any) -> None:
    file = tmp_path / "line.yaml"
    file.write_text("""
name: line
seeds: 6
discovery:
  - {task: tiny, train_sizes: [10], methods: [behave]}
""")
    command = [sys.executable, "-m", "symbench.cli", "run", str(file), "--address", nodes.address]
    command += ["--plugin", str(BEHAVIOURS), "--home", str(home.root)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=200, env=os.environ.copy())
    assert ran.returncode == 0, ran.stderr
    assert "line: 6 ok" in ran.stdout
    assert re.search(r"on the cluster at .* nodes", ran.stdout + ran.stderr)
    exactly_once(load_suite(file), home)
