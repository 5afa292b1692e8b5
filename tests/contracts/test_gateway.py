"""Is it known what a gateway answers by itself?"""

import pytest

from contracts.exchange import Exchange, Reply, Request
from contracts.gateway import GatewayRules
from contracts.spec import Contract
from contracts.target import SUBSCRIPTION_KEY, Target

TARGET = Target("http://h", "w", "s", "k", prefix="/p", subscription_key="sub")
RULES = GatewayRules(
    TARGET,
    Contract(),
    {"execute": {"api-version", "details"}},
    {"get_swagger_document"},
)
KEY = ((SUBSCRIPTION_KEY, "sub"),)
EXECUTE = "/p/workspaces/w/services/s/execute"


@pytest.mark.parametrize(
    ("request_", "statuses"),
    [
        (Request("POST", f"{EXECUTE}?api-version=2.0&details=", KEY), set()),
        (Request("POST", f"{EXECUTE}?api-version=2.0", KEY), {404}),
        (Request("POST", f"{EXECUTE}?api-version=2.0&details=true"), {401}),
        (Request("PUT", f"{EXECUTE}?api-version=2.0&details=true", KEY), {404}),
        (Request("GET", "/p/workspaces/w/services/s/swagger.json", KEY), {404}),
        (Request("GET", "/p/workspaces/w/services/s/jobs/j", KEY), set()),
    ],
)
def test_refusals_are_predicted(request_: Request, statuses: set[int]) -> None:
    """By address, by required parameters, by key."""
    assert RULES.predicted(request_) == statuses


def test_only_a_gateway_has_answers_of_its_own() -> None:
    """The same bytes from a bare service are the service's."""
    reply = Reply(404, (), b'{ "statusCode": 404, "message": "Resource not found" }')
    exchange = Exchange(1, Request("GET", "/"), reply)
    bare = GatewayRules(Target("http://h", "w", "s", "k"), Contract())
    assert RULES.is_own_answer(exchange)
    assert not bare.is_own_answer(exchange)
    assert not RULES.is_own_answer(Exchange(1, Request("GET", "/"), None))
