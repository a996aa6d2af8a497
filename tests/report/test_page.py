"""The page in a browser: sorting, filters, sizes, metrics, copying, pointing, the choice of methods, and no request."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
from base64 import b64decode
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from symbench.component import Track
from symbench.report import SuiteFacts, write_report
from symbench.report.embedded import embedded
from symbench.trial.result import Status
from tests.factories import classification_trials, discovery_trials, trial
from tests.report.browser import BrowserPage, browser, needs_browser

FACTS = SuiteFacts("demo", "What is asked", "name: demo\n", {"top-tagging": "pfn"})
MEGABYTE = 1e6

READ = "[...document.querySelectorAll('table[data-task=discovery-1] tbody tr')].filter(r => !r.hidden)"
FIRST = f"{READ}.map(r => r.cells[2].textContent)"
HEAD = "document.querySelectorAll('table[data-task=discovery-1] thead .sort')"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    results = [
        *discovery_trials(sizes=(50, 100, 400)),
        *discovery_trials("control", truth="none", sizes=(100,)),
        *classification_trials(),
        trial(task="cms-dimuon-mass", method="nullspace", train_size=400, seed=9, status=Status.TIMEOUT),
    ]
    return write_report(FACTS, results, tmp_path_factory.mktemp("page")).html


def drive(steps: Callable[[BrowserPage], Awaitable[None]]) -> None:
    """Run steps in a browser; whatever the page does, it writes no complaint and requests nothing."""

    async def run() -> None:
        async with browser() as page:
            await steps(page)
            assert page.complaints == []
            assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []

    asyncio.run(run())


@needs_browser
def test_tables_figures_and_methods_answer(report: Path) -> None:
    async def steps(page: BrowserPage) -> None:
        await page.open(report)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 1280
        await page.evaluate("location.hash = '#discovery-1'")
        await asyncio.sleep(0.1)
        assert await page.evaluate("document.querySelector('#discovery-1').open"), "a link opens its section"
        await _tables(page)
        await _methods(page)
        await _pointing(page)

    drive(steps)


async def _tables(page: BrowserPage) -> None:
    ranked = await page.evaluate(FIRST)
    assert ranked == ["nullspace", "liegan", "truth", "random"]
    for order in (["liegan", "nullspace", "random", "truth"], ["truth", "random", "nullspace", "liegan"], ranked):
        await page.evaluate(f"{HEAD}[2].click()")
        assert await page.evaluate(FIRST) == order
    await page.evaluate(f"{HEAD}[3].focus()")
    await page.press("Enter")
    scores = [float(text.split()[0]) for text in await page.evaluate(f"{READ}.map(r => r.cells[3].textContent)")]
    assert scores == sorted(scores, reverse=True), "the keyboard sorts, too"
    assert await page.evaluate(f"{HEAD}[3].closest('th').getAttribute('aria-sort')") == "descending"
    for value, count in (("50", 4), ("all", 12), ("400", 4)):
        await page.evaluate(
            f"(s => {{ s.value = '{value}'; s.dispatchEvent(new Event('change')); }})"
            "(document.querySelector('#discovery-1 .bar-of-table select'))"
        )
        assert await page.evaluate(f"{READ}.length") == count
    filtered = (
        "(i => {{ i.value = '{}'; i.dispatchEvent(new Event('input')); }})"
        "(document.querySelector('#discovery-1 .bar-of-table input'))"
    )
    await page.evaluate(filtered.format("null"))
    assert await page.evaluate(FIRST) == ["nullspace"]
    copies = {}
    for form in ("CSV", "Markdown", "LaTeX"):
        await page.evaluate(
            "navigator.clipboard.writeText = async t => { window.copied = t; };"
            f"document.querySelector('#discovery-1 .copies button[aria-label$=\"as {form}\"]').click()"
        )
        copies[form] = str(await page.evaluate("new Promise(r => setTimeout(() => r(window.copied), 50))"))
    assert copies["CSV"].splitlines()[0].startswith("N,tier,method,")
    assert copies["CSV"].splitlines()[1].startswith("400,1,nullspace,")
    assert copies["Markdown"].splitlines()[1].startswith("| --- | ---")
    assert "\\toprule" in copies["LaTeX"]
    assert "nullspace &" in copies["LaTeX"]
    assert all("↕" not in text and "?" not in text.splitlines()[0] for text in copies.values())
    await page.evaluate(filtered.format(""))


async def _methods(page: BrowserPage) -> None:
    await page.evaluate("document.querySelector('#methods input[value=liegan]').click()")
    assert await page.evaluate(FIRST) == ["nullspace", "truth", "random"]
    shown = "[...document.querySelectorAll('.frame g[data-m=liegan]')].map(g => getComputedStyle(g).display)"
    assert set(await page.evaluate(shown)) == {"none"}
    assert await page.evaluate("document.querySelectorAll('.plot g[data-m=liegan]').length") == 0
    assert await page.evaluate("document.querySelector('#shown').textContent") == "5 of 6"
    await page.evaluate("document.querySelector('[data-choose=all]').click()")
    assert await page.evaluate("document.querySelectorAll('.plot g[data-m=liegan]').length") == 1
    assert len(await page.evaluate(FIRST)) == 4


async def _pointing(page: BrowserPage) -> None:
    place = """(selector => {
      const svg = document.querySelector(selector);
      svg.scrollIntoView({block: 'center', behavior: 'instant'});
      const mark = svg.querySelector('g[data-m=nullspace] use, g[data-m=nullspace] path[transform]');
      const box = mark.getBoundingClientRect();
      return [box.x + box.width / 2, box.y + box.height / 2];
    })"""
    await page.evaluate("document.querySelector('#unfold').click()")
    for selector, expected in (("#discovery-1 .plot svg", "F1 above chance"), ("#spectra-1 svg", "direction: 1")):
        x, y = await page.evaluate(f"{place}('{selector}')")
        await page.move(x, y)
        assert await page.evaluate("document.querySelector('#tip').hidden") is False
        text = await page.evaluate("document.querySelector('#tip').textContent")
        assert text.startswith("nullspace")
        assert expected in text
        assert await page.evaluate(f"document.querySelector('{selector}').classList.contains('pointed')")
    drawn = "document.querySelector('#discovery-1 .plot svg').getAttribute('aria-label')"
    before = await page.evaluate(drawn)
    await page.evaluate(
        "(s => { s.value = '1'; s.dispatchEvent(new Event('change')); })"
        "(document.querySelector('#discovery-1 .chart select'))"
    )
    assert await page.evaluate(drawn) != before
    await page.evaluate("document.querySelector('#discovery-1 .plot svg').focus()")
    await page.press("ArrowRight")
    assert "N = " in await page.evaluate("document.querySelector('#said').textContent"), "the keyboard reads values"
    await page.evaluate("document.querySelector('#discovery-1 .why').focus()")
    await page.press("Enter")
    assert await page.evaluate("document.querySelectorAll('.term:popover-open').length") == 1, "and explains terms"


@needs_browser
def test_phones_dark_mode_and_print(report: Path, tmp_path: Path) -> None:
    async def steps(page: BrowserPage) -> None:
        await page.open(report, width=390, height=844)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390, "nothing is wider than a phone"
        await page.open(report, dark=True)
        assert await page.evaluate(CONTRAST) == []
        await page.open(report)
        assert await page.evaluate(CONTRAST) == []
        await page.print(tmp_path / "page.pdf")
        assert (tmp_path / "page.pdf").stat().st_size > 50_000

    drive(steps)


CONTRAST = """(() => {
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const parse = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const back = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const poor = new Set();
  const texts = 'h1,h2,p,li,a,td,th,small,b,button,summary,.sign,.tag,.brief';
  for (const element of document.querySelectorAll(texts)) {
    if (!element.textContent.trim()) continue;
    const [a, b] = [parse(getComputedStyle(element).color).slice(0, 3), back(element)].map(luminance);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.add(`${element.tagName}.${element.className} ${ratio.toFixed(2)}`);
  }
  return [...poor];
})()"""
"""The elements whose text has less contrast than WCAG's AA asks for."""


def test_the_embedded_data_are_compressed_json_that_repeats() -> None:
    tasks = [{"anchor": "a", "rows": [[0, 1, False, ["<x>"], None]]}]
    assert json.loads(gzip.decompress(b64decode(embedded(tasks)))) == {"tasks": tasks}
    assert embedded(tasks) == embedded(tasks)


@pytest.mark.slow
def test_a_large_suite_is_one_page_below_five_megabytes(tmp_path: Path) -> None:
    results = [
        trial(
            track=Track.FUNCTION,
            task=f"a-task-with-a-name-{t}",
            method=f"method-of-number-{m}",
            train_size=50 * 2**n,
            seed=s,
            metrics={
                "f1": (m + n + 1) / 112 + 0.01 * s,
                "count": 6.0,
                "recall": m / 100,
                "precision": n / 10,
                "angle_max_deg": 90 / (m + 1) + 0.01 * t,
                "defect_max": 1 / (1 + m + n),
            },
            notes={"truth": "so(1,3)", "algebra": "so(1,3)"},
        )
        for t in range(20)
        for m in range(100)
        for n in range(10)
        for s in range(2)
    ]
    html = write_report(FACTS, results, tmp_path).html
    assert os.stat(html).st_size < 5 * MEGABYTE
