"""Does Feature Hashing compute what Vowpal Wabbit computes, and fail as the module fails?"""

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mockserver.experiment.failures import MemoryQuotaExceeded, ModuleFailed
from mockserver.experiment.feature_hashing import (
    BITSIZE,
    COLUMNS,
    NGRAMS,
    FeatureHashing,
    count_buckets,
    token_hash,
)
from mockserver.experiment.tables import Cell, Column, ColumnType, Schema

VECTORS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "data" / "vw-vectors.jsonl").read_text().splitlines()
]
TEXT = Schema((Column("Col2", ColumnType.STRING),))
RATED = Schema((Column("Col1", ColumnType.INT32), Column("Col2", ColumnType.STRING)))


def murmur3_by_the_book(data: bytes) -> int:
    """MurmurHash3 x86 32 bit with seed 0, written from its definition, one step at a time."""
    value = 0
    whole = len(data) // 4 * 4
    for start in range(0, whole, 4):
        value ^= scrambled(int.from_bytes(data[start : start + 4], "little"))
        value = rotated(value, 13)
        value = (value * 5 + 0xE6546B64) % 2**32
    value ^= scrambled(int.from_bytes(data[whole:], "little"))
    value ^= len(data)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        value = (value ^ value >> shift) * factor % 2**32
    return value ^ value >> 16


def scrambled(block: int) -> int:
    return rotated(block * 0xCC9E2D51 % 2**32, 15) * 0x1B873593 % 2**32


def rotated(value: int, places: int) -> int:
    return (value << places | value >> (32 - places)) % 2**32


def counts_by_the_book(text: str, bits: int, ngrams: int) -> list[int]:
    """Read the rule slowly: every n-gram of every length on its own, in whole numbers."""
    counts = [0] * 2**bits
    white_space = {9, 10, 11, 12, 13, 32}
    tokens: list[list[int]] = [[]]
    for byte in text.encode("utf-8"):
        if byte in white_space:
            tokens.append([])
        else:
            tokens[-1].append(byte)
    hashes = []
    for token in filter(None, tokens):
        is_number = all(48 <= byte <= 57 for byte in token)
        number = 0
        for byte in token:
            number = number * 10 + byte - 48
        hashes.append(number if is_number else murmur3_by_the_book(bytes(token)))
    for length in range(1, max(ngrams, 1) + 1):
        for start in range(len(hashes) - length + 1):
            value = hashes[start]
            for offset in range(1, length):
                value = value * 27942141 + hashes[start + offset]
            counts[value % 2**32 % 2**bits] += 1
    return counts


@pytest.mark.parametrize("vector", VECTORS, ids=range(len(VECTORS)))
def test_vowpal_wabbit_counts_the_same(vector: dict[str, object]) -> None:
    """Each of the 400 texts that Vowpal Wabbit 9.11 hashed falls in the same buckets."""
    counts = count_buckets(
        str(vector["text"]), int(str(vector["bits"])), int(str(vector["ngrams"]))
    )
    assert {str(i): count for i, count in enumerate(counts) if count} == vector["counts"]


def test_there_are_400_vectors() -> None:
    """The vector file is whole."""
    assert len(VECTORS) == 400


words = st.one_of(
    st.text(min_size=1, max_size=12),
    st.from_regex(r"[0-9]{1,40}", fullmatch=True),
    st.sampled_from([":", "|", "a:1", "\u00a0", "²", "٣", "\x1c", "\x85"]),
)


@given(
    text=st.lists(words, max_size=12).map(" ".join),
    bits=st.integers(1, 12),
    ngrams=st.integers(0, 10),
)
@example(text="9" * 5000, bits=12, ngrams=2)
@example(text="4294967295 4294967296 18446744073709551616", bits=12, ngrams=3)
def test_the_rule_read_slowly_counts_the_same(text: str, bits: int, ngrams: int) -> None:
    """Any text falls in the buckets that an independent, slow reading of the rule gives."""
    assert count_buckets(text, bits, ngrams) == counts_by_the_book(text, bits, ngrams)


@given(st.binary(max_size=40).filter(lambda data: not data.isdigit()))
def test_the_hash_of_a_token_is_murmur3(data: bytes) -> None:
    """A token's hash has the 32 bits of MurmurHash3, whatever its sign in Python."""
    assert token_hash(data) % 2**32 == murmur3_by_the_book(data)


def hashed(
    rows: list[list[Cell]], schema: Schema = TEXT, *, bits: int = 3, ngrams: int = 2
) -> list[list[str | None]]:
    module = FeatureHashing(schema, ["Col2"], bits, ngrams)
    return [list(row) for row in module.score({"input1": rows}, {})["output1"].rows]


def test_the_how_to_gets_its_result() -> None:
    """`This is a good day` gives the text and 1 1 2 2 0 2 0 1."""
    assert hashed([["This is a good day"]]) == [["This is a good day", *"11220201"]]


def test_the_other_columns_are_kept_in_front() -> None:
    """Columns that are not hashed come back as text, before the counts."""
    module = FeatureHashing(RATED, ["Col2"], 1, 1)
    table = module.score({"input1": [[5, "a"]]}, {})["output1"]
    assert [list(row) for row in table.rows] == [["5", "a", "1", "0"]]
    assert table.schema.names == ("Col1", "Col2", "Col2_HashingFeature.0", "Col2_HashingFeature.1")
    assert [column.type for column in table.schema.columns] == ["Int32", "String", "Int32", "Int32"]


def test_several_target_columns_follow_each_other() -> None:
    """Each target column appends its own buckets."""
    schema = Schema((Column("a", ColumnType.STRING), Column("b", ColumnType.STRING)))
    table = FeatureHashing(schema, ["b", "a"], 1, 1).score({"input1": [["x", ""]]}, {})["output1"]
    assert table.schema.names[2:] == (
        "b_HashingFeature.0",
        "b_HashingFeature.1",
        "a_HashingFeature.0",
        "a_HashingFeature.1",
    )
    assert list(table.rows[0][2:4]) == ["0", "0"]


def test_a_taken_name_gets_a_number() -> None:
    """If the input has a column of that name already, the new ones are numbered."""
    schema = Schema(
        (Column("Col2", ColumnType.STRING), Column("Col2_HashingFeature.1", ColumnType.STRING))
    )
    module = FeatureHashing(schema, ["Col2"], 1, 1)
    assert module.outputs["output1"].names[2:] == (
        "Col2_HashingFeature2.0",
        "Col2_HashingFeature2.1",
    )


def test_a_row_without_text_is_dropped() -> None:
    """A missing target cell drops its row; an empty text does not."""
    assert hashed([[None], [""]]) == [["", *"00000000"]]


def test_counts_above_a_thousand_are_written_too() -> None:
    """The table of ready-made texts is no limit."""
    assert hashed([["a " * 3000]], bits=1, ngrams=1) == [["a " * 3000, "3000", "0"]]


def failure_of(parameters: dict[str, Cell], rows: list[list[Cell]] | None = None) -> ModuleFailed:
    module = FeatureHashing(RATED, ["Col2"], 3, 2, exposed=(BITSIZE, NGRAMS, COLUMNS))
    with pytest.raises(ModuleFailed) as caught:
        module.score({"input1": [[1, "x"]] if rows is None else rows}, parameters)
    return caught.value


@pytest.mark.parametrize(
    ("parameters", "number", "text"),
    [
        ({COLUMNS: "Nope"}, 1, 'Error 0001: Column with name or index "Nope" not found'),
        ({BITSIZE: None}, 3, 'Error 0003: Input "Hashing bitsize" is null or empty'),
        (
            {BITSIZE: 0},
            4,
            'Error 0004: Parameter "Hashing bitsize" value should be greater than 0.',
        ),
        ({NGRAMS: -1}, 4, 'Error 0004: Parameter "N-grams" value should be greater than -1.'),
        (
            {NGRAMS: 11},
            8,
            'Error 0008: Parameter "N-grams" value should be in the range of [0, 10].',
        ),
        (
            {BITSIZE: 32},
            8,
            'Error 0008: Parameter "Hashing bitsize" value should be in the range of [1, 31].',
        ),
        (
            {BITSIZE: 17},
            8,
            'Error 0008: Parameter "Hashing bitsize" value should be in the range of [1, 16].',
        ),
        (
            {COLUMNS: "Col1"},
            17,
            (
                'Error 0017: Cannot process column "Col1" of type Int32.'
                " The type is not supported by the module."
            ),
        ),
    ],
)
def test_the_module_refuses_its_parameters(
    parameters: dict[str, Cell], number: int, text: str
) -> None:
    """What the module cannot work with is its documented error, with number and text."""
    failure = failure_of(parameters)
    assert (failure.number, failure.arguments, failure.target) == (
        number,
        (text,),
        "Feature Hashing",
    )


def test_no_rows_are_an_error_of_the_module() -> None:
    """An input without rows is module error 0003."""
    assert failure_of({}, rows=[]).arguments == ('Error 0003: Input "input1" is null or empty',)


def test_a_call_may_set_exposed_parameters() -> None:
    """Exposed parameters change one call and no other."""
    module = FeatureHashing(RATED, ["Col2"], 3, 2, exposed=(BITSIZE, NGRAMS, COLUMNS))
    rows: list[list[Cell]] = [[1, "This is a good day"]]
    set_parameters: dict[str, Cell] = {BITSIZE: 1, NGRAMS: 1, COLUMNS: "Col2, Col2"}
    changed = module.score({"input1": rows}, set_parameters)["output1"]
    assert list(changed.rows[0][2:]) == [str(n) for n in counts_by_the_book(str(rows[0][1]), 1, 1)]
    assert len(module.score({"input1": rows}, {})["output1"].schema.names) == 10


def test_an_answer_beyond_the_quota_is_not_begun() -> None:
    """Rows times columns are checked against the quota before anything is computed."""
    module = FeatureHashing(TEXT, ["Col2"], 16, 1, memory_quota=2 << 20)
    with pytest.raises(MemoryQuotaExceeded) as caught:
        module.score({"input1": [["x"]] * 10}, {})
    assert caught.value.arguments == ("2",)
