"""How is a function compiled to machine code, and where is the code kept?

numba compiles a function when it is first called, which takes a second or so, and keeps the code
beside the module or in the user's cache folder. Where neither can be written, each process compiles
anew: slower, with the same results. A compiled function holds no lock of Python's while it runs.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]

_LEAST_BYTES = 16
"""With fewer there could be one word, or none, which numba takes for another type of array."""

_P = ParamSpec("_P")
_R = TypeVar("_R")


def compiled(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let `function` be compiled at its first call, once for each combination of types."""
    try:
        made = njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba found no folder to write to
        made = njit(nogil=True)(function)
    return cast("Callable[_P, _R]", made)


def inlined(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let `function` be written into whichever compiled function calls it."""
    return cast("Callable[_P, _R]", njit(nogil=True, inline="always")(function))


def as_words(data: Bytes) -> Words:
    """Return the memory of some bytes as words of eight, one beginning at every byte.

    The first byte of a word is its lowest. The last bytes of `data` begin no word, unless it is
    very short: then a copy is used, with zeros behind it.
    """
    if len(data) < _LEAST_BYTES:
        data = np.concatenate([data, np.zeros(_LEAST_BYTES - len(data), np.uint8)])
        data.flags.writeable = False
    return np.ndarray((len(data) - 7,), dtype="<u8", buffer=data, strides=(1,))
