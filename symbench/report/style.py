"""How figures look: colours, markers, axes and legends, in the report's style or in one of matplotlib or mplhep.

Colours are those of Okabe and Ito (2008), which readers with any common colour-vision deficiency can distinguish;
methods differ in marker as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import quote

from symbench.errors import UnknownNameError
from symbench.extras import require
from symbench.stats.intervals import Estimate

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F4F24", "#5B5BD6")
MARKERS = ("o", "s", "D", "P", "X", "p", "h", "*")  # no triangles: those mark censored values
GREY = "#8A8D94"

INK, GRID = "#17181C", "#D3D5DA"  # CSS colours take their place in the page, so no data may be drawn in them
METHOD = "method:"
"""Starts the SVG id of everything that is drawn of one method; the percent-encoded label follows."""

EXPERIMENTS = {"cms": "CMS", "atlas": "ATLAS", "lhcb": "LHCb2", "alice": "ALICE"}
"""Styles of mplhep, by the names that this package gives them."""

_RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "axes.linewidth": 0.8,
    "text.color": INK,
    "text.parse_math": False,  # labels are a user's text: a dollar sign is a dollar sign
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.6,
    "lines.markersize": 5.0,
    "figure.facecolor": "none",
    "svg.fonttype": "none",  # text stays text: it can be read aloud, found and copied
    "pdf.fonttype": 42,  # TrueType: journals refuse fonts of type 3
    "svg.hashsalt": "symbench",
}


_OF_FILES = ("text.parse_math", "svg.fonttype", "svg.hashsalt", "pdf.fonttype")
_SIZES = (
    "font.size",
    "axes.linewidth",
    *(f"{axis}tick.{kind}" for axis in "xy" for kind in ("major.size", "minor.size", "major.pad")),
)


@contextmanager
def drawing(style: str | None = None) -> Iterator[None]:
    """Matplotlib with the report's settings instead of the user's, or in another style.

    style   a style sheet of matplotlib by name or path, or `cms`, `atlas`, `lhcb` or `alice` of mplhep
    Raises MissingExtraError without mplhep, and UnknownNameError for a style that does not exist.
    """
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**_RC, "backend": matplotlib.rcParams["backend"]})
        if style is not None:
            _use(style)
        yield


def _use(style: str) -> None:
    """Set a style. Names in labels remain a user's text, and files remain reproducible."""
    import matplotlib
    from matplotlib import style as styles

    if style in EXPERIMENTS:
        require("mplhep", "plots")
        import mplhep

        styles.use(getattr(mplhep.style, EXPERIMENTS[style]))
        _shrink(matplotlib.rcParams)
    else:
        try:
            styles.use(style)
        except OSError:
            raise UnknownNameError("style", style, [*EXPERIMENTS, *styles.available]) from None
    matplotlib.rcParams.update({name: _RC[name] for name in _OF_FILES})


def _shrink(settings: Any) -> None:
    """Sizes of an experiment's style, made for a figure of 10 inches, for panels of 3; and a font with all signs."""
    factor = _RC["font.size"] / settings["font.size"]
    for name in _SIZES:
        settings[name] *= factor
    settings["font.family"] = [*settings["font.sans-serif"][:1], "DejaVu Sans"]


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


def of_method(method: str, *artists: Any) -> None:
    """Mark what is drawn of a method, so that readers of the page can choose methods and point at them."""
    for artist in artists:
        artist.set_gid(METHOD + quote(method, safe=""))


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
    drawn = axis.errorbar(
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
    of_method(method, *drawn.get_children())


def interval_record(value: Estimate) -> dict[str, float | int | None]:
    """An estimate as columns of a figure's data."""
    return {"mean": value.mean, "low": value.low, "high": value.high, "seeds": value.n}


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
