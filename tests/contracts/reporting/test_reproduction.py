"""Does what is shown send the same request again, as it stands?"""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from typing_extensions import override

from contracts.exchange import Request
from contracts.profiles import Profile
from contracts.reporting.masking import Masking
from contracts.reporting.reproduction import as_curl, as_python
from contracts.run import Plan, Run
from contracts.session import Session
from contracts.target import SUBSCRIPTION_KEY, Target
from tests.contracts.reporting.made import KEY, SECRETS, SUBSCRIPTION, TARGET, exchange
from tests.contracts.threads import Threads, running

HEADER_VALUE = 'of "a" user\'s $own'
ODD = 'isn\'t $HOME `x` \\ "good" é %s'


@pytest.fixture
def session(through: Target) -> Iterator[Session]:
    """Return a session with the emulator behind its gateway."""
    with Run(through, Plan(Profile.SMOKE)) as run:
        run.prepare()
        yield run.session


def environment(target: Target) -> dict[str, str]:
    """Return an environment in which the keys are, as a reader has it."""
    keys = {
        "CONTRACTS_API_KEY": target.api_key,
        "CONTRACTS_SUBSCRIPTION_KEY": target.subscription_key or "",
        "CONTRACTS_STORAGE": target.storage or "",
        "CONTRACTS_HEADER_X_OWN": HEADER_VALUE,
    }
    return {**os.environ, **keys}


def run_again(language: str, target: Target, request: Request) -> str:
    """Do what a reader does; return what is printed."""
    masking = Masking(target)
    if language == "python":
        command = [sys.executable, "-c", as_python(target, request, masking)]
    elif shutil.which("curl"):
        command = ["sh", "-c", as_curl(target, request, masking)]
    else:
        pytest.skip("there is no curl")
    done = subprocess.run(
        command, env=environment(target), capture_output=True, check=True, timeout=60
    )
    return done.stdout.decode()


LANGUAGES = pytest.mark.parametrize("language", ["curl", "python"])


@LANGUAGES
def test_what_is_shown_scores(language: str, session: Session) -> None:
    """With the keys in the environment, the emulator behind its gateway answers as before."""
    body = session.service.body([[ODD]])
    query = session.query("execute", details="true")
    request = session.request("POST", "/execute", query, body)
    printed = run_again(language, session.target, request)
    assert printed.startswith("HTTP/1.1 200" if language == "curl" else "200 ")
    assert 'isn\'t $HOME `x` \\\\ \\"good\\"' in printed


@LANGUAGES
def test_what_is_shown_is_refused_as_before(language: str, session: Session) -> None:
    """A key with one letter changed is made from the reader's key, and is 401 as well."""
    key = session.target.api_key
    wrong = ("B" if key.startswith("A") else "A") + key[1:]
    query = session.query("execute", details="true")
    request = session.request("POST", "/execute", query, {}, key=wrong)
    assert key[1:] not in as_curl(session.target, request, Masking(session.target))
    assert " 401" in f" {run_again(language, session.target, request)}"


class Recorder(BaseHTTPRequestHandler):
    """Writes down what it is sent."""

    protocol_version = "HTTP/1.1"
    got: tuple[str, str, dict[str, str], bytes]

    def answer(self) -> None:
        """Read the whole request; answer with nothing."""
        body = b""
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        Recorder.got = (self.command, self.path, headers, body)
        self.send_response(204)
        self.end_headers()

    do_GET = do_POST = do_HEAD = do_DELETE = do_PATCH = answer  # noqa: N815  names of the library

    @override
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def recorded() -> Iterator[Target]:
    """Return a target that writes down what it is sent, with keys of odd characters."""
    own = (("X-Own", HEADER_VALUE),)
    with running(Threads(("127.0.0.1", 0), Recorder)) as url:
        yield replace(TARGET, url=url, headers=own)


JSON = ("Content-Type", "application/json")
BEARER = ("Authorization", f"Bearer {KEY}")
PERCENT = "a%2Fsecret%2Bkey%3D%26%3C%27%22%3E+of+mine"
"""The key as a query holds it."""
REQUESTS = {
    "keys": Request("POST", "/x", (JSON, BEARER, (SUBSCRIPTION_KEY, SUBSCRIPTION)), b"{}"),
    "half a key": Request("GET", "/x", (("Authorization", f"Bearer {KEY[: len(KEY) // 2]}"),)),
    "key twice": Request("GET", "/x", (("Authorization", f"Bearer {KEY * 2}"),)),
    "key in another case": Request("GET", "/x", (("Authorization", KEY.swapcase()),)),
    "key in the query": Request("GET", f"/x?key={PERCENT}&b=1", ()),
    "storage": Request("POST", "/x", (JSON,), f'{{"a": "{TARGET.storage}"}}'.encode()),
    "a header of the user": Request("GET", "/x", (("X-Own", HEADER_VALUE),)),
    "other accept and host": Request("GET", "/x", (("Accept", "text/html"), ("Host", "other"))),
    "a file, for curl": Request("POST", "/x", (JSON,), b"@README.md"),
    "newlines": Request("POST", "/x", (JSON,), b"a\r\nb\n"),
    "no media type": Request("POST", "/x", (), b"a=b"),
    "any bytes": Request("POST", "/x", (JSON,), bytes(range(256))),
    "NUL in a text": Request("POST", "/x", (JSON,), b'"\0%s\'"'),
    "large": Request("POST", "/x", (JSON,), b'["' + b"long " * 200_000 + b'"]'),
    "no body": Request("POST", "/x", (("Content-Length", "0"),)),
    "chunked": Request("POST", "/x", (JSON, ("Transfer-Encoding", "chunked")), b'{"a": 1}'),
    "odd path": Request("GET", "/a/../b//c%2fd/[1]{2}?q=[3]{a,b}"),
    "no value": Request("GET", "/x", (("X-Empty", ""),)),
    "another method": Request("PATCH", "/x", (JSON,), b"{}"),
    "head": Request("HEAD", "/x"),
}


@LANGUAGES
@pytest.mark.parametrize("name", REQUESTS)
def test_the_same_request_is_sent(language: str, name: str, recorded: Target) -> None:
    """Method, target, given headers and body, whatever is in them, and no key is shown."""
    request = REQUESTS[name]
    show = as_curl if language == "curl" else as_python
    shown = show(recorded, request, Masking(recorded))
    assert [secret for secret in SECRETS if secret in shown] == []
    run_again(language, recorded, request)
    method, path, headers, body = Recorder.got
    assert (method, path, body) == (request.method, request.target, request.body)
    for header, value in request.headers:
        assert headers.get(header.lower()) == value
    assert ("content-type" in headers) == (request.header("Content-Type") is not None)


def test_no_key_is_shown() -> None:
    """Neither as it is, nor in a body; each is a variable."""
    request = exchange(1).request
    for shown in (
        as_curl(TARGET, request, Masking(TARGET)),
        as_python(TARGET, request, Masking(TARGET)),
    ):
        assert [secret for secret in SECRETS if secret in shown] == []
        assert "CONTRACTS_API_KEY" in shown
        assert "CONTRACTS_SUBSCRIPTION_KEY" in shown
        assert "CONTRACTS_STORAGE" in shown


def test_a_key_is_in_no_packed_body() -> None:
    """A long body is compressed, and one of any bytes is escaped: its keys are gone before."""
    for body in (b"a" * 50_000 + KEY.encode(), b"\xff" + KEY.encode()):
        with_key = replace(exchange(1).request, body=body)
        without = replace(with_key, body=body.replace(KEY.encode(), b"[key]"))
        for show in (as_curl, as_python):
            masking = Masking(TARGET)
            assert show(TARGET, with_key, masking) == show(TARGET, without, masking)


def test_what_cannot_be_packed_is_said_to_be_elsewhere() -> None:
    """A body of which a page would be filled is in the HAR report."""
    noise = random.Random(1).randbytes(200_000)
    request = replace(exchange(1).request, body=noise)
    for shown in (
        as_curl(TARGET, request, Masking(TARGET)),
        as_python(TARGET, request, Masking(TARGET)),
    ):
        assert len(shown) < 5_000
        assert "200000 bytes that stand in the HAR report" in shown


def test_certificates_are_shown_as_the_target_has_them() -> None:
    """A reader needs the same trust as the run had."""
    request = REQUESTS["head"]
    secured = replace(TARGET, url="https://a", ca_file="ca.pem", client_certificate="me.pem")
    shown = as_curl(secured, request, Masking(secured))
    assert "--cacert ca.pem --cert me.pem" in shown
    program = as_python(secured, request, Masking(secured))
    assert "ssl.create_default_context(cafile='ca.pem')" in program
    assert "context.load_cert_chain('me.pem')" in program
    assert "verify=context" in program
    careless = replace(TARGET, verify=False)
    assert "--insecure" in as_curl(careless, request, Masking(careless))
    assert "verify=False" in as_python(careless, request, Masking(careless))
