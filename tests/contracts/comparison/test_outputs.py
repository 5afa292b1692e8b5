"""Is what a finished job wrote read from where its poll says that it is?"""

from typing import Any

from contracts.comparison.outputs import NOT_OPENED, read_outputs
from contracts.exchange import Exchange, Reply
from contracts.session import TERMINAL
from tests.contracts.comparison.made import exchange, reply


def poll(content: Any) -> Exchange:
    """Return a poll."""
    return exchange(reply(content), "get_job_status", "/jobs/1", "GET", b"")


def test_only_an_ended_job_with_places_has_outputs() -> None:
    """Other calls, states and odd results lead nowhere, and are no trouble."""
    assert read_outputs(exchange(reply({"Results": {"output1": {}}})), 1) == {}
    assert read_outputs(exchange(None, "get_job_status"), 1) == {}
    assert read_outputs(poll({"StatusCode": "Running", "Results": {"output1": {}}}), 1) == {}
    for state in sorted(TERMINAL):
        assert read_outputs(poll({"StatusCode": state, "Results": None}), 1) == {}
        assert read_outputs(poll({"StatusCode": state, "Results": {"output1": "x"}}), 1) == {}


def test_an_address_that_does_not_open_is_told() -> None:
    """Nobody listening, or no address at all: the other side's may open."""
    places: dict[str, Any] = {
        "nobody": {"BaseLocation": "http://127.0.0.1:9/", "RelativeLocation": "a/b"},
        "nothing": {},
        "odd": {"BaseLocation": "http://127.0.0.1:no/", "SasBlobToken": None},
    }
    read = read_outputs(poll({"StatusCode": "Finished", "Results": places}), 1)
    assert read == {
        "nobody": Reply(NOT_OPENED, (), b"ConnectError"),
        "nothing": Reply(NOT_OPENED, (), b"UnsupportedProtocol"),
        "odd": Reply(NOT_OPENED, (), b"InvalidURL"),
    }
