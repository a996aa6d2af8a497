"""The versions of the metrics, which enter the key of every trial of their track.

Raise a track's version if the same claim, or the same trained classifier, gets other numbers, or if a seed draws other
training events (`data/draws.py`); `tests/metrics` compares stored numbers with those of today.
"""

from __future__ import annotations

from collections.abc import Mapping

from symbench.component import Track

METRICS_VERSION: Mapping[Track, str] = {
    # 3 of the discovery tracks: chance-corrected scores everywhere, and seeds with disjoint training events; of the
    # function track also: names modulo the trivial part, finite errors per displacement, a reference with its floor; of
    # the function and distribution tracks: names and closure in the frame of the data
    Track.FUNCTION: "3",
    Track.DISTRIBUTION: "3",
    Track.DYNAMICS: "3",
    Track.REGRESSION: "1",
    Track.CLASSIFICATION: "3",  # also of the training loop that all classifiers share: 3 ends early by default
}
