"""Do the kernels, run as plain Python, what they do when compiled? Ends with an error if not."""

import os

import numpy as np
import pyarrow as pa

from mockserver.batch.formats import buffers_of
from mockserver.batch.hash_kernel import count_column
from mockserver.batch.prepare import prepare
from mockserver.experiment.feature_hashing import count_buckets
from tests.mockserver.batch.files import reread, scored

TEXTS = [
    "This is a good day",
    "",
    'a "quoted", word',
    "x" * 8,
    "longer than eight bytes 123456789 7",
    "\tz\n",
    "é 12a",
]


def main() -> None:
    """Compare."""
    if os.environ.get("NUMBA_DISABLE_JIT") != "1":
        raise SystemExit("this is to run with NUMBA_DISABLE_JIT=1")
    prepare()
    for ngrams in (0, 1, 2, 4):
        counts = count_column(*buffers_of(pa.array(TEXTS)), 3, ngrams)
        if counts.tolist() != [count_buckets(text, 3, ngrams) for text in TEXTS]:
            raise SystemExit(f"{ngrams}-grams are counted otherwise")
    content = b'Col1,Col2\r\n1,"a ""b"",\r\nc"\r\n2,' + b"w " * 20 + b'\r\n3,"open at last"'
    rows = reread(scored(content, piece=7))
    if [row[0] for row in rows] != ["Col2", 'a "b",\r\nc', "w " * 20, "open at last"]:
        raise SystemExit("the file is written otherwise")
    if [int(count) for count in rows[2][1:]] != count_buckets("w " * 20, 3, 2):
        raise SystemExit("large counts are written otherwise")
    np.testing.assert_equal(len(rows), 4)
    returns = b'Col2\r"x""y"\r5" disk, no quote\r'.replace(b", ", b" ")
    if [row[0] for row in reread(scored(returns, piece=3))] != ["Col2", 'x"y', '5" disk no quote']:
        raise SystemExit("line ends are found elsewhere")


if __name__ == "__main__":
    main()
