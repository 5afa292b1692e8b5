"""Does `<cache-lookup>` find what was stored for such a call, and only that?"""

from dataclasses import replace
from typing import Any

import pytest

from mockserver.gateway.element import DocumentNotUsable
from mockserver.gateway.keys import Caller
from mockserver.gateway.message import Body, Headers, Response
from mockserver.gateway.model import User
from mockserver.gateway.routing import Route
from mockserver.gateway.sections import Effective
from mockserver.gateway.trace import Trace
from tests.mockserver.gateway.policy_calls import (
    API,
    OPERATION,
    SUBSCRIPTION,
    FakeBackend,
    Stage,
    body_of,
    handled,
    read,
)

MARK = '<set-header name="X-{0}"><value>1</value></set-header>'


def cached(attributes: str = "", inner: str = "", duration: int = 60) -> Effective:
    """Return policies that look up and store, with headers set before and after."""
    for name in ("vary-by-developer", "vary-by-developer-groups"):
        if f"{name}=" not in attributes:
            attributes += f' {name}="false"'
    return read(
        inbound=f"<cache-lookup {attributes}>{inner}</cache-lookup>{MARK.format('In')}",
        backend="<forward-request />",
        outbound=(
            f'{MARK.format("Before")}<cache-store duration="{duration}" />{MARK.format("After")}'
        ),
    )


def numbered() -> Stage:
    """Return a stage whose backend numbers its answers."""
    return Stage(
        FakeBackend(
            [Response(200, "", Headers({"X-N": str(n)}), Body(b"%d" % n)) for n in range(9)]
        )
    )


def test_a_hit_takes_the_place_of_the_backend() -> None:
    """The second call gets the stored response, and what stands after cache-store runs."""
    stage, policies = numbered(), cached()
    first, second = stage.call(), stage.call()
    handled(first, policies)
    response = handled(second, policies)
    assert (first.cache, second.cache) == ("miss", "hit")
    assert (response.status, body_of(response), response.headers["X-N"]) == (200, b"0", "0")
    assert response.headers.getall("X-Before") == ["1"]
    assert response.headers.getall("X-After") == ["1"]
    assert "X-In" not in second.request.headers
    assert second.backend_status is None
    assert len(stage.backend.sent) == 1


def test_the_trace_says_what_the_cache_came_to() -> None:
    """A miss names the headers that it has removed, a hit where the call goes on."""
    stage, policies = numbered(), cached()
    traces: list[Any] = []
    for _ in range(2):
        call = stage.call(headers={"Cache-Control": "no-cache"})
        call.trace = Trace("t", call.runtime.now, call.begun)
        handled(call, policies)
        entries = [entry.data for entry in call.trace.entries["inbound"]]
        traces.append(next(data for data in entries if "Cache lookup" in str(data)))
    assert traces[0]["cacheHeaders"] == [{"name": "Cache-Control", "value": "no-cache"}]
    assert "in a miss" in traces[0]["message"]
    assert "after the corresponding `cache-store`" in traces[1]["message"]
    assert traces[0]["cacheKey"] == traces[1]["cacheKey"]


def test_a_hit_cannot_be_spoilt() -> None:
    """What policies change of a response from the cache is not in the next one."""
    stage, policies = numbered(), cached()
    handled(stage.call(), policies)
    response = handled(stage.call(), policies)
    response.headers["X-N"] = "changed"
    response.body.put(b"changed")
    again = handled(stage.call(), policies)
    assert (body_of(again), again.headers["X-N"]) == (b"0", "0")


def test_an_entry_ends_by_the_emulators_clock() -> None:
    """After its duration a response is not found, and the next one is stored."""
    stage, policies = numbered(), cached(duration=60)
    handled(stage.call(), policies)
    stage.time += 59
    assert body_of(handled(stage.call(), policies)) == b"0"
    stage.time += 1
    assert body_of(handled(stage.call(), policies)) == b"1"
    assert body_of(handled(stage.call(), policies)) == b"1"


def test_a_reset_forgets_everything() -> None:
    """After the memory of the gateway was cleared nothing is found."""
    stage, policies = numbered(), cached()
    handled(stage.call(), policies)
    stage.runtime.memory.clear()
    assert body_of(handled(stage.call(), policies)) == b"1"


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD", "DELETE"])
def test_only_get_is_looked_up(method: str) -> None:
    """Calls with other verbs have nothing to do with the cache."""
    stage, policies = numbered(), cached()
    handled(stage.call(), policies)
    call = stage.call(method)
    assert body_of(handled(call, policies)) == b"1"
    assert call.cache == "none"
    handled(stage.call(method), policies)
    assert len(stage.backend.sent) == 3


@pytest.mark.parametrize("allowed", [True, False])
def test_authorization_keeps_calls_out_unless_it_is_allowed(allowed: bool) -> None:
    """With an Authorization header the cache is used only if the author says so."""
    policies = cached(f'allow-private-response-caching="{str(allowed).lower()}"')
    stage = numbered()
    calls = [stage.call(headers={"Authorization": "Bearer a"}) for _ in range(2)]
    for call in calls:
        handled(call, policies)
    assert [call.cache for call in calls] == (["miss", "hit"] if allowed else ["none", "none"])
    assert len(stage.backend.sent) == (1 if allowed else 2)


@pytest.mark.parametrize(
    ("inner", "query", "same"),
    [
        ("", "b=2&a=1", True),
        ("", "a=1&b=3", False),
        ("", "a=1", False),
        ("<vary-by-query-parameter>a</vary-by-query-parameter>", "a=1&b=3", True),
        ("<vary-by-query-parameter>A</vary-by-query-parameter>", "a=2&b=2", False),
        ("<vary-by-query-parameter>a;b</vary-by-query-parameter>", "a=1&b=3", False),
        ("<vary-by-query-parameter>c</vary-by-query-parameter>", "d=5", True),
    ],
)
def test_which_query_parameters_count(inner: str, query: str, same: bool) -> None:
    """Those that are named, else all of them; their order does not."""
    stage, policies = numbered(), cached(inner=inner)
    handled(stage.call(query="a=1&b=2"), policies)
    call = stage.call(query=query)
    handled(call, policies)
    assert call.cache == ("hit" if same else "miss")


@pytest.mark.parametrize(
    ("headers", "same"),
    [
        ({"accept": "a"}, True),
        ({"Accept": "b"}, False),
        ({}, False),
        ({"Accept": "a", "X": "1"}, True),
    ],
)
def test_which_headers_count(headers: dict[str, str], same: bool) -> None:
    """Only those that are named."""
    stage, policies = numbered(), cached(inner="<vary-by-header>Accept</vary-by-header>")
    handled(stage.call(headers={"Accept": "a"}), policies)
    call = stage.call(headers=headers)
    handled(call, policies)
    assert call.cache == ("hit" if same else "miss")


@pytest.mark.parametrize(
    ("attributes", "user", "same"),
    [
        ("", User("bob", groups=("Developers",)), True),
        ('vary-by-developer="true"', User("bob", groups=("Testers", "Developers")), False),
        ('vary-by-developer-groups="true"', User("bob", groups=("Testers", "Developers")), True),
        ('vary-by-developer-groups="@(1 == 1)"', User("bob", groups=("Developers",)), False),
        ('vary-by-developer="true"', None, False),
        ('vary-by-developer-groups="true"', None, False),
    ],
)
def test_whether_developers_count(attributes: str, user: User | None, same: bool) -> None:
    """Developers and their groups share responses unless it is asked for."""
    stage, policies = numbered(), cached(attributes)
    handled(stage.call(), policies)
    call = stage.call()
    call.caller = Caller(replace(SUBSCRIPTION, user=user)) if user else Caller()
    handled(call, policies)
    assert call.cache == ("hit" if same else "miss")


def test_operations_and_addresses_have_their_own_responses() -> None:
    """Another operation, path or backend finds nothing of this one."""
    stage, policies = numbered(), cached()
    handled(stage.call(), policies)
    other_operation, other_path, other_base = (stage.call() for _ in range(3))
    other_operation.route = Route(API, replace(OPERATION, id="other"), {}, "/books")
    other_path.request.url.path = "/films"
    other_base.request.url.base = "https://other.example"
    for call in (other_operation, other_path, other_base):
        handled(call, policies)
        assert call.cache == "miss"


def test_a_miss_takes_cache_headers_away() -> None:
    """So that the backend's answer is complete; a client cannot refuse a cached one with them."""
    stage, policies = numbered(), cached()
    headers = {
        "Cache-Control": "no-cache, no-store",
        "If-None-Match": "a",
        "Pragma": "no-cache",
        "X": "1",
    }
    handled(stage.call(headers=headers), policies)
    assert set(stage.backend.sent[0].headers) == {"X", "X-In"}
    call = stage.call(headers=headers)
    handled(call, policies)
    assert call.cache == "hit"


@pytest.mark.parametrize(
    ("attributes", "stored", "found"),
    [
        ("", "no-store", "no-store"),
        (
            'downstream-caching-type="public"',
            "public, max-age=60, must-revalidate",
            "public, max-age=50, must-revalidate",
        ),
        (
            'downstream-caching-type="@("pri" + "vate")" must-revalidate="false"'.replace(
                '"pri" + "vate"', "&quot;pri&quot; + &quot;vate&quot;"
            ),
            "private, max-age=60",
            "private, max-age=50",
        ),
    ],
)
def test_what_downstream_caches_may_do(attributes: str, stored: str, found: str) -> None:
    """Cache-Control says it, with the seconds that are left."""
    stage, policies = numbered(), cached(attributes)
    assert handled(stage.call(), policies).headers.getall("Cache-Control") == [stored]
    stage.time += 10
    assert handled(stage.call(), policies).headers.getall("Cache-Control") == [found]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('<cache-lookup vary-by-developer="false" />', "'vary-by-developer-groups' is missing"),
        ('<cache-lookup vary-by-developer-groups="false" />', "'vary-by-developer' is missing"),
        ("{0} downstream-caching-type='shared' />", "none of none, private, public"),
        ("{0}><vary-by-header /></cache-lookup>", "needs a name"),
        (
            "{0}><vary-by-header>@(context.RequestId.ToString())</vary-by-header></cache-lookup>",
            "needs a name",
        ),
        ("{0}><vary-by-cookie>a</vary-by-cookie></cache-lookup>", "invalid child element"),
        ("{0}>text</cache-lookup>", "cannot contain text"),
        ("{0} /><choose><when condition='true'>{0} /></when></choose>", "only once"),
    ],
)
def test_what_is_refused(text: str, problem: str) -> None:
    """What cache-lookup does not know is refused when the document is read."""
    begin = '<cache-lookup vary-by-developer="false" vary-by-developer-groups="false"'
    with pytest.raises(DocumentNotUsable, match=problem):
        read(inbound=text.replace("{0}", begin))


def test_it_stands_in_inbound_only() -> None:
    """In another section it is refused."""
    text = '<cache-lookup vary-by-developer="false" vary-by-developer-groups="false" />'
    with pytest.raises(DocumentNotUsable, match="not allowed in the specified section"):
        read(outbound=text)
