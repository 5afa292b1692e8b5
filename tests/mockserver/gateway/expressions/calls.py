"""What calls do the tests of expressions look at?"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

from multidict import CIMultiDict

from mockserver.gateway.call import Call
from mockserver.gateway.errors import LastError
from mockserver.gateway.keys import Caller
from mockserver.gateway.message import Body, Request, Response, Url
from mockserver.gateway.model import Api, Operation, Product, Subscription, User
from mockserver.gateway.routing import Route
from mockserver.gateway.templates import UrlTemplate

NOW = 1_767_323_045.5
"""2026-01-02T03:04:05.5Z."""
ID = "6f1d9b4e-7a3c-4c55-9f5e-0a1b2c3d4e5f"
OPERATION = Operation("score", "Score", "POST", UrlTemplate("/score/{model}?details={details}"))
API = Api("rrs", "Scoring", "ml", "https://backend.example:8443/base", (OPERATION,))
PRODUCT = Product("starter", "Starter", frozenset({"rrs"}))
USER = User("7", "Ada", "Byron", "ada@example.com", ("developers",))
SUBSCRIPTION = Subscription(
    "sub-1", "Ada's", "k1", "k2", product="starter", user=USER, started=86_400.0
)


def make_call(
    body: bytes = b"",
    *,
    answer: bytes | None = b"{}",
    variables: Mapping[str, Any] | None = None,
    anonymous: bool = False,
    error: LastError | None = None,
) -> Call:
    """Return a call with a little of everything."""
    headers = CIMultiDict(
        [("Content-Type", "application/json"), ("X-Many", "a"), ("X-Many", "b"), ("X-Count", "7")]
    )
    request = Request(
        "POST",
        Url("https://backend.example:8443/base", "/score/m1", "details=true&tag=a&tag=b%20c"),
        headers,
        Body(body, length=len(body)),
        "10.1.2.3",
    )
    response = None
    if answer is not None:
        given = CIMultiDict([("Retry-After", "5"), ("Cache-Control", "max-age=60, public")])
        response = Response(201, "", given, Body(answer, length=len(answer)))
    return Call(
        id=ID,
        runtime=cast("Any", SimpleNamespace(service_name="")),
        route=Route(API, OPERATION, {"model": "m1", "details": "true"}, "/score/m1"),
        caller=Caller() if anonymous else Caller(SUBSCRIPTION, PRODUCT, "k1"),
        request=request,
        original_url=Url("https://demo.azure-api.net", "/ml/score/m1", "details=true"),
        now=NOW,
        response=response,
        variables=dict(variables or {}),
        last_error=error,
    )
