"""What the plan says of the resources that trials ask for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_cli import run

SUITE = """
name: asking
seeds: 1
discovery:
  - task: tiny
    train_sizes: [10]
    methods:
      - {name: behave, label: usual}
      - name: behave
        label: special
        params: {seconds: 1}
        resources: {cpus: 2, gpus: 0.5, memory: 4 GiB, custom: {licence: 1}, labels: {zone: b}}
"""


def test_requests_are_shown_where_they_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "asking.yaml"
    file.write_text(SUITE)
    code, out, _ = run(capsys, "plan", file)
    assert code == 0
    lines = {line.split()[1]: line for line in out.splitlines() if line.startswith("tiny")}
    assert lines["special"].endswith("2 CPUs, 0.5 GPUs, 4 GiB, 1 licence, label zone=b")
    assert "CPU" not in lines["usual"]
    _, out, _ = run(capsys, "plan", file, "--json")
    rows = {row["method"]: row for row in json.loads(out)}
    assert rows["special"]["memory_gib"] == 4
    assert rows["special"]["labels"] == {"zone": "b"}
    assert rows["special"]["custom"] == {"licence": 1}
    assert (rows["usual"]["cpus"], rows["usual"]["gpus"], rows["usual"]["workers"]) == (1, 0, 1)


def test_a_plan_of_usual_requests_has_no_column_for_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "asking.yaml"
    file.write_text(SUITE[: SUITE.index("      - name: behave")])
    _, out, _ = run(capsys, "plan", file)
    assert "requests" not in out
    assert "1 trials, 1 to run" in out
