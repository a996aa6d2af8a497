"""The domain of a claim: the region of the data in which it was tested. Nothing is claimed outside of it. Light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

DOMAIN = "domain"
"""The note, and the array (2, d), of a trial that state the domain of its claim."""

LEVELS = (0.05, 0.95)
"""The quantiles of each component that describe the tested events."""


@dataclass(frozen=True)
class Domain:
    """A region, as quantiles of the components of vectors over the events in which a claim was tested.

    low, high   (d,) in the coordinates of the sample
    levels      which quantiles of the tested events these are; (0, 1) for the whole range, a box
    share       of the sample's events that were tested, those nearest to the mean; 1 for all
    """

    low: FloatArray
    high: FloatArray
    levels: tuple[float, float] = (0.0, 1.0)
    share: float = 1.0

    def text(self, scale: float = 1.0) -> str:
        """The region in words, with limits multiplied by `scale`, such as GeV per unit of the sample.

        >>> import numpy as np
        >>> Domain(np.array([-1.0, 0.0]), np.array([1.0, 20.0]), (0.05, 0.95), 0.8).text()
        'the 80 % of events nearest to the mean; components (5 to 95 %): -1 to 1, 0 to 20'
        """
        events = "all events" if self.share >= 1 else f"the {100 * self.share:.0f} % of events nearest to the mean"
        lower, upper = (f"{100 * level:.0f}" for level in self.levels)
        which = "range" if self.levels == (0.0, 1.0) else f"{lower} to {upper} %"
        limits = ", ".join(
            f"{a * scale:.3g} to {b * scale:.3g}" for a, b in zip(self.low.tolist(), self.high.tolist(), strict=True)
        )
        return f"{events}; components ({which}): {limits}"
