"""How do the tests of transformations read a policy and let it see a call?"""

import asyncio
from collections.abc import Mapping

import pytest
from multidict import CIMultiDict

from mockserver.gateway.call import Call
from mockserver.gateway.element import DocumentNotUsable
from mockserver.gateway.errors import GatewayFailure
from mockserver.gateway.hosts import Hosts
from mockserver.gateway.keys import NOBODY
from mockserver.gateway.message import Body, Request, Response, Url
from mockserver.gateway.model import Api, Backend, Operation
from mockserver.gateway.policy import Library, Policy, SectionName, run_all
from mockserver.gateway.reader import DocumentReader
from mockserver.gateway.routing import Route
from mockserver.gateway.runtime import Runtime
from mockserver.gateway.templates import UrlTemplate

BACKENDS = {
    "other": Backend("other", "http://other.example/v2/", {"X-Backend": "b"}, {"code": "a b"}),
    "plain": Backend("plain", "http://plain.example"),
}
OPERATION = Operation("get", "Get", "GET", UrlTemplate("/get/{id}?a={b}"))
API = Api("demo", "Demo", "azureml-demo", "https://backend.example/api", (OPERATION,))


def a_call(
    *,
    query: str = "a=1&c=2",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    response: Response | None = None,
) -> Call:
    """Return a call of an operation with the template `/get/{id}?a={b}`."""
    request = Request(
        "POST",
        Url("https://backend.example/api", "/get/7", query),
        CIMultiDict(headers or {}),
        Body(body),
        "10.1.2.3",
    )
    return Call(
        id="6f1d9b4e-7a3c-4c55-9f5e-0a1b2c3d4e5f",
        runtime=Runtime(now=lambda: 0.0, hosts=Hosts({}, ()), backends=BACKENDS),
        route=Route(API, OPERATION, {"id": "7", "b": "1"}, "/get/7"),
        caller=NOBODY,
        request=request,
        original_url=Url("https://demo.azure-api.net", "/azureml-demo/get/7", query),
        now=0.0,
        response=response,
    )


def a_response(body: bytes = b"", headers: Mapping[str, str] | None = None) -> Response:
    """Return a response as it comes from a backend."""
    return Response(200, "OK", CIMultiDict(headers or {}), Body(body))


def policies_of(xml: str, section: SectionName = "inbound") -> tuple[Policy, ...]:
    """Read policies that stand in a section."""
    document = f"<policies><{section}>{xml}</{section}></policies>"
    library = Library(named_values={"key": "secret"}, backends=BACKENDS)
    return tuple(DocumentReader(library, "api").document(document)[section])


def run(xml: str, call: Call, section: SectionName = "inbound") -> Call:
    """Run policies in a section; return the call."""
    asyncio.run(run_all(policies_of(xml, section), call))
    return call


def refusal(xml: str, section: SectionName = "inbound") -> str:
    """Return why policies cannot be used."""
    with pytest.raises(DocumentNotUsable) as refused:
        policies_of(xml, section)
    return str(refused.value)


def failure(xml: str, call: Call, section: SectionName = "inbound") -> GatewayFailure:
    """Return how policies fail at run time: as an expression does."""
    with pytest.raises(GatewayFailure) as failed:
        run(xml, call, section)
    assert failed.value.status == 500
    assert failed.value.error.reason == "ExpressionValueEvaluationFailure"
    return failed.value
