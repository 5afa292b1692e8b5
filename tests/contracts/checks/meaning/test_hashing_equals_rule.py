"""Is the judge's own rule that of Vowpal Wabbit, and does it see a service that has another?"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.checks.meaning.hashing_equals_rule import TEXTS, counts
from contracts.run import Plan, Run
from contracts.seed_only import drawn
from contracts.target import Target

VECTORS = Path(__file__).parents[3] / "data" / "vw-vectors.jsonl"


def test_the_published_sample() -> None:
    """The how-to's result."""
    assert counts("This is a good day", 3, 2) == [1, 1, 2, 2, 0, 2, 0, 1]


def test_what_vowpal_wabbit_counts() -> None:
    """All that was recorded from it."""
    lines = VECTORS.read_text(encoding="utf-8").splitlines()
    assert len(lines) >= 100
    for line in lines:
        vector = json.loads(line)
        expected = [0] * (1 << vector["bits"])
        for bucket, count in vector["counts"].items():
            expected[int(bucket)] = count
        assert counts(vector["text"], vector["bits"], vector["ngrams"]) == expected, vector["text"]


def test_texts_are_of_every_kind() -> None:
    """Other scripts, digits, repeated words, none at all."""
    made = drawn(TEXTS, 200, "1")
    assert any(not text.isascii() for text in made)
    assert any(word.isdigit() for text in made for word in text.split())
    assert any(len(set(text.split())) < len(text.split()) for text in made)
    assert "" in made


@pytest.mark.parametrize(("ngrams", "findings"), [(1, 1), (2, 0), (3, 1)])
def test_a_service_with_another_rule_is_found(target: Target, ngrams: int, findings: int) -> None:
    """Here: a service of word pairs, told to be one of other n-grams."""
    with Run(replace(target, ngrams=ngrams), Plan(only=("hashing_equals_rule",))) as run:
        run.prepare()
        skipped, found = run.perform(run.report.checks["hashing_equals_rule"])
    assert (skipped, len(found)) == ("", findings)
