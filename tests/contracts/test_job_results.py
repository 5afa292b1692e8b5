"""Is what a finished job says of its outputs read with care?"""

import json
from typing import Any

import pytest

from contracts.exchange import Exchange, Reply, Request
from contracts.findings import Broken
from contracts.job_results import places


def poll(content: Any) -> Exchange:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Exchange(1, Request("GET", "/"), Reply(200, body=body))


def test_places_come_by_output() -> None:
    """As they stand there."""
    assert places(poll({"Results": {"a": {"x": 1}, "b": {}}})) == {"a": {"x": 1}, "b": {}}


@pytest.mark.parametrize(
    "content",
    [b"", b"no JSON", [], {}, {"Results": None}, {"Results": {}}, {"Results": {"a": "there"}}],
)
def test_what_tells_no_place_is_broken(content: Any) -> None:
    """Whatever else comes is a finding, and no mistake of ours."""
    with pytest.raises(Broken, match="finished job"):
        places(poll(content))


def test_no_answer_is_broken() -> None:
    """Also where nothing came at all."""
    with pytest.raises(Broken):
        places(Exchange(1, Request("GET", "/"), None))
