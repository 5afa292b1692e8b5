"""Which endpoint does an address mean?"""

import pytest

from mockserver.experiment.canned import Canned
from mockserver.workspace.model import (
    Directory,
    Endpoint,
    Service,
    ServiceInOtherWorkspace,
    ServiceNotFound,
    Workspace,
    WorkspaceNotFound,
)


def endpoint(identifier: str) -> Endpoint:
    return Endpoint(identifier, "default", "k1", "k2")


STUB = Canned({}, {}, {})
DIRECTORY = Directory(
    [
        Workspace("w1", "one", (Service("s1", "a", STUB, (endpoint("e1"), endpoint("e2"))),)),
        Workspace("w2", "two", (Service("s2", "b", STUB, (endpoint("e3"),)),)),
    ]
)


def test_an_endpoint_is_found_by_both_ids() -> None:
    """The second id of an address is the endpoint's, so a service may have several addresses."""
    assert DIRECTORY.find("w1", "e2").endpoint.id == "e2"
    assert DIRECTORY.find("w1", "e2").service.id == "s1"
    assert [published.endpoint.id for published in DIRECTORY.published] == ["e1", "e2", "e3"]


def test_what_is_not_there_is_told_apart() -> None:
    """Unknown workspace, unknown endpoint and endpoint of another workspace differ."""
    with pytest.raises(WorkspaceNotFound):
        DIRECTORY.find("w9", "e1")
    with pytest.raises(ServiceNotFound):
        DIRECTORY.find("w1", "s1")
    with pytest.raises(ServiceInOtherWorkspace):
        DIRECTORY.find("w1", "e3")
