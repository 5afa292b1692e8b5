"""Are the forms of a reply made comparable?"""

from contracts.checks.meaning.details_and_swagger_agree import values

TABLE = {"value": {"ColumnNames": ["a", "b"], "Values": [["1", None], ["2", "x"]]}}


def test_tables_are_compared_by_their_rows() -> None:
    """With names or without."""
    rows = [["1", None], ["2", "x"]]
    assert values(TABLE) == values({"value": {"Values": rows}}) == rows


def test_records_are_compared_with_named_cells() -> None:
    """In whatever order a record has them."""
    records = [{"b": None, "a": "1"}, {"a": "2", "b": "x"}]
    assert values(TABLE, as_records=True) == values(records)
    assert values(TABLE, as_records=True) != values([*records, {}])


def test_what_is_no_output_has_no_values() -> None:
    """Neither table nor records."""
    assert values(None) is values({"value": {}}) is None
