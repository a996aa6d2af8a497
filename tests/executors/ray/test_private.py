"""The installed Ray has every undocumented part that symbench uses, and only one module uses them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray

from symbench.executors import make_executor
from symbench.executors.ray import private
from symbench.jobs import entry
from tests.conftest import ROOT
from tests.private_uses import missing, public_functions, undocumented_imports

UNDOCUMENTED = re.compile(r"[.:]_|\.v2\b|\.generated\b|^ray\.dashboard")
OWN_FILE = Path(private.__file__)


@pytest.mark.parametrize(("function", "use"), [(name, use) for name, uses in private.USES.items() for use in uses])
def test_the_installed_ray_has_what_is_used(function: str, use: str) -> None:
    problem = missing(use)
    assert problem is None, f"executors.ray.private.{function} does not work with Ray {ray.__version__}: {problem}"


def test_a_missing_name_is_named() -> None:
    assert missing("ray:no_such_name") is not None
    assert missing("ray.no_such_module:name") is not None
    assert missing("ray:init(no_such_parameter)") == "ray:init(no_such_parameter): no parameter no_such_parameter"
    assert missing("ray:init(_temp_dir)") is None


def test_every_function_declares_what_it_uses() -> None:
    assert public_functions(private) == private.USES.keys()
    imports = undocumented_imports(OWN_FILE, "ray", UNDOCUMENTED)
    assert imports
    for function, names in imports.items():
        assert names <= set(private.USES[function]), f"{function} imports {names} and does not declare it"


def test_no_other_module_uses_undocumented_parts_of_ray() -> None:
    others = [path for path in (ROOT / "symbench").rglob("*.py") if path != OWN_FILE]
    assert len(others) > 100
    found = {path.name: undocumented_imports(path, "ray", UNDOCUMENTED) for path in others}
    assert not {name: imports for name, imports in found.items() if imports}
    arguments = re.compile(
        r"\b_(temp_dir|node_ip_address|system_config)\b|ray\._[a-z]|_actor_id|__ray_ready__|_do_request"
    )
    assert not [path.name for path in others if arguments.search(path.read_text())]


@pytest.fixture(scope="module")
def _ray() -> Iterator[None]:
    with make_executor("ray", cpus=2):
        yield


class Actor:
    def reserve(self) -> str:
        group = ray.util.placement_group([{"CPU": 1}])
        ray.get(group.ready(), timeout=60)
        return str(group.id.hex())


@pytest.mark.usefixtures("_ray")
def test_what_becomes_of_actors_and_of_what_they_reserved() -> None:
    actor = ray.remote(num_cpus=0)(Actor).remote()
    reserved = ray.get(actor.reserve.remote(), timeout=60)
    assert private.actor_lives(actor, 60)
    assert [group.id.hex() for group in private.placement_groups_of(actor)] == [reserved]
    ray.kill(actor)
    deadline = time.monotonic() + 60
    while private.actor_lives(actor, 10):
        assert time.monotonic() < deadline
    for group in private.placement_groups_of(actor):
        ray.util.remove_placement_group(group)
    while private.placement_groups_of(actor):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _messages() -> Iterator[int]:
    yield 0
    yield 1


@pytest.mark.usefixtures("_ray")
def test_the_end_of_a_stream_is_known_before_its_messages_are_read() -> None:
    task = ray.remote(num_cpus=1, num_returns="streaming")(_messages).remote()
    assert ray.wait([private.stream_end(task)], timeout=60)[0]
    assert [ray.get(message) for message in task] == [0, 1]


@pytest.mark.usefixtures("_ray")
def test_whether_this_process_authenticates_by_token() -> None:
    from ray._private.authentication.authentication_utils import is_token_auth_enabled

    assert private.requires_token() is is_token_auth_enabled()


def test_names_that_the_script_of_a_job_repeats() -> None:
    """The script imports nothing, so that it can say why symbench cannot be imported."""
    from ray._private.runtime_env import constants

    assert entry.JOB_CONFIG == constants.RAY_JOB_CONFIG_JSON_ENV_VAR
