"""Is memory seen as words, one from every byte on?"""

import numpy as np
import pytest

from mockserver.batch.words import as_words


@pytest.mark.parametrize("size", [0, 1, 7, 8, 15, 16, 100])
def test_words_begin_at_every_byte(size: int) -> None:
    """Each word is the eight bytes from its place on, the first the lowest."""
    data = np.arange(1, size + 1, dtype=np.uint8)
    words = as_words(data)
    padded = bytes(data).ljust(16, b"\0")
    assert [int(word) for word in words] == [
        int.from_bytes(padded[at : at + 8], "little") for at in range(len(padded) - 7)
    ]
