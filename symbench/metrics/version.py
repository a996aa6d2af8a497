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
    # 4 of the function track: the variance of the label of a broken symmetry is that of all others, over N
    Track.FUNCTION: "4",
    Track.DISTRIBUTION: "3",
    Track.DYNAMICS: "3",
    Track.INVARIANT: "1",
    Track.REGRESSION: "1",
    # also of the training loop that all classifiers share: 3 ends early by default; 4 has disjoint events
    Track.CLASSIFICATION: "4",
    Track.CHALLENGE: "1",
}
