"""May a call pass, and in which product's name?

The key is looked for in the header, and in the query only if there is no such header. A key that
is there must pass, even where none would be asked for.
"""

from dataclasses import dataclass
from functools import lru_cache

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.message import Headers
from mockserver.gateway.model import (
    Api,
    GatewayModel,
    Product,
    Subscription,
    SubscriptionState,
)
from mockserver.gateway.templates import read_query

FACTS = (
    Fact(
        "The query is looked at only if the header is not there, so a wrong key in the header and a"
        " right one in the query are 401.",
        Evidence.PUBLISHED,
        "the page on subscriptions; the consequence is an inference",
    ),
    Fact(
        "A call with a key needs an active subscription to the API, to a product with it or to all"
        " APIs, even if the API or the product is open; without a key an open product or an open"
        " API lets it pass.",
        Evidence.PUBLISHED,
        "the summary table of the page on subscriptions",
    ),
    Fact(
        "Only a subscription to a product runs the product's policies: keys for one API or for all"
        " APIs are not limited by it.",
        Evidence.PUBLISHED,
        "the page on subscriptions",
    ),
    Fact(
        "A suspended, cancelled or expired subscription is answered as an invalid key.",
        Evidence.ASSUMED,
        "the text speaks of an active subscription; no capture of a suspended one",
    ),
)


_REMEMBERED = 256
_LONGEST_REMEMBERED = 4 << 10
"""Longer queries are read again each time: a client must not fill the memory."""


class KeyMissing(Exception):
    """No key, where one is asked for."""


class KeyInvalid(Exception):
    """A key that is none, or not an active one, or not for this API."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: by which subscription and key, and in which product's context."""

    subscription: Subscription | None = None
    product: Product | None = None
    key: str | None = None


NOBODY = Caller()
"""Who calls as long as no key was looked at."""


class KeyRing:
    """Knows every key of a gateway. Built once."""

    def __init__(self, model: GatewayModel) -> None:
        self._products = model.products
        self._declared = {each.id: each.state for each in model.subscriptions}
        self.states = dict(self._declared)
        """The state of each subscription by id; an operator may change it while calls come."""
        self._by_key = {
            key: subscription
            for subscription in model.subscriptions
            for key in (subscription.primary_key, subscription.secondary_key)
        }

    def admit(self, api: Api, headers: Headers, raw_query: bytes) -> Caller:
        """Return who calls; `raw_query` is as it was on the wire.

        Raises KeyMissing, KeyInvalid.
        """
        key = headers.get(api.key_names.header)
        if key is None:
            is_short = len(raw_query) <= _LONGEST_REMEMBERED
            read = _remembered_key_in_query if is_short else _key_in_query
            key = read(raw_query, api.key_names.query)
        if not key:
            return self._without_key(api)
        subscription = self._by_key.get(key)
        if subscription is None or self.states[subscription.id] is not SubscriptionState.ACTIVE:
            raise KeyInvalid
        product = self._products[subscription.product] if subscription.product else None
        if product is not None and api.id not in product.apis:
            raise KeyInvalid
        if subscription.api is not None and subscription.api != api.id:
            raise KeyInvalid
        return Caller(subscription, product, key)

    def reset(self) -> None:
        """Give each subscription the state that the configuration says."""
        self.states = dict(self._declared)

    def _without_key(self, api: Api) -> Caller:
        for product in self._products.values():
            if api.id in product.apis and not product.subscription_required:
                return Caller(product=product)
        if not api.subscription_required:
            return NOBODY
        raise KeyMissing


def _key_in_query(raw: bytes, name: str) -> str | None:
    return read_query(raw).get(name.lower())


# Clients call the same few addresses again and again.
_remembered_key_in_query = lru_cache(_REMEMBERED)(_key_in_query)
