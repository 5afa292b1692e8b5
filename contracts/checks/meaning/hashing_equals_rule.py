"""Is the hashing exactly that of the published sample?"""

import re

import mmh3
from hypothesis import strategies as st

from contracts.check import Need, performs
from contracts.echo import WORDS, with_texts
from contracts.findings import Broken, NotJudged
from contracts.seed_only import drawn
from contracts.session import Session
from contracts.strategies import texts


@performs(
    "Feature hashing counts words and word pairs by murmur3, as in the published result.",
    "components schemas OutputRows",
    "execute",
    needs=(Need.HASHING,),
)
def hashing_equals_rule(session: Session) -> None:
    """Compute generated texts by a rule of our own and compare cell by cell."""
    made = [" ".join(WORDS), "good good good day good day", "0 00 7 007 4294967295 4294967296 12a"]
    made += [text for text in drawn(TEXTS, 60, f"{session.seed} hashing") if text.strip()]
    _compare(session, [PUBLISHED, *made])
    for blank in ("", "  "):
        _compare(session, [blank], may_be_dropped=True)


PUBLISHED = "This is a good day"
"""The text of the how-to."""
WORD = (
    st.sampled_from(WORDS)
    | texts(12).map(lambda text: text.replace(" ", ""))
    | st.integers(0, 2**40).map(str)
)
TEXTS = st.builds(str.join, st.sampled_from([" ", "  ", "\t"]), st.lists(WORD, max_size=12))


def _compare(session: Session, made: list[str], *, may_be_dropped: bool = False) -> None:
    hashing = session.service.hashing
    assert hashing is not None  # noqa: S101  the check needs it
    exchange = session.execute(session.service.body(with_texts(session, made)), details="true")
    if may_be_dropped and (session.reply(exchange).status == 400 or not session.rows(exchange)):
        return  # a text without words may be taken for a missing one
    came = session.rows(exchange)
    if len(came) != len(made):
        raise NotJudged("the service does not give a row for each text")
    columns = session.service.outputs[session.service.output_names[0]]
    places = [
        columns.index(f"{hashing.column}_HashingFeature.{i}") for i in range(1 << hashing.bits)
    ]
    for text, row in zip(made, came, strict=True):
        expected = [str(n) for n in counts(text, hashing.bits, hashing.ngrams)]
        found = [row[place] for place in places if place < len(row)]
        if found != expected:
            what = f"{text!r} hashes to {found}, not {expected}"
            raise Broken(what, exchange, cause="hashing differs from the rule")


def counts(text: str, bits: int, ngrams: int) -> list[int]:
    """Return how many n-grams of a text fall in each of the 2^bits buckets."""
    hashes = [_hash(token) for token in re.split("[ \t\n\r\f\v]+", text) if token]
    buckets = [0] * (1 << bits)
    for length in range(1, max(ngrams, 1) + 1):
        for start in range(len(hashes) - length + 1):
            value = hashes[start]
            for other in hashes[start + 1 : start + length]:
                value = value * _FACTOR + other
            buckets[value & ((1 << bits) - 1)] += 1
    return buckets


_FACTOR = 27942141
"""What Vowpal Wabbit multiplies by when it joins two features."""


def _hash(token: str) -> int:
    """Return murmur3 of a token, or the number that an all-digit token is."""
    if token.isascii() and token.isdigit():
        return int(token)
    return mmh3.hash(token.encode(), signed=False)
