"""The resources that a trial requests, as a record, as amounts and as text. Imports nothing heavy, for the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from symbench.component import FrozenModel


def _pairs(value: Any) -> Any:
    """A mapping as sorted pairs, which can be hashed and compared."""
    return tuple(sorted(value.items())) if isinstance(value, Mapping) else value


class Resources(FrozenModel):
    """The request of a trial, for each of its workers if it has several; never part of its key."""

    cpus: float = Field(1.0, gt=0, description="CPU cores, and threads of the trial where at least one")
    gpus: float = Field(0.0, ge=0, description="GPUs; fractions share one")
    memory_gib: float | None = Field(None, gt=0, description="memory in GiB that the scheduler reserves")
    custom: Annotated[tuple[tuple[str, float], ...], BeforeValidator(_pairs)] = Field(
        (), description="amounts of custom resources that the nodes of a cluster declare"
    )
    labels: Annotated[tuple[tuple[str, str], ...], BeforeValidator(_pairs)] = Field(
        (), description="labels that a node must have, by key"
    )
    workers: int = Field(1, ge=1, description="processes that share one training or one fit")
    timeout_s: float = Field(600.0, gt=0, description="time limit of one trial in seconds")


GIB = 1024**3


def amounts(request: Resources) -> dict[str, float]:
    """The request of one process of the trial, under Ray's names; memory in bytes."""
    wanted = {"CPU": request.cpus, "GPU": request.gpus, "memory": float(int((request.memory_gib or 0) * GIB))}
    return {name: amount for name, amount in {**wanted, **dict(request.custom)}.items() if amount > 0}


def describe(request: Resources) -> str:
    """The request as text, such as `2 workers of 4 CPUs, 1 GPU, 8 GiB, label zone=b`."""
    parts = [amounts_text(amounts(request)), *(f"label {key}={value}" for key, value in request.labels)]
    text = ", ".join(parts)
    return f"{request.workers} workers of {text}" if request.workers > 1 else text


def amounts_text(of: dict[str, float]) -> str:
    """Amounts under Ray's names as text: `4 CPUs, 1 GPU, 8 GiB, 1 licence`."""
    parts = []
    for name, amount in of.items():
        if name == "memory":
            parts.append(f"{amount / GIB:.4g} GiB")
        else:
            unit = f"{name}s" if name in ("CPU", "GPU") and amount != 1 else name
            parts.append(f"{amount:g} {unit}")
    return ", ".join(parts)
