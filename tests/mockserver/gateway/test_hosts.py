"""Which hosts may the gateway contact, and where are they really?"""

import pytest

from mockserver.gateway.hosts import Destination, HostNotAllowed, Hosts

HOSTS = Hosts(
    {"*.services.azureml.net": "http://127.0.0.1:8080", "api.example": "http://127.0.0.1:9"},
    ["127.0.0.1:9000", "allowed.example"],
)


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (
            "https://ussouthcentral.services.azureml.net",
            Destination("http://127.0.0.1:8080", "ussouthcentral.services.azureml.net"),
        ),
        ("https://API.example/v1", Destination("http://127.0.0.1:9/v1", "API.example")),
        ("http://127.0.0.1:9000", Destination("http://127.0.0.1:9000", "127.0.0.1:9000")),
        (
            "https://allowed.example:8",
            Destination("https://allowed.example:8", "allowed.example:8"),
        ),
    ],
)
def test_named_hosts_are_found(base: str, expected: Destination) -> None:
    """A stand-in gets the path, and the Host that was meant; what is allowed is as it is."""
    assert HOSTS.find(base) == expected


@pytest.mark.parametrize(
    "base",
    [
        "http://127.0.0.1:9001",
        "http://169.254.169.254",
        "http://services.azureml.net",
        "http://evil.example/.services.azureml.net",
        "http://allowed.example.evil.example",
        "",
    ],
)
def test_no_other_host_is_contacted(base: str) -> None:
    """A policy or a redirect cannot send the gateway anywhere."""
    with pytest.raises(HostNotAllowed):
        HOSTS.find(base)
