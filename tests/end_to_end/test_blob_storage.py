"""Does the embedded blob service answer as Azurite does, to today's SDK and to those of 2014?

Every behaviour runs on both servers and the two answers are compared with each other, and with
what is stated here. Where we differ on purpose, the difference is listed with its reason, and is
tested to be there still.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from xml.etree import ElementTree as ET

import httpx
import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.storage.blob import (
    BlobBlock,
    BlobClient,
    BlobServiceClient,
    ContainerClient,
    ContentSettings,
    generate_account_sas,
    generate_blob_sas,
)

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
        self.put(
            f"{name}/whole?comp=blocklist", {}, b"<BlockList><Latest>AAAA</Latest></BlockList>"
        )
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
    """One request to a fresh world, and its answer; names in braces stand for parts of it."""

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
        seen["document"] = read(ET.fromstring(reply.text), world)
    elif reply.request.method != "HEAD":
        seen["body"] = reply.content
    return seen


def read(node: ET.Element, world: dict[str, str]) -> object:
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


def _matters(node: ET.Element) -> bool:
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
    Case(
        "the MD5 of the blob",
        *PUT_NEW,
        (201, ""),
        {**BLOCK_BLOB, "x-ms-blob-content-md5": MD5_OF_12},
        b"12",
    ),
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


DEVIATIONS = [
    Case(
        "signature",
        *GET_FILE,
        (403, "AuthenticationFailed"),
        {"authorization": f"SharedKey {ACCOUNT}:abc="},
        signed=False,
        azurite=(403, "AuthorizationFailure"),
        reason="Azure's published code for a wrong signature is AuthenticationFailed",
    ),
    Case(
        "range at the end",
        *GET_FILE,
        (416, "InvalidRange"),
        {"x-ms-range": "bytes=10-"},
        azurite=(206, ""),
        reason="nothing is there to be sent, and Content-Range cannot say so",
    ),
    Case(
        "MD5",
        *PUT_NEW,
        (400, "Md5Mismatch"),
        {**BLOCK_BLOB, "content-md5": OTHER_MD5},
        b"12",
        azurite=(400, "InvalidOperation"),
        reason="Azure's published code is Md5Mismatch",
    ),
    Case(
        "MD5 of a blob",
        *PUT_NEW,
        (400, "Md5Mismatch"),
        {**BLOCK_BLOB, "x-ms-blob-content-md5": OTHER_MD5},
        b"12",
        azurite=(400, "InvalidOperation"),
        reason="Azure's published code is Md5Mismatch",
    ),
    Case(
        "MD5 of a block",
        STAGE[0],
        STAGE[1] + "AAAA",
        (400, "Md5Mismatch"),
        {"content-md5": OTHER_MD5},
        b"12",
        azurite=(400, "InvalidOperation"),
        reason="Azure's published code is Md5Mismatch",
    ),
    Case(
        "no MD5",
        *PUT_NEW,
        (400, "InvalidMd5"),
        {**BLOCK_BLOB, "content-md5": "nonsense"},
        b"12",
        azurite=(400, "InvalidOperation"),
        reason="Azure's published code is InvalidMd5",
    ),
    *(
        Case(title, method, path, (400, code), headers, azurite=(400, ""), reason="no code is sent")
        for title, method, path, code, headers in (
            ("no blob type", *PUT_NEW, "MissingRequiredHeader", {}),
            ("blob type", *PUT_NEW, "InvalidHeaderValue", {"x-ms-blob-type": "Nonsense"}),
            ("no block id", *PUT_NEW[:1], "/{c}/b?comp=block", "InvalidQueryParameterValue", {}),
            ("page of none", "GET", LIST + "&maxresults=0", "OutOfRangeInput", {}),
            ("page", "GET", LIST + "&maxresults=x", "OutOfRangeInput", {}),
            ("no operation", "GET", "/{c}", "InvalidUri", {}),
            ("POST", "POST", "/{c}/a.txt", "InvalidUri", {}),
            (
                "block list type",
                *("GET", "/{c}/whole?comp=blocklist&blocklisttype=some"),
                *("InvalidQueryParameterValue", {}),
            ),
        )
    ),
    Case(
        "broken XML",
        *COMMIT,
        (400, "InvalidXmlDocument"),
        {},
        b"<BlockList><Latest>",
        azurite=(400, ""),
        reason="no code is sent",
    ),
    Case(
        "no XML",
        *COMMIT,
        (400, "InvalidXmlDocument"),
        azurite=(500, ""),
        reason="a mistake of a client is no 500",
    ),
    Case(
        "other XML",
        *COMMIT,
        (400, "InvalidXmlDocument"),
        {},
        b"<Other/>",
        azurite=(201, ""),
        reason="what is no block list makes no blob",
    ),
    Case(
        "a verb",
        "PATCH",
        "/{c}/a.txt",
        (405, "UnsupportedHttpVerb"),
        azurite=(400, ""),
        reason="Azure's published code is UnsupportedHttpVerb",
    ),
    Case(
        "delete blocks",
        "DELETE",
        "/{c}/blocks",
        (404, "BlobNotFound"),
        azurite=(202, ""),
        reason="blocks are no blob yet, as for every other operation",
    ),
    Case(
        "date",
        *GET_FILE,
        (400, "InvalidHeaderValue"),
        {"if-unmodified-since": "yesterday"},
        azurite=(412, "ConditionNotMet"),
        reason="a condition that cannot be read is not one that fails",
    ),
    Case(
        "version",
        *GET_FILE,
        (400, "InvalidHeaderValue"),
        {"x-ms-version": "nonsense"},
        azurite=(200, ""),
        reason="Azurite runs with its check of versions switched off, to let 2013 in",
    ),
    Case(
        "long name",
        "PUT",
        "/{c}/" + "n" * 1025,
        (400, "OutOfRangeInput"),
        BLOCK_BLOB,
        azurite=(201, ""),
        reason="Azure's names have at most 1024 characters",
    ),
    Case(
        "unknown operation",
        "GET",
        "/{c}/a.txt?comp=nonsense",
        (400, "InvalidQueryParameterValue"),
        azurite=(200, ""),
        reason="an operation that is not known is not another one",
    ),
    Case(
        "public container",
        "PUT",
        "/{c}pub?restype=container",
        (409, "PublicAccessNotPermitted"),
        {"x-ms-blob-public-access": "container"},
        azurite=(201, ""),
        reason="nothing is public here, which is the default of today's accounts",
    ),
    *(
        Case(
            f"not offered: {title}",
            *(method, path, (501, "APINotImplemented"), headers),
            azurite=theirs,
            reason="the embedded service is small; who needs this takes Azurite",
        )
        for title, method, path, headers, theirs in (
            ("an append blob", *PUT_NEW, {"x-ms-blob-type": "AppendBlob"}, (201, "")),
            ("a snapshot", "PUT", "/{c}/a.txt?comp=snapshot", {}, (201, "")),
            ("tags", "GET", "/{c}/a.txt?comp=tags", {}, (200, "")),
            ("policies", "PUT", CONTAINER + "&comp=acl", {}, (200, "")),
            ("settings", "GET", "/?restype=service&comp=properties", {}, (200, "")),
            (
                "a copy",
                *PUT_NEW,
                {"x-ms-copy-source": "{url}/devstoreaccount1/{c}/a.txt"},
                (202, ""),
            ),
            (
                "a lease",
                "PUT",
                CONTAINER + "&comp=lease",
                {"x-ms-lease-action": "acquire", "x-ms-lease-duration": "-1"},
                (201, ""),
            ),
        )
    ),
]


@pytest.mark.parametrize("case", DEVIATIONS, ids=lambda case: case.title)
def test_a_listed_difference_is_real(servers: tuple[Server, Server], case: Case) -> None:
    """Each has a reason; if Azurite comes to answer as we do, the entry has to go."""
    ours, theirs = (answer_of(case.send(server)[0]) for server in servers)
    assert case.reason
    assert case.azurite != case.expected
    assert (ours, theirs) == (case.expected, case.azurite)


VERSIONS = [
    *("2012-02-12", "2013-08-15", "2014-02-14", "2015-02-21", "2015-04-05", "2018-03-28"),
    *("2018-11-09", "2020-12-06", VERSION),
]
OLD_IN_AZURITE = {"2012-02-12", "2013-08-15", "2014-02-14", "2015-02-21"}
"""Azurite knows the layouts since 2015-04-05 only."""
DENIED = (403, "AuthorizationPermissionMismatch")
FAILED = (403, "AuthenticationFailed")


def with_token(server: Server, token: str, path: str, method: str = "GET") -> httpx.Response:
    """Send a request that only a token lets in."""
    url = f"{server.account}/{path}{'&' if '?' in path else '?'}{token}"
    headers = BLOCK_BLOB if method == "PUT" else {}
    return server.client.request(method, url, headers=headers)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("of_blob", [True, False], ids=["blob", "container"])
def test_tokens_of_every_version(
    servers: tuple[Server, Server], version: str, of_blob: bool
) -> None:
    """A token lets its reader read, and name the headers of the answer; not write or list."""
    answers = []
    for server in servers:
        container = server.world()["c"]
        blob = "a.txt" if of_blob else ""
        headers = {"rscd": "attachment; filename=x", "rsct": "text/csv"}
        token = service_token(
            version, container, blob, **(headers if version >= "2013-08-15" else {})
        )
        read_it = with_token(server, token, f"{container}/a.txt")
        answers.append(
            (
                answer_of(read_it),
                read_it.headers.get("content-type"),
                read_it.headers.get("content-disposition"),
                answer_of(with_token(server, token, f"{container}/a.txt", "DELETE")),
            )
        )
    ours, theirs = answers
    assert (ours[0], ours[3]) == ((200, ""), DENIED)
    assert ours[1] == ("text/csv" if version >= "2013-08-15" else "text/plain")
    assert (ours == theirs) == (version not in OLD_IN_AZURITE)


TOKENS: list[tuple[str, dict[str, str], str, str, Answer, Answer | None]] = [
    ("write", {"sp": "w"}, "PUT", "/a.txt", (201, ""), None),
    ("create", {"sp": "c"}, "PUT", "/new", (201, ""), None),
    ("add only", {"sp": "a"}, "PUT", "/new", DENIED, None),
    ("list", {"sp": "l"}, "GET", "?restype=container&comp=list", (200, ""), None),
    ("no list", {"sp": "r"}, "GET", "?restype=container&comp=list", DENIED, None),
    ("delete", {"sp": "d"}, "DELETE", "/a.txt", (202, ""), None),
    (
        "over",
        {"se": "2020-01-02T00:00:00Z"},
        "GET",
        "/a.txt",
        FAILED,
        (403, "AuthorizationFailure"),
    ),
    ("not yet", {"st": "2097-01-01"}, "GET", "/a.txt", FAILED, (403, "AuthorizationFailure")),
    ("no rights", {"sp": ""}, "GET", "/a.txt", DENIED, (403, "AuthorizationFailure")),
    (
        *("overwrite", {"sp": "c"}, "PUT", "/a.txt"),
        *((403, "UnauthorizedBlobOverwrite"), DENIED),
    ),
    (
        *("secure only", {"spr": "https"}, "GET", "/a.txt"),
        *((403, "AuthorizationProtocolMismatch"), None),
    ),
    ("both protocols", {"spr": "https,http"}, "GET", "/a.txt", (200, ""), None),
    ("address", {"sip": "127.0.0.1"}, "GET", "/a.txt", (200, ""), None),
    ("addresses", {"sip": "127.0.0.0-127.0.0.9"}, "GET", "/a.txt", (200, ""), None),
    (
        *("other address", {"sip": "10.0.0.1"}, "GET", "/a.txt"),
        *((403, "AuthorizationSourceIPMismatch"), (200, "")),
    ),
]


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token[0])
def test_what_a_token_permits(
    servers: tuple[Server, Server],
    token: tuple[str, dict[str, str], str, str, Answer, Answer | None],
) -> None:
    """Rights, times, addresses and protocols are judged as in Azurite, or as the entry says.

    The codes in which we differ are those that Azure publishes; Azurite does not judge addresses.
    """
    _, given, method, path, expected, azurite = token
    answers = []
    for server in servers:
        container = server.world()["c"]
        text = service_token(VERSION, container, **given)
        answers.append(answer_of(with_token(server, text, container + path, method)))
    assert answers == [expected, azurite or expected]


ACCOUNT_TOKENS: list[tuple[str, dict[str, str], str, str, Answer]] = [
    ("read", {"sp": "r"}, "GET", "{c}/a.txt", (200, "")),
    ("list", {"sp": "l"}, "GET", "{c}?restype=container&comp=list", (200, "")),
    ("containers", {"sp": "l"}, "GET", "?comp=list", (200, "")),
    ("make a container", {"sp": "c"}, "PUT", "{c}new?restype=container", (201, "")),
    ("not write", {"sp": "r"}, "PUT", "{c}/new", DENIED),
    ("of files", {"ss": "f"}, "GET", "{c}/a.txt", (403, "AuthorizationServiceMismatch")),
    ("of services", {"srt": "s"}, "GET", "{c}/a.txt", (403, "AuthorizationResourceTypeMismatch")),
]


@pytest.mark.parametrize("token", ACCOUNT_TOKENS, ids=lambda token: token[0])
@pytest.mark.parametrize("version", ["2018-11-09", VERSION])
def test_what_a_token_for_the_account_permits(
    servers: tuple[Server, Server],
    token: tuple[str, dict[str, str], str, str, Answer],
    version: str,
) -> None:
    """Services, kinds of resources and rights are judged as in Azurite."""
    _, given, method, path, expected = token
    answers = []
    for server in servers:
        text = account_token(version, **given)
        reply = with_token(server, text, _fill(path, server.world()), method)
        answers.append(answer_of(reply))
    assert answers == [expected, expected]


def client_of(server: Server, container: str) -> ContainerClient:
    """Return today's SDK at a container, without its patience."""
    service = BlobServiceClient(server.account, credential=KEY, retry_total=0)
    return service.get_container_client(container)


@pytest.fixture(params=[0, 1], ids=["embedded", "azurite"])
def container(
    servers: tuple[Server, Server], request: pytest.FixtureRequest
) -> Iterator[ContainerClient]:
    """Make a container with today's SDK."""
    with client_of(servers[request.param], f"s{uuid4().hex[:12]}") as made:
        made.create_container(metadata={"purpose": "test"})
        yield made


def test_the_sdk_of_today_writes_and_reads(container: ContainerClient) -> None:
    """A blob keeps bytes, description and metadata; parts of it can be read."""
    settings = ContentSettings("text/csv", "identity", "en", "attachment", "no-store")
    blob = container.get_blob_client("folder/ä b+c%.csv")
    written = blob.upload_blob(b"0123456789", metadata={"a": "b"}, content_settings=settings)
    found = blob.get_blob_properties()
    assert (found.size, found.metadata, found.etag) == (10, {"a": "b"}, written["etag"])
    assert found.content_settings.content_type == "text/csv"
    assert found.content_settings.cache_control == "no-store"
    assert blob.download_blob(validate_content=True).readall() == b"0123456789"
    assert blob.download_blob(offset=3, length=4).readall() == b"3456"
    with pytest.raises(ResourceExistsError):
        blob.upload_blob(b"again")
    blob.upload_blob(b"again", overwrite=True)
    assert blob.download_blob().readall() == b"again"
    blob.set_blob_metadata({"c": "d"})
    assert blob.get_blob_properties().metadata == {"c": "d"}
    blob.delete_blob()
    assert not blob.exists()


def test_the_sdk_of_today_stages_blocks(container: ContainerClient) -> None:
    """Large files go up in blocks, in parallel, and come down in parts; empty ones as well."""
    blob = container.get_blob_client("large")
    content = bytes(range(256)) * 8192
    for setting in (
        *("max_single_put_size", "max_block_size"),
        *("max_single_get_size", "max_chunk_get_size"),
    ):
        setattr(blob._config, setting, 1 << 18)
    blob.upload_blob(content, max_concurrency=4, validate_content=True)
    assert len(blob.get_block_list()[0]) == 8
    assert blob.download_blob(max_concurrency=4).readall() == content
    blob.upload_blob(b"", overwrite=True)
    assert blob.download_blob().readall() == b""
    blob.stage_block("AAAA", b"12")
    blob.stage_block("AAAB", b"34")
    assert [block.size for block in blob.get_block_list("uncommitted")[1]] == [2, 2]
    blob.commit_block_list([BlobBlock("AAAB"), BlobBlock("AAAA"), BlobBlock("AAAB")])
    assert blob.download_blob().readall() == b"341234"


def test_the_sdk_of_today_lists(container: ContainerClient) -> None:
    """All pages of a list, folders of it, and blobs that are not committed if asked for."""
    names = ["a", "b/1", "b/2", "b/ü & <>", "c"]
    for name in names:
        container.upload_blob(name, name.encode(), metadata={"n": "1"})
    pages = container.list_blobs(results_per_page=2, include=["metadata"]).by_page()
    found = [[(blob.name, blob.metadata) for blob in page] for page in pages]
    assert found == [[(n, {"n": "1"}) for n in names[i : i + 2]] for i in (0, 2, 4)]
    assert sorted(item.name for item in container.walk_blobs()) == ["a", "b/", "c"]
    assert list(container.list_blob_names(name_starts_with="b/")) == names[1:4]
    container.get_blob_client("new").stage_block("AAAA", b"1")
    listed = container.list_blobs(include=["uncommittedblobs"])
    assert [blob.name for blob in listed] == [*names, "new"]
    assert container.get_container_properties().metadata == {"purpose": "test"}
    container.delete_container()
    assert not container.exists()


def test_the_sdk_of_today_signs_tokens(container: ContainerClient) -> None:
    """Tokens that the SDK makes let in, and only until they expire."""
    container.upload_blob("a", b"1")
    later = datetime.now(UTC) + timedelta(hours=1)
    token = generate_blob_sas(
        *(ACCOUNT, str(container.container_name), "a"),
        account_key=KEY,
        permission="r",
        expiry=later,
        content_disposition="inline",
    )
    with BlobClient.from_blob_url(f"{container.url}/a?{token}") as reader:
        assert reader.download_blob().readall() == b"1"
        with pytest.raises(HttpResponseError) as refused:
            reader.delete_blob()
    assert (refused.value.status_code, refused.value.error_code) == DENIED  # type: ignore[attr-defined]
    token = generate_account_sas(ACCOUNT, KEY, "sco", "rl", later, services="b")
    with ContainerClient.from_container_url(f"{container.url}?{token}") as lister:
        assert list(lister.list_blob_names()) == ["a"]


OLD_TYPE = "application/octet-stream Charset=UTF-8"


def test_the_sdks_of_2014_to_2016(servers: tuple[Server, Server]) -> None:
    """What azure-storage 0.20 and 0.33 and the C# sample send, byte for byte where it matters."""
    for server in servers:
        name = f"o{uuid4().hex[:12]}"
        url, client = f"{server.account}/{name}", server.client
        create = {"x-ms-version": "2014-02-14", "user-agent": "WA-Storage/4.3.0 (.NET CLR)"}
        made = send_signed(client, "PUT", f"{url}?restype=container", create)
        # Azurite cannot verify what was signed before 2015: an empty Content-Length was `0` then.
        assert answer_of(made)[0] == (201 if server is servers[0] else 403)
        if server is servers[1]:
            server.put(f"{name}?restype=container", {})
        old = {**BLOCK_BLOB, "x-ms-version": "2014-02-14", "content-type": OLD_TYPE}
        assert send_signed(client, "PUT", f"{url}/in.csv", old, b"a,b\n1,2\n").status_code == 201
        newer = {"x-ms-version": "2015-07-08", "x-ms-client-request-id": "1"}
        staged = f"{url}/out.csv?comp=block&blockid=QmxvY2tJZDAwMDAw"
        assert send_signed(client, "PUT", staged, newer, b"block").status_code == 201
        document = (
            b"<?xml version='1.0' encoding='utf-8'?>\n"
            b"<BlockList><Latest>QmxvY2tJZDAwMDAw</Latest></BlockList>"
        )
        described = {"x-ms-blob-content-type": "text.csv", "x-ms-blob-content-encoding": "utf-8"}
        committed = f"{url}/out.csv?comp=blocklist"
        reply = send_signed(client, "PUT", committed, {**newer, **described}, document)
        assert reply.status_code == 201
        part = {**newer, "x-ms-range": "bytes=0-33554431"}
        reply = send_signed(client, "GET", f"{url}/in.csv", part)
        assert (reply.status_code, reply.content) == (206, b"a,b\n1,2\n")
        assert reply.headers["content-range"] == "bytes 0-7/8"
        assert reply.headers["content-type"] == OLD_TYPE
        assert {"etag", "last-modified"} <= reply.headers.keys()
        reply = send_signed(client, "GET", f"{url}/out.csv", part)
        assert (reply.status_code, reply.content) == (206, b"block")


def test_host_style(servers: tuple[Server, Server]) -> None:
    """The account may stand in the name of the host, and not in the path."""
    for server in servers:
        world = server.world()
        path = f"/{world['c']}/a.txt"
        for host in (f"{ACCOUNT}.blob.localhost:10000", f"{ACCOUNT}.blob.core.windows.net"):
            headers = {**signed("GET", server.url + path, {}), "host": host}
            reply = server.client.get(server.url + path, headers=headers)
            assert (reply.status_code, reply.content) == (200, b"0123456789")
