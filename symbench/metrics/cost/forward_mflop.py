"""The arithmetic of one forward pass."""

from __future__ import annotations

from collections.abc import Callable

from symbench.metrics.metric import Metric

METRICS = (
    Metric("forward_mflop", "forward", "floating-point operations of one event", "MFLOP", "lower", 3, "significant"),
)


def forward_mflop(forward: Callable[[], object], events: int) -> float:
    """Floating-point operations for one event, in units of 10⁶; `forward` processes this number of events.

    Matrix products are counted, a multiply-add as two operations.
    """
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    with counter:
        forward()
    return counter.get_total_flops() / 1e6 / events
