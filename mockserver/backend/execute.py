"""What happens in one RRS call, in order?

Key, query, body; then, holding one of the endpoint's places: decode, score, encode. The last three
are one step from bytes to bytes: on the event loop if that is sure to be quick, else in a thread.
"""

import asyncio
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.types import Receive

from mockserver.backend.failures import ScoringTimedOut
from mockserver.backend.query import Options, read_options
from mockserver.backend.reply import Reply, encode_results
from mockserver.backend.request_body import check_length, check_media_type, read_body
from mockserver.backend.served_endpoint import ServedEndpoint
from mockserver.evidence import Evidence, Fact
from mockserver.experiment.binding import bind_parameters
from mockserver.settings import Settings

FACTS = (
    Fact(
        "A scoring that runs too long is 408 RequestTimeout/ScoreRequestTimeout; the limit is 300 s"
        " unless set.",
        Evidence.ASSUMED,
        "the code is published, the time is not",
    ),
)


class Executor:
    """Answers RRS calls. `threads` run what must not hold up the event loop."""

    def __init__(self, settings: Settings, threads: ThreadPoolExecutor) -> None:
        self._most_bytes = settings.max_body_bytes
        self._timeout = settings.score_timeout_seconds
        self._threads = threads

    async def execute(
        self, endpoint: ServedEndpoint, scope: MutableMapping[str, Any], receive: Receive
    ) -> Reply:
        """Answer one call. Raises a `Failure` if it cannot be answered."""
        headers = dict(scope["headers"])
        endpoint.authenticate(headers.get(b"authorization"))
        options = read_options(scope["query_string"])
        check_media_type(headers.get(b"content-type"))
        message = await receive()
        body = message.get("body", b"")
        if message.get("more_body", True) or len(body) > self._most_bytes:
            check_length(headers.get(b"content-length"), self._most_bytes)
            body = await read_body(message, receive, self._most_bytes)
        if len(body) > endpoint.experiment.inline_bytes:
            return await self._execute_in_thread(endpoint, options, body)
        # Nothing else can run in between, so a place need not be taken and given back.
        endpoint.check_room()
        return Reply(200, score(endpoint, options, body))

    async def _execute_in_thread(
        self, endpoint: ServedEndpoint, options: Options, body: bytes
    ) -> Reply:
        endpoint.begin_call()
        running = asyncio.get_running_loop().run_in_executor(
            self._threads, score, endpoint, options, body
        )
        # Not in a finally: a scoring that has timed out still runs, and still takes its place.
        running.add_done_callback(endpoint.end_call)
        try:
            return Reply(200, await asyncio.wait_for(asyncio.shield(running), self._timeout))
        except TimeoutError:
            running.add_done_callback(_forget)
            raise ScoringTimedOut(reason=f"longer than {self._timeout} s") from None


def score(endpoint: ServedEndpoint, options: Options, body: bytes) -> bytes:
    """Turn the body of a call into the body of its answer."""
    experiment = endpoint.experiment
    payload = endpoint.reader.read(body, swagger=options.swagger)
    parameters = bind_parameters(payload.parameters, experiment.parameters)
    results = experiment.score(payload.inputs, parameters)
    return encode_results(results, endpoint.heads, details=options.details, swagger=options.swagger)


def _forget(running: "asyncio.Future[bytes]") -> None:
    """Take the outcome that nobody waits for any more, so that asyncio does not complain."""
    if not running.cancelled():
        running.exception()
