"""Is the hashing exactly that of the published sample?"""

import mmh3

from contracts.check import Need, performs
from contracts.echo import texts
from contracts.findings import Broken
from contracts.session import Session


@performs(
    "Feature hashing counts words and word pairs by murmur3, as in the published result.",
    "components schemas OutputRows",
    "execute",
    needs=(Need.HASHING,),
)
def hashing_equals_rule(session: Session) -> None:
    """Compute generated texts by a rule of our own and compare cell by cell."""
    hashing = session.service.hashing
    assert hashing is not None  # noqa: S101  the check needs it
    place = list(session.service.inputs[session.service.input_name]).index(hashing.column)
    rows = [*session.service.sample_rows, *texts(session, 25)]
    exchange = session.execute(session.service.body(rows), details="true")
    columns = session.service.outputs[session.service.output_names[0]]
    first = columns.index(f"{hashing.column}_HashingFeature.0")
    size = 1 << hashing.bits
    for row, came in zip(rows, session.rows(exchange), strict=False):
        expected = [str(n) for n in counts(str(row[place]), hashing.bits, hashing.ngrams)]
        if came[first : first + size] != expected:
            what = f"{row[place]!r} hashes to {came[first : first + size]}, not {expected}"
            raise Broken(what, exchange, cause="hashing differs from the rule")


def counts(text: str, bits: int, ngrams: int) -> list[int]:
    """Return how many n-grams of a text fall in each of the 2^bits buckets."""
    hashes = [_hash(token) for token in text.split()]
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
