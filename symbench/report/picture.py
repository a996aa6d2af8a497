"""A finished figure as files: PNG, SVG and PDF for papers, its data as CSV, and the SVG that the page embeds.

The embedded SVG follows the page's light or dark scheme. It names the method of each mark and the axes of each panel,
from which the page's script reads values at the pointer (see page.js).
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import unquote

from symbench.report.style import GRID, INK, METHOD
from symbench.words import for_csv

FORMATS = ("png", "svg", "pdf", "csv")
"""The files of a figure by their suffixes; csv has its data."""

_POINTS_PER_INCH = 72  # of matplotlib's SVG
_PIXELS_PER_POINT = 4 / 3


@dataclass(frozen=True)
class Picture:
    """A finished figure.

    name      of files and anchors
    title     and caption, as texts
    figure    the matplotlib figure
    records   the data that are drawn, one record for each point
    svg       to embed in a page beside others
    files     suffix → content: png, svg, pdf and csv
    """

    name: str
    title: str
    caption: str
    figure: Any
    records: tuple[Mapping[str, object], ...]
    svg: str
    files: Mapping[str, bytes]


def picture(figure: Any, name: str, title: str, caption: str, records: Iterable[Mapping[str, object]]) -> Picture:
    """Render a figure in every format; the same figure gives the same bytes."""
    import pandas as pd

    png, svg, pdf = io.BytesIO(), io.StringIO(), io.BytesIO()
    figure.savefig(png, format="png", dpi=144, facecolor="white", metadata={"Software": None})
    figure.set_layout_engine("none")  # keeps the layout, which halves the time of further renderings
    figure.savefig(svg, format="svg", metadata={"Date": None})
    figure.savefig(pdf, format="pdf", metadata={"CreationDate": None})
    rows = tuple(records)
    files = {
        "png": png.getvalue(),
        "svg": svg.getvalue().encode(),
        "pdf": pdf.getvalue(),
        "csv": for_csv(pd.DataFrame.from_records(rows)).encode(),
    }
    return Picture(name, title, caption, figure, rows, _embedded(svg.getvalue(), figure, name, title), files)


def _embedded(svg: str, figure: Any, name: str, title: str) -> str:
    """SVG without prologue and comments, with unique ids, the page's colours, and short numbers."""
    text = svg[svg.index("<svg") :]
    text = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="' + METHOD + r'([^"]*)"', lambda m: f'data-m="{escape(unquote(m[1]))}"', text)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(xlink:href="#|href="#|url\(#)(?!' + re.escape(name) + "-)", rf"\g<1>{name}-", text)
    text = text.replace(INK.lower(), "currentColor").replace(GRID.lower(), "var(--grid)")
    text = re.sub(r" font-family: [^;\"]*;", "", text)  # the page's style sheet has it
    text = re.sub(r"<[^>]+>", lambda tag: re.sub(r"(\d\.\d\d)\d+", r"\1", tag[0]), text)
    text = re.sub(r"<g( clip-path=\"[^\"]*\")?>\s*((?:<use [^>]*/>\s*)+)</g>", _one_style, text)
    for number, (axis, box) in enumerate(_panels(figure), start=1):
        text = text.replace(f'id="{name}-axes_{number}"', f'id="{name}-axes_{number}" {_axes(axis, box)}')
    text = re.sub(r"<svg [^>]*viewBox=\"([^\"]*)\"[^>]*>", lambda m: _head(m[1], title), text, count=1)
    return re.sub(r"\n\s*", "\n", text)


def _one_style(match: re.Match[str]) -> str:
    """Marks of one style have it in their group."""
    styles = set(re.findall(r' style="([^"]*)"', match[2]))
    if len(styles) != 1 or match[2].count(" style=") != match[2].count("<use "):
        return match[0]
    marks = re.sub(r' style="[^"]*"', "", match[2])
    return f'<g{match[1] or ""} style="{styles.pop()}">\n{marks}</g>'


def _panels(figure: Any) -> list[tuple[Any, tuple[float, float, float, float]]]:
    """Visible axes in the order of drawing, with (left, top, width, height) in the units of the SVG."""
    width, height = (_POINTS_PER_INCH * inches for inches in figure.get_size_inches())
    shown = [axis for axis in figure.axes if axis.get_visible()]
    places = ((axis, axis.get_position()) for axis in shown)
    return [(a, (p.x0 * width, (1 - p.y1) * height, p.width * width, p.height * height)) for a, p in places]


def _axes(axis: Any, box: tuple[float, float, float, float]) -> str:
    """What translates a place into data: the box, and of each axis its limits, its scale and its label."""
    plain = {
        "box": [round(value, 2) for value in box],
        "x": [*map(float, axis.get_xlim()), axis.get_xscale() == "log", _label(axis.xaxis)],
        "y": [*map(float, axis.get_ylim()), axis.get_yscale() == "log", _label(axis.yaxis)],
    }
    return f'data-axes="{escape(json.dumps(plain, ensure_ascii=False))}"'


def _label(axis: Any) -> str:
    return str(axis.get_label_text())


def _head(view_box: str, title: str) -> str:
    width = float(view_box.split()[2])
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
        f'aria-label="{escape(title)}" viewBox="{view_box}" '
        f'style="max-width:{width * _PIXELS_PER_POINT:.0f}px;width:100%;height:auto">'
    )
