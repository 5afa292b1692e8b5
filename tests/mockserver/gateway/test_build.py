"""How does a declaration become a gateway, and what is wrong with it?"""

from pathlib import Path
from typing import Any

import pytest

from mockserver.gateway.build import GatewayNotUsable, Plan, build_gateway, contacted_hosts
from mockserver.gateway.declaration import GatewayDeclaration
from mockserver.gateway.model import SubscriptionState

OPERATION = {"name": "Get it", "method": "GET", "url_template": "/a"}
API = {"id": "a", "name": "A", "service_url": "http://b.example/v1/", "operations": [OPERATION]}
SUBSCRIPTION = {"id": "s", "scope": "/", "primary_key": "p", "secondary_key": "q"}
PRODUCT = {"id": "p", "name": "P", "apis": ["a"]}


def built(folder: Path = Path(), **content: Any) -> Plan:
    return build_gateway(GatewayDeclaration.model_validate(content), folder)


def refused(folder: Path = Path(), **content: Any) -> GatewayNotUsable:
    with pytest.raises(GatewayNotUsable) as caught:
        built(folder, **content)
    return caught.value


def document(*inbound: str) -> str:
    """Return a document that sets variables with these names; `base` is `<base/>`."""
    elements = (
        "<base/>" if name == "base" else f'<set-variable name="{name}" value="" />'
        for name in inbound
    )
    return f"<policies><inbound>{''.join(elements)}</inbound></policies>"


def names(plan: Plan, api: str = "a", operation: str = "get-it", product: str | None = None) -> Any:
    """Return which variables are set in inbound."""
    return [policy.written["name"] for policy in plan.policies[api, operation, product]["inbound"]]


def test_a_gateway_is_what_was_declared() -> None:
    """APIs without slashes around their paths, products, subscriptions, users, backends."""
    plan = built(
        name="mine",
        apis=[{**API, "path": "/shop/v1/"}],
        products=[{**PRODUCT, "state": "published"}],
        users=[{"id": "u", "first_name": "Ada"}],
        subscriptions=[
            {**SUBSCRIPTION, "user": "u", "started": "1970-01-01T01:00:00+01:00"},
            {"id": "t", "scope": "/products/p", "primary_key": "r", "secondary_key": "t"},
            {"id": "u", "scope": "/apis/a", "primary_key": "u", "secondary_key": "v"},
            {
                "id": "v",
                "scope": "/apis",
                "primary_key": "w",
                "secondary_key": "x",
                "state": "expired",
            },
        ],
        backends=[{"id": "b", "url": "http://c.example", "headers": {"A": "b"}}],
    )
    model = plan.model
    assert (model.name, model.apis[0].path) == ("mine", "shop/v1")
    assert model.apis[0].service_url == "http://b.example/v1"
    assert model.products["p"].apis == {"a"}
    assert model.products["p"].is_published
    first, second, third, fourth = model.subscriptions
    assert (first.product, first.api, first.started, first.name) == (None, None, 0.0, "s")
    assert first.user is not None
    assert first.user.first_name == "Ada"
    assert (second.product, second.api, third.product, third.api) == ("p", None, None, "a")
    assert (fourth.product, fourth.api) == (None, None)
    assert fourth.state is SubscriptionState.EXPIRED
    assert model.backends["b"].headers == {"A": "b"}


@pytest.mark.parametrize(
    ("name", "identifier"),
    [("RRS Execute", "rrs-execute"), ("  A--b/c! ", "a-b-c"), ("\u00e9", "operation")],
)
def test_an_operation_without_an_id_gets_one_of_its_name(name: str, identifier: str) -> None:
    """As the portal makes it."""
    plan = built(apis=[{**API, "operations": [{**OPERATION, "name": name}]}])
    assert plan.model.apis[0].operations[0].id == identifier


def test_a_new_service_forwards() -> None:
    """Without a global document there is that of a new service; with one, only that."""
    plan = built(apis=[API])
    assert [policy.name for policy in plan.everywhere["backend"]] == ["forward-request"]
    assert [p.name for p in plan.policies["a", "get-it", None]["backend"]] == ["forward-request"]
    plan = built(apis=[API], policy=document("g"))
    assert plan.everywhere["backend"] == ()


def test_documents_of_the_four_scopes() -> None:
    """A product's counts only for calls in its name."""
    operations = [
        {**OPERATION, "policy": document("base", "o")},
        {"name": "Other", "method": "GET", "url_template": "/b"},
    ]
    other = {"id": "q", "name": "Q", "apis": ["a"]}
    plan = built(
        policy=document("g"),
        apis=[{**API, "policy": document("base", "a"), "operations": operations}],
        products=[{**PRODUCT, "policy": document("p", "base")}, other],
    )
    assert names(plan) == ["g", "a", "o"]
    assert names(plan, product="p") == ["p", "g", "a", "o"]
    assert names(plan, product="q") == ["g", "a", "o"]
    assert names(plan, operation="other", product="p") == ["p", "g", "a"]
    assert len(plan.policies) == 6


def test_a_product_knows_its_apis() -> None:
    """There are no policies for a product with an API that is not in it."""
    other = {**API, "id": "b", "path": "b"}
    plan = built(apis=[API, other], products=[PRODUCT])
    assert set(plan.policies) == {
        ("a", "get-it", None),
        ("a", "get-it", "p"),
        ("b", "get-it", None),
    }


@pytest.mark.parametrize(
    ("content", "place", "problem"),
    [
        ({"apis": [API, {**API, "path": "b"}]}, ("apis", 1, "id"), "'a' is given twice"),
        ({"apis": [API, {**API, "id": "b"}]}, ("apis", 1, "path"), "'' is given twice"),
        (
            {"apis": [{**API, "path": "shop"}, {**API, "id": "b", "path": "/SHOP/"}]},
            ("apis", 1, "path"),
            "'shop' is given twice",
        ),
        (
            {"apis": [{**API, "operations": [OPERATION, {**OPERATION, "url_template": "/b"}]}]},
            ("apis", 0, "operations", 1, "id"),
            "'get-it' is given twice",
        ),
        (
            {
                "apis": [
                    {
                        **API,
                        "operations": [
                            {**OPERATION, "request": [{"schema": "none"}]},
                        ],
                    }
                ]
            },
            ("apis", 0, "operations", 0, "request", 0, "schema"),
            "the API has no schema 'none'",
        ),
        ({"products": [PRODUCT]}, ("products", 0, "apis", 0), "there is no API 'a'"),
        (
            {"apis": [API], "products": [PRODUCT, PRODUCT]},
            ("products", 1, "id"),
            "'p' is given twice",
        ),
        (
            {
                "apis": [API],
                "products": [
                    {**PRODUCT, "subscription_required": False},
                    {**PRODUCT, "id": "q", "subscription_required": False},
                ],
            },
            ("products",),
            "the API 'a' is in two open products: p, q",
        ),
        (
            {"subscriptions": [{**SUBSCRIPTION, "user": "u"}]},
            ("subscriptions", 0, "user"),
            "there is no user 'u'",
        ),
        (
            {"subscriptions": [{**SUBSCRIPTION, "scope": "/products/p"}]},
            ("subscriptions", 0, "scope"),
            "there is no product 'p'",
        ),
        (
            {"subscriptions": [{**SUBSCRIPTION, "scope": "/apis/a"}]},
            ("subscriptions", 0, "scope"),
            "there is no API 'a'",
        ),
        (
            {"subscriptions": [SUBSCRIPTION, {**SUBSCRIPTION, "id": "t", "primary_key": "x"}]},
            ("subscriptions", 1, "secondary_key"),
            "the key is given twice",
        ),
        (
            {"subscriptions": [{**SUBSCRIPTION, "secondary_key": "p"}]},
            ("subscriptions", 0, "secondary_key"),
            "the key is given twice",
        ),
        (
            {"named_values": [{"name": "a", "value": "1"}] * 2},
            ("named_values", 1, "name"),
            "'a' is given twice",
        ),
        (
            {"fragments": [{"id": "f", "policy": "<policies/>"}]},
            ("fragments", 0, "policy"),
            "<policies> where <fragment> belongs",
        ),
        (
            {"fragments": [{"id": "f", "policy": "<fragment>text</fragment>"}]},
            ("fragments", 0, "policy"),
            "<fragment> holds policies only",
        ),
        ({"policy": "nowhere.xml"}, ("policy",), "nowhere.xml: No such file or directory"),
        ({"policy": "."}, ("policy",), ".: Is a directory"),
        ({"policy": "<policies"}, ("policy",), "not XML: unclosed token"),
    ],
)
def test_what_is_refused(content: dict[str, Any], place: tuple[Any, ...], problem: str) -> None:
    """Whatever does not fit together, with the place of it."""
    error = refused(**content)
    assert (error.place, str(error)) == (place, problem)


def test_two_operations_that_match_the_same_are_refused() -> None:
    """The second would never be called; the portal refuses it as well."""
    twin = {**OPERATION, "name": "Twin"}
    error = refused(apis=[{**API, "operations": [OPERATION, twin]}])
    assert error.place[:4] == ("apis", 0, "operations", 1)


@pytest.mark.parametrize("place", ["policy", "api", "operation", "product", "fragment"])
def test_a_mistake_in_a_file_has_its_name_and_line(place: str, tmp_path: Path) -> None:
    """Wherever the file is named, with a byte order mark or without."""
    root = "fragment" if place == "fragment" else "policies"
    (tmp_path / "sub").mkdir()
    path = tmp_path / "sub" / "it.xml"
    path.write_text(f"<{root}>\n\n<wrong </{root}>", encoding="utf-8-sig")
    name = "sub/it.xml"
    error = refused(
        tmp_path,
        **({"policy": name} if place == "policy" else {}),
        apis=[
            {
                **API,
                "policy": name if place == "api" else None,
                "operations": [{**OPERATION, "policy": name if place == "operation" else None}],
            }
        ],
        products=[{**PRODUCT, "policy": name if place == "product" else None}],
        fragments=[{"id": "f", "policy": name}] if place == "fragment" else [],
    )
    assert (error.file, error.line) == (str(path), 3)
    assert error.place[-1] == "policy"


def test_policies_may_stand_in_files(tmp_path: Path) -> None:
    """Relative to the folder, with blanks around the name; inline XML may begin with blanks."""
    (tmp_path / "it.xml").write_text(document("f"), encoding="utf-8-sig")
    (tmp_path / "f.xml").write_text(f"<fragment>{document('x')[19:-21]}</fragment>")
    include = '<policies><inbound><include-fragment fragment-id="f"/></inbound></policies>'
    plan = built(
        tmp_path,
        policy="\n  it.xml\n",
        fragments=[{"id": "f", "policy": "f.xml"}],
        apis=[{**API, "operations": [{**OPERATION, "policy": f"\ufeff\n {include}"}]}],
    )
    assert [policy.written["name"] for policy in plan.everywhere["inbound"]] == ["f"]
    assert names(plan) == ["x"]


@pytest.mark.parametrize("content", [b"<policies>\xff</policies>", b"\xff\xfe<\0p\0"])
def test_a_file_that_is_not_utf_8_is_told(content: bytes, tmp_path: Path) -> None:
    """With its name."""
    (tmp_path / "it.xml").write_bytes(content)
    assert str(refused(tmp_path, policy="it.xml")) == "it.xml: not UTF-8"


def test_which_hosts_may_be_contacted() -> None:
    """Those of APIs and backends with their ports, and what is allowed besides."""
    declared = GatewayDeclaration.model_validate(
        {
            "apis": [API, {**API, "id": "b", "service_url": "http://[::1]:80"}],
            "backends": [{"id": "b", "url": "https://c.example:8443/x"}],
            "allowed_hosts": ["d.example"],
        }
    )
    assert contacted_hosts(declared) == ["b.example", "[::1]:80", "c.example:8443", "d.example"]
