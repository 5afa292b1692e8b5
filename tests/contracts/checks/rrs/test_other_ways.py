"""Which answers do the contract's words allow, and which do they not?"""

import json
from typing import Any

import pytest
from typing_extensions import override

from contracts.service import Service
from tests.contracts.checks.tiny_service import ECHO, Rows, TinyService, at

SAMPLE = {
    "Inputs": {"input1": {"ColumnNames": ["Text", "Age"], "Values": [["a", "1"], ["b", "2"]]}},
    "GlobalParameters": {"Threshold": 1},
}
TYPED = Service(
    {"input1": {"Text": "string", "Age": "integer"}}, SAMPLE, ("o",), {"o": ("Text", "Age")}
)
SUMS = Service({"input1": {"Text": "string", "Age": "integer"}}, SAMPLE, ("o",), {"o": ("Sum",)})


class Typed(TinyService):
    """Takes a text and a number by their names, and gives both back; refuses as its codes say."""

    parse = ("BadUserArgument", "InputParseError")
    nothing = "RequestBodyInvalid"
    inputs = "MissingRequestInput"
    calls = 0

    @override
    def execute(self) -> None:
        """Score the rows of the body, or tell what is wrong with it."""
        type(self).calls += 1
        code, content = self.judged(self.read())
        if code:
            error_class, detail = code
            details = [{"code": detail, "message": "No."}]
            self.send(400, {"error": {"code": error_class, "message": "No.", "details": details}})
        else:
            self.send(200, content)

    def judged(self, body: bytes) -> tuple[tuple[str, str] | None, Any]:
        """Return why a body is refused, or its results."""
        if body in {b"", b"null"}:
            return ("BadArgument", self.nothing), None
        try:
            content = json.loads(body)
            names, rows = content["Inputs"]["input1"].values()
        except (ValueError, TypeError):
            return ("BadArgument", "RequestBodyInvalid"), None
        except KeyError:
            return ("BadArgument", self.inputs), None
        if set(content.get("GlobalParameters") or {}) != {"Threshold"}:
            return ("BadArgument", self.about_parameters(content)), None
        if any(self.is_odd(row[names.index("Age")]) for row in rows):
            return self.parse, None
        return None, {"Results": {"o": {"type": "table", "value": self.table(names, rows)}}}

    def about_parameters(self, content: Any) -> str:
        """Return the code for wrong parameters."""
        missing = "Threshold" not in (content.get("GlobalParameters") or {})
        return "MissingRequiredGlobalParameters" if missing else "UnexpectedParameter"

    def is_odd(self, cell: Any) -> bool:
        """Whether a cell is no number."""
        return not str(cell).isdigit()

    def table(self, names: list[str], rows: Rows) -> Any:
        """Return the output, its columns as they came."""
        return {"ColumnNames": names, "ColumnTypes": ["String", "Int32"], "Values": rows}


class OtherWords(Typed):
    """Tells the same in other words of the published table."""

    parse = ("LibraryExecutionError", "1000")
    nothing = "RequestIsEmpty"
    inputs = "InvalidInputNames"


class Module(Typed):
    """Lets a module fail."""

    parse = ("ModuleExecutionError", "18")


class InOrder(Typed):
    """Gives its columns back in an order of its own."""

    @override
    def table(self, names: list[str], rows: Rows) -> Any:
        order = [names.index("Text"), names.index("Age")]
        return super().table(["Text", "Age"], [[row[n] for n in order] for row in rows])


class Lenient(Typed):
    """Takes any cell."""

    @override
    def is_odd(self, cell: Any) -> bool:
        return False


class Confused(Typed):
    """Calls a wrong cell, nothing and missing inputs by the names of other mistakes."""

    parse = ("BadArgument", "RequestBodyInvalid")
    nothing = "InvalidInputNames"
    inputs = "BlobNotFound"

    @override
    def about_parameters(self, content: Any) -> str:
        return "MissingRequiredGlobalParameters"


class ByPlace(InOrder):
    """Reads the first column as the text, whatever its name is."""

    @override
    def table(self, names: list[str], rows: Rows) -> Any:
        return super().table(["Text", "Age"], rows)

    @override
    def is_odd(self, cell: Any) -> bool:
        return False


class Restless(Typed):
    """Answers otherwise each time."""

    @override
    def table(self, names: list[str], rows: Rows) -> Any:
        return super().table(names, [[f"{row[0]} {self.calls}", *row[1:]] for row in rows])


class Nameless(Typed):
    """Gives rows without names."""

    @override
    def table(self, names: list[str], rows: Rows) -> Any:
        return {"Values": rows}


class Inventive(Typed):
    """Gives a row of its own where there is none."""

    @override
    def table(self, names: list[str], rows: Rows) -> Any:
        return super().table(names, rows or [["nothing", "0"]])


class Adding(Typed):
    """Gives the sum of its rows."""

    @override
    def table(self, names: list[str], rows: Rows) -> Any:
        total = str(sum(int(row[-1]) for row in rows))
        return {"ColumnNames": ["Sum"], "ColumnTypes": ["Int32"], "Values": [[total]]}


Outcome = tuple[str, list[str]]
KEPT: Outcome = ("", [])
TWICE: Outcome = ("the service does not give the same answer twice", [])
NO_NAMES: Outcome = ("the output does not name its columns", [])
NO_ECHO: Outcome = ("the service gives no text column back", [])


@pytest.mark.parametrize(
    ("check", "handler", "outcome"),
    [
        ("cell_type_is_checked", Typed, KEPT),
        ("cell_type_is_checked", OtherWords, KEPT),
        ("cell_type_is_checked", Module, KEPT),
        ("malformed_body_is_refused", Typed, KEPT),
        ("malformed_body_is_refused", OtherWords, KEPT),
        ("missing_inputs_are_refused", Typed, KEPT),
        ("missing_inputs_are_refused", OtherWords, KEPT),
        ("unexpected_parameters_are_refused", Typed, KEPT),
        ("column_order_is_free", Typed, KEPT),
        ("column_order_is_free", InOrder, KEPT),
        ("column_order_is_free", Restless, TWICE),
        ("column_order_is_free", Nameless, NO_NAMES),
        ("no_rows_give_no_rows", Typed, KEPT),
    ],
)
def test_other_ways_are_no_fault(check: str, handler: type[Typed], outcome: Outcome) -> None:
    """Other codes, other orders; what cannot be compared is not judged."""
    assert at(handler, check, service=TYPED) == outcome


def test_a_sum_of_nothing_is_no_fault() -> None:
    """A service that gives nothing back of its rows need not give a row for each."""
    assert at(Adding, "no_rows_give_no_rows", service=SUMS) == NO_ECHO


@pytest.mark.parametrize(
    ("check", "handler", "says"),
    [
        ("cell_type_is_checked", Lenient, "200 instead of 400"),
        ("cell_type_is_checked", Confused, "class BadArgument for a cell of the wrong type"),
        ("malformed_body_is_refused", Confused, "detail code InvalidInputNames instead of"),
        ("missing_inputs_are_refused", Confused, "detail code BlobNotFound instead of"),
        ("unexpected_parameters_are_refused", Confused, "MissingRequiredGlobalParameters instead"),
        ("column_order_is_free", ByPlace, "columns in another order score otherwise"),
        ("no_rows_give_no_rows", Inventive, "rows came of none"),
    ],
)
def test_a_fault_is_found(check: str, handler: type[Typed], says: str) -> None:
    """What is taken, what is called wrongly, what is read by its place."""
    skipped, (found,) = at(handler, check, service=TYPED)
    assert (skipped, says in found) == ("", True)


class Breaking(TinyService):
    """Gives NaN back as it came, so that its answer is no JSON."""

    @override
    def scored(self, rows: Rows) -> Rows:
        return [[float("nan")] if cell != cell else [cell] for row in rows for cell in row]  # noqa: PLR0124  what NaN is


class Missing(TinyService):
    """Reads NaN as a missing value."""

    @override
    def scored(self, rows: Rows) -> Rows:
        return [[cell if isinstance(cell, str) else None for cell in row] for row in rows]


def test_a_bare_nan_may_be_read_as_missing() -> None:
    """Clients that write it mean that."""
    assert at(Missing, "bare_nan_is_survived", service=ECHO) == KEPT


def test_a_bare_nan_in_an_answer_is_found() -> None:
    """It makes the whole answer useless."""
    _, (found,) = at(Breaking, "bare_nan_is_survived", service=ECHO)
    assert found.startswith("a reply without Results")
