"""Are the ends of records found where a slow reading finds them?"""

from hypothesis import example, given
from hypothesis import strategies as st

from mockserver.batch.record_ends import last_record_end, open_quote

pieces = st.sampled_from(['"', '""', ",", "\n", "\r", "\r\n", "a", "some words ", "x" * 9])


def read_slowly(text: str) -> tuple[int, int | None]:
    """Return where the last whole record ends, and where an open quote is, sign by sign."""
    end, quote, at = 0, None, 0
    before = ","
    while at < len(text):
        sign = text[at]
        if quote is None:
            if sign == '"' and before in ",\n\r":
                quote = at
            elif sign == "\n" or (sign == "\r" and at + 1 < len(text)):
                end = at + 1
        elif sign == '"' and text[at + 1 : at + 2] == '"':
            at += 1
        elif sign == '"':
            quote = None
        before, at = sign, at + 1
    return end, quote


@given(st.lists(pieces, max_size=30).map("".join))
@example("")
@example('"')
@example('a,"b')
@example('"a"')
@example("a" * 20 + ',"\n' + "b" * 40 + '"\n')
def test_records_end_where_a_slow_reading_says(text: str) -> None:
    """Any mixture of quotes, delimiters and line ends is read alike."""
    end, quote = read_slowly(text)
    assert last_record_end(text.encode(), ",") == end
    assert open_quote(text.encode(), ",") == quote
