"""What does a JSON Web Token say?

What makes one pass is tested with the policy, in `policies/test_validate_jwt.py`.
"""

from typing import Any

import pytest

from mockserver.gateway.tokens.jwt import (
    Key,
    TokenRefused,
    choose_keys,
    claim_texts,
    read_token,
    verify,
)
from tests.mockserver.gateway.tokens.forging import NOW, SECRET, forged, signed


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("a", ["a"]),
        ("", [""]),
        (7, ["7"]),
        (1.5, ["1.5"]),
        (True, ["true"]),
        (None, ["null"]),
        ([], []),
        (["a", 1, {"b": []}], ["a", "1", '{"b": []}']),
    ],
)
def test_claims_are_texts(value: Any, texts: list[str]) -> None:
    """What is no text is written as JSON; a list has several."""
    assert claim_texts(value) == texts


def test_a_claim_that_cannot_be_written() -> None:
    """Nested as deeply as nothing can be read, it has no text."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert claim_texts({"a": deep}) == []
    while deep:  # Python would take it apart recursively
        deep = deep[0]


def test_a_moment() -> None:
    """It is in seconds since 1970; what is none is refused."""
    token = read_token(signed({"exp": NOW + 0.5}))
    assert (token.moment("exp"), token.moment("nbf")) == (NOW + 0.5, None)
    with pytest.raises(TokenRefused, match="'exp' is no number"):
        read_token(forged({}, {"exp": "soon"})).moment("exp")


def test_what_a_token_says_of_itself() -> None:
    """Its algorithm and its key; what is left out is empty."""
    token = read_token(signed(kid="k"))
    assert (token.algorithm, token.key_id) == ("HS256", "k")
    assert (read_token(forged({})).algorithm, read_token(forged({})).key_id) == ("", "")


def test_which_keys_may_have_signed() -> None:
    """Those of the token's key id, or all if there is none of it."""
    keys = [Key(b"1", frozenset(), "a"), Key(b"2", frozenset(), "b"), Key(b"3", frozenset(), "a")]
    assert choose_keys("a", keys) == [keys[0], keys[2]]
    assert choose_keys("z", keys) == keys
    assert choose_keys("", keys) == keys


def test_a_key_is_used_for_its_own_algorithms_only() -> None:
    """The token does not choose."""
    token = read_token(signed())
    verify(token, [Key(SECRET, frozenset({"HS256"}))], needs_signature=True)
    with pytest.raises(TokenRefused) as refused:
        verify(token, [Key(SECRET, frozenset({"HS512", "RS256"}))], needs_signature=True)
    assert refused.value.reason == "TokenSignatureInvalid"
