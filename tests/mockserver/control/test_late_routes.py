"""Are the gateway's routes there as soon as somebody asks for one?"""

import httpx
import pytest

from mockserver.embedded import running_emulator


@pytest.mark.parametrize("first", ["/gateway", "/openapi.json"])
def test_they_come_with_the_first_request_for_one(first: str) -> None:
    """What comes before does not bring them, and what comes after does not double them."""
    with running_emulator() as ready:
        url = ready["admin"]["url"]
        with httpx.Client(base_url=url, trust_env=False) as client:
            assert client.get("/clock").status_code == 200
            assert client.get(first).status_code == 200
            assert client.get("/gateway/log").status_code == 200
            paths = client.get("/openapi.json").json()["paths"]
    assert sum("/gateway" in path for path in paths) == 16
