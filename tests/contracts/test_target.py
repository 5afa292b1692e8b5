"""Is a target described as it should be, and are its secrets kept?"""

import pytest

from contracts.target import Limit, Target

TARGET = Target(
    "https://h:1",
    "w",
    "s",
    "api-key",
    prefix="/p",
    subscription_key="sub-key",
    headers=(("X-Secret", "header-value"),),
    storage="AccountName=a;AccountKey=YWJjZA==;BlobEndpoint=http://b",
)


def test_addresses_are_put_together() -> None:
    """Prefix, workspace and service make the base; a subscription key means a gateway."""
    assert TARGET.base == "/p/workspaces/w/services/s"
    assert TARGET.host == "h:1"
    assert TARGET.has_gateway
    assert not Target("http://h", "w", "s", "k").has_gateway


def test_secrets_are_known_and_never_shown() -> None:
    """Keys of service, gateway, storage and headers, the longest first."""
    assert set(TARGET.secrets) >= {"api-key", "sub-key", "header-value", "YWJjZA=="}
    assert list(TARGET.secrets) == sorted(TARGET.secrets, key=len, reverse=True)
    assert not [secret for secret in TARGET.secrets if secret in repr(TARGET)]


def test_limits_are_read() -> None:
    """Calls, a slash, a unit."""
    assert Limit.read("5/m") == Limit(5, 60.0)
    assert Limit.read("20/s") == Limit(20, 1.0)


@pytest.mark.parametrize("text", ["", "5", "5/", "/m", "0/m", "x/m", "5/week"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    """The message shows what a limit looks like."""
    with pytest.raises(ValueError, match="5/m"):
        Limit.read(text)
