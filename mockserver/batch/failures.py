"""What can be wrong with a file?

Failure
├── MalformedFile             its one argument says where and what; `error_id`, `error_code` and
│   │                         `library_message` are those of the library that read files
│   ├── RowOfOtherWidth       more or fewer values than the header has names
│   ├── UnclosedQuote         a quote that begins a value and never ends
│   ├── RecordTooLong         a row longer than any that we hold in memory
│   ├── NotUtf8               bytes that are no text
│   ├── HeaderNotUnderstood   no header, or not one of its format
│   └── RowNotUnderstood      a row that its format does not know
├── InputColumnsMismatch      columns missing or doubled (`mockserver.experiment.failures`)
└── InputNotParsed            a cell of the wrong type (the same)

Rows are counted from 1: the first behind the header.
"""

from mockserver.evidence import Evidence, Fact
from mockserver.experiment.failures import InputNotParsed
from mockserver.failures import Failure

FACTS = (
    Fact(
        "A row of a file with more or fewer values than the others is"
        " `AllRowsMustHaveSameElements`, code 16.",
        Evidence.CAPTURED,
        "the Details of a failed job in a public issue",
    ),
    Fact(
        "Other mistakes of a file carry error ids of the same kind: `UnclosedQuote`,"
        " `RecordTooLong`, `InvalidEncoding`, `InvalidHeader`, `InvalidRow`, code 0.",
        Evidence.ASSUMED,
        "the Details of a job over such a file",
    ),
)


class MalformedFile(Failure):
    """The file of an input cannot be read. Argument: input, row, column, and what is wrong."""

    error_id = ""
    error_code = 0
    library_message = ""

    def __init__(self, name: str, row: int | None, what: str, *, column: str = "") -> None:
        self.row, self.column = row, column
        place = name if row is None else f"{name}, row {row}"
        place += f', column "{column}"' if column else ""
        super().__init__(f"{place}: {what}", reason=what)


class RowOfOtherWidth(MalformedFile):
    """A row has more or fewer values than the header has names."""

    error_id = "AllRowsMustHaveSameElements"
    error_code = 16
    library_message = "All rows must have same number of elements"


class UnclosedQuote(MalformedFile):
    """A quote that begins a value has no end in the file."""

    error_id = "UnclosedQuote"
    library_message = "A quoted value is not closed"


class RecordTooLong(MalformedFile):
    """A row is longer than what is held in memory; most often a quote is not closed."""

    error_id = "RecordTooLong"
    library_message = "A row is too long"


class NotUtf8(MalformedFile):
    """Some bytes are not UTF-8."""

    error_id = "InvalidEncoding"
    library_message = "The file is not encoded in UTF-8"


class HeaderNotUnderstood(MalformedFile):
    """The file is empty, or its header is not one of its format."""

    error_id = "InvalidHeader"
    library_message = "The header of the file is missing or invalid"


class RowNotUnderstood(MalformedFile):
    """A row is not written as its format wants it."""

    error_id = "InvalidRow"
    library_message = "A row is invalid"


class FaultyRow(Exception):
    """A mistake in one row of a block; how many rows lie before the block is not known yet.

    `row` counts from 0 within the block. Without a `kind`, a cell is not of its column's type.
    """

    def __init__(
        self, kind: type[MalformedFile] | None, row: int, what: str, *, column: str = ""
    ) -> None:
        super().__init__(what)
        self.kind, self.row, self.what, self.column = kind, row, what, column

    def within(self, name: str, rows_before: int) -> Failure:
        """Return the failure of a file in which so many rows lie before the block."""
        row = rows_before + self.row + 1
        if self.kind is not None:
            return self.kind(name, row, self.what, column=self.column)
        return InputNotParsed(f'{name}, row {row}, column "{self.column}": {self.what}')
