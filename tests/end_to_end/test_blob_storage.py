"""Does the embedded blob service answer as Azurite does, to today's SDK and to those of 2014?

Every behaviour runs on both servers and the two answers are compared with each other, and with
what is stated here. Where we differ on purpose, the difference is listed with its reason, and is
tested to be there still.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4
from xml.etree import ElementTree

import httpx
import pytest

from tests.mockserver.blobserver.azurite import running_azurite
from tests.mockserver.blobserver.sas import account_token, service_token
from tests.mockserver.blobserver.served import serving
from tests.mockserver.blobserver.signing import ACCOUNT, KEY, VERSION, send_signed, signed

BLOCK_BLOB = {"x-ms-blob-type": "BlockBlob"}
LONG_AGO, FAR_AHEAD = "Mon, 23 Nov 2020 10:00:00 GMT", "Sun, 23 Nov 2098 10:00:00 GMT"
MD5_OF_12, OTHER_MD5 = "wgrU12/pd1mqJ6DJm/9nEA==", "XUFAKrxLKna5cZ2REBfFkg=="
READ_BY_CLIENTS = {
    *("accept-ranges", "cache-control", "content-disposition", "content-encoding"),
    *("content-language", "content-length", "content-md5", "content-range", "content-type"),
    *("x-ms-access-tier", "x-ms-blob-content-length", "x-ms-blob-content-md5", "x-ms-blob-type"),
    *("x-ms-client-request-id", "x-ms-error-code", "x-ms-lease-state", "x-ms-lease-status"),
    *("x-ms-request-server-encrypted", "x-ms-server-encrypted", "x-ms-account-kind"),
}
DIFFER_ALWAYS = {"etag", "last-modified", "x-ms-creation-time", "x-ms-request-id"}
WRITTEN_OR_NOT = {
    *("CommittedBlocks", "Delimiter", "Marker", "Metadata", "Prefix", "UncommittedBlocks")
}
CHANGING = {"Etag", "Last-Modified", "Creation-Time", "AccessTierChangeTime", "NextMarker"}


@dataclass(frozen=True)
class Server:
    """One of the two."""

    url: str
    client: httpx.Client

    @property
    def account(self) -> str:
        """The URL of the account, in path style."""
        return f"{self.url}/{ACCOUNT}"

    def put(self, path: str, headers: dict[str, str], body: bytes = b"") -> httpx.Response:
        """Send a signed PUT that has to succeed."""
        reply = send_signed(self.client, "PUT", f"{self.account}/{path}", headers, body)
        assert reply.status_code == 201, reply.text
        return reply

    def world(self) -> dict[str, str]:
        """Make a container with a few blobs; return what stands for it in a case."""
        name = f"c{uuid4().hex[:12]}"
        self.put(f"{name}?restype=container", {})
        text = {**BLOCK_BLOB, "content-type": "text/plain", "x-ms-meta-colour": "blue"}
        etag = self.put(f"{name}/a.txt", text, b"0123456789").headers["etag"]
        self.put(f"{name}/dir/b%20%C3%A9.txt", BLOCK_BLOB, b"b")
        self.put(f"{name}/dir/c.txt", BLOCK_BLOB, b"c")
        self.put(f"{name}/empty", BLOCK_BLOB)
        for block_id, body in (("AAAA", b"1"), ("AAAB", b"22")):
            self.put(f"{name}/blocks?comp=block&blockid={block_id}", {}, body)
        self.put(f"{name}/whole?comp=block&blockid=AAAA", {}, b"1")
        self.put(f"{name}/whole?comp=blocklist", {}, b"<BlockList><Latest>AAAA</Latest></BlockList>")
        self.put(f"{name}/whole?comp=block&blockid=AAAB", {}, b"22")
        return {"c": name, "etag": etag, "url": self.url}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """Run the embedded service and Azurite."""
    folder = tmp_path_factory.mktemp("blobs")
    with (
        serving(folder) as served,
        running_azurite() as azurite,
        httpx.Client(trust_env=False, timeout=20) as client,
    ):
        yield Server(served.url, client), Server(azurite, client)


Answer = tuple[int, str]
"""Status, and error code or nothing."""


@dataclass(frozen=True)
class Case:
    """One request to a fresh world, and its answer. Names in braces stand for parts of the world."""

    title: str
    method: str
    path: str
    expected: Answer
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    signed: bool = True
    azurite: Answer | None = None
    """What Azurite answers, if that is not the same."""
    reason: str = ""

    def send(self, server: Server) -> tuple[httpx.Response, dict[str, str]]:
        """Send the request; return the answer and the world."""
        world = server.world()
        url = server.account + _fill(self.path, world)
        headers = {name: _fill(value, world) for name, value in self.headers.items()}
        sent = signed(self.method, url, headers, self.body) if self.signed else headers
        return server.client.request(self.method, url, headers=sent, content=self.body), world


def _fill(text: str, world: dict[str, str]) -> str:
    for name, value in world.items():
        text = text.replace("{" + name + "}", value)
    return text


def observed(reply: httpx.Response, world: dict[str, str]) -> dict[str, object]:
    """Return what of an answer has to be the same on both servers."""
    seen: dict[str, object] = {"status": reply.status_code}
    is_document = "xml" in reply.headers.get("content-type", "")
    for name, value in reply.headers.items():
        if name in READ_BY_CLIENTS or name.startswith("x-ms-meta-"):
            seen[name] = value
        elif name in DIFFER_ALWAYS:
            seen[name] = "there"
    if reply.request.method == "HEAD" and "content-range" not in seen and not reply.is_success:
        seen.pop("content-length", None)
    if is_document and reply.content:
        seen.pop("content-length", None)
        seen["document"] = read(ElementTree.fromstring(reply.text), world)  # noqa: S314
    elif reply.request.method != "HEAD":
        seen["body"] = reply.content
    return seen


def read(node: ElementTree.Element, world: dict[str, str]) -> object:
    """Return an XML element without what differs by nature, and without order of its parts."""
    if node.tag in CHANGING:
        return bool(node.text)
    if node.tag == "Error":
        return node.findtext("Code")
    if len(node):
        return sorted(
            ((part.tag, read(part, world)) for part in node if _matters(part)),
            key=repr,
        )
    return re.sub(world["c"], "C", node.text or "")


def _matters(node: ElementTree.Element) -> bool:
    """Say whether a part of a document is more than a default that one of the two writes out."""
    if node.tag in ("AccessTierChangeTime", "ServerEncrypted"):
        return False
    if node.tag in WRITTEN_OR_NOT and not len(node):
        return bool(node.text)
    return (node.tag, node.text) != ("MaxResults", "5000")


def answer_of(reply: httpx.Response) -> Answer:
    """Return status and error code."""
    return reply.status_code, reply.headers.get("x-ms-error-code", "")


GET_FILE, PUT_NEW = ("GET", "/{c}/a.txt"), ("PUT", "/{c}/new")
STAGE, COMMIT = ("PUT", "/{c}/new?comp=block&blockid="), ("PUT", "/{c}/blocks?comp=blocklist")
CONTAINER, LIST = "/{c}?restype=container", "/{c}?restype=container&comp=list"
NOT_THERE = (404, "ContainerNotFound")
FAILS = (412, "ConditionNotMet")
UNCHANGED = (304, "ConditionNotMet")

READS = [
    Case("a blob", *GET_FILE, (200, "")),
    Case("an empty blob", "GET", "/{c}/empty", (200, "")),
    Case("a name with a space and an accent", "GET", "/{c}/dir/b%20%C3%A9.txt", (200, "")),
    Case("properties", "HEAD", "/{c}/a.txt", (200, "")),
    Case("no blob", "GET", "/{c}/none", (404, "BlobNotFound")),
    Case("no properties", "HEAD", "/{c}/none", (404, "BlobNotFound")),
    Case("blocks are no blob yet", "GET", "/{c}/blocks", (404, "BlobNotFound")),
    Case("no container", "GET", "/nosuch/a.txt", NOT_THERE),
    Case("a range", *GET_FILE, (206, ""), {"range": "bytes=2-4"}),
    Case("an open range", *GET_FILE, (206, ""), {"x-ms-range": "bytes=7-"}),
    Case("more than there is", *GET_FILE, (206, ""), {"x-ms-range": "bytes=0-33554431"}),
    Case("two ranges", *GET_FILE, (206, ""), {"range": "bytes=5-6", "x-ms-range": "bytes=0-1"}),
    Case("behind the end", *GET_FILE, (416, "InvalidRange"), {"x-ms-range": "bytes=11-20"}),
    Case("of nothing", "GET", "/{c}/empty", (416, "InvalidRange"), {"x-ms-range": "bytes=0-9"}),
    Case("backwards", *GET_FILE, (200, ""), {"range": "bytes=5-3"}),
    Case("several parts", *GET_FILE, (200, ""), {"range": "bytes=0-1,3-4"}),
    Case("a range of properties", "HEAD", "/{c}/a.txt", (200, ""), {"range": "bytes=2-4"}),
    Case(
        "a range with its MD5",
        *GET_FILE,
        (206, ""),
        {"x-ms-range": "bytes=0-3", "x-ms-range-get-content-md5": "true"},
    ),
    Case("the version of 2013", *GET_FILE, (200, ""), {"x-ms-version": "2013-08-15"}),
    Case("an id of the client", *GET_FILE, (200, ""), {"x-ms-client-request-id": "abc"}),
    *(
        Case(f"blocks of {kind}", "GET", f"/{{c}}/whole?comp=blocklist{asked}", (200, ""))
        for kind, asked in (
            ("a blob", ""),
            ("the next one", "&blocklisttype=uncommitted"),
            ("both", "&blocklisttype=all"),
        )
    ),
    Case("blocks of none", "GET", "/{c}/none?comp=blocklist", (404, "BlobNotFound")),
    Case("a list", "GET", LIST, (200, "")),
    Case("a list with all", "GET", LIST + "&include=metadata", (200, "")),
    Case("a list with folders", "GET", LIST + "&delimiter=%2F", (200, "")),
    Case("a list of a folder", "GET", LIST + "&delimiter=%2F&prefix=dir%2F", (200, "")),
    Case("a list of two", "GET", LIST + "&maxresults=2", (200, "")),
    Case("a list of nothing", "GET", LIST + "&prefix=zzz", (200, "")),
    Case("a list of no container", "GET", "/nosuch?restype=container&comp=list", NOT_THERE),
    Case("containers", "GET", "/?comp=list&prefix={c}", (200, "")),
    Case("a container", "GET", CONTAINER, (200, "")),
    Case("who may read", "GET", CONTAINER + "&comp=acl", (200, "")),
    Case("no container's properties", "HEAD", "/nosuch?restype=container", NOT_THERE),
]
CONDITIONS = [
    Case("it is this", *GET_FILE, (200, ""), {"if-match": "{etag}"}),
    Case("it is another", *GET_FILE, FAILS, {"if-match": '"0x1"'}),
    Case("none is another", "GET", "/{c}/none", FAILS, {"if-match": '"0x1"'}),
    Case("not this", "HEAD", "/{c}/a.txt", UNCHANGED, {"if-none-match": "{etag}"}),
    Case("not another", *GET_FILE, (200, ""), {"if-none-match": '"0x1"'}),
    Case("nothing", *GET_FILE, (400, "UnsatisfiableCondition"), {"if-none-match": "*"}),
    Case("changed since then", *GET_FILE, (200, ""), {"if-modified-since": LONG_AGO}),
    Case("not yet changed", "HEAD", "/{c}/a.txt", UNCHANGED, {"if-modified-since": FAR_AHEAD}),
    Case("changed meanwhile", *GET_FILE, FAILS, {"if-unmodified-since": LONG_AGO}),
    Case("still the same", *GET_FILE, (200, ""), {"if-unmodified-since": FAR_AHEAD}),
    Case(
        "changed, and not this",
        *GET_FILE,
        (200, ""),
        {"if-none-match": "{etag}", "if-modified-since": LONG_AGO},
    ),
    *(
        Case(f"write: {title}", "PUT", f"/{{c}}/{name}", expected, {**BLOCK_BLOB, **condition})
        for title, name, expected, condition in (
            ("only a new one", "a.txt", (409, "BlobAlreadyExists"), {"if-none-match": "*"}),
            ("a new one", "new", (201, ""), {"if-none-match": "*"}),
            ("another", "a.txt", FAILS, {"if-match": '"0x1"'}),
            ("this", "a.txt", (201, ""), {"if-match": "{etag}"}),
            ("any", "a.txt", (201, ""), {"if-match": "*"}),
            ("none is another", "new", FAILS, {"if-match": '"0x1"'}),
            ("not this", "a.txt", FAILS, {"if-none-match": "{etag}"}),
            ("changed", "a.txt", FAILS, {"if-unmodified-since": LONG_AGO}),
            ("not changed", "a.txt", FAILS, {"if-modified-since": FAR_AHEAD}),
            (
                "two that exclude each other",
                "a.txt",
                (400, "MultipleConditionHeadersNotSupported"),
                {"if-match": "*", "if-none-match": '"0x1"'},
            ),
        )
    ),
    Case(
        "commit: only a new one",
        "PUT",
        "/{c}/a.txt?comp=blocklist",
        (409, "BlobAlreadyExists"),
        {"if-none-match": "*"},
        b"<BlockList/>",
    ),
    Case("delete another", "DELETE", "/{c}/a.txt", FAILS, {"if-match": '"0x1"'}),
    Case("delete this", "DELETE", "/{c}/a.txt", (202, ""), {"if-match": "{etag}"}),
]
WRITES = [
    Case("a blob", *PUT_NEW, (201, ""), {**BLOCK_BLOB, "content-type": "text/csv"}, b"12"),
    Case("its MD5", *PUT_NEW, (201, ""), {**BLOCK_BLOB, "content-md5": MD5_OF_12}, b"12"),
    Case("no container", "PUT", "/nosuch/new", NOT_THERE, BLOCK_BLOB, b"12"),
    Case("a block", STAGE[0], STAGE[1] + "AAAA", (201, ""), {}, b"12"),
    Case("no Base64", STAGE[0], STAGE[1] + "!!", (400, "InvalidQueryParameterValue"), {}, b"12"),
    Case("a long id", STAGE[0], STAGE[1] + "A" * 92, (400, "OutOfRangeInput"), {}, b"12"),
    Case("no such place", "PUT", "/nosuch/b?comp=block&blockid=AAAA", NOT_THERE, {}, b"12"),
    Case(
        "ids of two lengths",
        "PUT",
        "/{c}/blocks?comp=block&blockid=AAAAAAAA",
        (400, "InvalidBlobOrBlock"),
        {},
        b"12",
    ),
    Case(
        "a list",
        *COMMIT,
        (201, ""),
        {"x-ms-blob-content-type": "text/csv"},
        b"<BlockList><Latest>AAAB</Latest><Uncommitted>AAAA</Uncommitted></BlockList>",
    ),
    Case("an empty list", *COMMIT, (201, ""), {}, b"<BlockList></BlockList>"),
    Case(
        "an unknown block",
        *COMMIT,
        (400, "InvalidBlockList"),
        {},
        b"<BlockList><Latest>BBBB</Latest></BlockList>",
    ),
    Case(
        "a block that is not committed",
        *COMMIT,
        (400, "InvalidBlockList"),
        {},
        b"<BlockList><Committed>AAAA</Committed></BlockList>",
    ),
    Case("metadata", "PUT", "/{c}/a.txt?comp=metadata", (200, ""), {"x-ms-meta-a": "b"}),
    Case(
        "metadata of none",
        "PUT",
        "/{c}/none?comp=metadata",
        (404, "BlobNotFound"),
        {"x-ms-meta-a": "b"},
    ),
    Case(
        "a wrong name",
        "PUT",
        "/{c}/a.txt?comp=metadata",
        (400, "InvalidMetadata"),
        {"x-ms-meta-1-a": "b"},
    ),
    Case(
        "properties",
        "PUT",
        "/{c}/a.txt?comp=properties",
        (200, ""),
        {"x-ms-blob-content-type": "text/x"},
    ),
    Case("delete", "DELETE", "/{c}/a.txt", (202, "")),
    Case("delete none", "DELETE", "/{c}/none", (404, "BlobNotFound")),
    Case("a container", "PUT", "/{c}new?restype=container", (201, "")),
    Case("a container twice", "PUT", CONTAINER, (409, "ContainerAlreadyExists")),
    Case("capitals", "PUT", "/Bad_Name?restype=container", (400, "InvalidResourceName")),
    Case("two hyphens", "PUT", "/a--b?restype=container", (400, "InvalidResourceName")),
    Case("too short", "PUT", "/ab?restype=container", (400, "OutOfRangeInput")),
    Case("metadata of a container", "PUT", CONTAINER + "&comp=metadata", (200, "")),
    Case("delete a container", "DELETE", CONTAINER, (202, "")),
    Case("delete no container", "DELETE", "/nosuch?restype=container", NOT_THERE),
    Case(
        "a copy while writing",
        *PUT_NEW,
        (501, "APINotImplemented"),
        {**BLOCK_BLOB, "x-ms-copy-source": "{url}/devstoreaccount1/{c}/a.txt"},
    ),
]
STRANGERS = [
    Case("unsigned", *GET_FILE, (403, "AuthorizationFailure"), signed=False),
    Case("unsigned list", "GET", LIST, (403, "AuthorizationFailure"), signed=False),
    Case("unsigned write", *PUT_NEW, (403, "AuthorizationFailure"), BLOCK_BLOB, signed=False),
    Case("nowhere", "GET", "/nosuch/a", (403, "AuthorizationFailure"), signed=False),
]
AGREED = [*READS, *CONDITIONS, *WRITES, *STRANGERS]


@pytest.mark.parametrize("case", AGREED, ids=lambda case: f"{case.method} {case.title}")
def test_both_servers_answer_the_same(servers: tuple[Server, Server], case: Case) -> None:
    """Status, error code, headers that clients read, and what a document says."""
    ours, theirs = (observed(*case.send(server)) for server in servers)
    assert (ours["status"], ours.get("x-ms-error-code", "")) == case.expected
    assert ours == theirs
