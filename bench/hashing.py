"""How fast does one core hash, and score a file without a network?

Run as a program with the name of a subject and a file, it measures that subject alone, on one core,
and prints one line of JSON: the tokens, bytes and seconds.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from bench.reviews import TEXT_COLUMN, read_texts

BITS, NGRAMS = 3, 2
KERNEL, VOWPAL, SKLEARN, FILES = "kernel", "vowpal-wabbit", "scikit-learn", "file to file"
_TEXTS = 60_000


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run of a subject took, and how much it did."""

    rows: int
    tokens: int
    size: int
    """In bytes of UTF-8: of the texts, or of the file."""
    seconds: float


def kernel(texts: list[str]) -> float:
    """Hash with the kernel that scores files, from an Arrow column."""
    import pyarrow as pa

    from mockserver.batch.formats import buffers_of
    from mockserver.batch.hash_kernel import count_column

    offsets, data = buffers_of(pa.array(texts))
    count_column(offsets[:10], data, BITS, NGRAMS)  # is compiled now
    return _seconds(lambda: count_column(offsets, data, BITS, NGRAMS))


def vowpal_wabbit(texts: list[str]) -> float:
    """Let Vowpal Wabbit read and hash a file of the texts in its own loop; it learns nothing."""
    workspace = import_module("vowpalwabbit").Workspace

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "texts")
        clean = str.maketrans("|:\r\n", "    ")
        lines = (f"| {text.translate(clean)}\n" for text in texts)
        file.write_text("".join(lines), encoding="utf-8")
        options = f"-d {file} --quiet --noop -b {BITS} --ngram {NGRAMS}"
        return _seconds(lambda: workspace(options).finish())


def scikit_learn(texts: list[str]) -> float:
    """Hash with a HashingVectorizer of the same width and n-grams."""
    vectorizer = import_module("sklearn.feature_extraction.text").HashingVectorizer(
        n_features=1 << BITS,
        ngram_range=(1, NGRAMS),
        token_pattern=r"\S+",
        lowercase=False,
        norm=None,
        alternate_sign=False,
    )
    return _seconds(lambda: vectorizer.transform(texts))


def file_to_file(file: Path) -> float:
    """Read, hash and write a whole file, from memory's cache to nowhere."""
    from mockserver.batch.prepare import prepare
    from mockserver.batch.scoring import score_files
    from mockserver.experiment.feature_hashing import FeatureHashing
    from mockserver.experiment.tables import Column, ColumnType, Schema

    prepare()
    module = FeatureHashing(
        Schema((Column(TEXT_COLUMN, ColumnType.STRING),)), [TEXT_COLUMN], BITS, NGRAMS
    )
    return _seconds(
        lambda: score_files(
            module, {"input1": _Source(file)}, {}, {"output1": _Nowhere()}, threads=1
        )
    )


class _Source:
    name, extension = "input1", ".csv"

    def __init__(self, file: Path) -> None:
        self._file = file

    def chunks(self) -> Iterator[bytes]:
        with self._file.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                yield chunk


class _Nowhere:
    extension = ".csv"

    def write(self, block: bytes) -> None:
        del block


def _seconds(work: Callable[[], object]) -> float:
    # CPU time of all threads: what one core takes, whoever else is on it.
    begun = time.process_time()
    work()
    return time.process_time() - begun


HASHERS: dict[str, Callable[[list[str]], float]] = {
    KERNEL: kernel,
    VOWPAL: vowpal_wabbit,
    SKLEARN: scikit_learn,
}


def measure(subject: str, file: Path) -> Figures:
    """Measure one subject in this process."""
    if subject == FILES:
        size = file.stat().st_size
        return Figures(0, 0, size, file_to_file(file))
    texts = read_texts(file, _TEXTS)
    size = sum(len(text.encode()) for text in texts)
    tokens = sum(len(text.encode().split()) for text in texts)
    return Figures(len(texts), tokens, size, HASHERS[subject](texts))


def main() -> None:
    """Measure one subject on one core; print its figures."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    figures = measure(sys.argv[1], Path(sys.argv[2]))
    print(json.dumps([figures.rows, figures.tokens, figures.size, figures.seconds]))


if __name__ == "__main__":
    main()
