"""Which calls are traced, and where are their traces kept?

The present way: whoever may configure the gateway gets a token for an API, good for an hour at
most, and sends it with a call. The way of 2017, if the configuration allows it: a header, and a
subscription that may trace. Traces are in memory, the latest ones.
"""

import hmac
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from secrets import token_bytes
from urllib.parse import parse_qsl, urlencode

import msgspec

from mockserver.clock import write_moment
from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.declaration import GatewayDeclaration
from mockserver.gateway.message import Response
from mockserver.gateway.trace import Trace

FACTS = (
    Fact(
        "A call with Apim-Debug-Authorization and a token of listDebugCredentials for its API gets"
        " Apim-Trace-Id; listTrace gives the trace. The answer names a token that is too old, or of"
        " another API, in Apim-Debug-Authorization-Expired and -WrongAPI.",
        Evidence.PUBLISHED,
        "the page on the API inspector; the SDK's example of listTrace",
    ),
    Fact(
        "A token that is none is ignored. A call below an API's suffix that matches no operation is"
        " traced by the API's token. Whatever the token is, the call goes on as without one.",
        Evidence.ASSUMED,
        "the page tells of tokens that are expired or of another API only",
    ),
    Fact(
        "With `legacy_tracing`, Ocp-Apim-Trace: true and the key of a subscription that may trace"
        " give Ocp-Apim-Trace-Location. Azure has switched this off since.",
        Evidence.CAPTURED,
        "an article with a response of 2020; the page on the API inspector as it was in 2017",
    ),
    Fact("The last 100 traces are kept.", Evidence.PUBLISHED, "the same page, in 2017"),
)

LONGEST_SECONDS = 3600
"""How long a token is good for at most."""
_MOST_TRACES = 100
_MOST_BYTES = 16 << 20
_SHORTEST_SECRET = 4
"""A shorter one would be found everywhere, and masking it would tell it."""
_GONE = "ClientConnectionFailure"
_TOKEN, _LEGACY = "apim-debug-authorization", "ocp-apim-trace"


class Traces:
    """Decides which calls are traced, and keeps their traces."""

    def __init__(self, declared: GatewayDeclaration, now: Callable[[], float]) -> None:
        self.location = ""
        """What a trace's id is put behind to give its address; without it, no legacy tracing."""
        self._service = declared.name
        self._is_legacy_allowed = declared.legacy_tracing
        self._now = now
        self._secrets = tuple(
            each.value
            for each in declared.named_values
            if each.secret and len(each.value) >= _SHORTEST_SECRET
        )
        paths = {api.id: api.path.strip("/").lower() for api in declared.apis}
        self._suffixes = {name: f"/{path}/" if path else "/" for name, path in paths.items()}
        self._key = token_bytes(32)
        self._kept: OrderedDict[str, Trace | bytes] = OrderedDict()
        self._bytes = 0

    def token(self, api: str, seconds: float) -> str:
        """Return a token for an API that is good for so long, by the emulator's clock."""
        fields = {"aid": api, "p": "tracing", "ex": f"{self._now() + seconds:.6f}"}
        signed = urlencode(fields)
        return f"{signed}&sn={self._signature(signed).decode()}"

    def begin(self, call: Call) -> None:
        """Trace a call that asks for it and may. Its operation and caller are known."""
        headers = call.request.headers
        token = headers.get(_TOKEN)
        if token is not None:
            name, value = self._verdict(call, token)
        elif self._is_legacy_allowed and headers.get(_LEGACY, "").lower() == "true":
            name, value = self._legacy_verdict(call)
        else:
            return
        if name:
            call.at_response.append(partial(_set, name=name, value=value))

    def find(self, trace_id: str) -> bytes | None:
        """Return a trace as JSON, None if there is none (any more)."""
        kept = self._kept.get(trace_id)
        if kept is None:
            return None
        entries = msgspec.json.encode(kept.entries) if isinstance(kept, Trace) else kept
        return msgspec.json.encode(
            {
                "serviceName": self._service,
                "traceId": trace_id,
                "traceEntries": msgspec.Raw(entries),
            }
        )

    def clear(self) -> None:
        """Forget every trace, and every token."""
        self._kept.clear()
        self._bytes = 0
        self._key = token_bytes(32)

    def _verdict(self, call: Call, token: str) -> tuple[str, str]:
        """Return the header that answers a token, and trace the call if the token is good."""
        signed, _, signature = token.rpartition("&sn=")
        if not hmac.compare_digest(self._signature(signed), signature.encode("utf-8", "replace")):
            return "", ""
        fields = dict(parse_qsl(signed))
        expires = float(fields["ex"])
        if self._now() >= expires:
            return "Apim-Debug-Authorization-Expired", f"The token expired {write_moment(expires)}"
        if not self._is_for(call, fields["aid"]):
            message = f"The token was obtained for the API {fields['aid']}"
            return "Apim-Debug-Authorization-WrongAPI", message
        self._start(call)
        return "Apim-Trace-Id", call.id

    def _is_for(self, call: Call, api: str) -> bool:
        """Say whether a call is one of an API; without an operation its path says so."""
        if call.route.api.id:
            return call.route.api.id == api
        return f"{call.original_url.path.lower()}/".startswith(self._suffixes[api])

    def _legacy_verdict(self, call: Call) -> tuple[str, str]:
        subscription = call.caller.subscription
        if not self.location or subscription is None or not subscription.allow_tracing:
            return "", ""
        self._start(call)
        return "Ocp-Apim-Trace-Location", self.location + call.id

    def _signature(self, signed: str) -> bytes:
        digest = hmac.new(self._key, signed.encode("utf-8", "replace"), "sha256")
        return digest.hexdigest().encode()

    def _start(self, call: Call) -> None:
        trace = Trace(call.id, self._now, call.begun, self._secrets)
        trace.arrive(call.request, str(call.original_url))
        route, subscription = call.route, call.caller.subscription
        if route.api.id:
            user = None if subscription is None else subscription.user
            trace.configure(route.api, route.operation, user, call.caller.product)
        call.trace = self._kept[trace.id] = trace
        # What policies do at the end may be told as well, so the trace ends behind them all.
        end = partial(self._end, call, trace)
        call.at_end.append(partial(call.at_end.append, end))
        self._drop()

    def _end(self, call: Call, trace: Trace) -> None:
        """Note how a call ended, and keep its trace in the form in which it is asked for."""
        error = call.last_error
        if call.response is None or (error is not None and error.reason == _GONE):
            trace.leave(None)
        elif error is not None and error is not trace.failure:  # within the body
            trace.fail(error)
        else:
            trace.leave(call.response)
        if self._kept.get(trace.id) is trace:
            entries = msgspec.json.encode(trace.entries)
            self._kept[trace.id] = entries
            self._bytes += len(entries)
            self._drop()

    def _drop(self) -> None:
        while len(self._kept) > _MOST_TRACES or self._bytes > _MOST_BYTES:
            _, oldest = self._kept.popitem(last=False)
            if isinstance(oldest, bytes):
                self._bytes -= len(oldest)


def _set(response: Response, name: str, value: str) -> None:
    response.headers[name] = value
