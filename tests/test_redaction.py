"""One set of rules for secrets: in texts, in the addresses of stores, and in messages about them."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbench.redaction import redact_address, redact_message, redact_text

ADDRESSES = [
    ("postgresql://me:s3cret@db:5432/x", "postgresql://me:***@db:5432/x"),
    ("postgresql://me:p@ss@db/x", "postgresql://me:***@db/x"),
    ("mysql+pymysql://me:s3cret@db:port/x", "mysql+pymysql://me:***@db:port/x"),
    ("postgresql://db/x?user=me&password=s3cret&sslmode=on", "postgresql://db/x?user=me&password=***&sslmode=on"),
    ("mssql://db/x;pwd=s3cret;encrypt=yes", "mssql://db/x;pwd=***;encrypt=yes"),
    ("https://me:s3cret@host:5000/a", "https://me:***@host:5000/a"),
    ("https://dapi0123@host:5000", "https://***@host:5000"),
    ("http://[::1:5000/a?token=s3cret", "http://[::1:5000/a?token=***"),
    ("s3://AKIA42:s3cret@bucket/x?endpoint=a&token=b", "s3://***@bucket/x"),
    ("abfs://container@account.dfs.core.windows.net/x?sig=s3cret", "abfs://container@account.dfs.core.windows.net/x"),
    ("sqlite:////a/b@c.db", "sqlite:////a/b@c.db"),
    ("/a/b@c/d", "/a/b@c/d"),
]


@pytest.mark.parametrize(("address", "shown"), ADDRESSES)
def test_an_address_is_shown_without_its_secrets(address: str, shown: str) -> None:
    assert redact_address(address) == shown
    assert redact_address(shown) == shown
    assert redact_message(f"cannot reach {address} now", address) == f"cannot reach {shown} now"


PASSWORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Z", "C"), exclude_characters="/'\""), min_size=6)


@given(PASSWORDS, st.sampled_from(["postgresql", "https", "s3", "redis", "sftp"]))
def test_no_form_of_a_password_is_left_in_a_message(password: str, scheme: str) -> None:
    """Libraries repeat an address as a whole, or its password decoded or encoded, alone or in another address."""
    secret = f"<{password}>"
    encoded = quote(secret, safe="")
    address = f"{scheme}://me:{encoded}@host/x"
    for repeated in (address, encoded, secret, f"{scheme}://me:{encoded}@host:1/other"):
        message = redact_message(f"no way to {repeated}!", address)
        assert message.startswith("no way to ")
        assert secret not in message
        assert encoded not in message


@given(PASSWORDS)
def test_no_password_is_left_in_a_text(password: str) -> None:
    secret = f"<{password}>"
    assert secret not in redact_text(f"at ftp://me:{secret}@host/x and more", {})


@pytest.mark.parametrize(
    ("name", "is_hidden"),
    [
        ("AZURE_STORAGE_KEY", True),
        ("GOOGLE_APPLICATION_CREDENTIALS", True),
        ("HF_TOKEN", True),
        ("DB_PASSWORDS", True),
        ("TOKENIZERS_PARALLELISM", False),
        ("KEYBOARD_LAYOUT", False),
        ("HOME", False),
    ],
)
def test_secret_variables_are_known_by_their_names(name: str, is_hidden: bool) -> None:
    text = "the value is abcdef123"
    assert redact_text(text, {name: "abcdef123"}) == ("the value is ***" if is_hidden else text)
