"""The versions of the metrics, which enter the key of every trial of their track.

Raise a track's version if the same claim, or the same trained classifier, gets other numbers; `tests/metrics` compares
stored numbers with those of today.
"""

from __future__ import annotations

from collections.abc import Mapping

from symbench.component import Track

METRICS_VERSION: Mapping[Track, str] = {
    Track.FUNCTION: "3",  # names in the frame of the data, modulo the trivial part; finite errors per displacement
    Track.DISTRIBUTION: "3",  # names and closure in the frame of the data
    Track.DYNAMICS: "2",
    Track.CLASSIFICATION: "3",  # also of the training loop that all classifiers share: 3 ends early by default
}
