"""The fields of a RayJob that the template may use, as a JSON schema.

The RayJob part has every field that KubeRay's API reference documents for RayJobSpec, RayClusterSpec, HeadGroupSpec,
WorkerGroupSpec and AuthOptions (release 1.7.0, `ray.io/v1`), less those for other features; the pod part has the fields
of Kubernetes' core/v1 (1.28) that the template uses. No field beyond these is accepted, so that a misspelt one, which
the API server would drop without a word, is an error here.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer", "minimum": 0}
YES_OR_NO: Schema = {"type": "boolean"}
NAME: Schema = {"type": "string", "pattern": r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"}
QUANTITY: Schema = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(m|[KMGT]i?)?$"}
TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}


def fields(required: str = "", **known: Schema) -> Schema:
    """An object with these fields and no others."""
    return {"type": "object", "properties": known, "required": required.split(), "additionalProperties": False}


def list_of(item: Schema) -> Schema:
    return {"type": "array", "items": item, "minItems": 1}


AMOUNTS: Schema = {
    "type": "object",
    "properties": {"cpu": QUANTITY, "memory": QUANTITY, "nvidia.com/gpu": QUANTITY},
    "additionalProperties": False,
}
REFERENCE = fields("name key", name=NAME, key=TEXT, optional=YES_OR_NO)
VARIABLE = fields("name", name=TEXT, value=TEXT, valueFrom=fields("secretKeyRef", secretKeyRef=REFERENCE))
CONTAINER = fields(
    "name image resources",
    name=NAME,
    image=TEXT,
    imagePullPolicy={"enum": ["Always", "IfNotPresent", "Never"]},
    command=list_of(TEXT),
    args=list_of(TEXT),
    env=list_of(VARIABLE),
    ports=list_of(fields("containerPort", containerPort=NUMBER, name=NAME)),
    resources=fields("requests limits", requests=AMOUNTS, limits=AMOUNTS),
    volumeMounts=list_of(fields("name mountPath", name=NAME, mountPath=TEXT, readOnly=YES_OR_NO, subPath=TEXT)),
    securityContext=fields(
        "allowPrivilegeEscalation capabilities",
        allowPrivilegeEscalation={"const": False},
        readOnlyRootFilesystem=YES_OR_NO,
        capabilities=fields("drop", drop=list_of(TEXT)),
    ),
)
VOLUME = fields(
    "name",
    name=NAME,
    persistentVolumeClaim=fields("claimName", claimName=NAME, readOnly=YES_OR_NO),
    configMap=fields("name", name=NAME),
    emptyDir=fields(medium={"enum": ["", "Memory"]}, sizeLimit=QUANTITY),
)
POD = fields(
    "spec",
    metadata=fields(labels=TEXTS, annotations=TEXTS),
    spec=fields(
        "containers securityContext",
        automountServiceAccountToken=YES_OR_NO,
        serviceAccountName=NAME,
        nodeSelector=TEXTS,
        imagePullSecrets=list_of(fields("name", name=NAME)),
        terminationGracePeriodSeconds=NUMBER,
        securityContext=fields(
            "runAsNonRoot",
            runAsNonRoot={"const": True},
            runAsUser={"type": "integer", "minimum": 1},
            runAsGroup={"type": "integer", "minimum": 1},
            fsGroup=NUMBER,
            seccompProfile=fields("type", type={"enum": ["RuntimeDefault", "Localhost"]}),
        ),
        containers=list_of(CONTAINER),
        volumes=list_of(VOLUME),
    ),
)
HEAD = fields(
    "template",
    template=POD,
    rayStartParams=TEXTS,
    serviceType={"enum": ["ClusterIP", "NodePort", "LoadBalancer"]},
    enableIngress=YES_OR_NO,
    resources=TEXTS,
    labels=TEXTS,
)
WORKERS = fields(
    "groupName template",
    groupName=NAME,
    replicas=NUMBER,
    minReplicas=NUMBER,
    maxReplicas=NUMBER,
    numOfHosts=NUMBER,
    idleTimeoutSeconds=NUMBER,
    rayStartParams=TEXTS,
    template=POD,
    resources=TEXTS,
    labels=TEXTS,
)
CLUSTER = fields(
    "headGroupSpec rayVersion authOptions",
    rayVersion=TEXT,
    enableInTreeAutoscaling=YES_OR_NO,
    authOptions=fields("mode", mode={"enum": ["disabled", "token"]}, secretName=NAME),
    headGroupSpec=HEAD,
    workerGroupSpecs=list_of(WORKERS),
)
RAYJOB = fields(
    "apiVersion kind metadata spec",
    apiVersion={"const": "ray.io/v1"},
    kind={"const": "RayJob"},
    metadata=fields("name", name=NAME, labels=TEXTS, annotations=TEXTS),
    spec=fields(
        "entrypoint rayClusterSpec",
        entrypoint=TEXT,
        runtimeEnvYAML=TEXT,
        jobId=TEXT,
        metadata=TEXTS,
        submissionMode={"enum": ["K8sJobMode", "HTTPMode", "InteractiveMode", "SidecarMode"]},
        submitterConfig=fields(backoffLimit=NUMBER),
        entrypointNumCpus={"type": "number"},
        entrypointNumGpus={"type": "number"},
        entrypointResources=TEXT,
        shutdownAfterJobFinishes=YES_OR_NO,
        ttlSecondsAfterFinished=NUMBER,
        activeDeadlineSeconds={"type": "integer", "minimum": 1},
        preRunningDeadlineSeconds={"type": "integer", "minimum": 1},
        backoffLimit=NUMBER,
        suspend=YES_OR_NO,
        rayClusterSpec=CLUSTER,
    ),
)
CLAIM = fields(
    "apiVersion kind metadata spec",
    apiVersion={"const": "v1"},
    kind={"const": "PersistentVolumeClaim"},
    metadata=fields("name", name=NAME),
    spec=fields(
        "accessModes resources",
        accessModes=list_of({"enum": ["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod", "ReadOnlyMany"]}),
        resources=fields("requests", requests=fields("storage", storage=QUANTITY)),
        storageClassName=NAME,
    ),
)
