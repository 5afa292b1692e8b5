"""Where does the last whole record of a piece of a CSV file end?

A line end within quotes ends no record, so this follows the quotes from the start of a record on.
A quote opens a value only as its first byte; elsewhere it stands for itself.
"""

import numpy as np

from mockserver.batch.compiled import Bytes, compiled, inlined
from mockserver.batch.words import EACH, HIGH_BITS, ONES, Words, as_words, before_first

_QUOTE, _LINE_FEED, _CARRIAGE_RETURN = 0x22, 0x0A, 0x0D
_QUOTES = np.uint64(EACH * _QUOTE)
_0, _1, _2, _8 = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(8)


def last_record_end(data: bytes, delimiter: str) -> int:
    """Return how many bytes of `data`, which begins with a record, are whole records."""
    signs = np.frombuffer(data, np.uint8)
    return int(_last_record_end(signs, as_words(signs), np.uint8(ord(delimiter))))


def open_quote(data: bytes, delimiter: str) -> int | None:
    """Return where in `data`, which begins with a record, a quote is that nothing closes."""
    signs = np.frombuffer(data, np.uint8)
    at = int(_open_quote(signs, as_words(signs), np.uint8(ord(delimiter))))
    return at if at < len(data) else None


@compiled
def _last_record_end(data: Bytes, words: Words, delimiter: np.uint8) -> np.uint64:
    at, end, size = _0, _0, np.uint64(len(data))
    while at < size:
        quote = _opening_quote(data, words, at, delimiter)
        end = max(end, _behind_last_line_end(data, at, quote))
        at = _behind_closing_quote(data, words, quote)
    return end


@compiled
def _open_quote(data: Bytes, words: Words, delimiter: np.uint8) -> np.uint64:
    at, quote, size = _0, _0, np.uint64(len(data))
    while at < size:
        quote = _opening_quote(data, words, at, delimiter)
        at = _behind_closing_quote(data, words, quote)
    return quote if at > size > quote else size


@compiled
def _opening_quote(data: Bytes, words: Words, at: np.uint64, delimiter: np.uint8) -> np.uint64:
    """Return where the next value begins with a quote: the end, if none does."""
    size = np.uint64(len(data))
    at = _next_quote(data, words, at)
    while at < size:
        before = data[at - _1] if at > _0 else delimiter
        if (before == delimiter) | (before == _LINE_FEED) | (before == _CARRIAGE_RETURN):
            break
        at = _next_quote(data, words, at + _1)
    return at


@compiled
def _behind_closing_quote(data: Bytes, words: Words, at: np.uint64) -> np.uint64:
    """Return where a value, quoted from `at`, goes on: behind the end, if it is not closed."""
    size = np.uint64(len(data))
    at = _next_quote(data, words, at + _1)
    while at < size:
        if at + _1 == size or data[at + _1] != _QUOTE:
            return at + _1
        at = _next_quote(data, words, at + _2)
    return size + _1


@inlined
def _next_quote(data: Bytes, words: Words, at: np.uint64) -> np.uint64:
    """Return where the next quote from `at` on is: at least the end, if there is none."""
    while at < np.uint64(len(words)):
        other = words[at] ^ _QUOTES
        flags = (other - ONES) & ~other & HIGH_BITS
        if flags != _0:
            return at + before_first(flags)[1]
        at += _8
    while at < np.uint64(len(data)) and data[at] != _QUOTE:
        at += _1
    return at


@compiled
def _behind_last_line_end(data: Bytes, start: np.uint64, stop: np.uint64) -> np.uint64:
    """Return where the last line within `data[start:stop]` ends, or 0."""
    at = min(stop, np.uint64(len(data)))
    while at > start:
        if data[at - _1] == _LINE_FEED:
            return at
        # A line feed may follow that belongs to it.
        if data[at - _1] == _CARRIAGE_RETURN and at < np.uint64(len(data)):
            return at
        at -= _1
    return _0
