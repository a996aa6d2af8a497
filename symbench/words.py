"""Texts of others on their way out: one function for each place in which names, labels and messages appear.

A text of a suite, a plug-in, a data file or an exception may hold markup, formulas, line ends, control characters,
marks that reverse the direction of writing, and halves of characters that no encoding takes.

for_terminal                 what the command line and the progress lines print; cells and labels go through `one_line`
for_page                     the HTML report, before Jinja escapes the markup
for_markdown                 tables and reports in Markdown
for_csv                      a pandas table that a spreadsheet may open
for_mlflow, key_for_mlflow   values and names of tags, parameters and metrics
for_record, error_message    what the record of a trial keeps

File names are made of digests, numbers, and the names of suites and figures, which are checked; never of other texts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from symbench.redaction import redact_text

if TYPE_CHECKING:
    import pandas as pd

MESSAGE_LIMIT = 2000
_READ = 20_000  # characters of a longer message that are looked at: redaction takes time
_KEY_LIMIT = 250  # of MLflow
_TOO_LONG = " … ({} characters)"

# Controls except tab and line feed; marks of direction; invisible characters; surrogates; noncharacters; tags.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\U000e0000-\U000e007f]"
)
_NO_KEY = re.compile(r"[^\w.\- :/]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def visible(text: str) -> str:
    r"""The text with an escape such as `\x1b` for each character that acts instead of being shown."""
    return _HIDDEN.sub(_escape, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """`visible`, in one line."""
    return " ".join(visible(text).split()) if not text.isprintable() else text


def is_one_line(text: str) -> bool:
    """Whether a text can be a label or a name: not empty, in one line, and without hidden characters."""
    return bool(text.strip()) and one_line(text) == text.strip() == text


for_terminal = visible


def for_page(value: object) -> object:
    """A value that a template prints; texts that are not markup are made visible, and Jinja escapes them."""
    return visible(value) if type(value) is str else value


def for_markdown(text: str) -> str:
    """Text in one line that stays text: it starts no cell, list, heading, link, image, HTML, code or emphasis."""
    text = one_line(text).replace("\\", "\\\\").replace("|", "\\|").replace("`", "\\`").replace("*", "\\*")
    text = re.sub(r"&(?=#?\w+;)", "&amp;", text).replace("<", "&lt;").replace("](", "\\](").replace("][", "\\][")
    text = text.replace("]:", "\\]:").replace("~~", "\\~\\~")
    text = re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", text)
    return re.sub(r"^(\s*(?:\d+(?=[.)]\s))?)([#>+=.)-](?=[\s#>=-]|$))", r"\1\\\2", text)


def for_csv(frame: pd.DataFrame) -> str:
    """The table as CSV; a text that a spreadsheet would run as a formula begins with an apostrophe."""
    import pandas as pd

    safe = frame.rename(columns=_no_formula)
    for name, kind in safe.dtypes.items():
        if not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind)):
            safe[name] = safe[name].map(_no_formula)
    text: str = safe.to_csv(index=False, lineterminator="\n")
    return text


def for_mlflow(text: str, limit: int) -> str:
    """A value without secrets and hidden characters, which databases refuse, of at most so many characters."""
    return visible(redact_text(text[: max(_READ, limit)]))[:limit]


def key_for_mlflow(name: str) -> str:
    """A name of a tag, parameter or metric with the characters and the length that MLflow accepts."""
    return _NO_KEY.sub("_", name)[:_KEY_LIMIT] or "_"


def for_record(text: object, limit: int = MESSAGE_LIMIT) -> str:
    """A text as a record keeps it: a plain `str` without secrets and hidden characters, of limited length."""
    if not isinstance(text, str):
        raise TypeError(f"a text was expected, not {type(text).__name__}")
    plain = str.__str__(text)
    whole = len(plain)
    shown = visible(redact_text(plain[:_READ] if whole > _READ else plain))
    if len(shown) <= limit and whole <= _READ:
        return shown
    end = _TOO_LONG.format(whole)
    return shown[: limit - len(end)] + end


def error_message(error: BaseException) -> str:
    """The message of an exception for a record, whatever its `__str__` does."""
    try:
        return for_record(str(error))
    except BaseException as failure:  # __str__ may raise anything, also what ends a process
        return f"the exception has no readable message: its __str__ raised {type(failure).__name__}"


def error_kind(error: BaseException) -> str:
    """The name of an exception's class for a record."""
    return for_record(type.__dict__["__name__"].__get__(type(error)), 100)


def _no_formula(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if len(text) > 1 and text.startswith(_FORMULA) else text


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
