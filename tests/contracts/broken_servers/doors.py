"""Faults of keys and of HTTP itself."""

import threading
import time

from tests.contracts.broken_servers.faults import fault, refusal, replace, requests
from tests.contracts.broken_servers.proxy import Answer, Call, Memory, Send

KEY = "1ru0HAlB5PTQYXNaRdCb4KebVEW29GXw18Ok18DRzdpgToeJOJVhBfGSU3VmHmHjOXfCxo+1jxDTcJl/N6A8Kw=="
"""The how-to's key, as every emulator without a file of its own has it."""
OTHER_KEY = "dummy-key-of-another-service"


def opens(call: Call) -> Call:
    """Return the call with the right key."""
    return call.with_header("Authorization", f"Bearer {KEY}")


requests(
    "no_key_is_needed",
    "missing_key_is_refused",
    "",
    lambda c: c if c.header("Authorization") else opens(c),
)
requests(
    "any_key_will_do",
    "wrong_key_is_refused",
    "",
    lambda c: opens(c) if c.header("Authorization") else c,
)
requests(
    "case_of_keys_is_ignored",
    "key_case_matters",
    "",
    lambda c: opens(c) if c.header("Authorization").lower() == f"bearer {KEY.lower()}" else c,
)
requests(
    "keys_of_other_services_open",
    "other_services_key_is_refused",
    "",
    lambda c: opens(c) if OTHER_KEY in c.header("Authorization") else c,
)
requests(
    "any_scheme_will_do",
    "other_scheme_is_refused",
    "",
    lambda c: opens(c) if KEY in c.header("Authorization") else c,
)
requests(
    "keys_in_the_address_open",
    "key_in_query_is_not_taken",
    "",
    lambda c: opens(c) if KEY in c.query.values() else c,
)


@fault("swagger_needs_no_key")
def the_document_wants_a_key(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    if call.operation == "swagger" and KEY not in call.header("Authorization"):
        return refusal(404, "NotFound", "WebServiceNotFound")
    return send(call)


@fault("missing_key_is_refused")
def start_needs_no_key(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    return send(opens(call) if call.operation == "start" else call)


@fault("concurrent_calls_keep_apart")
def calls_at_a_time_are_mixed_up(call: Call, send: Send, memory: Memory) -> Answer:
    if call.operation != "execute" or b'"row ' not in call.body:
        return send(call)
    with memory.lock:
        waiting = memory.seen.setdefault("waiting", [])
        waiting.append(call)
    time.sleep(0.05)
    with memory.lock:
        other = waiting[-1]
    return send(other)


@fault("pipelined_calls_keep_their_order")
def the_answer_before_comes_again(call: Call, send: Send, memory: Memory) -> Answer:
    answer = send(call)
    if call.operation == "execute" and answer.status == 200 and b"User-Agent" not in call.body:
        before = memory.seen.get(str(threading.get_ident()))
        memory.seen[str(threading.get_ident())] = answer
        return before or answer
    return answer


@fault("large_header_is_survived")
def a_long_header_crashes(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    if any(len(value) > 4096 for _, value in call.headers):
        return Answer(502, (("Content-Type", "text/html"),), b"<h1>Bad Gateway</h1>")
    return send(call)


@fault("large_body_is_answered")
def a_large_body_is_cut_off(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    return send(replace(call, body=call.body[: 1 << 20]))
