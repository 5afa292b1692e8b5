"""Is a request taken apart as its sender meant it?"""

import pytest
from starlette.types import Message, Scope

from mockserver.blobserver.errors import Refusal
from mockserver.blobserver.request import Request, read_request


async def receive() -> Message:
    """Stand in for a body."""
    return {"type": "http.disconnect"}


def requested(path: str, host: str = "127.0.0.1:10000", query: str = "", **headers: str) -> Request:
    """Take a GET apart; `one` and `two` are accounts."""
    fields = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope: Scope = {
        "method": "GET",
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
    }
    return read_request(scope, receive, {"one", "two"}.__contains__)


@pytest.mark.parametrize(
    ("host", "path", "place", "address"),
    [
        ("127.0.0.1:10000", "/one/c1c/a/b", ("one", "c1c", "a/b"), "http://127.0.0.1:10000/one"),
        ("[::1]:10000", "/one/c1c/a", ("one", "c1c", "a"), "http://[::1]:10000/one"),
        ("localhost", "/one/c1c", ("one", "c1c", ""), "http://localhost/one"),
        ("storage:10000", "/one", ("one", "", ""), "http://storage:10000/one"),
        (
            "host.docker.internal",
            "/one/c1c/a",
            ("one", "c1c", "a"),
            "http://host.docker.internal/one",
        ),
        ("one.blob.localhost:1", "/c1c/a/b", ("one", "c1c", "a/b"), "http://one.blob.localhost:1"),
        (
            "Two.blob.core.windows.net",
            "/c1c",
            ("two", "c1c", ""),
            "http://Two.blob.core.windows.net",
        ),
        ("one.x", "/", ("one", "", ""), "http://one.x"),
        ("x.y", "/other/c1c", ("other", "c1c", ""), "http://x.y/other"),
    ],
)
def test_the_account_is_in_the_path_or_in_the_host(
    host: str, path: str, place: tuple[str, str, str], address: str
) -> None:
    """A host whose first label is no account of ours is any host."""
    request = requested(path, host)
    assert (request.place, request.address) == (place, address)


def test_names_are_decoded() -> None:
    """Escapes, plus as itself, backslash as slash, empty parts as they are."""
    assert requested("/one/c1c/%C3%A4%20b+c%2Fd").blob == "ä b+c/d"
    assert requested("/one/c1c/a%5Cb//c/").blob == "a/b//c/"


def test_a_query() -> None:
    """Names in small letters, plus is a space, several values have commas between them."""
    request = requested("/one", query="Comp=List&prefix=a+b%2B&x=1&x=2&&=3")
    assert request.query == {"comp": "List", "prefix": "a b+", "x": "1,2"}
    assert request.number("x1") is None


@pytest.mark.parametrize("text", ["0", "-1", "x", "1" * 10, "٣"])
def test_a_number_that_is_none(text: str) -> None:
    """It is out of range."""
    with pytest.raises(Refusal, match="OutOfRangeInput"):
        requested("/one", query=f"n={text}").number("n")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/", "InvalidQueryParameterValue"),
        ("/one/%ff%fe", "InvalidUri"),
        ("/one/Capital/x", "InvalidResourceName"),
        ("/one/c1c/" + "n" * 1025, "OutOfRangeInput"),
    ],
)
def test_addresses_that_name_nothing(path: str, code: str) -> None:
    """No account, no text, no container's name, no blob's name."""
    with pytest.raises(Refusal, match=code):
        requested(path)


def test_versions() -> None:
    """As sent, else that of the token, else the oldest; anything but a date is refused."""
    assert requested("/one", x_ms_version="2030-01-01").version == "2030-01-01"
    assert requested("/one", query="sig=x&sv=2018-11-09").version == "2018-11-09"
    assert requested("/one").version == "2009-09-19"
    with pytest.raises(Refusal, match="InvalidHeaderValue"):
        requested("/one", x_ms_version="2030-1-1")


def test_a_repeated_header_is_one() -> None:
    """With a comma, as in HTTP."""
    scope: Scope = {
        "method": "GET",
        "raw_path": b"/one",
        "query_string": b"",
        "headers": [(b"x-ms-meta-a", b"1"), (b"x-ms-meta-a", b"2")],
    }
    assert read_request(scope, receive, bool).headers == {"x-ms-meta-a": "1,2"}
