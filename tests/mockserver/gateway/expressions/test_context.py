"""What do expressions see of a call?"""
# ruff: noqa: E501 - tables: one row, one line

import subprocess
import sys

import pytest

from mockserver.gateway.errors import ExpressionFailed, LastError
from mockserver.gateway.expressions import compile_expression
from mockserver.gateway.expressions.catalogue import SUPPORTED
from mockserver.gateway.message import Body, Response
from tests.mockserver.gateway.expressions.calls import ID, make_call
from tests.mockserver.gateway.expressions.evaluating import text_of, value_of

SEEN = [
    ("context.Api.Id + context.Api.Name + context.Api.Path", "rrsScoringml"),
    ("context.Api.Revision + context.Api.Version + context.Api.IsCurrentRevision", "1True"),
    ("context.Api.ServiceUrl.Host + context.Api.ServiceUrl.Port", "backend.example8443"),
    ("context.Api.ServiceUrl.Path + context.Api.ServiceUrl.Scheme", "/basehttps"),
    ("context.Api.Protocols.First()", "https"),
    ("context.Operation.Id + context.Operation.Name + context.Operation.Method", "scoreScorePOST"),
    ("context.Operation.UrlTemplate", "/score/{model}?details={details}"),
    (
        "context.Product.Id + context.Product.Name + context.Product.State",
        "starterStarterPublished",
    ),
    ("context.Product.SubscriptionRequired && !context.Product.ApprovalRequired", "True"),
    ("context.Product.SubscriptionLimit == null", "True"),
    ("context.Subscription.Id + context.Subscription.Key", "sub-1k1"),
    ("context.Subscription.PrimaryKey + context.Subscription.SecondaryKey", "k1k2"),
    ("context.Subscription.Name + context.Subscription.CreatedDate.Day", "Ada's2"),
    ("context.Subscription.StartDate.HasValue && context.Subscription.EndDate == null", "True"),
    ("context.User.Id + context.User.FirstName + context.User.LastName", "7AdaByron"),
    ('context.User.Groups.Any(g => g.Name == "developers" && g.Id != "")', "True"),
    ("context.User.Note == null", "True"),
    ("context.Request.Method + context.Request.IpAddress", "POST10.1.2.3"),
    ('context.Request.Headers.GetValueOrDefault("x-many")', "a,b"),
    ('context.Request.Headers.GetValueOrDefault("X-None", "-")', "-"),
    ('context.Request.Headers["X-Many"].Length', "2"),
    ('context.Request.Headers.ContainsKey("x-count") && context.Request.Headers.Count > 2', "True"),
    ('context.Request.Headers.TryGetValue("x-count", out string[] v) ? v[0] : ""', "7"),
    (
        'string.Join(";", context.Request.Headers.Select(h => h.Key + "=" + h.Value.Length))',
        "Content-Type=1;X-Many=2;X-Count=1",
    ),
    ('context.Request.MatchedParameters["model"]', "m1"),
    ('context.Request.MatchedParameters.GetValueOrDefault("z", "-")', "-"),
    ("context.Request.OriginalUrl", "https://demo.azure-api.net/ml/score/m1?details=true"),
    ("context.Request.OriginalUrl.Path + context.Request.OriginalUrl.Port", "/ml/score/m1443"),
    (
        "context.Request.Url.Path + context.Request.Url.QueryString",
        "/base/score/m1?details=true&tag=a&tag=b%20c",
    ),
    ('context.Request.Url.Query.GetValueOrDefault("TAG")', "a,b c"),
    ('context.Request.Url.Query["tag"][1] + context.Request.Url.Query.Keys.Count()', "b c2"),
    ("context.Response.StatusCode + context.Response.StatusReason", "201Created"),
    ('context.Response.Headers.GetValueOrDefault("retry-after", "")', "5"),
    ("context.LastError == null", "True"),
    ('context.LastError?.Message ?? "none"', "none"),
    ("context.RequestId", ID),
    ("context.Elapsed.TotalMilliseconds >= 0 && context.Elapsed.TotalHours < 1", "True"),
    ("context.Tracing", "False"),
    ("context.Deployment.GatewayId + context.Deployment.Region", "managedLocal"),
    ("context.Deployment.GatewayHost", "demo.azure-api.net"),
    ("context.Deployment.ServiceName.Length", "0"),
    ('context.Variables.ContainsKey("n") && !context.Variables.ContainsKey("z")', "True"),
    ('(int)context.Variables["n"] + 1', "4"),
    (
        'context.Variables.GetValueOrDefault<int>("n") + context.Variables.GetValueOrDefault<int>("z")',
        "3",
    ),
    (
        'context.Variables.GetValueOrDefault("z", "d") + context.Variables.GetValueOrDefault<string>("s")',
        "dtext",
    ),
    ('((IResponse)context.Variables["answer"]).Body.As<JObject>()["ok"]', "True"),
    ('((IResponse)context.Variables["answer"]).StatusCode', "202"),
    ('((IResponse)context.Variables["answer"]).StatusReason', "Fine"),
    ('context.Variables["answer"] is IResponse', "True"),
]


@pytest.mark.parametrize(("expression", "expected"), SEEN)
def test_an_expression_sees_the_call(expression: str, expected: str) -> None:
    """Each member of the context gives what the call has."""
    variables = {"n": 3, "s": "text", "answer": Response(202, "Fine", body=Body(b'{"ok": true}'))}
    assert text_of(expression, variables=variables) == expected


def test_nobody_has_neither_product_nor_subscription() -> None:
    """Without a subscription they are null, and so is the user."""
    expression = "context.Product == null && context.Subscription == null && context.User == null"
    assert value_of(expression, anonymous=True) is True


def test_the_last_error_is_seen() -> None:
    """All seven fields of it are there."""
    error = LastError("rate-limit", "RateLimitExceeded", "no", "api", "inbound", "a[1]", "p")
    expression = (
        "context.LastError.Source + context.LastError.Reason + context.LastError.Message"
        " + context.LastError.Scope + context.LastError.Section + context.LastError.Path"
        " + context.LastError.PolicyId"
    )
    expected = "rate-limitRateLimitExceedednoapiinbounda[1]p"
    assert text_of(expression, error=error) == expected


@pytest.mark.parametrize(
    ("kind", "then", "expected"),
    [
        ("string", "", '{"a": [1]}'),
        ("byte[]", ".Length", "10"),
        ("JObject", '["a"][0]', "1"),
        ("JToken", '["a"][0]', "1"),
    ],
)
def test_a_body_is_read(kind: str, then: str, expected: str) -> None:
    """A body can be had as text, bytes or JSON."""
    expression = f"context.Request.Body.As<{kind}>(preserveContent: true){then}"
    assert text_of(expression, body=b'{"a": [1]}') == expected


def test_a_body_is_used_up_unless_it_is_preserved() -> None:
    """As<T>() empties the body and cannot be called again; preserveContent: true keeps it."""
    call = make_call(b"text")
    keeping = compile_expression("@(context.Request.Body.As<string>(preserveContent: true))")
    using = compile_expression("@(context.Request.Body.As<string>())")
    assert [keeping.evaluate(call), keeping.evaluate(call), using.evaluate(call)] == ["text"] * 3
    assert call.request.body.content == b""
    with pytest.raises(ExpressionFailed, match="preserveContent"):
        using.evaluate(call)


def test_a_request_without_a_body_has_none() -> None:
    """The body of a request is null if there is nothing in it; that of a response never is."""
    assert value_of("context.Request.Body == null") is True
    assert value_of("context.Response.Body == null", answer=b"") is False
    assert value_of("context.Response.Body.As<JObject>() == null", answer=b"") is True
    assert text_of("context.Response.Body.As<string>().Length", answer=b"\xef\xbb\xbfa") == "1"


def test_a_form_is_read() -> None:
    """A form gives its values by name."""
    expression = 'context.Request.Body.AsFormUrlEncodedContent()["a"].First()'
    assert text_of(expression, body=b"a=1%202&b=") == "1 2"


@pytest.mark.parametrize(
    ("expression", "request_body", "response_body"),
    [
        ("@(1)", False, False),
        ("@(context.Request.Body.As<string>())", True, False),
        ("@(context.Request.Body != null)", True, False),
        ("@(context.Response.Body.As<string>())", False, True),
        ("@{ var r = context.Request; return r?.Body?.As<string>(); }", True, False),
        ("@(new[] {1}.Select(x => context.Request.Body).First() == null)", True, False),
        ('@($"{context.Response.Body}")', False, True),
        ("@(context.Request.Headers.Count)", False, False),
    ],
)
def test_it_is_known_which_bodies_are_read(
    expression: str, request_body: bool, response_body: bool
) -> None:
    """Whoever evaluates an expression loads the bodies that it may look at."""
    compiled = compile_expression(expression)
    assert compiled.text == expression
    assert compiled.reads_request_body is request_body
    assert compiled.reads_response_body is response_body


def test_a_trace_by_an_expression_is_allowed() -> None:
    """context.Trace may be called, and gives nothing."""
    assert text_of('@{ context.Trace("x"); return "done"; }') == "done"


def test_the_parser_is_imported_with_the_first_expression() -> None:
    """Importing the package costs nothing that only expressions need."""
    script = (
        "import sys; import mockserver.gateway.expressions as e; before = 'lark' in sys.modules;"
        "e.compile_expression('@(1)'); print(before, 'lark' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]


def test_what_is_supported_can_be_listed() -> None:
    """The documents print the tables that the engine works with."""
    assert "Body: IMessageBody" in SUPPORTED["IRequest"]
    assert "static UtcNow: DateTime" in SUPPORTED["DateTime"]
    assert "OrdinalIgnoreCase" in SUPPORTED["StringComparison"]
