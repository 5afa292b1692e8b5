"""Are blobs read, staged and committed, and is it told in Azure's words when they are not?"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.storage.blob import BlobClient
from typing_extensions import override

from mockserver.development_account import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from mockserver.storage import blobs
from mockserver.storage.accounts import BlobAddress
from mockserver.storage.blobs import (
    PIECE,
    StagedBlob,
    StorageFault,
    check_blob,
    commit_blob,
    describe,
    read_blob,
)
from mockserver.storage.failures import FORBIDDEN, NOT_FOUND
from mockserver.storage.tokens import read_token
from tests.mockserver.blobserver.served import Served, serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve one container."""
    with serving(tmp_path_factory.mktemp("blobs")) as running:
        running.store.ensure_container(DEVELOPMENT_ACCOUNT, "demo")
        yield running


def address(
    served: Served, blob: str, container: str = "demo", key: str | None = DEVELOPMENT_KEY
) -> BlobAddress:
    url = f"{served.url}/{DEVELOPMENT_ACCOUNT}"
    return BlobAddress(url, DEVELOPMENT_ACCOUNT, container, blob, key)


def written(place: BlobAddress, *blocks: bytes | memoryview, mark: str = "job-0001") -> list[str]:
    with StagedBlob(place, mark) as staged:
        for block in blocks:
            staged.write(block)
    return staged.blocks


def test_blocks_become_a_blob_when_they_are_committed(served: Served) -> None:
    """Not before; then they are there in their order, under the type of their format."""
    place = address(served, "a b/\u00fc%41.tsv")
    blocks = written(place, b"first ", memoryview(b"second "), b"third")
    assert blocks == ["job-0001-000000", "job-0001-000001", "job-0001-000002"]
    with pytest.raises(StorageFault):
        check_blob(place)
    commit_blob(place, blocks)
    check_blob(place)
    assert b"".join(read_blob(place)) == b"first second third"
    # Once more does no harm: nobody knows whether the first answer was heard.
    commit_blob(place, blocks)
    assert b"".join(read_blob(place)) == b"first second third"
    credential = {"account_name": DEVELOPMENT_ACCOUNT, "account_key": DEVELOPMENT_KEY}
    with BlobClient(
        place.url, place.container, place.blob, credential=credential, use_env_settings=False
    ) as client:
        settings = client.get_blob_properties().content_settings
    assert settings.content_type == "text/tab-separated-values"


def test_a_later_attempt_takes_nothing_of_an_earlier_one(served: Served) -> None:
    """Blocks that were staged before and not committed do not get into the blob."""
    place = address(served, "again.csv")
    written(place, b"old ", b"old ", b"old ")
    commit_blob(place, written(place, b"new", mark="job-0002"))
    assert b"".join(read_blob(place)) == b"new"


def test_an_empty_output_is_a_blob_too(served: Served) -> None:
    """Of no blocks."""
    place = address(served, "empty.arff")
    commit_blob(place, written(place))
    assert b"".join(read_blob(place)) == b""


def test_a_large_blob_comes_in_pieces(served: Served) -> None:
    """No piece is larger than what is fetched at a time."""
    place, content = address(served, "large.csv"), bytes(range(256)) * (PIECE // 256) + b"rest"
    commit_blob(place, written(place, content, content))
    sizes, total = [], b""
    for piece in read_blob(place):
        sizes.append(len(piece))
        total += piece
    assert total == content * 2
    assert max(sizes) <= PIECE


def test_a_container_is_made_where_nobody_named_one(served: Served) -> None:
    """Once; a second output finds it there."""
    for name in ("one.csv", "two.csv"):
        place = BlobAddress(
            f"{served.url}/{DEVELOPMENT_ACCOUNT}",
            *(DEVELOPMENT_ACCOUNT, "made", name),
            key=DEVELOPMENT_KEY,
            makes_container=True,
        )
        commit_blob(place, written(place, b"x"))
        check_blob(place)


def test_a_token_opens_a_blob_too(served: Served) -> None:
    """For what it permits."""
    place = address(served, "token.csv")
    commit_blob(place, written(place, b"x"))
    token = read_token(DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY, "demo/token.csv", served.clock.now())
    by_token = BlobAddress(place.url, "", "demo", "token.csv", token=token)
    check_blob(by_token)
    assert b"".join(read_blob(by_token)) == b"x"
    with pytest.raises(StorageFault, match="403") as refused:
        written(by_token, b"y")
    assert refused.value.is_output


@pytest.mark.parametrize(
    ("blob", "container", "key", "answer"),
    [
        ("none.csv", "demo", DEVELOPMENT_KEY, NOT_FOUND),
        ("none.csv", "nowhere", DEVELOPMENT_KEY, NOT_FOUND),
        ("none.csv", "demo", "b3RoZXI=", FORBIDDEN),
        ("none.csv", "demo", "no key!", FORBIDDEN),
        ("none.csv", "demo", None, FORBIDDEN),
    ],
)
def test_a_blob_that_cannot_be_read_is_told(
    served: Served, blob: str, container: str, key: str | None, answer: str
) -> None:
    """Not there, or not for this key: with its place and what storage says."""
    place = address(served, blob, container, key)
    for attempt in (lambda: check_blob(place), lambda: list(read_blob(place))):
        with pytest.raises(StorageFault) as refused:
            attempt()
        assert (refused.value.answer, refused.value.is_output) == (answer, False)
        assert str(refused.value) == (
            f"Unable to access the provided Azure blob - {container}/{blob}."
            f"  Azure error message: {answer}."
        )


def test_an_output_that_cannot_be_written_is_told(served: Served) -> None:
    """A container that is not there, a key that is wrong, blocks that nobody staged."""
    missing = address(served, "x.csv", "nowhere")
    for place, answer in ((missing, NOT_FOUND), (address(served, "x.csv", key="eA=="), FORBIDDEN)):
        with pytest.raises(StorageFault) as refused:
            written(place, b"x")
        assert (refused.value.answer, refused.value.is_output) == (answer, True)
    with pytest.raises(StorageFault, match=r"\(400\) Bad Request"):
        commit_blob(address(served, "x.csv"), ["unknown"])
    with pytest.raises(StorageFault, match="Unable to connect"):
        StagedBlob(BlobAddress("", "gone", "demo", "x.csv", "eA=="), "mark")


# --- other servers --------------------------------------------------------------------------------


@contextmanager
def answering(status: int, **headers: str) -> Iterator[tuple[str, list[str]]]:
    """Answer every request in one way; yield the URL and the paths that are asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append(self.path)
            self.send_response(status, "So be it")
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_PUT = do_HEAD  # noqa: N815  these too

        @override
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def foreign(url: str) -> BlobAddress:
    return BlobAddress(f"{url}/foreign", "foreign", "demo", "x.csv", DEVELOPMENT_KEY)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (403, FORBIDDEN),
        (409, "The remote server returned an error: (409) Conflict"),
        (599, "The remote server returned an error: (599)"),
        (451, "The remote server returned an error: (451) Unavailable For Legal Reasons"),
    ],
)
def test_any_refusal_is_worded(status: int, answer: str) -> None:
    """Also with a status that has no name."""
    with answering(status) as (url, _), pytest.raises(StorageFault) as refused:
        check_blob(foreign(url))
    assert refused.value.answer.startswith(answer)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_reply_sends_us_nowhere(status: int) -> None:
    """A server that is allowed cannot pass us on to one that is not."""
    with answering(200) as (trap, trapped):
        with answering(status, Location=f"{trap}/x") as (url, asked):
            with pytest.raises(StorageFault, match=str(status)):
                check_blob(foreign(url))
            with pytest.raises(StorageFault, match=str(status)):
                list(read_blob(foreign(url)))
            with pytest.raises(StorageFault, match=str(status)):
                written(foreign(url), b"x")
        assert (len(asked), trapped) == (3, [])


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither an account of ours nor its requests are anybody else's business."""
    with answering(200) as (proxy, proxied), answering(404) as (url, asked):
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy)
        with pytest.raises(StorageFault, match="404"):
            check_blob(foreign(url))
    assert (len(asked), proxied) == (1, [])


def test_a_server_that_is_not_there_is_told() -> None:
    """As the service's client words it."""
    with answering(200) as (url, _):
        pass
    with pytest.raises(StorageFault, match="Unable to connect to the remote server"):
        check_blob(foreign(url))


def test_whoever_waits_for_a_silent_server_does_not_wait_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once, and for a time of its own: a check holds up a call, a transfer only its job."""
    assert blobs._AT_ONCE["read_timeout"] < blobs._OPTIONS["read_timeout"]
    monkeypatch.setitem(blobs._AT_ONCE, "read_timeout", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x"
        with pytest.raises(StorageFault, match="Unable to connect to the remote server"):
            check_blob(BlobAddress(url, "x", "demo", "in.csv", DEVELOPMENT_KEY))
        silent.settimeout(0)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):  # nobody has tried again
            silent.accept()


def test_errors_without_an_answer_are_worded() -> None:
    """A key that cannot sign is a refusal, anything else no connection."""
    assert describe(ClientAuthenticationError("no key")) == FORBIDDEN
    assert describe(HttpResponseError("nothing")) == "Unable to connect to the remote server"
    assert describe(ValueError("nothing")) == "Unable to connect to the remote server"
