"""Is noise learnt, what may be let pass, and every other difference blamed on somebody?"""

from collections import Counter
from collections.abc import Callable

import httpx
import pytest

from contracts.comparison.allowed import Allowed
from contracts.comparison.compare import (
    MOST_VARIANTS,
    Comparison,
    Verdict,
    compare,
    learn_noise,
)
from contracts.comparison.gateway_log import GatewayLog
from contracts.exchange import Reply, Request
from tests.contracts.comparison.made import (
    exchange,
    gateway,
    recording,
    reply,
    side,
    target,
)

GOOD = {"Results": {"output1": "x"}}
REFUSAL = {"statusCode": 404, "message": "Resource not found"}


def one_call(came: Reply | None, *allowed: Allowed, has_gateway: bool = True) -> Comparison:
    """Compare one call that was recorded as good."""
    at = gateway() if has_gateway else target("http://other")
    made = recording(exchange(reply(GOOD)))
    return compare(made, None, side(lambda _: came, at), list(allowed))


def verdicts(result: Comparison) -> list[str]:
    """Return who did what was found."""
    return [found.verdict.value for found in result.found.values()]


def test_the_same_is_the_same() -> None:
    """A side that answers alike differs in nothing."""
    result = one_call(reply(GOOD))
    assert result.exit_code == 0
    assert result.pairs == {"execute": 1}
    assert len(result.timings["execute"]) == 1


@pytest.mark.parametrize(
    ("came", "has_gateway", "verdict"),
    [
        (None, True, Verdict.TRANSPORT),
        (reply(REFUSAL, 404), True, Verdict.GATEWAY_REFUSED),
        (reply(GOOD, 201), True, Verdict.GATEWAY_ALTERED),
        (reply(GOOD, 201), False, Verdict.BACKEND_ALTERED),
    ],
)
def test_somebody_made_the_difference(
    came: Reply | None, has_gateway: bool, verdict: Verdict
) -> None:
    """Without a gateway, it is the service that answers in another way."""
    result = one_call(came, has_gateway=has_gateway)
    assert verdicts(result) == [verdict]
    assert result.exit_code == 1


def test_what_may_be_is_counted_and_let_pass() -> None:
    """An entry takes what it fits; one that was expected and not seen is reported."""
    fits = Allowed("it may", "because", "there", part="refusal")
    result = one_call(reply(REFUSAL, 404), fits)
    assert (result.exit_code, fits.count) == (0, 1)
    stale = Allowed("never seen", "because", "there", part="body", expected=True)
    result = one_call(reply(GOOD), stale)
    assert (result.exit_code, result.stale) == (1, [stale])


def test_a_run_that_sends_only_a_part_makes_nothing_stale() -> None:
    """A prediction must come true in a full run only."""
    stale = Allowed("never seen", "because", "there", expected=True)
    made = recording(exchange(reply(GOOD)), is_full=False)
    result = compare(made, None, side(lambda _: reply(GOOD)), [stale])
    assert (result.exit_code, result.stale) == (0, [])


def test_nothing_compared_is_no_verdict() -> None:
    """Neither an empty recording nor one that ended early says that all is the same."""
    assert compare(recording(), None, side(lambda _: None), []).exit_code == 2
    early = recording(exchange(reply(GOOD)), incomplete="time was over")
    result = compare(early, None, side(lambda _: reply(GOOD)), [])
    assert (result.exit_code, result.incomplete) == (2, "time was over")


def counting(make: Callable[[int], Reply]) -> Callable[[Request], Reply]:
    """Return what answers by the number of the call."""
    calls = iter(range(1, 10_000))
    return lambda _: make(next(calls))


def test_what_differs_by_itself_is_noise() -> None:
    """A value that varies between primary and secondary may vary at the candidate too."""
    made = recording(*(exchange(reply({"id": 0})) for _ in range(20)))
    varying = side(counting(lambda n: reply({"id": n})), target(), "secondary")
    result = compare(made, varying, side(counting(lambda n: reply({"id": -n}))), [])
    assert result.exit_code == 0
    assert result.suppressed == {("execute", "body", "$.id", "changed"): 20}


def test_noise_hides_no_field_that_is_lost() -> None:
    """Where values vary, a field that is missing at the candidate is a difference still."""
    made = recording(*(exchange(reply({"id": 0})) for _ in range(20)))
    varying = side(counting(lambda n: reply({"id": n})), target(), "secondary")
    result = compare(made, varying, side(lambda _: reply({})), [])
    assert [key for key, _ in result.found] == [("execute", "body", "$.id", "lost")]


def test_noise_hides_nothing_that_is_far_more_frequent() -> None:
    """A field that varies now and then at the secondary, and always at the candidate, differs."""
    made = recording(*(exchange(reply({"id": 0})) for _ in range(20)))
    rarely = side(counting(lambda n: reply({"id": n // 20})), target(), "secondary")
    result = compare(made, rarely, side(lambda _: reply({"id": 5})), [])
    (found,) = result.found.values()
    assert found.count == 20
    assert result.noise[found.difference.key] == 1


def test_a_recording_brings_its_noise_along() -> None:
    """Without a secondary, what was learnt when the run was kept counts."""
    noise = Counter({("execute", "body", "$.id", "changed"): 5})
    made = recording(exchange(reply({"id": 0})), noise=noise)
    assert compare(made, None, side(lambda _: reply({"id": 1})), []).exit_code == 0


def test_times_of_the_primary_are_those_of_its_replay() -> None:
    """The primary is timed as the candidate is; another instance tells nothing about its times."""
    recorded = exchange(reply(GOOD))
    learn_noise(recording(recorded), side(lambda _: reply(GOOD), target("http://other")))
    assert recorded.seconds == 0.01
    learn_noise(recording(recorded), side(lambda _: reply(GOOD), target(), "secondary"))
    assert recorded.seconds == 0


def test_a_call_counts_once_for_all_its_rows() -> None:
    """Of a table every cell may differ; it is one call, with all the values that came."""
    one, other = (reply({"rows": [[n, n + step] for n in (1, 5)]}) for step in (1, 2))
    made = recording(exchange(one), exchange(one))
    result = compare(made, None, side(lambda _: other), [])
    (found,) = result.found.values()
    assert (found.count, result.pairs["execute"]) == (2, 2)
    assert found.variants == {("2", "3"): 2, ("6", "7"): 2}
    noise = learn_noise(made, side(lambda _: other))
    assert list(noise.values()) == [2]


def test_kinds_are_counted_with_their_values() -> None:
    """A kind keeps its first pair, its number, and the first few values."""
    made = recording(*(exchange(reply({"id": 0})) for _ in range(MOST_VARIANTS + 10)))
    result = compare(made, None, side(counting(lambda n: reply({"id": n}))), [])
    (found,) = result.found.values()
    assert found.count == MOST_VARIANTS + 10
    assert len(found.variants) == MOST_VARIANTS
    assert found.difference.candidate == "1"


class ScriptedLog(GatewayLog):
    """A gateway's log and traces, from a function."""

    def __init__(self, answers: Callable[[httpx.Request], httpx.Response]) -> None:
        super().__init__("http://admin/__admin")
        self._client.close()
        self._client = httpx.Client(transport=httpx.MockTransport(answers))


def logged(row: dict[str, object]) -> ScriptedLog:
    """Return a log with this row for the sample call."""
    url = f"http://gateway{gateway().base}/execute?api-version=2.0&details=true"

    def answer(request: httpx.Request) -> httpx.Response:
        match request.url.path.rpartition("/")[2]:
            case "log":
                return httpx.Response(200, json={"rows": [{"url": url, "apiId": "a", **row}]})
            case "listDebugCredentials":
                return httpx.Response(200, json={"token": "t"})
            case _:
                return httpx.Response(200, json={"traceEntries": {"inbound": ["step"]}})

    return ScriptedLog(answer)


@pytest.mark.parametrize(
    ("backend", "verdict"),
    [
        (500, Verdict.BACKEND_ALTERED),
        (200, Verdict.GATEWAY_ALTERED),
        (None, Verdict.GATEWAY_REFUSED),
    ],
)
def test_the_gateways_log_knows_who_answered(backend: int | None, verdict: Verdict) -> None:
    """The log tells what the backend answered, or that it was never asked."""
    log = logged({"responseCode": 500, "backendResponseCode": backend})
    made = recording(exchange(reply(GOOD)))
    result = compare(made, None, side(lambda _: reply({}, 500)), [], log)
    log.close()
    assert set(verdicts(result)) == {verdict}
    assert all(found.log_row for found in result.found.values())


def test_a_difference_is_shown_with_the_gateways_trace() -> None:
    """The call is sent once more with a token for tracing, and the trace is fetched."""
    log = logged({"responseCode": 500, "backendResponseCode": 200})

    def answer(request: Request) -> Reply:
        is_traced = request.header("Apim-Debug-Authorization") == "t"
        return reply({}, 500, *((("Apim-Trace-Id", "1"),) if is_traced else ()))

    result = compare(recording(exchange(reply(GOOD))), None, side(answer), [], log)
    assert all('"step"' in found.trace for found in result.found.values())
    silent = compare(
        recording(exchange(reply(GOOD))), None, side(lambda _: reply({}, 500)), [], log
    )
    assert not any(found.trace for found in silent.found.values())
    log.close()


def test_a_call_that_changes_a_job_is_not_traced() -> None:
    """To trace a call is to send it again, which starts and deletes must not be."""
    log = logged({"responseCode": 500, "backendResponseCode": 200})
    log.row(side(lambda _: reply({}, 500)).wire.attempt(Request("GET", "/")))
    assert log.trace(side(lambda _: None), exchange(reply(), "start_job")) == ""
    log.close()


@pytest.mark.parametrize("content", [b"no JSON", b"[]", b"{}"])
def test_a_log_that_is_none_tells_nothing(content: bytes) -> None:
    """Where there is no log, or another thing in its place, differences are found all the same."""
    log = ScriptedLog(lambda _: httpx.Response(200, content=content))
    result = compare(
        recording(exchange(reply(GOOD))), None, side(lambda _: reply({}, 500)), [], log
    )
    log.close()
    assert set(verdicts(result)) == {Verdict.GATEWAY_ALTERED}
