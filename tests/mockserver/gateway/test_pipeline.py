"""In which order do sections run, and what does the client get when something ends them?"""

import asyncio
import logging

import pytest

from mockserver.gateway.answers import not_found
from mockserver.gateway.incoming import ClientGone
from mockserver.gateway.message import Body, Response
from mockserver.gateway.pipeline import handle
from mockserver.gateway.policies.set_variable import SetVariable
from tests.mockserver.gateway.policy_calls import (
    TIMED_OUT,
    FakeBackend,
    Stage,
    body_of,
    handled,
    read,
)

FORWARD = "<forward-request />"
FAIL = "<set-body>@(((string)null).Length.ToString())</set-body>"


def note(word: str) -> str:
    """Write a policy that notes a word; the variable `order` has them all."""
    before = '(string)context.Variables.GetValueOrDefault("order", "")'
    return f'<set-variable name="order" value=\'@({before} + "{word} ")\' />'


def played(behind: FakeBackend | None = None, **sections: str) -> tuple[Response, str, Stage]:
    """Return the answer, which notes were made in which order, and the stage."""
    stage = Stage(behind or FakeBackend([Response(201, body=Body(b"made"))]))
    call = stage.call()
    response = handled(call, read(None, **sections))
    return response, call.variables.get("order", "").strip(), stage


def test_sections_run_in_their_order() -> None:
    """Inbound, backend, outbound; on-error only if something fails."""
    response, order, stage = played(
        on_error=note("error"),
        outbound=note("out"),
        inbound=note("in1") + note("in2"),
        backend=note("before") + FORWARD + note("after"),
    )
    assert order == "in1 in2 before after out"
    assert (response.status, body_of(response), len(stage.backend.sent)) == (201, b"made", 1)


def test_without_forward_request_no_backend_is_called() -> None:
    """Outbound runs on an empty 200."""
    outbound = note("out") + '<set-header name="x"><value>1</value></set-header>'
    response, order, stage = played(inbound=note("in"), outbound=outbound)
    assert (response.status, body_of(response), order) == (200, b"", "in out")
    assert response.headers["x"] == "1"
    assert stage.backend.sent == []


@pytest.mark.parametrize(
    ("section", "order"),
    [("inbound", "error"), ("backend", "in error"), ("outbound", "in back error")],
)
def test_a_failure_ends_its_section_and_runs_on_error(section: str, order: str) -> None:
    """Nothing behind it runs, and no other section."""
    sections = {
        "inbound": note("in"),
        "backend": FORWARD + note("back"),
        "outbound": note("out"),
        "on_error": note("error"),
    }
    sections[section] = FAIL + sections[section]
    response, notes, stage = played(None, **sections)
    assert notes == order
    assert response.status == 500
    assert b'"activityId": "call-' in body_of(response)
    assert len(stage.backend.sent) == (section == "outbound")


def test_on_error_may_change_the_answer() -> None:
    """It runs on what the client would get."""
    changes = (
        '<set-status code="503" reason="Busy" />'
        '<set-body>@(context.Response.StatusCode + " " + context.LastError.Reason)</set-body>'
    )
    response, _, _ = played(FakeBackend([TIMED_OUT]), backend=FORWARD, on_error=changes)
    assert response.status == 503
    assert body_of(response) in (b"500 Timeout", b"503 Timeout")


def test_on_error_may_answer_by_itself() -> None:
    """With return-response, as any section."""
    done = '<return-response><set-status code="418" reason="Tea" /></return-response>'
    response, order, _ = played(inbound=FAIL, on_error=note("a") + done + note("b"))
    assert (response.status, order) == (418, "a")


def test_a_failure_in_on_error_is_a_plain_500() -> None:
    """The first one is forgotten; on-error does not run again."""
    response, order, _ = played(inbound=FAIL, on_error=note("a") + FAIL + note("b"))
    assert (response.status, order) == (500, "a")


@pytest.mark.parametrize("section", ["inbound", "backend", "outbound"])
def test_a_final_response_ends_everything(section: str) -> None:
    """Neither the rest of the section nor another one runs."""
    done = '<return-response><set-status code="202" reason="x" /></return-response>'
    sections = {name: note(name) for name in ("inbound", "backend", "outbound", "on_error")}
    sections[section] = done + sections[section]
    response, order, _ = played(None, **sections)
    names = ["inbound", "backend", "outbound"]
    assert (response.status, order.split()) == (202, names[: names.index(section)])


def test_a_refused_call_runs_on_error_alone() -> None:
    """Its answer is the refusal, which on-error may change."""
    call = Stage().call()
    policies = read(None, inbound=note("in"), outbound=note("out"), on_error=note("error"))
    response = asyncio.run(handle(call, policies, not_found()))
    assert (response.status, call.variables["order"]) == (404, "error ")
    assert call.last_error is not None
    assert call.last_error.reason == "OperationNotFound"


def test_a_refused_call_whose_on_error_fails_is_a_500() -> None:
    """As for any other call."""
    response = asyncio.run(handle(Stage().call(), read(None, on_error=FAIL), not_found()))
    assert response.status == 500


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_what_a_backend_answers_is_no_error(status: int) -> None:
    """On-error does not run for it."""
    behind = FakeBackend([Response(status)])
    response, order, _ = played(
        behind, backend=FORWARD, outbound=note("out"), on_error=note("error")
    )
    assert (response.status, order) == (status, "out")


def test_a_defect_is_logged_and_answered(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The client gets the documented 500, whoever runs the emulator the traceback."""

    async def fail(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(SetVariable, "run", fail)
    response, _, _ = played(inbound=note("in"), on_error=note("error"))
    assert response.status == 500
    assert b"secret" not in body_of(response)
    (record,) = caplog.records
    assert (record.levelno, record.exc_info is not None) == (logging.ERROR, True)


def test_a_client_that_has_gone_is_no_defect(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever called the pipeline hears of it."""

    async def gone(*_: object) -> None:
        raise ClientGone

    monkeypatch.setattr(SetVariable, "run", gone)
    with pytest.raises(ClientGone):
        played(inbound=note("in"), on_error=note("error"))
    assert caplog.records == []


@pytest.mark.parametrize("inbound", ["", FAIL])
def test_the_response_is_changed_at_its_end(inbound: str) -> None:
    """Whatever made it."""
    call = Stage().call()
    call.at_response.append(lambda response: response.headers.add("x-end", "1"))
    response = handled(call, read(None, inbound=inbound))
    assert response.headers["x-end"] == "1"
