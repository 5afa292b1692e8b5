"""What may an operator see of the gateway, and change while it runs?

The routes below `/__admin/gateway`. What has a form in API Management (traces, reports) has it
here; the rest is in the form of `/__admin`.
"""

from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, Response
from pydantic import BaseModel, ConfigDict, Field, create_model

from mockserver.clock import write_moment
from mockserver.control.app import PREFIX, Problem
from mockserver.control.gateway_reports import add_reports
from mockserver.control.gateway_traces import add_traces
from mockserver.gateway.app import GatewaySurface
from mockserver.gateway.keys import KeyRing
from mockserver.gateway.log import LogRow
from mockserver.gateway.model import GatewayModel, Subscription, SubscriptionState
from mockserver.gateway.reader import NAMES

_GATEWAY = f"{PREFIX}/gateway"
_MOST_ROWS = 10_000


class OperationReport(BaseModel):
    """An operation of an API."""

    id: str
    name: str
    method: str
    url_template: str


class ApiReport(BaseModel):
    """An API. `path` is its suffix."""

    id: str
    name: str
    path: str
    service_url: str
    subscription_required: bool
    key_header: str
    key_query: str
    operations: list[OperationReport]


class ProductReport(BaseModel):
    """A product and the ids of its APIs."""

    id: str
    name: str
    state: str
    subscription_required: bool
    approval_required: bool
    apis: list[str]


class SubscriptionReport(BaseModel):
    """A subscription as it is now; its keys are not told."""

    id: str
    name: str
    scope: str
    state: SubscriptionState
    user: str | None
    allow_tracing: bool
    started: str | None


class GatewayReport(BaseModel):
    """What the gateway serves, and which policies it knows."""

    name: str
    apis: list[ApiReport]
    products: list[ProductReport]
    subscriptions: list[SubscriptionReport]
    policies: list[str]
    legacy_tracing: bool


class SubscriptionChange(BaseModel):
    """The state that a subscription shall have; only an active one passes."""

    model_config = ConfigDict(extra="forbid")

    state: SubscriptionState


_FIELDS: dict[str, Any] = {
    each.encode_name: (each.type, ...) for each in msgspec.structs.fields(LogRow)
}
LogRowReport: Any = create_model("LogRowReport", __doc__=LogRow.__doc__, **_FIELDS)


class LogReport(BaseModel):
    """Rows of the log, the latest first. `dropped` ones are not kept any more."""

    rows: list[LogRowReport]
    dropped: int


def add_gateway(app: FastAPI, gateway: GatewaySurface) -> None:
    """Add the routes to the app of `/__admin`."""
    _add_overview(app, gateway)
    _add_subscriptions(app, gateway)
    _add_log(app, gateway)
    add_traces(app, gateway)
    add_reports(app, gateway)


def _add_overview(app: FastAPI, gateway: GatewaySurface) -> None:
    model = gateway.plan.model

    @app.get(_GATEWAY, summary="Read what the gateway serves")
    async def read_gateway() -> GatewayReport:
        return GatewayReport(
            name=model.name,
            apis=_apis(model),
            products=_products(model),
            subscriptions=[_tell(each, gateway.keys) for each in model.subscriptions],
            policies=sorted({*NAMES, "base", "include-fragment"}),
            legacy_tracing=gateway.plan.declaration.legacy_tracing,
        )


def _add_subscriptions(app: FastAPI, gateway: GatewaySurface) -> None:
    subscriptions = {each.id: each for each in gateway.plan.model.subscriptions}
    path = f"{_GATEWAY}/subscriptions/{{subscription}}"

    @app.get(path, summary="Look into a subscription")
    async def read_subscription(subscription: str) -> SubscriptionReport:
        return _tell(_known(subscription), gateway.keys)

    @app.put(path, summary="Suspend a subscription, or activate it")
    async def change_subscription(
        subscription: str, change: SubscriptionChange
    ) -> SubscriptionReport:
        """From the next call on, and until the emulator is reset."""
        found = _known(subscription)
        gateway.keys.states[found.id] = change.state
        return _tell(found, gateway.keys)

    def _known(subscription: str) -> Subscription:
        found = subscriptions.get(subscription)
        if found is None:
            message = f"there is no subscription {subscription[:64]!r}"
            raise Problem(404, "SubscriptionNotFound", message)
        return found


def _tell(subscription: Subscription, keys: KeyRing) -> SubscriptionReport:
    scope = "/"
    if subscription.product is not None:
        scope = f"/products/{subscription.product}"
    elif subscription.api is not None:
        scope = f"/apis/{subscription.api}"
    started = subscription.started
    return SubscriptionReport(
        id=subscription.id,
        name=subscription.name,
        scope=scope,
        state=keys.states[subscription.id],
        user=subscription.user.id if subscription.user else None,
        allow_tracing=subscription.allow_tracing,
        started=None if started is None else write_moment(started),
    )


def _apis(model: GatewayModel) -> list[ApiReport]:
    return [
        ApiReport(
            id=api.id,
            name=api.name,
            path=api.path,
            service_url=api.service_url,
            subscription_required=api.subscription_required,
            key_header=api.key_names.header,
            key_query=api.key_names.query,
            operations=[
                OperationReport(
                    id=each.id, name=each.name, method=each.method, url_template=each.template.text
                )
                for each in api.operations
            ],
        )
        for api in model.apis
    ]


def _products(model: GatewayModel) -> list[ProductReport]:
    return [
        ProductReport(
            id=product.id,
            name=product.name,
            state="published" if product.is_published else "notPublished",
            subscription_required=product.subscription_required,
            approval_required=product.approval_required,
            apis=sorted(product.apis),
        )
        for product in model.products.values()
    ]


def _add_log(app: FastAPI, gateway: GatewaySurface) -> None:
    @app.get(f"{_GATEWAY}/log", summary="Read the gateway's log", response_model=LogReport)
    async def read_log(
        limit: Annotated[int, Field(ge=1, le=_MOST_ROWS)] = 100,
        subscription: str | None = None,
        status: int | None = None,
    ) -> Response:
        """Give the latest rows, or the latest of one subscription or with one status."""
        rows: list[LogRow] = []
        for row in reversed(gateway.log):
            if len(rows) == limit:
                break
            if subscription not in (None, row.apim_subscription_id):
                continue
            if status in (None, row.response_code):
                rows.append(row)
        content = msgspec.json.encode({"rows": rows, "dropped": gateway.log.dropped})
        return Response(content, media_type="application/json")
