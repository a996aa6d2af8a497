"""Tables as LaTeX with the rules of booktabs; the text of cells and labels is escaped and never a command."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from symbench.leaderboard.table import Line, Table
from symbench.words import one_line

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}
_SYMBOLS = {
    "±": r"\pm",
    "×": r"\times",
    "−": "-",
    "≥": r"\geq",
    "≤": r"\leq",
    "≈": r"\approx",
    "∞": r"\infty",
    "√": r"\surd",
    "∂": r"\partial",
    "∇": r"\nabla",
    "∈": r"\in",
    "∝": r"\propto",
    "⊕": r"\oplus",
    "⊗": r"\otimes",
    "→": r"\to",
    "·": r"\cdot",
    "′": "'",
    "‖": r"\|",
    **{
        letter: rf"\{name}"
        for letter, name in {
            "α": "alpha",
            "β": "beta",
            "γ": "gamma",
            "δ": "delta",
            "ε": "varepsilon",
            "η": "eta",
            "θ": "theta",
            "λ": "lambda",
            "μ": "mu",
            "π": "pi",
            "ρ": "rho",
            "σ": "sigma",
            "τ": "tau",
            "φ": "varphi",
            "χ": "chi",
            "ψ": "psi",
            "ω": "omega",
            "Γ": "Gamma",
            "Δ": "Delta",
            "Λ": "Lambda",
            "Σ": "Sigma",
            "Υ": "Upsilon",
            "Ω": "Omega",
        }.items()
    },
}
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ᵀ", "0123456789-+T", strict=True)) | {"°": r"\circ"}
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₋₊", "0123456789-+", strict=True))
_MATHEMATICS = re.compile(f"[{''.join((*_SYMBOLS, *_RAISED, *_LOWERED))}]+")
_TEXT = {"–": "--", "—": "---", "…": r"\ldots{}", "“": "``", "”": "''", "‘": "`", "’": "'"}


def escaped(text: str) -> str:
    """Text in one line for LaTeX: special characters are printed, Greek letters and signs are mathematics."""
    plain = one_line(text)
    parts: list[str] = []
    start = 0
    for run in _MATHEMATICS.finditer(plain):
        mathematics = "".join(map(_formula, re.findall(f"[{''.join(_RAISED)}]+|[{''.join(_LOWERED)}]+|.", run[0])))
        parts += [*map(_printed, plain[start : run.start()]), f"${mathematics}$"]
        start = run.end()
    return "".join([*parts, *map(_printed, plain[start:])])


def _printed(character: str) -> str:
    return _ESCAPES.get(character) or _TEXT.get(character, character)


def _formula(run: str) -> str:
    """Raised or lowered characters, which stand together, or one symbol."""
    if run[0] in _RAISED:
        return f"^{{{''.join(_RAISED[character] for character in run)}}}"
    if run[0] in _LOWERED:
        return f"_{{{''.join(_LOWERED[character] for character in run)}}}"
    return _SYMBOLS[run]


def latex(tables: Sequence[Table]) -> str:
    """Tables one below the other, each a `table` environment; they need the package booktabs."""
    return "\n\n".join("\n".join(_lines(table)) for table in tables)


def _lines(table: Table) -> Iterator[str]:
    yield r"\begin{table}"
    yield r"  \centering"
    note = f" {table.note}" if table.note else ""
    yield rf"  \caption{{{escaped(f'{one_line(table.title)}.{note}')}}}"
    yield rf"  \begin{{tabular}}{{{''.join('l' if is_text else 'r' for is_text in table.text)}}}"
    yield r"    \toprule"
    yield f"    {_row(table.heads)}"
    yield r"    \midrule"
    for line in table.lines:
        if line.rule:
            yield r"    \midrule"
        yield f"    {_cells(line)}"
    yield r"    \bottomrule"
    yield r"  \end{tabular}"
    yield r"\end{table}"


def _cells(line: Line) -> str:
    if not line.dim:
        return _row(line.cells)
    return " & ".join(rf"\textit{{{escaped(cell)}}}" for cell in line.cells) + r" \\"


def _row(cells: Sequence[str]) -> str:
    return " & ".join(map(escaped, cells)) + r" \\"
