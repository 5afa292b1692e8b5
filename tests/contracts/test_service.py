"""Is a service understood from what it says of itself?"""

from typing import Any

import pytest

from contracts.service import (
    HOWTO_BODY,
    Service,
    hashing_of,
    inputs_from_sample,
    inputs_from_swagger,
)
from contracts.target import Hashing

SWAGGER: dict[str, Any] = {
    "definitions": {
        "ExecutionRequest": {
            "example": {
                "Inputs": {"input1": [{"age": 39, "name": "Ada"}]},
                "GlobalParameters": {"Seed": 1},
            }
        },
        "input1Item": {"properties": {"age": {"type": "integer"}, "name": {"type": "string"}}},
    }
}


def test_a_swagger_document_names_columns_and_a_sample() -> None:
    """The sample comes in table form."""
    read = inputs_from_swagger(SWAGGER)
    assert read is not None
    inputs, sample = read
    assert inputs == {"input1": {"age": "integer", "name": "string"}}
    assert sample == {
        "Inputs": {"input1": {"ColumnNames": ["age", "name"], "Values": [[39, "Ada"]]}},
        "GlobalParameters": {"Seed": 1},
    }


@pytest.mark.parametrize("document", [None, [], {}, {"definitions": {}}, {"definitions": 1}])
def test_any_other_document_says_nothing(document: object) -> None:
    """No exception: the target may answer anything."""
    assert inputs_from_swagger(document) is None


def test_a_sample_names_columns_too() -> None:
    """Types are guessed from its first row."""
    sample = {
        "Inputs": {"i": {"ColumnNames": ["a", "b", "c", "d"], "Values": [[1, 1.5, True, "x"]]}}
    }
    types = {"a": "integer", "b": "number", "c": "boolean", "d": "string"}
    assert inputs_from_sample(sample) == {"i": types}


@pytest.mark.parametrize(
    "sample", [None, {}, {"Inputs": {"i": {"ColumnNames": ["a"], "Values": []}}}]
)
def test_what_is_no_sample_is_told(sample: object) -> None:
    """The message says what one is."""
    with pytest.raises(ValueError, match="table form"):
        inputs_from_sample(sample)


def test_bodies_are_made_from_rows() -> None:
    """As table and as records; other members stay those of the sample."""
    service = Service(inputs_from_sample(HOWTO_BODY), HOWTO_BODY)
    assert service.sample_rows == [["This is a good day"]]
    assert service.body([["a"], ["b"]])["Inputs"]["input1"]["Values"] == [["a"], ["b"]]
    assert service.records([["a"]]) == {
        "Inputs": {"input1": [{"Col2": "a"}]},
        "GlobalParameters": {},
    }


@pytest.mark.parametrize(
    ("columns", "hashing"),
    [
        (("T", *(f"T_HashingFeature.{i}" for i in range(8))), Hashing("T", 3, 2)),
        (("T", *(f"T_HashingFeature.{i}" for i in range(7))), None),
        (("T_HashingFeature.1", "T_HashingFeature.2"), None),
        (("A_HashingFeature.0", "B_HashingFeature.0"), None),
        (("Scored Labels",), None),
        ((), None),
    ],
)
def test_names_of_outputs_tell_of_hashing(columns: tuple[str, ...], hashing: object) -> None:
    """Only a whole table of 2^bits buckets of one column does."""
    assert hashing_of(columns, 2) == hashing
