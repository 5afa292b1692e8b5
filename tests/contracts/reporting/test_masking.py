"""Is a key found in whatever form it comes, and nothing else?"""

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from contracts.reporting.masking import MASK, Masking
from contracts.target import Target
from tests.contracts.reporting.made import KEY, SECRETS, TARGET

masking = Masking(TARGET)


def escaped(secret: str) -> str:
    """Write every character that is no letter as .NET does in JSON."""
    return "".join(c if c.isalnum() else f"\\u{ord(c):04X}" for c in secret)


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "percent": lambda secret: quote(secret, safe=""),
    "percent, slash kept": quote,
    "percent in small letters": lambda secret: (
        quote(secret, safe="").replace("%2F", "%2f").replace("%2B", "%2b").replace("%3D", "%3d")
    ),
    "percent twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "query": quote_plus,
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "JSON in JSON": lambda secret: json.dumps(json.dumps(secret))[3:-3],
    "JSON of PHP": lambda secret: json.dumps(secret)[1:-1].replace("/", "\\/"),
    "JSON of .NET": escaped,
    "HTML": html.escape,
    "HTML, hexadecimal": lambda secret: html.escape(secret).replace("/", "&#x2F;"),
    "HTML, decimal": lambda secret: html.escape(secret).replace("&#x27;", "&#39;"),
    "HTML, names": lambda secret: (
        html.escape(secret).replace("/", "&sol;").replace("=", "&equals;")
    ),
    "HTML twice": lambda secret: html.escape(html.escape(secret)),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 of addresses": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "other case": str.swapcase,
    "backwards": lambda secret: secret[::-1],
    "without its first": lambda secret: secret[1:],
    "without its last": lambda secret: secret[:-1],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_key_is_masked_in_every_form(form: str, secret: str) -> None:
    """All of it goes, and what stands around it stays."""
    assert masking(f"<{FORMS[form](secret)}>") == f"<{MASK}>"


@pytest.mark.parametrize("before", ["", "a", "ab", "user:"])
def test_a_key_within_base64_is_masked(before: str) -> None:
    """As the password of Basic is: its place decides how it is coded."""
    coded = base64.b64encode(f"{before}{KEY} and more".encode()).decode()
    whole = masking(coded)
    assert MASK in whole
    decoded = base64.b64decode(whole.partition(MASK)[0] + "===").decode("latin-1")
    assert len(set(KEY[:4]) & set(decoded.removeprefix(before))) <= 1


def test_halves_of_a_key_are_masked() -> None:
    """Checks send them."""
    middle = len(KEY) // 2
    assert masking(f"{KEY[:middle]}, {KEY[middle:]}") == f"{MASK}, {MASK}"
    assert masking(KEY * 2) == MASK * 2


def test_the_token_of_a_blob_is_masked() -> None:
    """Its signature opens the blob for whoever reads the report; the rest says how long."""
    token = "?sv=2020&se=2026&sig=abc%2Fdef%3D&sp=r"
    assert masking(token) == f"?sv=2020&se=2026&sig={MASK}&sp=r"
    assert masking(masking(token)) == masking(token)


def test_other_text_stays() -> None:
    """What only looks like a part of a key is left alone."""
    text = "a/secret is no key=, nor is subscription/key, %2F &amp; \\u0026 " + "\\" * 50
    assert masking(text) == text
    assert Masking()(text) == text


def test_any_bytes_are_masked() -> None:
    """A body that is no text holds keys as well; all its other bytes stay."""
    odd = b"\xff\x00" + KEY.encode() + b"\xfe"
    assert masking.bytes(odd) == b"\xff\x00" + MASK.encode() + b"\xfe"


def test_a_key_beyond_ascii_is_masked() -> None:
    """Every encoding of it."""
    key = "schlüssel🗝wort"
    hidden = Masking(Target("http://a", "b", "c", key))
    for text in (key, quote(key), json.dumps(key)[1:-1], html.escape(key), "schl&#252;ssel🗝wort"):
        assert hidden(f"<{text}>") == f"<{MASK}>"


def test_long_texts_are_no_trap() -> None:
    """A text made of a key's beginnings and of escapes is read in one go."""
    text = "a" + "\\" * 200_000 + KEY
    assert masking(text) == "a" + "\\" * 200_000 + MASK
