"""cluster/kuberay-rayjob.yaml against the documented fields, and the facts that the schema cannot state."""

from __future__ import annotations

import copy
import re
from typing import Any

import jsonschema
import pytest
import yaml

from tests.conftest import ROOT
from tests.sites.kuberay import CLAIM, RAYJOB

TEXT = (ROOT / "cluster" / "kuberay-rayjob.yaml").read_text()


@pytest.fixture
def documents() -> dict[str, Any]:
    return {document["kind"]: document for document in yaml.safe_load_all(TEXT)}


@pytest.fixture
def job(documents: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = documents["RayJob"]["spec"]
    return spec


def pods(job: dict[str, Any]) -> list[dict[str, Any]]:
    cluster = job["rayClusterSpec"]
    return [group["template"]["spec"] for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"])]


def test_it_has_known_fields_only(documents: dict[str, Any]) -> None:
    jsonschema.validate(documents["RayJob"], RAYJOB)
    jsonschema.validate(documents["PersistentVolumeClaim"], CLAIM)
    for at in (("spec",), ("spec", "rayClusterSpec", "headGroupSpec", "template", "spec")):
        wrong = copy.deepcopy(documents["RayJob"])
        place = wrong
        for key in at:
            place = place[key]
        place["activeDeadlineSecond"] = 5
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, RAYJOB)


def test_the_cluster_ends_with_the_job(job: dict[str, Any]) -> None:
    assert job["shutdownAfterJobFinishes"] is True  # without it, the time to live below does nothing
    assert job["ttlSecondsAfterFinished"] > 0
    assert job["activeDeadlineSeconds"] > job["preRunningDeadlineSeconds"]


def test_the_versions_are_those_that_are_tested(job: dict[str, Any]) -> None:
    assert f"ray=={job['rayClusterSpec']['rayVersion']}" in (ROOT / "constraints.txt").read_text().splitlines()


def test_it_joins_its_own_cluster_with_a_token(job: dict[str, Any]) -> None:
    assert '--address "$RAY_ADDRESS"' in job["entrypoint"]
    assert not re.search(r"\bauto\b", job["entrypoint"])
    assert job["rayClusterSpec"]["authOptions"]["mode"] == "token"


def test_secrets_come_from_secrets(job: dict[str, Any]) -> None:
    variables = [v for pod in pods(job) for c in pod["containers"] for v in c.get("env", ())]
    assert any("valueFrom" in variable for variable in variables)
    for variable in variables:
        if re.search("PASSWORD|TOKEN|SECRET|KEY|URI", variable["name"]):
            assert "value" not in variable, variable["name"]
    named = {v["valueFrom"]["secretKeyRef"]["name"] for v in variables if "valueFrom" in v}
    named.add(job["rayClusterSpec"]["authOptions"]["secretName"])
    for name in named:
        assert f"create secret generic {name}" in TEXT


def test_every_volume_that_is_mounted_exists_and_every_one_that_exists_is_mounted(documents: dict[str, Any]) -> None:
    claims = {documents["PersistentVolumeClaim"]["metadata"]["name"]}
    for pod in pods(documents["RayJob"]["spec"]):
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        mounted = {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]}
        assert mounted == volumes.keys() != set()
        for volume in volumes.values():
            if "persistentVolumeClaim" in volume:
                assert volume["persistentVolumeClaim"]["claimName"] in claims
            if "configMap" in volume:
                assert f"create configmap {volume['configMap']['name']}" in TEXT


def test_what_the_run_keeps_is_on_the_volume_and_what_it_reads_is_there(job: dict[str, Any]) -> None:
    (head,) = pods(job)[0]["containers"]
    home = next(v["value"] for v in head["env"] if v["name"] == "SYMBENCH_HOME")
    mounts = {mount["mountPath"] for mount in head["volumeMounts"]}
    assert any(home.startswith(f"{mount}/") for mount in mounts)
    suite = job["entrypoint"].split()[2]
    assert suite.rpartition("/")[0] in mounts
    assert f"--from-file={suite.rpartition('/')[2]}=" in TEXT


def test_pods_are_not_root_and_ask_for_what_they_use(job: dict[str, Any]) -> None:
    user = re.search(r"--uid (\d+)", (ROOT / "cluster" / "Dockerfile").read_text())
    assert user is not None
    for pod in pods(job):
        assert pod["securityContext"]["runAsUser"] == int(user[1])
        for container in pod["containers"]:
            resources = container["resources"]
            assert resources["requests"].keys() == resources["limits"].keys()
            shared = next(volume for volume in pod["volumes"] if volume["name"] == "shm")["emptyDir"]["sizeLimit"]
            # Shared memory counts against the container's memory: Ray takes 30 % of it for objects.
            assert gibibytes(shared) >= 0.3 * gibibytes(resources["limits"]["memory"])
            assert gibibytes(shared) < gibibytes(resources["limits"]["memory"])


def gibibytes(quantity: str) -> float:
    assert quantity.endswith("Gi")
    return float(quantity.removesuffix("Gi"))
