"""A figure that a notebook shows without pyplot, and therefore without a global list of figures."""

from __future__ import annotations

import io

from matplotlib.figure import Figure


class NotebookFigure(Figure):
    """A matplotlib figure with a PNG of its own for Jupyter, which otherwise shows figures of pyplot only."""

    def _repr_png_(self) -> bytes:
        png = io.BytesIO()
        self.savefig(png, format="png", bbox_inches="tight")
        return png.getvalue()
