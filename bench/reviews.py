"""Which files are scored: how is a file that looks like book reviews made?"""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

TEXT_COLUMN = "Col2"
_WORDS = 6000
_REVIEWS_AT_ONCE = 2000
_MEGABYTE = 1_000_000


def write_reviews(file: Path, megabytes: int) -> None:
    """Write so many megabytes of a rating, Col1, and a review, Col2; always the same."""
    source = _reviews(random.Random(7))
    size = 0
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["Col1", TEXT_COLUMN])
        while size < megabytes * _MEGABYTE:
            writer.writerows(next(source) for _ in range(_REVIEWS_AT_ONCE))
            size = stream.tell()


def read_texts(file: Path, most: int) -> list[str]:
    """Return the first reviews of a file."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        next(rows)
        return [text for (_, text), _ in zip(rows, range(most), strict=False)]


def _reviews(luck: random.Random) -> Iterator[tuple[int, str]]:
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    weights = [
        12,
        9,
        8,
        7.5,
        7,
        7,
        6,
        6,
        6,
        4,
        4,
        3,
        3,
        2.5,
        2,
        2,
        2,
        2,
        1,
        1.5,
        2,
        1,
        0.5,
        0.5,
        0.5,
        0.5,
    ]
    words = [
        "".join(luck.choices(letters, weights, k=max(1, round(luck.gauss(4.7, 2.4)))))
        for _ in range(_WORDS)
    ]
    # Few words make most of a text, as in any language.
    shares = [1 / (rank + 3) for rank in range(_WORDS)]
    pool = luck.choices(words, shares, k=200_000)
    while True:
        sentences = []
        for _ in range(luck.randint(1, 9)):
            start = luck.randrange(len(pool) - 30)
            sentence = " ".join(pool[start : start + luck.randint(5, 24)]).capitalize()
            sentences.append(
                luck.choice(["{}.", "{}!", "{}, yes.", 'The "{}" of it.']).format(sentence)
            )
        yield luck.randint(1, 5), " ".join(sentences)
