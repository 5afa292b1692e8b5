"""In which buckets do the words of a whole column fall?

The same rule as `mockserver.experiment.feature_hashing.count_buckets`, compiled, for all texts of
an Arrow column at once: their UTF-8 bytes one after the other, and where each begins. It looks at
eight bytes at a time, and at most tokens once.
"""

import numpy as np
from numpy.typing import NDArray

from mockserver.batch.compiled import Bytes, compiled, inlined
from mockserver.batch.words import EACH, HIGH_BITS, Words, as_words, before_first
from mockserver.experiment.feature_hashing import QUADRATIC

Offsets = NDArray[np.int32] | NDArray[np.int64]
Counts = NDArray[np.uint32]

_LOW_BITS = np.uint64(EACH * 0x7F)
_SPACES = np.uint64(EACH * 0x20)
_TO_CARRIAGE_RETURN, _FROM_TAB = np.uint64(EACH * (127 + 14)), np.uint64(EACH * (127 - 8))
_TO_NINE, _FROM_ZERO = np.uint64(EACH * (127 + 58)), np.uint64(EACH * (127 - 47))
_0, _1, _3, _4, _8, _32 = (np.uint64(n) for n in (0, 1, 3, 4, 8, 32))
_QUADRATIC, _NO_HASH, _ONCE = np.uint32(QUADRATIC), np.uint32(0), np.uint32(1)
_TEN, _ZERO_DIGIT = np.uint32(10), np.uint32(48)


def count_column(offsets: Offsets, data: Bytes, bits: int, ngrams: int) -> Counts:
    """Return a row of `2**bits` counts for each text, 1 to 31 bits, 0 to 10 as n-grams.

    Text i is `data[offsets[i]:offsets[i + 1]]`.
    """
    counts = np.zeros((len(offsets) - 1, 1 << bits), np.uint32)
    running = np.zeros(max(ngrams, 1), np.uint32)
    _count_column(offsets, data, as_words(data), running, counts)
    return counts


@compiled
def _count_column(
    offsets: Offsets, data: Bytes, words: Words, running: NDArray[np.uint32], counts: Counts
) -> None:
    """Count into `counts`. `running` is room for the value of an n-gram of each length."""
    # One flat loop over words, not one loop over tokens and one within: half as fast, it was.
    mask = np.uint32(counts.shape[1] - 1)
    for row in range(len(counts)):
        at, end = np.uint64(offsets[row]), np.uint64(offsets[row + 1])
        start, value, is_number, before = at, _NO_HASH, True, 0
        while at < end or start < at:
            word = _word(data, words, at, end)
            stops, digits = _stops(word, end - at), _digits(word)
            if stops == _0:
                is_number &= digits == HIGH_BITS
                value = _mixed(_mixed(value, np.uint32(word)), np.uint32(word >> _32))
                at += _8
                continue
            within, size = before_first(stops)
            at += size
            if at != start:
                is_number &= (digits & within) == (HIGH_BITS & within)
                if is_number:
                    value = _number(data, start, at)
                else:
                    value = _finished(value, word & within, size, at - start)
                counts[row, value & mask] += _ONCE
                if before:
                    _count_longer(value, before, running, counts[row])
                running[0] = value
                before += 1
            at += _1
            start, value, is_number = at, _NO_HASH, True


@inlined
def _count_longer(
    value: np.uint32, before: int, running: NDArray[np.uint32], counts: NDArray[np.uint32]
) -> None:
    """Count the n-grams that end with a token; `before` is how many tokens precede it."""
    mask = np.uint32(len(counts) - 1)
    for length in range(min(before, len(running) - 1), 0, -1):
        running[length] = np.uint32(running[length - 1] * _QUADRATIC + value)
        counts[running[length] & mask] += _ONCE


@inlined
def _word(data: Bytes, words: Words, at: np.uint64, end: np.uint64) -> np.uint64:
    """Return the eight bytes from `at`; those behind `end` have no meaning."""
    if at < np.uint64(len(words)):
        word: np.uint64 = words[at]
        return word
    word, place = _0, _0
    while at < end:
        word |= np.uint64(data[at]) << place
        at += _1
        place += _8
    return word


@inlined
def _stops(word: np.uint64, left: np.uint64) -> np.uint64:
    """Return the highest bit of each byte that is ASCII white space or behind the text's end."""
    low = word & _LOW_BITS
    other = word ^ _SPACES
    is_space = ~(((other & _LOW_BITS) + _LOW_BITS) | other)
    is_control = (_TO_CARRIAGE_RETURN - low) & ~word & (low + _FROM_TAB)
    stops = (is_space | is_control) & HIGH_BITS
    return stops | (HIGH_BITS << (left << _3)) if left < _8 else stops


@inlined
def _digits(word: np.uint64) -> np.uint64:
    """Return the highest bit of each byte that is a digit in ASCII."""
    low = word & _LOW_BITS
    return (_TO_NINE - low) & ~word & (low + _FROM_ZERO) & HIGH_BITS


@compiled
def _number(data: Bytes, at: np.uint64, stop: np.uint64) -> np.uint32:
    """Return the value of a row of digits, modulo 2**32."""
    value = np.uint32(0)
    while at < stop:
        value = np.uint32(value * _TEN + data[at] - _ZERO_DIGIT)
        at += _1
    return value


@inlined
def _scrambled(block: np.uint32) -> np.uint32:
    block = np.uint32(block * np.uint32(0xCC9E2D51))
    block = np.uint32(block << np.uint32(15) | block >> np.uint32(17))
    return np.uint32(block * np.uint32(0x1B873593))


@inlined
def _mixed(value: np.uint32, block: np.uint32) -> np.uint32:
    """Return the state of murmur3 after a block of four bytes."""
    value = np.uint32(value ^ _scrambled(block))
    value = np.uint32(value << np.uint32(13) | value >> np.uint32(19))
    return np.uint32(value * np.uint32(5) + np.uint32(0xE6546B64))


@inlined
def _finished(value: np.uint32, rest: np.uint64, size: np.uint64, length: np.uint64) -> np.uint32:
    """Return the hash of a token of `length` bytes, whose last `size` (below 8) are `rest`."""
    low, high = np.uint32(rest), np.uint32(rest >> _32)
    # Chosen without a branch, which nobody could predict. A last block of zero changes nothing.
    is_long = size >= _4
    longer = _mixed(value, low)
    value = longer if is_long else value
    value = np.uint32(value ^ _scrambled(high if is_long else low) ^ np.uint32(length))
    value = np.uint32((value ^ (value >> np.uint32(16))) * np.uint32(0x85EBCA6B))
    value = np.uint32((value ^ (value >> np.uint32(13))) * np.uint32(0xC2B2AE35))
    return np.uint32(value ^ (value >> np.uint32(16)))
