"""How do columns of texts and counts become the lines of a file?

Texts are columns as Arrow keeps them: the UTF-8 bytes of all rows one after the other, and where
each begins.
"""

import numpy as np
from numpy.typing import NDArray

from mockserver.batch.compiled import Bytes, compiled, inlined
from mockserver.batch.hash_kernel import Counts, Offsets

_QUOTE, _LINE_FEED, _CARRIAGE_RETURN = 0x22, 0x0A, 0x0D
_AROUND = 2
_0, _1 = np.uint64(0), np.uint64(1)
_TEN, _ZERO_DIGIT = np.uint32(10), np.uint32(48)


def quote_column(
    offsets: Offsets, data: Bytes, delimiter: str
) -> tuple[NDArray[np.int32], Bytes] | None:
    """Return the texts with quotes where a CSV file needs them; None if none of them does."""
    extra = np.empty(len(offsets) - 1, np.int32)
    sign = np.uint8(ord(delimiter))
    more = int(_count_quotes(offsets, data, sign, extra))
    if not more:
        return None
    quoted = np.empty(int(offsets[-1]) - int(offsets[0]) + more, np.uint8)
    ends = np.zeros(len(offsets), np.int32)
    _quote(offsets, data, extra, quoted, ends)
    return ends, quoted


def lines(offsets: Offsets, data: Bytes, counts: Counts, delimiter: str, line_end: str) -> Bytes:
    """Return a line for each text: the text, then its counts, with delimiters between them."""
    ending = np.frombuffer(line_end.encode(), np.uint8)
    size = int(offsets[-1]) - int(offsets[0]) + len(counts) * len(ending)
    written = np.empty(size + int(_digits_and_delimiters(counts)), np.uint8)
    _write_lines(offsets, data, counts, np.uint8(ord(delimiter)), ending, written)
    return written


@compiled
def _count_quotes(
    offsets: Offsets, data: Bytes, delimiter: np.uint8, extra: NDArray[np.int32]
) -> int:
    """Note how many more bytes each text has with its quotes; return the sum."""
    total = 0
    for row in range(len(extra)):
        # Plain loops without a way out: the processor takes 32 bytes at a time.
        text = data[offsets[row] : offsets[row + 1]]
        is_quoted, quotes = False, 0
        for byte in text:
            is_quoted |= (
                (byte == _QUOTE)
                | (byte == delimiter)
                | (byte == _LINE_FEED)
                | (byte == _CARRIAGE_RETURN)
            )
        if is_quoted:
            for byte in text:
                quotes += byte == _QUOTE
        extra[row] = quotes + 2 if is_quoted else 0
        total += extra[row]
    return total


@compiled
def _quote(
    offsets: Offsets, data: Bytes, extra: NDArray[np.int32], quoted: Bytes, ends: NDArray[np.int32]
) -> None:
    to = _0
    for row in range(len(extra)):
        text = data[offsets[row] : offsets[row + 1]]
        if not extra[row]:
            to = _copy(text, quoted, to)
        else:
            quoted[to] = _QUOTE
            to = (
                _copy(text, quoted, to + _1)
                if extra[row] == _AROUND
                else _double(text, quoted, to + _1)
            )
            quoted[to] = _QUOTE
            to += _1
        ends[row + 1] = to


@inlined
def _copy(text: Bytes, written: Bytes, to: np.uint64) -> np.uint64:
    for byte in text:
        written[to] = byte
        to += _1
    return to


@compiled
def _double(text: Bytes, written: Bytes, to: np.uint64) -> np.uint64:
    """Copy a text and double its quotes; return where it ends."""
    for byte in text:
        written[to] = byte
        to += _1
        if byte == _QUOTE:
            written[to] = byte
            to += _1
    return to


@compiled
def _digits_and_delimiters(counts: Counts) -> int:
    total = counts.size * 2
    for row in range(counts.shape[0]):
        for place in range(counts.shape[1]):
            rest = counts[row, place]
            while rest >= _TEN:
                rest = np.uint32(rest // _TEN)
                total += 1
    return total


@compiled
def _write_lines(
    offsets: Offsets,
    data: Bytes,
    counts: Counts,
    delimiter: np.uint8,
    ending: Bytes,
    written: Bytes,
) -> None:
    to = _0
    for row in range(len(counts)):
        to = _copy(data[offsets[row] : offsets[row + 1]], written, to)
        for count in counts[row]:
            written[to] = delimiter
            to = _write_number(count, written, to + _1)
        to = _copy(ending, written, to)


@inlined
def _write_number(number: np.uint32, written: Bytes, to: np.uint64) -> np.uint64:
    """Write a number from `to`; return where it ends."""
    stop, rest = to + _1, number
    while rest >= _TEN:
        rest = np.uint32(rest // _TEN)
        stop += _1
    place = stop
    while place > to:
        place -= _1
        written[place] = _ZERO_DIGIT + number % _TEN
        number = np.uint32(number // _TEN)
    return stop
