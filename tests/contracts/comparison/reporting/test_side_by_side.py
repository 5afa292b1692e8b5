"""Are two replies aligned, with what differs marked and what is the same left out?"""

from typing import Any

from contracts.comparison.reporting.side_by_side import Line, side_by_side


def call(body: str, *headers: str, status: int = 200, trouble: str = "") -> dict[str, Any]:
    """Return a call as a report tells it."""
    return {
        "status": status,
        "headers": list(headers),
        "body": body,
        "trouble": trouble,
        "outputs": {},
    }


def marked(one: dict[str, Any], other: dict[str, Any]) -> list[tuple[str | None, str | None]]:
    """Return the lines that differ."""
    return [(e.primary, e.candidate) for e in side_by_side(one, other) if not e.is_same]


def test_what_is_the_same_is_not_marked() -> None:
    """Two equal replies are shown whole."""
    lines = side_by_side(call("x", "A: 1"), call("x", "A: 1"))
    assert lines == [Line(text, text) for text in ("200", "A: 1", "", "x")]


def test_json_is_compared_line_by_line() -> None:
    """A field stands beside its like, and far lines that are the same are left out."""
    one = call('{"first": 0, ' + ", ".join(f'"a{n}": {n}' for n in range(20)) + ', "z": 1}')
    other = call(one["body"].replace('"z": 1', '"z": 2'))
    assert marked(one, other) == [(' "z": 1', ' "z": 2')]
    lines = side_by_side(one, other)
    assert lines[0].is_gap
    assert len(lines) < 10


def test_a_line_that_one_side_has_alone_stands_beside_nothing() -> None:
    """A lost header faces an empty place."""
    assert marked(call("", "A: 1", "B: 2"), call("", "A: 1")) == [("B: 2", None)]
    assert marked(call(""), call("", "A: 1")) == [(None, "A: 1")]


def test_a_missing_reply_says_why() -> None:
    """A side without a reply shows its trouble."""
    assert marked(call(""), call("", trouble="ReadError"))[0][1] == "no reply: ReadError"


def test_ends_of_lines_are_seen() -> None:
    """A carriage return is drawn, and a line end at the end is a line of its own."""
    assert marked(call("a\nb"), call("a\r\nb")) == [("a", "a␍")]
    assert marked(call("a"), call("a\n")) == [(None, "")]


def test_what_a_job_wrote_stands_below_the_poll() -> None:
    """Its status and its lines, each beside the other side's."""
    one, other = (
        {**call("x"), "outputs": {"output1": {"status": 200, "body": f"a\r\n{cell}"}}}
        for cell in "12"
    )
    assert marked(one, other) == [("1", "2")]
    told = [line.primary for line in side_by_side(one, other)]
    assert told[-3:] == ["the blob of output1: 200", "a␍", "1"]


def test_long_lines_are_cut() -> None:
    """A line without end does not fill the page."""
    (line,) = [e for e in side_by_side(call("x" * 5000), call("y" * 5000)) if not e.is_same]
    assert line.primary is not None
    assert len(line.primary) < 500
