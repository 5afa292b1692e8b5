"""Which APIs, operations, products and subscriptions does the gateway have?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mockserver.gateway.templates import UrlTemplate


class SubscriptionState(StrEnum):
    """The states of a subscription; only an active one passes."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    SUBMITTED = "submitted"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Representation:
    """What a message may look like: a content type, examples, and the name of a schema."""

    content_type: str
    schema: str | None = None
    """The name of one of the API's schemas."""
    example: str | None = None


@dataclass(frozen=True, slots=True)
class DeclaredResponse:
    """A documented response of an operation. Nothing is checked against it by itself."""

    status: int
    representations: tuple[Representation, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of an API: a verb and a URL template."""

    id: str
    name: str
    method: str
    template: UrlTemplate
    request: tuple[Representation, ...] = ()
    responses: tuple[DeclaredResponse, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyNames:
    """Where a call carries its subscription key."""

    header: str = "Ocp-Apim-Subscription-Key"
    query: str = "subscription-key"


@dataclass(frozen=True, slots=True)
class Api:
    """An API: what it is called, under which suffix it is found, and what it stands in front of.

    `path` is the suffix without slashes at its ends, `service_url` the backend's address without
    one at its end. `schemas` are JSON schemas by name, in the dialect of OpenAPI 3.0.
    """

    id: str
    name: str
    path: str
    service_url: str
    operations: tuple[Operation, ...]
    subscription_required: bool = True
    key_names: KeyNames = KeyNames()
    schemas: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Product:
    """A product: APIs that are subscribed to together. An open one asks for no subscription."""

    id: str
    name: str
    apis: frozenset[str]
    subscription_required: bool = True
    approval_required: bool = False
    is_published: bool = True


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who owns subscriptions."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription and its keys. It covers a product, one API, or all APIs if both are None.

    `started` is in seconds since 1970: quotas are counted from it. None: from the first call.
    """

    id: str
    name: str
    primary_key: str
    secondary_key: str
    state: SubscriptionState = SubscriptionState.ACTIVE
    product: str | None = None
    api: str | None = None
    user: User | None = None
    allow_tracing: bool = False
    started: float | None = None
    scope: str = "/apis"
    """As it was declared; `/` is the whole service."""


@dataclass(frozen=True, slots=True)
class Backend:
    """A backend that policies name. `headers` and `query` are added to what is sent there."""

    id: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GatewayModel:
    """All that a gateway serves. `name` is the service's, as in `{name}.azure-api.net`."""

    name: str = ""
    apis: Sequence[Api] = ()
    products: Mapping[str, Product] = field(default_factory=dict)
    subscriptions: Sequence[Subscription] = ()
    backends: Mapping[str, Backend] = field(default_factory=dict)
