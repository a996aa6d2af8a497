"""cluster/Dockerfile and cluster/compose.yaml, as far as they can be checked without a Docker daemon."""

from __future__ import annotations

import fnmatch
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT

FOLDER = ROOT / "cluster"
COMPOSE_TEXT = (FOLDER / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]


def instructions() -> list[tuple[str, str]]:
    """(name, arguments) of the Dockerfile, with continued lines joined and comments left out."""
    lines = [line for line in (FOLDER / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    parts = [line.split(maxsplit=1) for line in joined.splitlines() if line.strip()]
    return [(name, arguments) for name, arguments in parts]


def stages() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    current: list[tuple[str, str]] = []
    for name, arguments in instructions():
        if name == "FROM":
            current = found.setdefault(arguments.split(" AS ")[1], [])
        current.append((name, arguments))
    return found


def test_only_instructions_of_docker() -> None:
    known = {"ARG", "FROM", "ENV", "RUN", "COPY", "USER", "WORKDIR", "EXPOSE", "CMD"}
    assert {"FROM", "RUN"} <= {name for name, _ in instructions()} <= known


def test_the_base_is_pinned_to_a_release() -> None:
    default = next(arguments for name, arguments in instructions() if name == "ARG" and arguments.startswith("PYTHON"))
    assert re.fullmatch(r"PYTHON=3\.\d+\.\d+-slim-\w+", default)
    bases = {arguments.split()[0] for name, arguments in instructions() if name == "FROM"}
    assert bases == {"python:${PYTHON}", "base"}


@pytest.mark.parametrize("stage", ["symbench", "mlflow"])
def test_the_image_does_not_run_as_root(stage: str) -> None:
    names = [name for name, _ in stages()[stage]]
    user = next(arguments for name, arguments in stages()[stage] if name == "USER")
    assert int(user.split(":")[0]) > 0
    last_install = max(index for index, (name, text) in enumerate(stages()[stage]) if "pip install" in text)
    assert names.index("USER") > last_install
    assert "USER" in names[: names.index("CMD")]


def test_what_is_copied_exists_and_is_sent_to_the_daemon() -> None:
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text().split()
    kept = [line.removeprefix("!") for line in ignored if line.startswith("!")]
    assert ignored[0] == "*"
    copied = [arguments for name, arguments in instructions() if name == "COPY"]
    assert copied
    assert kept
    for arguments in copied:
        for source in arguments.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert any(fnmatch.fnmatch(source, pattern) for pattern in kept), source
    for pattern in kept:
        assert (ROOT / pattern).exists(), pattern


def test_everything_is_pinned_by_the_constraints() -> None:
    runs = [arguments for name, arguments in instructions() if name == "RUN"]
    installs = [install for arguments in runs for install in re.findall(r"pip install[^;&]*", arguments)]
    assert installs
    assert all("--constraint /build/constraints.txt" in install for install in installs)
    pinned = {line.split("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines()}
    for line in (FOLDER / "mlflow-requirements.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            assert "==" in line or line.split("[")[0] in pinned, line


def test_the_package_installs_from_what_is_copied() -> None:
    copied = {part for name, arguments in stages()["symbench"] if name == "COPY" for part in arguments.split()[:-1]}
    project = (ROOT / "pyproject.toml").read_text()
    for stated in (r'readme = "(.*)"', r'license-files = \["(.*)"\]'):
        match = re.search(stated, project)
        assert match is not None
        assert match[1] in copied


@pytest.mark.parametrize(
    "script", [arguments for name, arguments in instructions() if name == "RUN"], ids=lambda text: text[:20]
)
def test_the_steps_are_shell(script: str) -> None:
    subprocess.run(["sh", "-n", "-c", script], check=True)


def test_the_torch_index_is_the_users_choice() -> None:
    assert ("ARG", "TORCH_INDEX") in stages()["symbench"]
    assert not re.search(r"https?://", (FOLDER / "Dockerfile").read_text())


def test_every_variable_of_compose_is_in_the_example() -> None:
    stated = dict(line.split("=", 1) for line in (FOLDER / ".env.example").read_text().splitlines() if "=" in line)
    used = set(re.findall(r"\$\{(\w+)", COMPOSE_TEXT))
    assert used == stated.keys() >= {"POSTGRES_PASSWORD"}
    for name, value in stated.items():
        if re.search("PASSWORD|KEY", name):
            assert value.startswith("replace-me"), name


def test_the_environment_file_is_not_committed() -> None:
    assert subprocess.run(["git", "check-ignore", "-q", "cluster/.env"], cwd=ROOT).returncode == 0
    assert subprocess.run(["git", "check-ignore", "-q", "cluster/.env.example"], cwd=ROOT).returncode == 1


def test_a_missing_secret_is_an_error_and_not_empty() -> None:
    services = COMPOSE_TEXT.split("\nconfigs:")[0]
    variables = re.findall(r"\$\{(\w+)([^}]*)\}", services)
    assert variables
    for name, default in variables:
        assert default.startswith((":?", ":-")), name
        assert default.startswith(":?") or name == "MLFLOW_PORT"


def test_ports_are_on_loopback() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert published
    assert all(re.fullmatch(r"127\.0\.0\.1:\S+:\d+", port) for port in published)


def test_hosts_in_addresses_are_services() -> None:
    hosts = set(re.findall(r"(?:https?|postgresql\S*?)://(?:\w+@)?([\w.]+):\d+", COMPOSE_TEXT))
    hosts |= set(re.findall(r"@(\w+):\d+", (FOLDER / "mlflow-auth.ini").read_text()))
    assert hosts - {"127.0.0.1"} <= SERVICES.keys()
    assert {"postgres", "objects"} <= hosts


def test_no_secret_is_in_an_address_or_a_command() -> None:
    assert any("command" in service for service in SERVICES.values())
    assert any("environment" in service for service in SERVICES.values())
    for service in SERVICES.values():
        for part in (*service.get("command", ()), *service.get("environment", {}).values()):
            assert not re.search(r"://[^/\s]*:[^/\s]*@", str(part)), part
        for part in service.get("command", ()):
            assert not re.search(r"\$\{\w*(PASSWORD|KEY)", str(part))
    assert "password" not in re.sub("#.*", "", (FOLDER / "mlflow-auth.ini").read_text())


def test_who_depends_waits_for_health() -> None:
    assert any("depends_on" in service for service in SERVICES.values())
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other], (name, other)
            else:
                assert how["condition"] == "service_completed_successfully"
                assert SERVICES[other]["restart"] != "unless-stopped"


def test_images_are_pinned_and_files_and_volumes_exist() -> None:
    declared = set(COMPOSE["volumes"])
    assert any("volumes" in service for service in SERVICES.values())
    for service in SERVICES.values():
        assert re.search(r":[\w.-]*\d[\w.-]*$", service["image"]), service["image"]
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in declared or (FOLDER / source).exists(), source
        build = service.get("build")
        if build:
            assert (FOLDER / build["context"] / build["dockerfile"]).exists()
            assert build["target"] in stages()


def test_the_server_checks_names_and_accounts_and_keeps_artifacts_behind_it() -> None:
    command = SERVICES["mlflow"]["command"]
    assert command[:2] == ["mlflow", "server"]
    used = dict(argument.partition("=")[::2] for argument in command[2:])
    assert used["--app-name"] == "basic-auth"
    assert "MLFLOW_ALLOWED_HOSTS" in used["--allowed-hosts"]
    assert used["--artifacts-destination"] == "s3://mlflow"
    assert "--serve-artifacts" in used


def test_the_commands_in_the_headers_name_files_that_exist() -> None:
    for file in (FOLDER / "Dockerfile", FOLDER / "compose.yaml"):
        named = re.findall(r"(?<=-f )cluster/\S+", file.read_text())
        assert named, file
        for path in named:
            assert (ROOT / Path(path)).exists()
