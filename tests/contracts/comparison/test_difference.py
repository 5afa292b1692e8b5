"""Is every difference between two replies seen, once, and named by its place?"""

import pytest

from contracts.comparison.difference import ABSENT, Kind, differences
from contracts.exchange import Reply
from tests.contracts.comparison.made import JSON, exchange, reply

Told = list[tuple[str, str, str, str, Kind]]


def told(one: Reply | None, other: Reply | None, method: str = "POST") -> Told:
    """Return what differs, without the operation."""
    pair = exchange(one, method=method), exchange(other, method=method)
    return [(d.part, d.path, d.primary, d.candidate, d.kind) for d in differences(*pair)]


def test_equal_replies_do_not_differ() -> None:
    """Nothing is found between a reply and itself, nor between two calls without one."""
    assert told(reply({"a": 1}, 200, JSON), reply({"a": 1}, 200, JSON)) == []
    assert told(None, None) == []


def test_a_reply_that_is_missing_is_transport() -> None:
    """A call that was answered on one side only differs by its transport."""
    assert told(reply(), None) == [("transport", "", "200", "ReadError", Kind.CHANGED)]
    assert told(None, reply(b"", 204)) == [("transport", "", "ReadError", "204", Kind.CHANGED)]


def test_statuses_differ() -> None:
    """A status is named by both sides, so that two changes of it are two kinds."""
    assert told(reply(b"", 400), reply(b"", 500)) == [
        ("status", "400 to 500", "400", "500", Kind.CHANGED)
    ]


REFUSAL = {"statusCode": 404, "message": "Resource not found"}


def test_a_gateways_own_answer_is_one_difference() -> None:
    """What the gateway words itself is not compared field by field."""
    found = told(reply({"Results": {}}, 200, JSON), reply(REFUSAL, 404))
    assert found == [("refusal", "200 to 404", "200", "404 Resource not found", Kind.CHANGED)]
    assert told(reply(REFUSAL, 404), reply(REFUSAL, 404)) == []


def test_a_refusal_of_head_is_known_by_the_id_it_lacks() -> None:
    """An answer to HEAD has no words; without the service's id it is the gateway's."""
    with_id = Reply(405, (("x-ms-request-id", "1"), ("Content-Length", "209")))
    without = Reply(404, (("Content-Length", "54"),))
    assert told(with_id, without, "HEAD") == [
        ("refusal", "405 to 404", "405", "404 (no words)", Kind.CHANGED)
    ]
    parts = {part for part, *_ in told(with_id, Reply(405, with_id.headers[1:]), "HEAD")}
    assert parts == {"header"}


@pytest.mark.parametrize(
    ("one", "other", "kind", "shown"),
    [
        ((("A", "1"),), (("A", "2"),), Kind.CHANGED, ("1", "2")),
        ((("A", "1"),), (), Kind.LOST, ("1", ABSENT)),
        ((), (("A", "1"),), Kind.ADDED, (ABSENT, "1")),
        ((("A", "1"),), (("A", "1"), ("A", "1")), Kind.REPEATED, ("1", "1 | 1")),
        ((("A", "1"), ("A", "2")), (("A", "2"), ("A", "1")), Kind.CHANGED, ("1 | 2", "2 | 1")),
    ],
)
def test_values_of_headers_differ(
    one: tuple[tuple[str, str], ...],
    other: tuple[tuple[str, str], ...],
    kind: Kind,
    shown: tuple[str, str],
) -> None:
    """Values are compared with their order and number; a lost header is not a changed one."""
    assert told(Reply(200, one), Reply(200, other)) == [("header", "a", *shown, kind)]


def test_names_of_headers_are_compared_as_they_are_written() -> None:
    """Another case is a difference of its own, and the value is still equal."""
    found = told(Reply(200, (("X-One", "1"),)), Reply(200, (("x-one", "1"),)))
    assert found == [("header name", "x-one", "X-One", "x-one", Kind.CHANGED)]


def test_the_order_of_headers_is_compared() -> None:
    """The order counts of those that both have; one that is added changes no order."""
    one = Reply(200, (("A", "1"), ("B", "2")))
    assert told(one, Reply(200, (("B", "2"), ("A", "1")))) == [
        ("header order", "", "a, b", "b, a", Kind.CHANGED)
    ]
    added = told(one, Reply(200, (("A", "1"), ("C", "3"), ("B", "2"))))
    assert [part for part, *_ in added] == ["header"]


def test_a_length_that_fits_its_body_is_no_difference_of_its_own() -> None:
    """Where bodies differ, the right length of each says nothing new; a wrong one does."""
    assert [part for part, *_ in told(reply({"a": 1}), reply({"a": 100}))] == ["body"]
    wrong = Reply(200, (("Content-Length", "999"),), b'{"a": 1}')
    assert [part for part, *_ in told(reply({"a": 1}), wrong)] == ["header"]


@pytest.mark.parametrize(
    ("one", "other", "path", "kind"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "$.a.b", Kind.CHANGED),
        ({"a": 1}, {"a": "1"}, "$.a", Kind.RETYPED),
        ({"a": 1}, {"a": True}, "$.a", Kind.RETYPED),
        ({"a": 1}, {"a": 1.0}, "$.a", Kind.RETYPED),
        ({"a": None}, {}, "$.a", Kind.LOST),
        ({}, {"a": None}, "$.a", Kind.ADDED),
        ([1, 2], [1], "$.length", Kind.CHANGED),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, "$.a[*].b", Kind.CHANGED),
        ("x", "y", "$", Kind.CHANGED),
    ],
)
def test_json_differs_by_its_path(one: object, other: object, path: str, kind: Kind) -> None:
    """A field is named by its path, rows share one, and types count."""
    assert [(p, w, k) for p, w, _, _, k in told(reply(one), reply(other))] == [("body", path, kind)]


def test_the_same_json_in_other_bytes_is_a_difference() -> None:
    """White space, order of members and escapes are seen where the values are the same."""
    for other in (b'{"a":1, "b":2}\n', b'{"b":2, "a":1}', b'{"\\u0061":1, "b":2}'):
        found = told(reply(b'{"a":1, "b":2}'), reply(other))
        assert [(part, kind) for part, _, _, _, kind in found] == [("bytes", Kind.CHANGED)]


def test_what_is_no_json_is_shown_where_it_differs() -> None:
    """Of long bodies, the bytes around the first that differs are shown; an empty one is lost."""
    found = told(reply(b"x" * 5000), reply(b"x" * 4000 + b"y" * 1000))
    assert "xy" in found[0][3]
    assert len(found[0][3]) < 400
    assert told(reply(b"x"), reply(b""))[0][4] is Kind.LOST
    assert told(reply(b""), reply(b"x"))[0][4] is Kind.ADDED
    longer = told(reply(b"same"), reply(b"same\n"))
    assert longer[0][2:4] == ("'same'", "'same\\n'")


def test_what_jobs_wrote_is_compared_where_both_wrote_it() -> None:
    """One does not open, one is another; that one is named on one side only is in the poll."""
    one, other = (exchange(reply({"StatusCode": "Finished"})) for _ in range(2))
    one.outputs = {name: Reply(200, (), b"1\r\n") for name in ("same", "other", "closed", "gone")}
    other.outputs = {**one.outputs, "other": Reply(200, (), b"2\r\n"), "closed": Reply(403)}
    del other.outputs["gone"]
    assert [(d.part, d.path, d.primary, d.candidate) for d in differences(one, other)] == [
        ("output", "closed", "200", "403"),
        ("output", "other", "'1\\r\\n'", "'2\\r\\n'"),
    ]
