"""Does the token of a result open that blob, for reading, for its day, and nothing else?"""

import re
from pathlib import Path
from urllib.parse import parse_qsl, quote

import httpx
import hypothesis.strategies as st
import pytest
from azure.storage.blob import BlobClient
from hypothesis import given

from mockserver.blobserver.authorization import token_permits
from mockserver.development_account import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from mockserver.storage.tokens import CAPTURED_VERSION, NEXT_VERSION, read_token
from tests.mockserver.blobserver.served import serving

NOON = 1_795_435_200.0
"""23 November 2026, 12:00 UTC."""

HOUR = 3600
VERSIONS = pytest.mark.parametrize("version", [CAPTURED_VERSION, NEXT_VERSION])


def token(location: str = "demo/out.csv", now: float = NOON, version: str = "") -> str:
    arguments = (version,) if version else ()
    return read_token(DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY, location, now, *arguments)


def permits(given_token: str, blob: str = "out.csv", permission: str = "r", now: float = 0) -> bool:
    return token_permits(
        given_token, DEVELOPMENT_KEY, DEVELOPMENT_ACCOUNT, "demo", blob, permission, NOON + now
    )


def test_it_is_written_as_captured() -> None:
    """Begins with `?`, its parameters in the captured order, each value percent-encoded."""
    written = token()
    assert re.fullmatch(
        r"\?sv=2015-02-21&sr=b&sig=[A-Za-z0-9%]+%3D"
        r"&st=2026-11-23T11%3A55%3A00Z&se=2026-11-24T12%3A00%3A00Z&sp=r",
        written,
    )
    assert [name for name, _ in parse_qsl(written[1:])] == ["sv", "sr", "sig", "st", "se", "sp"]


def test_it_is_another_one_each_second() -> None:
    """Two polls give two tokens, if the clock has gone on; both are good."""
    first, second = token(), token(now=NOON + 1)
    assert first != second
    assert permits(first)
    assert permits(second)


@VERSIONS
@pytest.mark.parametrize(
    ("now", "is_good"),
    [(0, True), (-300, True), (-301, False), (24 * HOUR, True), (24 * HOUR + 1, False)],
)
def test_it_is_good_for_a_day_and_five_minutes(version: str, now: float, is_good: bool) -> None:
    """From five minutes before to a day after the poll."""
    assert permits(token(version=version), now=now) is is_good


@VERSIONS
def test_it_opens_one_blob_for_reading(version: str) -> None:
    """No other blob, no writing, and nothing under another key."""
    written = token(version=version)
    assert permits(written)
    assert not permits(written, "other.csv")
    for permission in "wdlac":
        assert not permits(written, permission=permission)
    other = read_token(DEVELOPMENT_ACCOUNT, "b3RoZXI=", "demo/out.csv", NOON)
    assert not permits(other)


def test_a_key_that_is_none_gives_a_token_that_is_refused() -> None:
    """Rather than an error at the poll: the key came with the client's request."""
    written = read_token("foreign", "no key!", "demo/out.csv", NOON)
    assert written.startswith("?sv=")
    assert not permits(written)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50))
def test_any_name_can_be_signed(name: str) -> None:
    """Also names of signs that must be quoted in an address."""
    assert permits(token(f"demo/{name}"), name)


@VERSIONS
@pytest.mark.parametrize("blob", ["out.csv", "a b/\u00fc %41#?&=+'.csv"])
def test_the_blob_service_takes_it(version: str, blob: str, tmp_path: Path) -> None:
    """The how-to's way of putting base, path and token together, and the official SDK."""
    with serving(tmp_path) as served:
        served.store.ensure_container(DEVELOPMENT_ACCOUNT, "demo")
        base = f"{served.url}/{DEVELOPMENT_ACCOUNT}"
        key = {"account_name": DEVELOPMENT_ACCOUNT, "account_key": DEVELOPMENT_KEY}
        options = {"use_env_settings": False, "retry_total": 0}
        with BlobClient(base, "demo", blob, credential=key, **options) as client:  # type: ignore[arg-type]
            client.upload_blob(b"content")
        written = token(f"demo/{blob}", served.clock.now(), version)
        reply = httpx.get(f"{base}/demo/{quote(blob)}{written}", trust_env=False)
        assert (reply.status_code, reply.content) == (200, b"content")
        with BlobClient(base, "demo", blob, credential=written, **options) as client:  # type: ignore[arg-type]
            assert client.download_blob().readall() == b"content"
        served.clock.offset = 25 * HOUR
        late = httpx.get(f"{base}/demo/{quote(blob)}{written}", trust_env=False)
        assert late.status_code == 403
