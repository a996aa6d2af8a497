"""How figures look, and how they become SVG for the page and PNG for Markdown.

Colours are those of Okabe and Ito (2008), which readers with any common colour-vision deficiency can distinguish;
methods differ in marker as well. In the SVG, ink and grid follow the page's light or dark scheme.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from symbench.stats.intervals import Estimate

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F4F24", "#5B5BD6")
MARKERS = ("o", "s", "D", "P", "X", "p", "h", "*")  # no triangles: those mark censored values
GREY = "#8A8D94"

_INK, _GRID = "#17181C", "#D3D5DA"  # replaced by CSS colours in the SVG, so no data may be drawn in them

_RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.titlecolor": _INK,
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "axes.linewidth": 0.8,
    "text.color": _INK,
    "text.parse_math": False,  # labels are a user's text: a dollar sign is a dollar sign
    "xtick.color": _INK,
    "ytick.color": _INK,
    "grid.color": _GRID,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.6,
    "lines.markersize": 5.0,
    "figure.facecolor": "none",
    "svg.fonttype": "path",
    "svg.hashsalt": "symbench",
}


@dataclass(frozen=True)
class Picture:
    """A finished figure: a name for files and anchors, title and caption, and the image as SVG and PNG."""

    name: str
    title: str
    caption: str
    svg: str
    png: bytes


@contextmanager
def drawing() -> Iterator[None]:
    """Matplotlib with the report's settings instead of the user's."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**_RC, "backend": matplotlib.rcParams["backend"]})
        yield


def panels(count: int, *, columns: int = 2, width: float = 8.6, height: float = 3.0) -> tuple[Any, list[Any]]:
    """A figure with `count` axes, filled row by row; width and height of one row in inches."""
    from matplotlib.figure import Figure

    columns = min(columns, count)
    rows = -(-count // columns)
    figure = Figure(figsize=(width, height * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for axis in axes[count:]:
        axis.set_visible(False)
    return figure, axes[:count]


def picture(figure: Any, name: str, title: str, caption: str) -> Picture:
    """Render a figure as SVG and PNG; the same figure gives the same bytes."""
    svg, png = io.StringIO(), io.BytesIO()
    figure.savefig(png, format="png", dpi=144, facecolor="white", metadata={"Software": None})
    figure.set_layout_engine("none")  # keeps the layout, which halves the time of the second rendering
    figure.savefig(svg, format="svg", metadata={"Date": None})
    return Picture(name, title, caption, _inline(svg.getvalue(), name), png.getvalue())


def _inline(svg: str, name: str) -> str:
    """SVG to embed in a page beside others: no prologue, no comments, unique ids, and the page's colours."""
    text = svg[svg.index("<svg") :]
    text = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(xlink:href="#|href="#|url\(#)(?!' + re.escape(name) + "-)", rf"\g<1>{name}-", text)
    text = text.replace(_INK.lower(), "currentColor").replace(_GRID.lower(), "var(--grid)")
    text = re.sub(r"<svg [^>]*viewBox=\"([^\"]*)\"[^>]*>", _svg_head, text, count=1)
    return re.sub(r"\n\s*", "\n", text)


def _svg_head(view_box: re.Match[str]) -> str:
    width = float(view_box[1].split()[2])
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
        f'viewBox="{view_box[1]}" style="max-width:{width * 4 / 3:.0f}px;width:100%;height:auto">'
    )


class Palette:
    """The colour and marker of each method, the same in every figure; reference rows are grey."""

    def __init__(self, methods: Sequence[str], references: Sequence[str]) -> None:
        competing = [m for m in methods if m not in references]
        self._looks: dict[str, tuple[str, str, str]] = {}
        for i, method in enumerate(competing):
            lap, place = divmod(i, len(COLOURS))  # when colours repeat, markers and lines differ
            marker = MARKERS[(place + 3 * lap) % len(MARKERS)]
            self._looks[method] = (COLOURS[place], marker, ("-", "--", "-.", ":")[lap % 4])
        self._looks |= {
            m: (GREY, "_", (":", "--", "-.")[i % 3]) for i, m in enumerate(m for m in methods if m in references)
        }

    def colour(self, method: str) -> str:
        return self._looks[method][0]

    def marker(self, method: str) -> str:
        return self._looks[method][1]

    def line(self, method: str) -> str:
        return self._looks[method][2]


def size_axis(axis: Any, sizes: Sequence[int], label: str = "training events N") -> None:
    """A logarithmic axis with ticks at the training sizes."""
    from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

    axis.set_xscale("log")
    axis.xaxis.set_major_locator(FixedLocator(list(sizes)))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_xticks(list(sizes), [f"{n:,}" for n in sizes])
    axis.set_xlim(min(sizes) / 1.25, max(sizes) * 1.25)
    axis.set_xlabel(label)


def log_axis(axis: Any, which: Literal["x", "y"]) -> None:
    """A logarithmic axis with plain labels at decades, and also at 2 and 5 if it covers fewer than two decades."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    (axis.set_xscale if which == "x" else axis.set_yscale)("log")
    low, high = axis.get_xlim() if which == "x" else axis.get_ylim()
    line = axis.xaxis if which == "x" else axis.yaxis
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    step = max(1, (last - first) // 8)
    steps = (1.0, 2.0, 5.0) if math.log10(high / low) < 2 else (1.0,)
    ticks = [m * 10.0**e for e in range(first, last + 1) if e % step == 0 for m in steps]
    line.set_major_locator(FixedLocator([t for t in ticks if low <= t <= high]))
    line.set_major_formatter(FuncFormatter(lambda value, _: plain_number(value)))
    line.set_minor_formatter(NullFormatter())


def interval_points(
    axis: Any,
    x: Sequence[float],
    values: Sequence[Estimate],
    palette: Palette,
    method: str,
    *,
    floor: float = -math.inf,
) -> None:
    """A method's means with their intervals, joined by lines; no error bar extends below `floor`."""
    axis.errorbar(
        x,
        [e.mean for e in values],
        yerr=[
            [e.mean - max(e.low, floor) if e.low is not None else 0.0 for e in values],
            [e.high - e.mean if e.high is not None else 0.0 for e in values],
        ],
        color=palette.colour(method),
        marker=palette.marker(method),
        linestyle=palette.line(method),
        capsize=2.5,
        elinewidth=1.0,
        label=method,
    )


def plain_number(value: float) -> str:
    """`0.01`, `500`, and very small or large numbers as `10⁻⁶`, in Unicode without mathematics typesetting."""
    if 0.0099 < value < 9.99e4:
        return f"{value:,.10g}"
    exponent = math.floor(math.log10(value) + 1e-9)
    mantissa = value / 10.0**exponent
    head = "" if abs(mantissa - 1) < 1e-6 else f"{mantissa:.3g}·"
    return head + "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def legend_below(figure: Any, axis: Any, columns: int = 5) -> None:
    """One legend for all panels, under them."""
    handles, labels = axis.get_legend_handles_labels()
    widest = 40 + 5 * max((len(label) for label in labels), default=0)  # points: the symbol, and letters of 8.5 points
    fitting = max(1, int(72 * figure.get_figwidth() / widest))
    figure.legend(handles, labels, loc="outside lower center", ncols=min(columns, fitting, max(1, len(labels))))
