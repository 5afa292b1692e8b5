"""Are signatures of every age known, and judged at the time of our clock?"""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from azure.storage.blob import generate_account_sas, generate_blob_sas, generate_container_sas
from hypothesis import given
from hypothesis import strategies as st

from mockserver.blobserver import string_to_sign
from mockserver.blobserver.authorization import token_permits
from mockserver.blobserver.errors import Refusal
from mockserver.blobserver.sas import check_origin
from tests.mockserver.blobserver.sas import account_token, service_token
from tests.mockserver.blobserver.signing import ACCOUNT, KEY

NOW = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
VERSIONS = ["2012-02-12", "2013-08-15", "2015-02-21", "2015-04-05", "2018-11-09", "2020-12-06"]


def permits(
    token: str, permission: str = "r", blob: str = "dir/a b", seconds: float = 0, key: str = KEY
) -> bool:
    """Ask for a blob of the container `demo`, some seconds after now."""
    moment = NOW.timestamp() + seconds
    return token_permits(token, key, ACCOUNT, "demo", blob, permission, moment)


def test_the_sdk_signs_what_we_read() -> None:
    """For a blob and for a container, the text to be signed is the same, letter for letter."""
    texts: list[str] = []
    for_blob = generate_blob_sas(
        *(ACCOUNT, "demo", "dir/a b"),
        account_key=KEY,
        permission="rw",
        start=NOW - HOUR,
        expiry=NOW + HOUR,
        protocol="https,http",
        sts_hook=texts.append,
        cache_control="no-store",
        content_type="text/csv",
        ip="1.2.3.4",
    )
    for_container = generate_container_sas(
        *(ACCOUNT, "demo"),
        account_key=KEY,
        permission="rl",
        expiry=NOW + HOUR,
        sts_hook=texts.append,
    )
    for_account = generate_account_sas(
        ACCOUNT, KEY, "sco", "r", NOW + HOUR, services="b", sts_hook=texts.append
    )
    values = [dict(parse_qsl(token)) for token in (for_blob, for_container, for_account)]
    read = [
        string_to_sign.service_sas(values[0], ACCOUNT, "demo", "dir/a b"),
        string_to_sign.service_sas(values[1], ACCOUNT, "demo", "any"),
        string_to_sign.account_sas(values[2], ACCOUNT),
    ]
    assert read == [text.encode() for text in texts]
    for token in (for_blob, f"?{for_container}", for_account):
        assert permits(token)
        assert not permits(token, "d")
        assert not permits(token, seconds=3601)
        assert not permits(token, key="b3RoZXI=")
    assert not permits(for_blob, seconds=-3601)
    assert not permits(for_blob, blob="dir/other")
    assert permits(for_container, blob="dir/other")


@pytest.mark.parametrize("version", VERSIONS)
def test_tokens_of_every_version(version: str) -> None:
    """Each layout is known; a token of one blob is not one of another."""
    assert permits(service_token(version, "demo", "dir/a b"))
    assert permits(service_token(version, "demo", sp="rw"), "w")
    assert not permits(service_token(version, "demo", "other"))
    assert not permits(service_token(version, "elsewhere"))
    assert permits(account_token(version, sp="r"))


@pytest.mark.parametrize("end", ["2026-11-23T00:00:01Z", "2026-11-24", "2026-11-23T00:01Z"])
def test_times_have_several_forms(end: str) -> None:
    """A day, a minute, a second."""
    assert permits(service_token("2021-12-02", "demo", se=end))
    assert permits(service_token("2021-12-02", "demo", se=end, st=""))


@pytest.mark.parametrize(
    "given_values",
    [
        {"se": "tomorrow"},
        {"se": ""},
        {"st": "tomorrow"},
        {"sp": ""},
        {"si": "policy"},
        {"sr": "d"},
        {"skoid": "someone"},
    ],
)
def test_tokens_that_permit_nothing(given_values: dict[str, str]) -> None:
    """Times that are none, no rights, and kinds that are not offered."""
    assert not permits(service_token("2021-12-02", "demo", **given_values))


@given(st.text())
def test_what_is_no_token_permits_nothing(text: str) -> None:
    """Whatever a client sends, the answer is no."""
    assert not permits(text)
    assert not permits(f"sig={text}&sr=b&se=2098-01-01")


@pytest.mark.parametrize(
    ("values", "client", "code"),
    [
        ({}, "10.0.0.1", ""),
        ({"sip": "10.0.0.1"}, "10.0.0.1", ""),
        ({"sip": "10.0.0.1-10.0.0.9"}, "10.0.0.5", ""),
        ({"sip": "10.0.0.1-10.0.0.9"}, "10.0.0.10", "AuthorizationSourceIPMismatch"),
        ({"sip": "10.0.0.1"}, "::1", "AuthorizationSourceIPMismatch"),
        ({"sip": "nonsense"}, "10.0.0.1", "AuthorizationSourceIPMismatch"),
        ({"spr": "https,http"}, "10.0.0.1", ""),
        ({"spr": "https"}, "10.0.0.1", "AuthorizationProtocolMismatch"),
    ],
)
def test_where_a_request_comes_from(values: dict[str, str], client: str, code: str) -> None:
    """Addresses and protocols that a token names, and those that it does not."""
    if not code:
        check_origin(values, client)
        return
    with pytest.raises(Refusal, match=code):
        check_origin(values, client)


def text_of(version: str, **headers: str) -> list[str]:
    """Return what may be signed of a request."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    texts = string_to_sign.shared_key("PUT", "/a/a/c", {"b": "2", "a": "1"}, named, version)
    return [text.decode() for text in texts]


def test_an_empty_length_is_signed_as_its_time_did() -> None:
    """`0` until 2014, nothing since."""
    (old,) = text_of("2014-02-14", content_length="0")
    (new,) = text_of("2015-02-21", content_length="0")
    assert old == "PUT\n\n\n0\n\n\n\n\n\n\n\n\n/a/a/c\na:1\nb:2"
    assert new == old.replace("\n0\n", "\n\n")


def test_a_date_counts_once() -> None:
    """Date is signed unless x-ms-date is there."""
    (plain,) = text_of("2021-12-02", date="today")
    (ours,) = text_of("2021-12-02", date="today", x_ms_date="now")
    assert "\ntoday\n" in plain
    assert "today" not in ours
    assert "x-ms-date:now\n" in ours


def test_headers_may_be_sorted_in_two_ways() -> None:
    """By bytes, or as a word list does; a hyphen decides only between equal words."""
    names = {"x_ms_meta_ab": "1", "x_ms_meta_a_c": "2", "x_ms_meta_a1": "3", "x_ms_meta_a_b": "4"}
    by_bytes, by_weight = text_of("2021-12-02", **names)
    found = [
        [line.partition(":")[2] for line in text.splitlines() if line.startswith("x-ms-meta")]
        for text in (by_bytes, by_weight)
    ]
    assert found == [["4", "2", "3", "1"], ["3", "1", "4", "2"]]


def test_lite_signs_less() -> None:
    """Four headers, and of the query only comp."""
    headers = {"content-md5": "m", "content-type": "t", "date": "d", "x-ms-version": "v"}
    lite = string_to_sign.shared_key_lite("GET", "/a/a/c", {"comp": "list", "x": "1"}, headers)
    assert list(lite) == [b"GET\nm\nt\nd\nx-ms-version:v\n/a/a/c?comp=list"]
    lite = string_to_sign.shared_key_lite("GET", "/a/a/c", {}, {"date": "d", "x-ms-date": "e"})
    assert list(lite) == [b"GET\n\n\n\nx-ms-date:e\n/a/a/c"]
