"""Does what is shown send the same request again, as it stands?"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from contracts.exchange import Request
from contracts.profiles import Profile
from contracts.reporting.masking import Masking
from contracts.reporting.reproduction import as_curl, as_python
from contracts.run import Plan, Run
from contracts.session import Session
from contracts.target import Target
from tests.contracts.reporting.made import SECRETS, TARGET, exchange


@pytest.fixture
def session(through: Target) -> Iterator[Session]:
    """Return a session with the emulator behind its gateway."""
    with Run(through, Plan(Profile.SMOKE)) as run:
        run.prepare()
        yield run.session


def request_of(session: Session) -> Request:
    body = session.service.body([['isn\'t $HOME `x` \\ "good" é']])
    return session.request("POST", "/execute", session.query("execute", details="true"), body)


def environment(target: Target) -> dict[str, str]:
    keys = {
        "CONTRACTS_API_KEY": target.api_key,
        "CONTRACTS_SUBSCRIPTION_KEY": target.subscription_key or "",
    }
    return {**os.environ, **keys}


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_curl_command_scores(session: Session) -> None:
    """With the keys in the environment it is the very request."""
    target = session.target
    command = as_curl(target, request_of(session), Masking(target))
    done = subprocess.run(
        ["sh", "-c", command], env=environment(target), capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("HTTP/1.1 200")
    assert 'isn\'t $HOME `x` \\\\ \\"good\\"' in done.stdout


def test_the_python_program_scores(session: Session) -> None:
    """As well."""
    target = session.target
    program = as_python(target, request_of(session), Masking(target))
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(target),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("200 ")


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


def test_what_is_no_text_stays_bytes() -> None:
    """A body of any bytes is shown so that Python sends the same."""
    request = replace(exchange(1).request, body=b"\xff\x00")
    assert "content=b'\\xff\\x00'" in as_python(TARGET, request, Masking(TARGET))
