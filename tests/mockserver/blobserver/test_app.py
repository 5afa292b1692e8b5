"""Does the blob service stand what clients and disks do to it?"""

import errno
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from mockserver.blobserver import listing
from tests.mockserver.blobserver.sas import service_token
from tests.mockserver.blobserver.served import Served, serving
from tests.mockserver.blobserver.signing import ACCOUNT, VERSION, send_signed, signed

BLOCK_BLOB = {"x-ms-blob-type": "BlockBlob"}
MIB = 1 << 20


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Serve a store with the container `demo`."""
    with serving(tmp_path) as running:
        running.store.ensure_container(ACCOUNT, "demo")
        yield running


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    """Return a client of the account."""
    with httpx.Client(base_url=served.url, trust_env=False, timeout=20) as made:
        yield made


class Asks:
    """Sends signed requests to the account."""

    def __init__(self, served: Served, client: httpx.Client) -> None:
        self.account = f"{served.url}/{ACCOUNT}"
        self.client = client

    def __call__(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> httpx.Response:
        return send_signed(self.client, method, f"{self.account}/{path}", headers, body)


@pytest.fixture
def ask(served: Served, client: httpx.Client) -> Asks:
    """Return what sends signed requests."""
    return Asks(served, client)


def code_of(reply: httpx.Response) -> str:
    """Return the code of an error, which stands in header and body."""
    code = str(reply.headers["x-ms-error-code"])
    assert f"<Code>{code}</Code>" in reply.text
    assert f"RequestId:{reply.headers['x-ms-request-id']}\nTime:" in reply.text
    return code


def raw(served: Served, head: str, body: bytes = b"") -> bytes:
    """Send bytes and hang up; return what came."""
    host, _, port = served.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + body)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def wait_for(holds: Callable[[], object]) -> None:
    """Wait until something holds, at most ten seconds."""
    for _ in range(500):
        if holds():
            return
        time.sleep(0.02)
    raise TimeoutError


def test_a_large_blob_goes_through(ask: Asks) -> None:
    """Bytes come back as they went, whole and in parts."""
    content = os.urandom(5 * MIB + 17)
    assert ask("PUT", "demo/large", BLOCK_BLOB, content).status_code == 201
    assert ask("GET", "demo/large").content == content
    part = ask("GET", "demo/large", {"x-ms-range": f"bytes={MIB - 1}-{4 * MIB}"})
    assert part.content == content[MIB - 1 : 4 * MIB + 1]
    wanted = {"x-ms-range": "bytes=0-", "x-ms-range-get-content-md5": "true"}
    assert code_of(ask("GET", "demo/large", wanted)) == "OutOfRangeInput"


def test_tokens_end_by_our_clock(served: Served, ask: Asks) -> None:
    """A token of today is over when the clock is moved, and good again when it is moved back."""
    ask("PUT", "demo/a", BLOCK_BLOB, b"1")
    url = f"{ask.account}/demo/a?{service_token(VERSION, 'demo', 'a')}"
    assert ask.client.get(url).status_code == 200
    served.clock.offset = 100 * 365 * 24 * 3600
    refused = ask.client.get(url)
    assert code_of(refused) == "AuthenticationFailed"
    assert "Signature not valid in the specified time frame" in refused.text
    assert ask("GET", "demo/a").status_code == 200, "a key has no end"
    served.clock.offset = 0
    assert ask.client.get(url).status_code == 200


def test_other_signatures(ask: Asks) -> None:
    """The small one is known; others, those of other accounts, and nonsense are not."""
    url = f"{ask.account}/demo?restype=container&comp=list"
    lite = signed("GET", url, {}, scheme="SharedKeyLite")
    assert ask.client.get(url, headers=lite).status_code == 200
    for wrong in ("SharedKeyLite devstoreaccount1:x", "Basic x", "SharedKey other:x", "SharedKey"):
        reply = ask.client.get(url, headers={"authorization": wrong})
        assert (reply.status_code, code_of(reply)) == (403, "AuthenticationFailed")


def test_an_unknown_account(ask: Asks) -> None:
    """Is not found, signed or not."""
    assert code_of(ask.client.get("/nobody/demo/a")) == "ResourceNotFound"
    assert code_of(ask.client.get("/")) == "InvalidQueryParameterValue"


def test_what_is_no_http_gets_xml(served: Served) -> None:
    """With an id, and a line in the log."""
    answer = raw(served, "no HTTP\n\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"<Code>InvalidUri</Code>" in answer
    assert b"x-ms-request-id: " in answer


def test_a_body_needs_its_length(ask: Asks) -> None:
    """Chunks of unknown number are refused before they are read."""
    headers = signed("PUT", f"{ask.account}/demo/a", BLOCK_BLOB)
    del headers["content-length"]
    reply = ask.client.put(f"{ask.account}/demo/a", headers=headers, content=iter([b"1", b"2"]))
    assert (reply.status_code, code_of(reply)) == (411, "MissingContentLengthHeader")


def lengthy(served: Served, path: str, length: int, version: str) -> str:
    """Return the head of a PUT that announces a body."""
    token = service_token("2021-12-02", "demo", sp="rw")
    joint = "&" if "?" in path else "?"
    return (
        f"PUT /{ACCOUNT}/demo/{path}{joint}{token} HTTP/1.1\nHost: {served.url[7:]}\n"
        f"x-ms-blob-type: BlockBlob\nx-ms-version: {version}\nContent-Length: {length}\n\n"
    )


@pytest.mark.parametrize(
    ("path", "length", "version"),
    [
        ("a", 64 * MIB + 1, "2014-02-14"),
        ("a", 256 * MIB + 1, "2016-05-31"),
        ("a", 5000 * MIB + 1, "2021-12-02"),
        ("a?comp=block&blockid=AAAA", 4 * MIB + 1, "2015-07-08"),
        ("a?comp=block&blockid=AAAA", 4000 * MIB + 1, "2021-12-02"),
    ],
)
def test_what_is_too_large_for_its_version(
    served: Served, path: str, length: int, version: str
) -> None:
    """It is refused by its head."""
    answer = raw(served, lengthy(served, path, length, version))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"RequestBodyTooLarge" in answer


@pytest.mark.parametrize("path", ["a", "a?comp=block&blockid=AAAA", "a?comp=blocklist"])
def test_a_client_that_goes_away_leaves_nothing(served: Served, tmp_path: Path, path: str) -> None:
    """Half a body is no blob, no block and no file; the log has a line."""
    before = {file for file in tmp_path.rglob("*") if file.is_file()}
    assert raw(served, lengthy(served, path, 10 * MIB, "2021-12-02"), b"x" * 3 * MIB) == b""
    wait_for(lambda: " 499 " in served.log_text())
    assert {file for file in tmp_path.rglob("*") if file.is_file()} == before
    assert served.store.find(ACCOUNT, "demo", "a") is None
    assert "sig=" not in served.log_text()


def test_a_client_may_ask_before_it_sends(served: Served) -> None:
    """Who would be refused is told before, and the line is closed; others are told to go on."""
    for path, answer in (("a", b"HTTP/1.1 100 Continue"), ("a?comp=nonsense", b"HTTP/1.1 400 ")):
        head = lengthy(served, path, 3, "2021-12-02")[:-1] + "Expect: 100-continue\n\n"
        host, _, port = served.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), 10) as connection:
            connection.sendall(head.replace("\n", "\r\n").encode())
            received = connection.recv(65536)
            assert received.startswith(answer)
            if b" 100 " in answer:
                connection.sendall(b"123")
                received += connection.recv(65536)
            assert (b"connection: close" in received) == (b" 400 " in answer)
    blob = served.store.find(ACCOUNT, "demo", "a")
    assert blob is not None
    assert blob.size == 3


def test_a_long_document_is_not_read(served: Served) -> None:
    """A block list of more than 16 MiB is refused while it comes."""
    head = lengthy(served, "a?comp=blocklist", 17 * MIB, "2021-12-02")
    assert b"RequestBodyTooLarge" in raw(served, head, b" " * 17 * MIB)


def test_a_client_may_stop_reading(served: Served, ask: Asks) -> None:
    """Who hangs up within a long answer does no harm."""
    ask("PUT", "demo/large", BLOCK_BLOB, b"x" * 20 * MIB)
    with ask.client.stream(
        "GET",
        f"{ask.account}/demo/large",
        headers=signed("GET", f"{ask.account}/demo/large", {}),
    ) as reply:
        next(reply.iter_raw(10))
    wait_for(lambda: "GET" in served.log_text())
    assert ask("HEAD", "demo/large").headers["content-length"] == str(20 * MIB)


def failing(number: int) -> Callable[..., None]:
    """Return a function that fails as the system does."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    "failure", [(errno.ENOSPC, 507, "InsufficientStorage"), (errno.EACCES, 500, "InternalError")]
)
@pytest.mark.parametrize("when", ["new_upload", "write", "put"])
def test_a_disk_that_fails(
    served: Served,
    ask: Asks,
    monkeypatch: pytest.MonkeyPatch,
    failure: tuple[int, int, str],
    when: str,
) -> None:
    """Has a code; the server is up, and nothing is left over."""
    where: object = served.store
    if when == "write":
        where = type(_upload(served))
    with monkeypatch.context() as patched:
        patched.setattr(where, when, failing(failure[0]))
        reply = ask("PUT", "demo/a", BLOCK_BLOB, b"x" * 3 * MIB)
    assert (reply.status_code, code_of(reply)) == failure[1:]
    assert not list((served.folder / "incoming").iterdir())
    assert ask("PUT", "demo/a", BLOCK_BLOB, b"1").status_code == 201


def _upload(served: Served) -> object:
    upload = served.store.new_upload(with_md5=False)
    upload.discard()
    return upload


def test_a_mistake_of_ours(
    ask: Asks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Is logged with its traceback; the client learns no more than that there was one."""
    monkeypatch.setattr(listing, "_most", lambda _: 1 // 0)
    with caplog.at_level(logging.ERROR):
        reply = ask("GET", "?comp=list")
    assert (reply.status_code, code_of(reply)) == (500, "InternalError")
    assert "ZeroDivisionError" in caplog.text
    assert "ZeroDivision" not in reply.text


def test_data_that_is_cut_breaks_the_answer_off(
    served: Served, ask: Asks, caplog: pytest.LogCaptureFixture
) -> None:
    """A client must not take half a blob for a whole one."""
    ask("PUT", "demo/a", BLOCK_BLOB, b"x" * 2 * MIB)
    blob = served.store.find(ACCOUNT, "demo", "a")
    assert blob is not None
    os.truncate(served.store.data_of(ACCOUNT, "demo", blob), MIB)
    with pytest.raises(httpx.RemoteProtocolError), caplog.at_level(logging.ERROR):
        ask("GET", "demo/a")
    assert ask("HEAD", "demo/a").status_code == 200


def test_data_that_is_gone(served: Served, ask: Asks) -> None:
    """Somebody removed the file of a blob: it is not there any more."""
    ask("PUT", "demo/a", BLOCK_BLOB, b"1")
    blob = served.store.find(ACCOUNT, "demo", "a")
    assert blob is not None
    served.store.data_of(ACCOUNT, "demo", blob).unlink()
    assert code_of(ask("GET", "demo/a")) == "BlobNotFound"


def test_no_header_is_smuggled_in(ask: Asks) -> None:
    """What a token says of the answer stays one value of one header."""
    ask("PUT", "demo/a", BLOCK_BLOB, b"1")
    token = service_token(VERSION, "demo", "a", rsct="text/plain\r\nset-cookie: a=b")
    reply = ask.client.get(f"{ask.account}/demo/a?{token}")
    assert code_of(reply) == "InvalidQueryParameterValue"
    token = service_token(VERSION, "demo", "a", rscd='attachment; filename="ä€.csv"')
    assert ask.client.get(f"{ask.account}/demo/a?{token}").status_code == 200


def test_metadata_has_bounds(ask: Asks) -> None:
    """8 KiB of it."""
    headers = {**BLOCK_BLOB, "x-ms-meta-a": "b" * 8192}
    assert code_of(ask("PUT", "demo/a", headers, b"1")) == "MetadataTooLarge"


def test_properties_of_the_content(ask: Asks) -> None:
    """They are replaced all at once, or left alone if none is given."""
    described = {**BLOCK_BLOB, "content-type": "text/csv", "content-language": "de"}
    ask("PUT", "demo/a", described, b"1")
    ask("PUT", "demo/a?comp=properties", {})
    assert ask("HEAD", "demo/a").headers["content-language"] == "de"
    ask("PUT", "demo/a?comp=properties", {"x-ms-blob-cache-control": "no-store"})
    headers = ask("HEAD", "demo/a").headers
    assert headers["cache-control"] == "no-store"
    assert "content-language" not in headers


def test_lists_in_pages(ask: Asks) -> None:
    """Of containers and blobs; a marker that is not ours begins at the front or is refused."""
    for name in ("one", "two"):
        ask("PUT", f"{name}?restype=container", {"x-ms-meta-n": name})
    page = ask("GET", "?comp=list&maxresults=2&include=metadata").text
    assert page.count("<Container>") == 2
    assert "<n>one</n>" in page
    marker = page.partition("<NextMarker>")[2].partition("<")[0]
    rest = ask("GET", "?" + urlencode({"comp": "list", "marker": marker})).text
    assert "<Name>two</Name>" in rest
    assert "<NextMarker />" in rest
    assert "<Name>demo</Name>" in ask("GET", "?comp=list&marker=other").text
    assert code_of(ask("GET", "?comp=list&marker=2!a")) == "OutOfRangeInput"


def test_a_snapshot_is_not_the_blob(ask: Asks) -> None:
    """Who asks for one is not given the blob of today."""
    ask("PUT", "demo/a", BLOCK_BLOB, b"1")
    assert (
        code_of(ask("GET", "demo/a?snapshot=2020-01-01T00:00:00.0000000Z")) == "APINotImplemented"
    )
    assert code_of(ask("PUT", "demo/b", {"x-ms-blob-type": "PageBlob"})) == "APINotImplemented"


def test_too_many_blocks(ask: Asks) -> None:
    """50,000 and no more."""
    document = b"<BlockList>" + b"<Latest>AAAA</Latest>" * 50_001 + b"</BlockList>"
    assert code_of(ask("PUT", "demo/a?comp=blocklist", {}, document)) == "BlockCountExceedsLimit"


def test_an_answer_names_version_and_client(ask: Asks) -> None:
    """The version that was asked for, or the newest; the client's id as it was sent."""
    reply = ask("GET", "demo/a", {"x-ms-version": "2015-07-08", "x-ms-client-request-id": "me"})
    assert reply.headers["x-ms-version"] == "2015-07-08"
    assert reply.headers["x-ms-client-request-id"] == "me"
    assert ask.client.get("/").headers["x-ms-version"] == "2025-11-05"
    assert ask("HEAD", "?restype=account&comp=properties").headers["x-ms-account-kind"]
