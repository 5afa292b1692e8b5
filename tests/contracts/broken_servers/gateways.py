"""Faults of a gateway in front."""

from contracts.target import SUBSCRIPTION_KEY
from tests.contracts.broken_servers.faults import fault, replace
from tests.contracts.broken_servers.proxy import Answer, Call, Memory, Send

REFUSED = "missing_subscription_key_is_refused"


@fault(REFUSED, world="gateway")
def no_subscription_is_needed(call: Call, send: Send, memory: Memory) -> Answer:
    usual = memory.seen.setdefault("key", call.header(SUBSCRIPTION_KEY))
    return send(
        call if call.header(SUBSCRIPTION_KEY) else call.with_header(SUBSCRIPTION_KEY, usual)
    )


@fault("gateway_refusals_are_predicted", REFUSED, world="gateway")
def a_401_does_not_say_what_it_wants(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    return send(call).with_header("WWW-Authenticate", None)


@fault("gateway_refusals_are_predicted", "both_forms_are_scored", world="gateway")
def the_gateway_knows_no_format(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    if "format" not in call.query:
        return answer
    told = {"statusCode": 404, "message": "Resource not found"}
    return replace(answer, status=404).with_json(told)


@fault("rate_limit_is_kept", world="limited")
def a_limit_asks_for_too_little_time(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    return answer.with_header("Retry-After", "7") if answer.status == 429 else answer
