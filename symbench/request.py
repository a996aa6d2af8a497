"""What a trial asks of a cluster, as amounts and as text. Imports nothing heavy: the plan shows it too."""

from __future__ import annotations

from symbench.trial import Resources

GIB = 1024**3


def amounts(asked: Resources) -> dict[str, float]:
    """What one process of the trial asks for, under Ray's names; memory in bytes."""
    wanted = {"CPU": asked.cpus, "GPU": asked.gpus, "memory": float(int((asked.memory_gib or 0) * GIB))}
    return {name: amount for name, amount in {**wanted, **dict(asked.custom)}.items() if amount > 0}


def describe(asked: Resources) -> str:
    """The request as text, such as `2 workers of 4 CPUs, 1 GPU, 8 GiB, label zone=b`."""
    parts = [amounts_text(amounts(asked)), *(f"label {key}={value}" for key, value in asked.labels)]
    text = ", ".join(parts)
    return f"{asked.workers} workers of {text}" if asked.workers > 1 else text


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
