"""Does a stub answer its rows, whatever it is asked?"""

from mockserver.experiment.canned import Canned
from mockserver.experiment.tables import Column, ColumnType, Schema, ScoredTable


def test_the_rows_are_fixed() -> None:
    """The input does not matter."""
    schema = Schema((Column("x", ColumnType.STRING),))
    table = ScoredTable(schema, [["1"], [None]])
    stub = Canned({"input1": schema}, {"output1": table}, {})
    assert (
        stub.score({"input1": [["a"]]}, {}) == stub.score({"input1": []}, {}) == {"output1": table}
    )
    assert stub.outputs == {"output1": schema}
