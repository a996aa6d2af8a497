"""Tables as LaTeX: text of others is printed and never executed."""

from __future__ import annotations

import re
import string

from hypothesis import given
from hypothesis import strategies as st

from symbench.leaderboard.latex import escaped, latex
from symbench.leaderboard.rows import leaderboard
from symbench.leaderboard.scores import score_tables
from symbench.leaderboard.table import Line, Table
from tests.factories import discovery_trials

COMMANDS = re.compile(r"\\(?:[a-zA-Z]+|[{}$&%#_|])")


@given(st.text(string.printable + "αεη⁻⁶₁ᵀ−±≥⊕°–“”‖"))
def test_no_text_becomes_a_command(text: str) -> None:
    latex_text = escaped(text)
    outside = re.sub(r"\$[^$]*\$", "", latex_text.replace(r"\$", ""))
    assert "$" not in outside, "mathematics is closed"
    allowed = r"\\(textbackslash|textasciitilde|textasciicircum|textless|textgreater|textbar|ldots)\{\}|\\[{}&%#_]"
    assert not set("\\{}&%#_^~$") & set(re.sub(allowed, "", outside))


def test_signs_and_exponents_are_mathematics() -> None:
    assert escaped("10⁻⁶") == "10$^{-6}$"
    assert escaped("so(1,3) ⊕ ℝ, 1/ε_B at 30 %") == r"so(1,3) $\oplus$ ℝ, 1/$\varepsilon$\_B at 30 \%"
    assert escaped("$α") == r"\$$\alpha$"


def test_a_table_has_the_rules_of_booktabs() -> None:
    table = Table(
        "a_b", ("method", "AUC"), (Line(("x&y", "1")), Line(("ref", "2"), dim=True, rule=True)), ("method",), "note"
    )
    assert latex([table]).splitlines() == [
        r"\begin{table}",
        r"  \centering",
        r"  \caption{a\_b. note}",
        r"  \begin{tabular}{lr}",
        r"    \toprule",
        r"    method & AUC \\",
        r"    \midrule",
        r"    x\&y & 1 \\",
        r"    \midrule",
        r"    \textit{ref} & \textit{2} \\",
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]


def test_every_row_of_a_leaderboard_has_all_columns() -> None:
    text = latex(score_tables(leaderboard(discovery_trials(seeds=2))))
    columns = {len(re.findall(r"(?<!\\)&", line)) for line in text.splitlines() if line.endswith(r"\\")}
    assert len(columns) == 1
    assert COMMANDS.search(text)
