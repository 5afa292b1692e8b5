"""How are eight bytes looked at in one step?

A word is eight bytes of a text; the first byte is its lowest. What is found in a word is written as
flags: the highest bit of each byte for which it holds.
"""

import numpy as np
from numpy.typing import NDArray

from mockserver.batch.compiled import Bytes, inlined

Words = NDArray[np.uint64]

# numba takes a plain number for a signed one, and a signed with an unsigned number for a double.
EACH = 0x0101010101010101
ONES = np.uint64(EACH)
HIGH_BITS = np.uint64(EACH * 0x80)
_1, _7, _56 = np.uint64(1), np.uint64(7), np.uint64(56)

_LEAST_BYTES = 16
"""With fewer there could be one word, or none, which numba takes for another type of array."""


def as_words(data: Bytes) -> Words:
    """Return the memory of some bytes as words, one beginning at every byte.

    The last bytes of `data` begin no word, unless it is
    very short: then a copy is used, with zeros behind it.
    """
    if len(data) < _LEAST_BYTES:
        data = np.concatenate([data, np.zeros(_LEAST_BYTES - len(data), np.uint8)])
        data.flags.writeable = False
    return np.ndarray((len(data) - 7,), dtype="<u8", buffer=data, strides=(1,))


@inlined
def before_first(flags: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return a mask of the bytes before the first that is flagged, and how many they are."""
    first = flags & (~flags + _1)
    return (first >> _7) - _1, (((first - _1) & ONES) * ONES >> _56) - _1
