"""Which requests show what a gateway does to calls that no client of RRS or BES makes on purpose?

A gateway that decodes `%2F`, merges slashes, sorts parameters or writes JSON anew passes every
check, for the service's answers to usual calls stay the same. Each probe is one odd request; the
backend's answer, whatever it is, is what the candidate must give as well.
"""

import gzip
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from contracts.exchange import Header, Request
from contracts.session import VERSION, Session
from contracts.wire import Unsendable

GROUP = "probes"
"""By this name a plan takes them in or leaves them out."""

TEXT = (
    "Grüße Straße İı 日本 😀 e\u0301 \u00a0\u200b\u2028 \\ / \"quoted\" <b>&amp;</b> 'x' %2F a+b\t."
)
ODD_VALUE = "2.0aB +%2B é;/?#&=\\"
LARGE_HEADER = 12_000
"""More than a line of a header may have in front of many a server (8 KiB), not too much for RRS."""
LARGE_BODY = 1_200_000
"""More than nginx takes if it is not told otherwise (1 MiB)."""


@dataclass(frozen=True)
class Probe:
    """One request, and what it brings up."""

    name: str
    shows: str
    request: Request


def probes(session: Session) -> Iterator[Probe]:
    """Yield every probe, for the service of a session that has been prepared."""
    yield from _addresses(session)
    yield from _queries(session)
    yield from _bodies(session)
    yield from _headers(session)
    yield from _methods(session)


def send_probes(session: Session) -> None:
    """Send every probe. Raises OutOfTime, LimitReached."""
    for probe in probes(session):
        session.label = f"probe: {probe.name}"
        # What HTTP cannot carry shows nothing.
        with suppress(Unsendable):
            session.send(probe.request)


def _score(session: Session, body: Any = None, headers: tuple[Header, ...] = ()) -> Request:
    """Return the request that the service scores, with all that a gateway requires."""
    query = {"api-version": VERSION, "details": "true"}
    content = session.service.sample if body is None else body
    return session.request("POST", "/execute", query, content, headers=headers)


def _addresses(session: Session) -> Iterator[Probe]:
    usual = _score(session)
    base, query = session.target.base, f"?api-version={VERSION}&details=true"
    in_two = base.rpartition("/services/")
    places = {
        "slash escaped": (f"{base}%2Fexecute", "whether %2F is taken for a slash"),
        "slash escaped in an id": (f"{base}/jobs/A%2fB", "whether %2f ends a segment"),
        "slash escaped twice": (f"{base}%252Fexecute", "whether escapes are decoded on the way"),
        "slashes doubled": (f"{base}//execute", "whether slashes are merged"),
        "slashes doubled inside": (f"{in_two[0]}//services/{in_two[2]}/execute", "the same"),
        "slash at the end": (f"{base}/execute/", "whether a last slash counts"),
        "letter escaped": (f"{base}/%65xecut%65", "whether escapes are decoded"),
        "letter escaped twice": (f"{base}/%2565xecute", "whether they are decoded twice"),
        "capitals": (f"{base}/EXECUTE", "whether the case of the path is kept"),
        "dot segment": (f"{base}/./execute", "whether dots are taken out"),
        "dots up": (f"{base}/x/../execute", "the same"),
        "path parameter": (f"{base}/execute;a=1", "whether what follows `;` is kept"),
        "space in an id": (f"{base}/jobs/A%20b+c", "whether spaces and plus are kept"),
    }
    for name, (path, shows) in places.items():
        # A status call has no body; all others are the call that is scored, at another address.
        request = usual if "/jobs/" not in path else session.request("GET", "/jobs/x")
        yield Probe(name, shows, replace(request, target=path + query))


def _queries(session: Session) -> Iterator[Probe]:
    usual = _score(session)
    odd = quote(ODD_VALUE, safe="")
    queries = {
        "no details": (f"api-version={VERSION}", "whether this parameter is required"),
        "no version": ("details=true", "whether the service is asked at all"),
        "parameters the other way round": (
            f"details=true&api-version={VERSION}",
            "whether their order counts",
        ),
        "value with everything": (
            f"api-version={odd}&details=true",
            "case and escapes of a value: the service repeats it in its refusal",
        ),
        "value with a plus": ("api-version=2.0+x&details=true", "whether + stays what it is"),
        "value with escaped letters": ("api-version=%32.0&details=%74rue", "escapes"),
        "value that is no UTF-8": ("api-version=%FF%80&details=true", "escapes that say nothing"),
        "parameter given twice": (
            f"api-version={VERSION}&details=true&details=false",
            "whether both arrive",
        ),
        "two parameters given twice": (
            f"details=true&api-version={VERSION}&api-version=3.0&details=false",
            "the order in which they arrive: the first that is odd is refused",
        ),
        "parameter without a value": (f"api-version={VERSION}&details=true&format", "bare names"),
        "empty parameters": (f"&&api-version={VERSION}&details=&&", "what is empty"),
        "name in capitals": (f"API-VERSION={VERSION}&Details=true", "the case of names"),
        "question mark twice": (f"?api-version={VERSION}&details=true", "where a query begins"),
        "long query": (
            f"api-version={VERSION}&details=true&padding={'x' * 3000}",
            "how long an address may be",
        ),
    }
    for name, (query, shows) in queries.items():
        path = usual.target.partition("?")[0]
        yield Probe(name, shows, replace(usual, target=f"{path}?{query}"))


def _bodies(session: Session) -> Iterator[Probe]:
    usual = json.dumps(session.service.sample).encode()
    bodies: dict[str, tuple[bytes, str]] = {
        "newline at the end": (usual + b"\r\n", "whether it is trimmed"),
        "broken in the middle": (
            usual[: len(usual) // 2] + b"\n\t,,",
            "whether what is no JSON passes as it is",
        ),
        "byte order mark": (b"\xef\xbb\xbf" + usual, "whether bytes before the body are kept"),
        "no UTF-8": (usual.replace(b": ", b": \xff", 1), "whether bytes are decoded on the way"),
        "member given twice": (b'{"Inputs": 1, ' + usual.lstrip(b"{"), "JSON written anew"),
        "empty body": (b"", "whether nothing stays nothing"),
        "large body": (usual + b" " * LARGE_BODY, "how much is taken"),
    }
    table = _with_text(session, TEXT)
    if table is not None:
        bodies["text as it is"] = (
            json.dumps(table, ensure_ascii=False).encode(),
            "whether characters survive",
        )
        bodies["text in escapes"] = (json.dumps(table).encode(), "whether escapes survive")
    empty = _with_text(session, None)
    if empty is not None:
        bodies["row without a value"] = (json.dumps(empty).encode(), "whether empty lists are kept")
    for number in ("1.50", "1E2", "-0.0", "12345678901234567890"):
        table = _with_text(session, number)
        if table is not None:
            body = json.dumps(table).replace(f'"{number}"', number).encode()
            bodies[f"number {number}"] = (body, "whether numbers are written anew")
    for name, (body, shows) in bodies.items():
        yield Probe(name, shows, _score(session, body))


def _with_text(session: Session, text: str | None) -> Any:
    """Return the sample with a text in its first column of text, or None if it has none."""
    service = session.service
    columns = list(service.inputs[service.input_name].items())
    place = next((n for n, (_, type_) in enumerate(columns) if type_ == "string"), None)
    if place is None or not service.sample_rows:
        return None
    row = list(service.sample_rows[0])
    row[place] = text
    return service.body([row])


def _headers(session: Session) -> Iterator[Probe]:
    usual = json.dumps(session.service.sample).encode()
    key = f"Bearer {session.target.api_key}"
    headers: dict[str, tuple[tuple[Header, ...], str]] = {
        "header given twice": ((("X-Probe", "a"), ("X-Probe", "b")), "whether they are merged"),
        "header with an underscore": ((("X_Probe", "a"),), "whether it is dropped"),
        "header of another alphabet": ((("X-Probe", "Gr\xfc\xdfe"),), "bytes beyond ASCII"),
        "empty header": ((("X-Probe", ""),), "whether it is dropped"),
        "large header": ((("X-Probe", "x" * LARGE_HEADER),), "how long a header may be"),
        "many cookies": ((("Cookie", "; ".join(f"c{n}={n}" for n in range(50))),), "cookies"),
        "compressed answers are taken": (
            (("Accept-Encoding", "gzip, deflate, br"),),
            "whether bodies are compressed on the way",
        ),
        "only HTML is taken": ((("Accept", "text/html"),), "whether errors become pages"),
        "part of a body is asked for": ((("Range", "bytes=0-9"),), "ranges"),
        "known already": ((("If-None-Match", "*"),), "whether there is a cache"),
        "another method in a header": ((("X-HTTP-Method-Override", "DELETE"),), "overrides"),
        "from another origin": ((("Origin", "https://example.com"),), "CORS"),
        "key given twice": (
            (("Authorization", "Bearer other"), ("Authorization", key)),
            "which of two keys counts",
        ),
        "asks before it sends": ((("Expect", "100-continue"),), "whether it is asked back"),
        "wants another protocol": (
            (("Connection", "Upgrade"), ("Upgrade", "websocket")),
            "headers of one connection",
        ),
        "body without a type": ((("Content-Type", ""),), "whether a type is put in"),
        "request id of ours": (
            (("x-ms-client-request-id", "00000000-0000-0000-0000-000000000000"),),
            "ids",
        ),
    }
    for name, (given, shows) in headers.items():
        yield Probe(name, shows, _score(session, usual, given))
    packed = gzip.compress(usual, mtime=0)
    yield Probe(
        "compressed body",
        "whether a body is unpacked on the way",
        _score(session, packed, (("Content-Encoding", "gzip"),)),
    )
    chunked = (("Transfer-Encoding", "chunked"),)
    yield Probe("body in chunks", "whether chunks arrive", _score(session, usual, chunked))


def _methods(session: Session) -> Iterator[Probe]:
    missing_job = "/jobs/" + "0" * 32
    version = {"api-version": VERSION}
    execute = {**version, "details": "true"}
    preflight: tuple[Header, ...] = (
        ("Origin", "https://example.com"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization"),
    )
    for method in ("HEAD", "OPTIONS", "TRACE", "PATCH", "PURGE"):
        request = session.request(method, "/execute", execute)
        yield Probe(f"{method} execute", "who answers this method", request)
    request = session.request("OPTIONS", "/execute", execute, headers=preflight)
    yield Probe("preflight of a browser", "CORS", request)
    request = session.request("HEAD", missing_job, version)
    yield Probe("HEAD of a job", "whether HEAD becomes GET", request)
    for method, path, shows in (
        ("GET", missing_job, "whether GET keeps its body"),
        ("DELETE", missing_job, "whether DELETE keeps its body"),
        ("POST", f"{missing_job}/start", "a body where none is needed"),
    ):
        with_body = session.request(method, path, version, {"probe": True})
        yield Probe(f"{method} with a body", shows, with_body)
    query = session.query("get_swagger_document")
    yield Probe("document", "who answers", session.request("GET", "/swagger.json", query))
    document = session.request("HEAD", "/swagger.json", query)
    yield Probe("HEAD of the document", "whether HEAD becomes GET", document)
