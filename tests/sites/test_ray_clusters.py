"""The cluster launcher's files against Ray's own schema, defaults and validation."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.conftest import ROOT

FILES = {name: ROOT / "cluster" / f"{name}.yaml" for name in ("ray-aws", "ray-onpremise")}


@pytest.fixture(scope="module", params=FILES)
def written(request: pytest.FixtureRequest) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(FILES[request.param].read_text())
    return content


@pytest.fixture(scope="module")
def prepared(written: dict[str, Any]) -> dict[str, Any]:
    """As `ray up` completes it from Ray's defaults, before it speaks to a cloud."""
    from ray.autoscaler._private.util import prepare_config

    complete: dict[str, Any] = prepare_config(written)
    return complete


def schema() -> dict[str, Any]:
    import ray.autoscaler

    content: dict[str, Any] = json.loads((Path(ray.autoscaler.__file__).parent / "ray-schema.json").read_text())
    return content


def test_ray_accepts_it(prepared: dict[str, Any]) -> None:
    from ray.autoscaler._private.util import check_legacy_fields, validate_config

    validate_config(prepared)
    check_legacy_fields(prepared)


def test_every_key_is_one_of_the_schema(written: dict[str, Any]) -> None:
    # The schema leaves `provider` open; the rest it closes, so a typing mistake is an error.
    known = schema()
    own = {key: value for key, value in written.items() if key != "min_workers"}  # of on-premise files, moved by Ray
    jsonschema.validate(own, known)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**own, "idle_timeout_minute": 5}, known)


def test_ray_knows_the_provider(written: dict[str, Any]) -> None:
    from ray.autoscaler._private.providers import _NODE_PROVIDERS

    assert written["provider"]["type"] in _NODE_PROVIDERS


def test_the_token_is_on_for_every_ray_and_travels_as_a_file(written: dict[str, Any]) -> None:
    for commands in (written["head_start_ray_commands"], written["worker_start_ray_commands"]):
        starts = [command for command in commands if "ray start" in command]
        assert starts
        assert all("RAY_AUTH_MODE=token" in command.split("ray start")[0] for command in starts)
    assert "~/.ray/auth_token" in written["file_mounts"].values()
    assert "RAY_AUTH_TOKEN=" not in json.dumps(written)


def test_the_dashboard_stays_on_loopback_and_idle_nodes_end(written: dict[str, Any]) -> None:
    (head,) = [command for command in written["head_start_ray_commands"] if "ray start" in command]
    assert "--dashboard-host=127.0.0.1" in head
    assert "--autoscaling-config=~/ray_bootstrap_config.yaml" in head
    assert written["idle_timeout_minutes"] > 0


def test_the_options_of_ray_start_exist(written: dict[str, Any]) -> None:
    from ray.scripts.scripts import start

    options = {option for parameter in start.params for option in parameter.opts}
    for command in [*written["head_start_ray_commands"], *written["worker_start_ray_commands"]]:
        used = {word.split("=")[0] for word in shlex.split(command) if word.startswith("--")}
        assert used <= options, used - options


def test_every_command_is_bash(prepared: dict[str, Any]) -> None:
    lists = [commands for key, commands in prepared.items() if key.endswith("_commands")]
    assert lists
    for command in (command for commands in lists for command in commands):
        subprocess.run(["bash", "-n", "-c", command], check=True)


def test_the_checkout_that_is_copied_has_what_is_installed(written: dict[str, Any]) -> None:
    assert "." in written["file_mounts"].values()
    for needed in ("constraints.txt", "pyproject.toml", "symbench"):
        assert (ROOT / needed).exists()
    assert {".git", ".venv", ".symbench"} <= set(written["rsync_exclude"])
