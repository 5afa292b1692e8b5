"""Does a recording reach another side as that side needs it, and come back in its own names?"""

import time
from dataclasses import replace

import pytest

from contracts.comparison.compare import compare
from contracts.comparison.recording import BlobWritten, Pause
from contracts.comparison.replay import MOST_POLLS, Side, look_at, opened, renamed
from contracts.exchange import Exchange, Reply, Request
from contracts.preflight import CannotJudge
from contracts.wire import Unsendable
from tests.contracts.comparison.made import (
    KEY,
    OTHER,
    exchange,
    gateway,
    recording,
    reply,
    side,
    target,
)

THEIRS, OURS = "a" * 32, "b" * 32


def submitted(job: str = THEIRS) -> Exchange:
    """Return a recorded call that submits a job."""
    return exchange(reply(job), "submit_job", "/jobs?api-version=2.0")


def polled(state: str, job: str = THEIRS) -> Exchange:
    """Return a recorded poll."""
    path = f"/jobs/{job}?api-version=2.0"
    return exchange(reply({"StatusCode": state}), "get_job_status", path, "GET", b"")


def test_a_request_gets_address_and_keys_of_the_side() -> None:
    """Prefix, host, keys and own headers are the side's; all else is as it was."""
    at = gateway(api_key=OTHER, headers=(("X-Own", "ours"),))
    recorded = exchange(reply(), body=f'{{"key": "{KEY}"}}'.encode())
    sent = side(lambda _: reply(), at).request(recording(recorded), recorded.request)
    assert sent.target == at.base + "/execute?api-version=2.0&details=true"
    assert sent.header("Host") == "gateway"
    assert sent.header("Authorization") == f"Bearer {OTHER}"
    assert sent.header("Ocp-Apim-Subscription-Key") == "subscription-key"
    assert sent.header("X-Own") == "ours"
    assert sent.body == f'{{"key": "{OTHER}"}}'.encode()
    assert sent.header("Content-Length") == str(len(sent.body))


def test_headers_of_the_primary_alone_do_not_go_on() -> None:
    """Neither its own headers nor its gateway's key reach another side; a wrong length does."""
    own = target(headers=(("X-Own", "theirs"),), subscription_key="their-subscription-key")
    request = Request(
        "POST",
        own.base + "/execute",
        (
            ("X-Own", "theirs"),
            ("ocp-apim-subscription-key", "their-subscription-key"),
            ("Content-Length", "7"),
        ),
        b"{}",
    )
    made = replace(recording(), target=own)
    sent = side(lambda _: reply(), target("http://other")).request(made, request)
    assert sent.headers == (("Content-Length", "7"),)


def test_a_wrong_key_stays_wrong() -> None:
    """A changed first letter could make the other side's key by chance; it must not."""
    recorded = exchange(reply({}, 401))
    wrong = "q" + KEY[1:]
    request = Request("POST", "/", (("Authorization", f"Bearer {wrong}"),))
    sent = side(lambda _: reply(), gateway(api_key=OTHER)).request(recording(recorded), request)
    assert sent.header("Authorization") == f"Bearer {OTHER}x"


def test_paths_beside_the_service_keep_the_prefix() -> None:
    """A path of no service is sent below the side's prefix as well."""
    at = side(lambda _: reply(), gateway())
    sent = at.request(recording(), Request("GET", "/workspaces/other/x"))
    assert sent.target == "/suffix/workspaces/other/x"


def test_jobs_are_mapped_there_and_back() -> None:
    """A job that is called something else here is asked for, and told, by the right name."""
    asked: list[str] = []

    def answer(request: Request) -> Reply:
        asked.append(request.target)
        if request.method == "POST":
            return reply(OURS)
        return reply({"StatusCode": "Failed", "Details": f"job {OURS}"})

    pairs = list(side(answer).replay(recording(submitted(), polled("Failed"))))
    assert f"/jobs/{OURS}?" in asked[1]
    came = [pair.came.reply.json for pair in pairs if pair.came.reply]
    assert came == [THEIRS, {"StatusCode": "Failed", "Details": f"job {THEIRS}"}]


def test_addresses_and_lengths_are_mapped_back() -> None:
    """A reply that names its own address names the primary's; a right length stays right."""
    at = gateway()
    body = f'"{at.url}{at.prefix}/x on {at.host}"'.encode()
    made = side(lambda _: Reply(200, (("Content-Length", str(len(body))),), body), at)
    (pair,) = made.replay(recording(exchange(reply())))
    assert pair.came.reply is not None
    assert pair.came.reply.json == "http://primary/x on primary"
    assert pair.came.reply.header("Content-Length") == str(len(pair.came.reply.body))


def test_a_job_that_had_ended_is_polled_until_it_has() -> None:
    """The end is waited for, but not for ever."""
    states = iter(["Running", "Running", "Finished"])
    (pair,) = side(lambda _: reply({"StatusCode": next(states)})).replay(
        recording(Pause(0.5), polled("Finished"))
    )
    assert pair.came.reply is not None
    assert pair.came.reply.json == {"StatusCode": "Finished"}
    asked: list[Request] = []

    def never(request: Request) -> Reply:
        asked.append(request)
        return reply({"StatusCode": "Running"})

    list(side(never).replay(recording(polled("Finished"))))
    assert len(asked) == MOST_POLLS + 1


def test_a_job_strays_when_one_side_alone_refuses_it() -> None:
    """What follows for a job that was cancelled on one side only is not judged, and counted."""
    cancelled = exchange(reply(b"", 204), "delete_job", f"/jobs/{THEIRS}", "DELETE", b"")

    def answer(request: Request) -> Reply:
        match request.method:
            case "POST":
                return reply(OURS)
            case "DELETE":
                return reply({"statusCode": 404, "message": "Resource not found"}, 404)
            case _:
                return reply({"StatusCode": "Finished"})

    made = recording(submitted(), cancelled, polled("Cancelled"))
    result = compare(made, None, side(answer), [])
    assert result.strayed == 1
    assert [key[:2] for key, _ in result.found] == [("delete_job", "refusal")]


def test_a_job_that_was_never_submitted_strays() -> None:
    """Calls about a job that one side did not take tell nothing."""
    pairs = list(side(lambda _: reply({}, 500)).replay(recording(submitted(), polled("Failed"))))
    assert [pair.has_strayed for pair in pairs] == [False, True]


def test_a_limit_that_is_waited_for_makes_jobs_stray() -> None:
    """While a limit is waited for, jobs go on, so their states tell nothing after."""
    replies = iter(
        [reply(OURS), Reply(429, (("Retry-After", "5"),)), reply({"StatusCode": "Finished"})]
    )
    pairs = list(side(lambda _: next(replies)).replay(recording(submitted(), polled("Cancelled"))))
    assert [pair.has_strayed for pair in pairs] == [False, True]


def test_a_limit_that_is_shown_is_not_waited_for() -> None:
    """By choice, a limit's answer is what came."""
    limited = Reply(429, (("Retry-After", "5"),))
    (pair,) = side(lambda _: limited, obeys_limits=False).replay(recording(exchange(reply())))
    assert pair.came.status == 429


def test_a_limit_without_end_ends_the_replay() -> None:
    """A side that only ever says 429 is not compared, and it is said why."""
    at = side(lambda _: Reply(429))
    assert list(at.replay(recording(exchange(reply())))) == []
    assert at.incomplete.startswith("candidate: a limit still stands")


def test_the_time_for_all_ends_the_replay() -> None:
    """When time is over, nothing more is sent."""
    at = side(lambda _: reply(), deadline=time.monotonic() - 1)
    assert list(at.replay(recording(exchange(reply())))) == []
    assert "time was over" in at.incomplete


def test_what_http_cannot_carry_is_counted() -> None:
    """Traffic may hold calls that cannot be sent; the others are."""

    def answer(request: Request) -> Reply:
        if request.method == "PUT":
            raise Unsendable("no")
        return reply()

    at = side(answer)
    steps = exchange(reply(), method="PUT"), exchange(reply())
    assert len(list(at.replay(recording(*steps)))) == 1
    assert at.unsendable == 1


def test_files_of_jobs_are_needed_only_with_storage() -> None:
    """A side without storage gets no files, and makes no tokens."""
    at = side(lambda _: reply())
    assert list(at.replay(recording(BlobWritten("1/1.csv", b"a")))) == []
    assert at.keys.put_in("[[token /c/b]]") == "[[token /c/b]]"


def test_names_are_changed_at_once() -> None:
    """A name that becomes another's old name is not changed again; the longest goes first."""
    assert renamed("a b", {"a": "b", "b": "a"}) == "b a"
    assert renamed("ab", {"a": "1", "ab": "2"}) == "2"
    assert renamed("a", {"": "x", "a": "a"}) == "a"


@pytest.mark.parametrize(
    ("came", "complaint"),
    [
        (None, "cannot be reached"),
        (reply({}, 401), "refuses the API key"),
        (reply({"statusCode": 401, "message": "no"}, 401), "refuses the subscription key"),
        (reply({}, 404), "is not there"),
    ],
)
def test_a_side_that_is_none_is_noticed_before(came: Reply | None, complaint: str) -> None:
    """A wrong key or address would explain every difference, so there is no verdict."""
    with pytest.raises(CannotJudge, match=complaint):
        look_at(side(lambda _: came), recording(exchange(reply())))


def test_a_side_that_limits_every_look_is_no_side() -> None:
    """A side that only ever says 429 cannot be looked at."""
    with pytest.raises(CannotJudge, match="limit still stands"):
        look_at(side(lambda _: Reply(429)), recording(exchange(reply())))


def test_a_side_is_looked_at_by_a_call_that_it_takes() -> None:
    """One refused call is not enough; without any that was scored there is nothing to look at."""

    asked: list[str] = []

    def answer(request: Request) -> Reply:
        asked.append(request.target.rpartition("?")[2])
        return reply({}, 200 if "x=1" in request.target else 404)

    usual, odd = exchange(reply()), exchange(reply(), path="/execute?x=1")
    look_at(side(answer), recording(odd, usual))
    assert asked == ["api-version=2.0&details=true", "x=1"]
    look_at(side(answer), recording(exchange(reply({}, 400))))
    assert len(asked) == 2


def test_a_clock_that_cannot_be_moved_is_no_verdict() -> None:
    """An address that is no emulator's says so before anything is sent."""
    at = target(admin_url="http://127.0.0.1:9/__admin")
    with pytest.raises(CannotJudge, match="candidate: the clock"), opened("candidate", at):
        pytest.fail("it cannot be opened")


def test_an_opened_side_waits_by_the_real_clock() -> None:
    """Without an admin address, time is not moved."""
    with opened("candidate", target()) as at:
        assert isinstance(at, Side)
        assert at.blobs is None
        assert not at.wire.is_clock_moved
