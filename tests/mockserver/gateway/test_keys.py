"""May a call pass, and in which product's name?"""

import pytest

from mockserver.gateway.keys import Caller, KeyInvalid, KeyMissing, KeyRing
from mockserver.gateway.message import Headers
from mockserver.gateway.model import (
    Api,
    GatewayModel,
    KeyNames,
    Product,
    Subscription,
    SubscriptionState,
)

CLOSED, OPEN = Api("closed", "", "c", "", ()), Api("open", "", "o", "", (), False)
RENAMED = Api("renamed", "", "r", "", (), key_names=KeyNames("X-Key", "key"))
LENT = Api("lent", "", "l", "", ())
PRODUCTS = {
    "p": Product("p", "P", frozenset({"closed"})),
    "lending": Product("lending", "Lending", frozenset({"lent"}), subscription_required=False),
}
SUBSCRIPTIONS = (
    Subscription("of-product", "", "p1", "p2", product="p"),
    Subscription("of-api", "", "a1", "a2", api="closed"),
    Subscription("of-all", "", "all1", "all2"),
    *(
        Subscription(state, "", f"{state}1", f"{state}2", SubscriptionState(state))
        for state in SubscriptionState
        if state != "active"
    ),
)
RING = KeyRing(GatewayModel("", (CLOSED, OPEN, RENAMED, LENT), PRODUCTS, SUBSCRIPTIONS))


def admitted(api: Api, query: str = "", **headers: str) -> Caller:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return RING.admit(api, Headers(named), query.encode())


@pytest.mark.parametrize("key", ["p1", "p2", "a1", "a2", "all1", "all2"])
def test_both_keys_of_every_fitting_scope_pass(key: str) -> None:
    """A product with the API, the API itself, or all APIs."""
    caller = admitted(CLOSED, Ocp_Apim_Subscription_Key=key)
    assert caller.key == key
    assert (caller.product is not None) == key.startswith("p")


@pytest.mark.parametrize("key", ["P1", "wrong", "suspended1", "expired2", "submitted1"])
def test_a_key_that_does_not_fit_is_refused(key: str) -> None:
    """An unknown key, one in another case, and those of subscriptions that are not active."""
    with pytest.raises(KeyInvalid):
        admitted(CLOSED, Ocp_Apim_Subscription_Key=key)


@pytest.mark.parametrize("key", ["p1", "a1", "nonsense"])
def test_a_key_for_something_else_is_refused_even_where_none_is_asked_for(key: str) -> None:
    """At an open API, a wrong key is worse than none."""
    with pytest.raises(KeyInvalid):
        admitted(OPEN, Ocp_Apim_Subscription_Key=key)
    assert admitted(OPEN) == Caller()


def test_without_a_key_an_open_product_lends_its_context() -> None:
    """The call runs in the product's name, without a subscription."""
    assert admitted(LENT).product == PRODUCTS["lending"]


def test_the_query_counts_only_without_the_header() -> None:
    """A wrong key in the header is not made good by a right one in the query."""
    assert admitted(CLOSED, "x=1&Subscription-Key=a1").key == "a1"
    with pytest.raises(KeyInvalid):
        admitted(CLOSED, "subscription-key=a1", Ocp_Apim_Subscription_Key="wrong")


def test_names_can_be_changed() -> None:
    """An API with other names looks at these."""
    assert admitted(RENAMED, X_Key="all1").key == "all1"
    assert admitted(RENAMED, "key=all2").key == "all2"
    with pytest.raises(KeyMissing):
        admitted(RENAMED, Ocp_Apim_Subscription_Key="all1")


def test_nothing_is_as_good_as_an_empty_key() -> None:
    """Where a key is asked for, an empty one is a missing one."""
    with pytest.raises(KeyMissing):
        admitted(CLOSED)
    with pytest.raises(KeyMissing):
        admitted(CLOSED, Ocp_Apim_Subscription_Key="")


@pytest.mark.parametrize("size", [0, 100_000])
def test_a_query_may_come_again_and_may_be_long(size: int) -> None:
    """What is remembered of a query is its key: who may call is found out each time."""
    query = f"subscription-key=a1&filler={'x' * size}&key=all1"
    assert [admitted(CLOSED, query).key for _ in range(2)] == ["a1", "a1"]
    assert admitted(RENAMED, query).key == "all1"
    with pytest.raises(KeyInvalid):
        admitted(OPEN, query)
