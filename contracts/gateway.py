"""Which calls does API Management answer by itself, and did it here?

How-to's gateway makes every query parameter of a URL template required, so it refuses calls that
the service takes (`details` left out, say). What it requires here is learnt before the run.
"""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from contracts.exchange import Exchange, Request
from contracts.spec import Contract
from contracts.target import SUBSCRIPTION_KEY, Target


@dataclass
class GatewayRules:
    """What is known of the gateway in front. Without one, nothing is its own answer."""

    target: Target
    contract: Contract
    required: dict[str, set[str]] = field(default_factory=dict)
    """Query parameters that each operation's URL template has."""
    missing: set[str] = field(default_factory=set)
    """Operations that the gateway does not offer."""

    def is_own_answer(self, exchange: Exchange) -> bool:
        """Whether the gateway worded this reply."""
        reply = exchange.reply
        return self.target.has_gateway and reply is not None and reply.is_gateway_refusal

    def predicted(self, request: Request) -> set[int]:
        """Return the statuses with which the gateway may refuse this request by itself."""
        statuses: set[int] = set()
        operation = self.contract.operation_at(request.method, request.path, self.target.prefix)
        if operation is None or operation.name in self.missing:
            statuses.add(404)
        else:
            given = {name for name, _ in parse_qsl(request.target.partition("?")[2], True)}
            if not self.required.get(operation.name, set()) <= given:
                statuses.add(404)
        if request.header(SUBSCRIPTION_KEY) != self.target.subscription_key:
            statuses.add(401)
        return statuses
