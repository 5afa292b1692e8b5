"""In which order do the sections run, and what if something in them fails?"""

import logging
from typing import cast

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.answers import answer
from mockserver.gateway.cache import FromCache, after_store
from mockserver.gateway.call import Call
from mockserver.gateway.errors import Finished, GatewayFailure, internal
from mockserver.gateway.incoming import ClientGone
from mockserver.gateway.message import Response
from mockserver.gateway.policy import run_all
from mockserver.gateway.sections import Effective

FACTS = (
    Fact(
        "Without forward-request in the backend section no backend is called, and outbound runs on"
        " an empty response with status 200.",
        Evidence.CAPTURED,
        "the page on forward-request; that the answer is an empty 200 is from a user's report",
    ),
    Fact(
        "A failure ends the section that runs; on-error runs on the answer that the client would"
        " get, and may change it. What fails within on-error is a plain 500.",
        Evidence.ASSUMED,
        "the page on error handling says the former; the latter was not recorded",
    ),
)

_logger = logging.getLogger("mockserver.gateway")


async def handle(call: Call, policies: Effective, refused: GatewayFailure | None) -> Response:
    """Return the answer to a call; `refused` is why no policy but on-error may run."""
    try:
        if refused is not None:
            await _on_error(call, policies, refused)
        else:
            await _run(call, policies)
    except Finished as finished:
        call.response = finished.response
    except GatewayFailure as failure:
        _end(call, failure)
    except ClientGone:
        raise
    except Exception as defect:
        _logger.exception("defect in call %s", call.id)
        _end(call, internal("", "InternalError", f"a defect of the emulator: {defect!r}"))
    response = cast("Response", call.response)
    for change in call.at_response:
        change(response)
    return response


async def _run(call: Call, policies: Effective) -> None:
    try:
        outbound = policies["outbound"]
        try:
            await run_all(policies["inbound"], call)
            await run_all(policies["backend"], call)
            if call.response is None:
                call.response = Response(200)
        except FromCache as hit:
            call.response = hit.response
            outbound = tuple(after_store(outbound))
        await run_all(outbound, call)
    except GatewayFailure as failure:
        await _on_error(call, policies, failure)


async def _on_error(call: Call, policies: Effective, failure: GatewayFailure) -> None:
    _end(call, failure)
    try:
        await run_all(policies["on-error"], call)
    except GatewayFailure as second:
        raise internal(second.error.source, second.error.reason, second.error.message) from second


def _end(call: Call, failure: GatewayFailure) -> None:
    """Answer a call with what the gateway says of a failure."""
    if call.trace is not None:
        call.trace.fail(failure.error)
    call.last_error = failure.error
    call.response = answer(failure, call.id)
