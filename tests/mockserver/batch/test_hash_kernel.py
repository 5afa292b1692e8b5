"""Does the compiled kernel count what the row version counts?"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mockserver.batch.formats import buffers_of
from mockserver.batch.hash_kernel import count_column
from mockserver.experiment.feature_hashing import count_buckets

TOP = Path(__file__).parents[3]
VECTORS = [
    json.loads(line)
    for line in (TOP / "tests" / "data" / "vw-vectors.jsonl").read_text().splitlines()
]

words = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"[0-9]{1,40}", fullmatch=True),
    st.from_regex(r"[0-9a]{5,30}", fullmatch=True),
    st.sampled_from([":", "|", "a:1", "\u00a0", "²", "٣", "\x1c", "\x85", "\x00", "\x00" * 8]),
    st.integers(0, 40).map(lambda size: "x" * size),
)
separators = st.sampled_from([" ", "  ", "\t", "\n", "\v", "\f", "\r", "\x08", "\x0e", "\x1f", ""])
texts = st.lists(st.tuples(words, separators), max_size=8).map(
    lambda pairs: "".join(word + separator for word, separator in pairs)
)


def counted(rows: list[str], bits: int, ngrams: int) -> list[list[int]]:
    column = pa.array(rows, pa.string())
    return [[int(n) for n in row] for row in count_column(*buffers_of(column), bits, ngrams)]


@given(rows=st.lists(texts, max_size=6), bits=st.integers(1, 12), ngrams=st.integers(0, 10))
@example(rows=["9" * 5000, "1 " * 100, ""], bits=12, ngrams=2)
@example(rows=["4294967295 4294967296 18446744073709551616"], bits=12, ngrams=3)
@example(rows=["x" * 8, "x" * 16, "12345678", " " * 8, "y"], bits=5, ngrams=2)
def test_any_text_is_counted_as_row_by_row(rows: list[str], bits: int, ngrams: int) -> None:
    """Whatever the texts, bits and n-grams: the kernel and the row version agree."""
    assert counted(rows, bits, ngrams) == [count_buckets(row, bits, ngrams) for row in rows]


def test_vowpal_wabbit_counts_the_same() -> None:
    """Each of the 400 texts that Vowpal Wabbit 9.11 hashed falls in the same buckets."""
    assert len(VECTORS) == 400
    for vector in VECTORS:
        column = pa.array([vector["text"]])
        [row] = count_column(*buffers_of(column), vector["bits"], vector["ngrams"])
        found = {str(bucket): int(row[bucket]) for bucket in np.flatnonzero(row)}
        assert found == vector["counts"]


@pytest.mark.parametrize("bits", [16, 20])
def test_many_bits_find_the_same_bucket(bits: int) -> None:
    """Wide tables, wider than the service permits, are counted too."""
    text = "a few words 17"
    assert counted([text], bits, 3) == [count_buckets(text, bits, 3)]


def test_a_slice_of_a_column_is_counted_alone() -> None:
    """A column that begins within the memory of another counts only its own texts."""
    column = pa.array(["a b", "c", "d e f"]).slice(1, 1)
    counts = count_column(*buffers_of(column), 3, 2)
    assert [list(row) for row in counts] == [count_buckets("c", 3, 2)]


def test_long_columns_have_wider_offsets() -> None:
    """Offsets of 64 bits, which Arrow uses for large strings, count the same."""
    offsets, data = buffers_of(pa.array(["This is a good day", "7"]))
    counts = count_column(offsets.astype(np.int64), data, 3, 2)
    assert [list(row) for row in counts] == [[1, 1, 2, 2, 0, 2, 0, 1], count_buckets("7", 3, 2)]


def test_the_code_means_the_same_before_it_is_compiled() -> None:
    """Run as plain Python, the batch's kernels do what they do compiled."""
    program = Path(__file__).with_name("uncompiled.py")
    subprocess.run(
        [sys.executable, "-W", "ignore::RuntimeWarning", str(program)],
        check=True,
        env=os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(TOP)},
    )
