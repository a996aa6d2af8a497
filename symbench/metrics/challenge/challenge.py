"""The answer of one test of one transformation; `symbench.which_is_real.pair_test` computes it."""

from __future__ import annotations

from symbench.metrics.metric import UNIT, Metric

METRICS = (
    Metric(
        "challenge_accuracy",
        "real one preferred",
        "share of tested events that the classifier prefers to their transformed copies, 0.5 if it cannot tell: "
        "the breaking of the data",
        support=UNIT,
    ),
    Metric("challenge_accuracy_error", "its error", "standard error of the share of events that are preferred"),
    Metric(
        "challenge_z",
        "z",
        "sum of the classifier's differences over the root of the sum of their squares, nearly standard normal under "
        "the symmetry",
        better="higher",
        decimals=1,
    ),
    Metric("challenge_p", "p", "one-sided p-value of z", decimals=2, style="significant"),
    Metric("challenge_events", "events tested", "events on which the classifier was tested", decimals=0),
)
