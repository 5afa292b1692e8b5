"""Are parts that differ by their nature taken out, and no others?"""

from contracts.comparison.difference import differences
from contracts.comparison.equal_parts import comparable, has_ended, state_of
from contracts.exchange import Exchange, Reply
from tests.contracts.comparison.made import exchange, reply


def poll(state: object, **more: object) -> Exchange:
    """Return a poll that tells a state."""
    return exchange(reply({"StatusCode": state, **more}), "get_job_status", "/jobs/1", "GET")


def found(one: Exchange, other: Exchange) -> list[str]:
    """Return which parts differ after that."""
    return [difference.part for difference in differences(*comparable(one, other))]


def test_signatures_and_their_lengths_are_no_difference() -> None:
    """Tokens may differ by signature and times, not by what they permit."""

    def token(permission: str, signature: str) -> Exchange:
        text = f"?sp={permission}&st=2020&sig={signature}"
        return poll("Finished", Results={"o": {"SasBlobToken": text}})

    assert found(token("r", "abc"), token("r", "abc%2F%2F")) == []
    assert found(token("r", "abc"), token("rw", "abc")) == ["body"]


def test_a_wrong_length_stays_wrong() -> None:
    """What is taken out of a body does not make a length right that was wrong."""
    one = exchange(Reply(200, (("Content-Length", "7"),), b"?sig=abc"))
    other = exchange(Reply(200, (("Content-Length", "8"),), b"?sig=abc"))
    assert found(one, other) == ["header"]


def test_a_date_says_only_that_it_is_one() -> None:
    """Two dates are equal, whenever; a date and none are not."""

    def dated(value: str) -> Exchange:
        return exchange(Reply(200, (("Date", value),)))

    first, second = "Sat, 28 Nov 2026 03:50:39 GMT", "Sat, 28 Nov 2026 03:50:40 GMT"
    assert found(dated(first), dated(second)) == []
    assert found(dated(first), dated("soon")) == ["header"]
    assert found(dated(first), exchange(Reply(200))) == ["header"]
    assert found(exchange(None), exchange(None)) == []


def test_a_job_on_its_way_may_be_anywhere_on_it() -> None:
    """A recorded poll that told no end is compared by its body only if both tell the same."""
    assert found(poll("Running"), poll("Finished", Results={})) == []
    assert found(poll("Running"), poll("Running", Details="x")) == ["body"]
    assert found(poll("Running"), poll(None)) == ["body"]
    assert found(poll("Finished"), poll("Failed")) == ["body"]


def test_only_polls_tell_a_state() -> None:
    """A state is a text in the answer to a poll; an end is one of three."""
    assert state_of(poll("Running")) == "Running"
    assert state_of(poll(3)) is None
    assert state_of(exchange(None)) is None
    assert has_ended(poll("Cancelled"))
    assert not has_ended(exchange(reply({"StatusCode": "Finished"})))
