"""Does the ready file appear whole, or not at all?"""

import json
import stat
from pathlib import Path

import pytest

from mockserver.embedded import running_emulator
from mockserver.ready_file import Ready, write_ready_file
from tests.mockserver.jobs.world import write_world

READY: Ready = {
    "pid": 1,
    "services": {
        "url": "http://127.0.0.1:1",
        "workspace": "w",
        "service": "s",
        "primary_key": "p",
        "secondary_key": "q",
    },
}


def test_the_file_holds_the_addresses_for_its_owner(tmp_path: Path) -> None:
    """It is JSON, replaces an older one, is private, and leaves nothing beside it."""
    path = tmp_path / "ready.json"
    path.write_text("old")
    write_ready_file(path, READY)
    assert json.loads(path.read_text()) == READY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    """If the file cannot take its place, the temporary one goes too."""
    path = tmp_path / "ready.json"
    (path / "in the way").mkdir(parents=True)
    with pytest.raises(OSError, match=r".*"):
        write_ready_file(path, READY)
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_tells_of_the_gateway(tmp_path: Path) -> None:
    """Its address, that of its first API, and the keys of active subscriptions by their ids."""
    path = tmp_path / "ready.json"
    subscriptions = (
        "[{id: a, name: Ada, scope: /apis/shop, primary_key: one, secondary_key: two},"
        " {id: b, scope: /products/p, primary_key: three, secondary_key: four},"
        " {id: c, scope: /, primary_key: five, secondary_key: six},"
        " {id: d, scope: /, state: expired, primary_key: seven, secondary_key: eight}]"
    )
    apis = "[{id: shop, name: Shop, path: shop/v1, service_url: 'http://127.0.0.1:1'}]"
    products = "[{id: p, name: P, apis: [shop]}]"
    gateway = f"gateway: {{apis: {apis}, products: {products}, subscriptions: {subscriptions}}}"
    with running_emulator(write_world(tmp_path, extra=gateway), ready_file=path) as ready:
        told = json.loads(path.read_text())["gateway"]
    assert told == ready["gateway"]
    assert told["url"].startswith("http://127.0.0.1:")
    assert told["api"] == f"{told['url']}/shop/v1"
    assert told["subscriptions"] == {
        "a": {
            "name": "Ada",
            "scope": "/apis/shop",
            "primary_key": "one",
            "secondary_key": "two",
        },
        "b": {
            "name": "b",
            "scope": "/products/p",
            "primary_key": "three",
            "secondary_key": "four",
        },
        "c": {"name": "c", "scope": "/", "primary_key": "five", "secondary_key": "six"},
    }


@pytest.mark.parametrize(
    ("extra", "has_gateway"), [("settings: {gateway: false}", False), ("gateway: {}", True)]
)
def test_a_gateway_may_be_missing_or_empty(tmp_path: Path, extra: str, has_gateway: bool) -> None:
    """Switched off it is not told of; without APIs its address is all there is."""
    with running_emulator(write_world(tmp_path, extra=extra)) as ready:
        assert ("gateway" in ready) == has_gateway
        if has_gateway:
            url = ready["gateway"]["url"]
            assert ready["gateway"] == {"url": url, "api": url, "subscriptions": {}}
