"""Who may pass, and how many at once?"""

import pytest

from mockserver.backend.failures import CredentialsNotValid, TooManyCalls
from mockserver.backend.served_endpoint import ServedEndpoint
from mockserver.experiment.canned import Canned
from mockserver.workspace.model import Endpoint, Published, Service, Workspace

ENDPOINT = Endpoint("e" * 32, "default", "first-key==", "second-key==", 2)
SERVICE = Service("s" * 32, "x", Canned({}, {}, {}), (ENDPOINT,))
WORKSPACE = Workspace("w" * 32, "w", (SERVICE,))


@pytest.fixture
def served() -> ServedEndpoint:
    return ServedEndpoint(Published(WORKSPACE, SERVICE, ENDPOINT))


@pytest.mark.parametrize(
    "value",
    [
        b"Bearer first-key==",
        b"bearer first-key==",
        b"BEARER  second-key==",
        b"Bearer second-key== ",
        b"bearer \t first-key==",
    ],
)
def test_both_keys_open_in_any_spelling_of_the_scheme(served: ServedEndpoint, value: bytes) -> None:
    """The scheme's case and the white space around the key do not matter."""
    served.authenticate(value)
    assert served.running == 0


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"Bearer",
        b"Bearer ",
        b"Bearer FIRST-KEY==",
        b"Bearer first-key",
        b"Bearer first-key== x",
        b"Basic first-key==",
        b"first-key==",
        b"Bearer \xff",
    ],
)
def test_anything_else_is_refused(served: ServedEndpoint, value: bytes | None) -> None:
    """No key, half a key, a key in another case or scheme: the same failure."""
    with pytest.raises(CredentialsNotValid) as caught:
        served.authenticate(value)
    assert caught.value.arguments == ()
    assert "first-key" not in caught.value.reason


def test_a_place_is_taken_and_given_back(served: ServedEndpoint) -> None:
    """The call above the limit fails, and the next one passes once a place is free."""
    served.begin_call()
    served.begin_call()
    with pytest.raises(TooManyCalls) as caught:
        served.begin_call()
    assert caught.value.arguments == ("default", "2")
    served.end_call()
    served.begin_call()
    assert served.running == 2
