"""How is a function compiled to machine code, and where is the code kept?

numba compiles a function when it is first called, which takes a second or so, and keeps the code
beside the module or in the user's cache folder. Where neither can be written, each process compiles
anew: slower, with the same results. A compiled function holds no lock of Python's while it runs.

What is kept is compiled anew when its own module changes, but not when another does whose functions
it calls: whoever edits `words.py` runs `make clean`.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

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
