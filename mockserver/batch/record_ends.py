"""Where does the last whole record of a piece of a CSV file end?

A line end within quotes ends no record, so this follows the quotes from the start of a record on.
A quote opens a value only as its first byte; elsewhere it stands for itself.
"""

import numpy as np

from mockserver.batch.compiled import Bytes, compiled

_QUOTE, _LINE_FEED, _CARRIAGE_RETURN = 0x22, 0x0A, 0x0D


def last_record_end(data: bytes, delimiter: str) -> int:
    """Return how many bytes of `data`, which begins with a record, are whole records."""
    return int(_last_record_end(np.frombuffer(data, np.uint8), np.uint8(ord(delimiter))))


def open_quote(data: bytes, delimiter: str) -> int | None:
    """Return where in `data`, which begins with a record, a quote is that nothing closes."""
    at = int(_open_quote(np.frombuffer(data, np.uint8), np.uint8(ord(delimiter))))
    return at if at < len(data) else None


@compiled
def _last_record_end(data: Bytes, delimiter: np.uint8) -> int:
    at, end, size = 0, 0, len(data)
    while at < size:
        quote = _opening_quote(data, at, delimiter)
        end = max(end, _behind_last_line_end(data, at, quote))
        at = _behind_closing_quote(data, quote) if quote < size else size
    return end


@compiled
def _open_quote(data: Bytes, delimiter: np.uint8) -> int:
    at, quote, size = 0, 0, len(data)
    while at < size:
        quote = _opening_quote(data, at, delimiter)
        at = _behind_closing_quote(data, quote) if quote < size else size
    return quote if at > size else size


@compiled
def _opening_quote(data: Bytes, at: int, delimiter: np.uint8) -> int:
    """Return where the next value begins with a quote: the end, if none does."""
    size = len(data)
    while at < size:
        if data[at] == _QUOTE:
            before = data[at - 1] if at else delimiter
            if (before == delimiter) | (before == _LINE_FEED) | (before == _CARRIAGE_RETURN):
                break
        at += 1
    return at


@compiled
def _behind_closing_quote(data: Bytes, at: int) -> int:
    """Return where a value, quoted from `at`, is closed: behind the end, if it is not."""
    size = len(data)
    at += 1
    while at < size:
        if data[at] == _QUOTE:
            if at + 1 == size or data[at + 1] != _QUOTE:
                return at + 1
            at += 1
        at += 1
    return size + 1


@compiled
def _behind_last_line_end(data: Bytes, start: int, stop: int) -> int:
    """Return where the last line within `data[start:stop]` ends, or 0."""
    at = stop - 1
    while at >= start:
        if data[at] == _LINE_FEED:
            return at + 1
        # A line feed may follow that belongs to it.
        if data[at] == _CARRIAGE_RETURN and at + 1 < len(data):
            return at + 1
        at -= 1
    return 0
