"""What does `<cors>` tell browsers, and whom does it let call?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.message import Body, Headers, Response
from mockserver.gateway.trace import Trace
from tests.mockserver.gateway.policies.transforming import failure, refusal
from tests.mockserver.gateway.policy_calls import FakeBackend, Stage, handled, read

PAGE = "https://page.example"
OTHER = "https://other.example"
BACKEND = "<forward-request />"


def policy(
    *,
    attributes: str = "",
    origins: str = f"<origin>{PAGE}</origin>",
    methods: str = "",
    headers: str = "<header>Content-Type</header><header>X-Mine</header>",
    exposed: str = "",
) -> str:
    """Return the policy with these lists."""
    return (
        f"<cors {attributes}><allowed-origins>{origins}</allowed-origins>{methods}"
        f"<allowed-headers>{headers}</allowed-headers>{exposed}</cors>"
    )


def preflight(
    text: str, origin: str = PAGE, method: str = "POST", headers: str | None = "content-type"
) -> Response:
    """Return the answer to a browser that asks."""
    sent = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers is not None:
        sent["Access-Control-Request-Headers"] = headers
    return handled(Stage().call("OPTIONS", headers=sent), read(inbound=text))


def said(response: Response) -> dict[str, str]:
    """Return the headers of CORS."""
    headers = response.headers.items()
    return {name[15:]: value for name, value in headers if name.startswith("Access-Control-")}


def called(text: str, origin: str | None = PAGE, on_error: str = "") -> tuple[Response, int]:
    """Return the answer to a call, and how often the backend was called."""
    stage = Stage(FakeBackend([Response(201, headers=Headers({"X-Backend": "b"}))]))
    headers = {} if origin is None else {"Origin": origin}
    call = stage.call("POST", headers=headers, body=Body(b"{}"))
    return handled(call, read(inbound=text, backend=BACKEND, on_error=on_error)), len(
        stage.backend.sent
    )


def test_a_preflight_is_answered() -> None:
    """The policy's methods and headers are told, GET and POST if it names none."""
    response = preflight(policy())
    assert (response.status, response.body.content) == (200, b"")
    assert said(response) == {
        "Allow-Origin": PAGE,
        "Allow-Methods": "GET,POST",
        "Allow-Headers": "Content-Type,X-Mine",
        "Max-Age": "0",
    }
    assert response.headers["Vary"] == "Origin"


def test_everything_is_told() -> None:
    """Credentials, methods, the time it holds for and exposed headers are the policy's."""
    methods = (
        "<allowed-methods preflight-result-max-age='300'><method>PUT</method>"
        '<method>@("PAT" + "CH")</method></allowed-methods>'
    )
    text = policy(
        attributes="allow-credentials='true'",
        methods=methods,
        exposed="<expose-headers><header>X-Count</header></expose-headers>",
    )
    assert said(preflight(text, method="PATCH")) == {
        "Allow-Origin": PAGE,
        "Allow-Credentials": "true",
        "Allow-Methods": "PUT,PATCH",
        "Allow-Headers": "Content-Type,X-Mine",
        "Expose-Headers": "X-Count",
        "Max-Age": "300",
    }


def test_stars_allow_all() -> None:
    """What was asked for is told; the origin is a star, which depends on no origin."""
    text = policy(
        origins="<origin>*</origin>",
        methods="<allowed-methods><method>*</method></allowed-methods>",
        headers="<header>*</header>",
    )
    response = preflight(text, "null", "DELETE", "x-one, X-Two")
    assert said(response) == {
        "Allow-Origin": "*",
        "Allow-Methods": "DELETE",
        "Allow-Headers": "x-one,X-Two",
        "Max-Age": "0",
    }
    assert "Vary" not in response.headers
    assert "Allow-Headers" not in said(preflight(text, headers=None))


@pytest.mark.parametrize(
    ("origin", "method", "headers"),
    [
        (OTHER, "POST", None),
        ("null", "POST", None),
        ("https://page.example:444", "POST", None),
        ("http://page.example", "POST", None),
        ("https://page.example.evil", "POST", None),
        ("https://[::1", "POST", None),
        (PAGE, "PUT", None),
        (PAGE, "post", None),
        (PAGE, "POST", "X-Mine, X-Other"),
    ],
)
@pytest.mark.parametrize("terminates", ["true", "false"])
def test_a_preflight_for_what_is_not_allowed(
    origin: str, method: str, headers: str | None, terminates: str
) -> None:
    """It gets an empty 200 that says nothing, whatever terminate-unmatched-request is."""
    text = policy(attributes=f"terminate-unmatched-request='{terminates}'")
    response = preflight(text, origin, method, headers)
    assert (response.status, response.body.content, said(response)) == (200, b"", {})


def test_the_next_policy_is_asked() -> None:
    """A policy that does not terminate leaves a preflight to those of other scopes."""
    lenient = policy(attributes="terminate-unmatched-request='false'")
    # Two documents: each may hold one only.
    own, broader = (
        read(inbound=text) for text in (lenient, policy(origins=f"<origin>{OTHER}</origin>"))
    )
    both = {**own, "inbound": (*own["inbound"], *broader["inbound"])}
    headers = {"Origin": OTHER, "Access-Control-Request-Method": "GET"}
    response = handled(Stage().call("OPTIONS", headers=headers), both)
    assert said(response)["Allow-Origin"] == OTHER


def test_the_first_policy_wins() -> None:
    """A second one that matches as well adds nothing to the answer of a call."""
    star = read(inbound=policy(origins="<origin>*</origin>"))
    first = read(inbound=policy(), backend=BACKEND)
    both = {**first, "inbound": (*first["inbound"], *star["inbound"])}
    response = handled(Stage().call(headers={"Origin": PAGE}), both)
    assert response.headers.getall("Access-Control-Allow-Origin") == [PAGE]


@pytest.mark.parametrize(
    "written",
    [PAGE, f"{PAGE}/", f"{PAGE}:443", "HTTPS://Page.Example", "\n  https://page.example\n "],
)
def test_a_call_of_a_page_that_is_allowed(written: str) -> None:
    """The backend is called, and the answer says that the page may read it."""
    text = policy(
        origins=f"<origin>{OTHER}</origin><origin>{written}</origin>",
        exposed="<expose-headers><header>X-Backend</header><header>B</header></expose-headers>",
    )
    response, count = called(text)
    assert (response.status, count) == (201, 1)
    assert said(response) == {"Allow-Origin": PAGE, "Expose-Headers": "X-Backend,B"}
    assert response.headers["Vary"] == "Origin"


def test_a_call_of_another_page() -> None:
    """It ends with an empty 200 without headers of CORS, before the backend."""
    response, count = called(policy(), OTHER)
    assert (response.status, response.body.content, said(response), count) == (200, b"", {}, 0)


def test_a_call_of_another_page_that_may_go_on() -> None:
    """With terminate-unmatched-request=false it is called, and the answer says nothing."""
    text = policy(attributes="terminate-unmatched-request='@(1 > 2)'")
    response, count = called(text, OTHER)
    assert (response.status, said(response), count) == (201, {}, 1)


@pytest.mark.parametrize("origin", [None, ""])
def test_a_call_that_is_of_no_page(origin: str | None) -> None:
    """Without an origin nothing happens."""
    response, count = called(policy(), origin)
    assert (response.status, said(response), count) == (201, {}, 1)
    assert "Vary" not in response.headers


def test_a_trace_says_why_nothing_happened() -> None:
    """The words are those of live gateways."""
    stage = Stage()
    call = stage.call()
    call.trace = Trace("t", lambda: 0.0, 0.0)
    handled(call, read(inbound=policy()))
    texts = [entry.data for entry in call.trace.entries["inbound"] if entry.source == "cors"]
    (text,) = texts
    assert str(text).startswith("Origin header was missing or empty and the request was classified")


def test_a_refusal_by_a_later_policy_may_be_read() -> None:
    """The page is to see why: the headers are on the gateway's own answer, on-error included."""
    check = (
        "<check-header name='A' failed-check-httpcode='401' failed-check-error-message='No'"
        " ignore-case='true' />"
    )
    response, _ = called(policy() + check)
    assert (response.status, said(response)) == (401, {"Allow-Origin": PAGE})
    on_error = "<return-response><set-status code='418' reason='x' /></return-response>"
    response, _ = called(policy() + check, on_error=on_error)
    assert (response.status, said(response)) == (418, {"Allow-Origin": PAGE})
    response, _ = called(check + policy())
    assert (response.status, said(response)) == (401, {})


def test_the_backends_own_headers_are_replaced() -> None:
    """A browser accepts one origin only; what else the answer varies by stays."""
    answer = Headers({"Access-Control-Allow-Origin": "*", "Vary": "Accept"})
    stage = Stage(FakeBackend([Response(200, headers=answer)]))
    call = stage.call(headers={"Origin": PAGE})
    response = handled(call, read(inbound=policy(), backend=BACKEND))
    assert response.headers.getall("Access-Control-Allow-Origin") == [PAGE]
    assert response.headers.getall("Vary") == ["Accept", "Origin"]


@pytest.mark.parametrize("varies", ["Origin", "accept, ORIGIN", "*"])
def test_what_the_backend_says_of_origins_is_enough(varies: str) -> None:
    """`Vary` names the origin once."""
    stage = Stage(FakeBackend([Response(200, headers=Headers({"Vary": varies}))]))
    call = stage.call(headers={"Origin": PAGE})
    response = handled(call, read(inbound=policy(), backend=BACKEND))
    assert response.headers.getall("Vary") == [varies]


def test_an_operation_for_options_is_called() -> None:
    """Where the API has an operation for OPTIONS, nothing is a preflight."""
    stage = Stage(FakeBackend([Response(204)]))
    headers = {"Origin": PAGE, "Access-Control-Request-Method": "PUT"}
    call = stage.call("OPTIONS", headers=headers)
    operation = type(call.route.operation)("o", "O", "OPTIONS", call.route.operation.template)
    call.route = type(call.route)(call.route.api, operation, {}, "/books")
    response = handled(call, read(inbound=policy(), backend=BACKEND))
    assert (response.status, len(stage.backend.sent)) == (204, 1)
    assert said(response) == {"Allow-Origin": PAGE}


@given(st.text(max_size=30))
def test_no_origin_breaks_it(origin: str) -> None:
    """Whatever a client calls itself, it is answered and gets no page's rights."""
    response = handled(Stage().call(headers={"Origin": origin}), read(inbound=policy()))
    assert response.status == 200
    if "page.example" not in origin.lower():
        assert said(response) == {}


def test_credentials_and_a_star_do_not_go_together() -> None:
    """Browsers refuse that; with an expression it shows at run time."""
    text = policy(attributes="allow-credentials='@(true)'", origins="<origin>*</origin>")
    failed = failure(text, Stage().call(headers={"Origin": PAGE}))
    assert "allow-credentials cannot be true" in failed.error.message


METHODS = "<allowed-methods>{}</allowed-methods>"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<cors />", "<allowed-origins> is missing"),
        (
            f"<cors><allowed-origins><origin>{PAGE}</origin></allowed-origins></cors>",
            "<allowed-headers> is missing",
        ),
        (policy(origins=""), "needs at least one <origin>"),
        (policy(headers=""), "needs at least one <header>"),
        (policy(methods=METHODS.format("")), "needs at least one <method>"),
        (policy(methods=METHODS.format("<method> </method>")), "<method> is empty"),
        (policy(origins=f"<origin>*</origin><origin>{PAGE}</origin>"), "stands for all"),
        (
            policy(attributes="allow-credentials='True'", origins="<origin>*</origin>"),
            "allow-credentials cannot be true",
        ),
        (policy(origins="<origin>page.example</origin>"), "is no origin"),
        (policy(origins=f"<origin>{PAGE}/path</origin>"), "is no origin"),
        (policy(origins="<origin>https://a:b</origin>"), "is no origin"),
        (policy(origins='<origin>@("a")</origin>'), "a <method> only"),
        (policy(headers='<header>@("a")</header>'), "a <method> only"),
        (policy(exposed="<other />"), "invalid child element 'other'"),
        (policy(exposed="<expose-headers a='b'><header>c</header></expose-headers>"), "'a'"),
        (policy(methods=METHODS.format("<method>GET</method>") * 2), "there twice"),
        (policy(methods=METHODS.format("<verb>GET</verb>")), "invalid child element 'verb'"),
        (
            policy(methods=METHODS.replace(">", " preflight-result-max-age='x'>", 1)),
            "no whole number",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(text: str, problem: str) -> None:
    """Lists that are missing, empty or make no sense keep the document from being loaded."""
    assert problem in refusal(text)


def test_it_stands_in_inbound_only() -> None:
    """Another section is refused when the policy is loaded."""
    assert "not allowed in the" in refusal(policy(), "outbound")
