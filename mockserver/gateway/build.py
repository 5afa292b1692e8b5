"""How does a declared gateway become one that can run, and what is wrong with it?"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product as pairs
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from mockserver.gateway.declaration import (
    ApiDeclaration,
    GatewayDeclaration,
    OperationDeclaration,
    RepresentationDeclaration,
    SubscriptionDeclaration,
)
from mockserver.gateway.element import (
    LARGEST_DOCUMENT,
    DocumentNotUsable,
    Element,
    Source,
    read_elements,
)
from mockserver.gateway.model import (
    Api,
    Backend,
    DeclaredResponse,
    GatewayModel,
    KeyNames,
    Operation,
    Product,
    Representation,
    Subscription,
    User,
)
from mockserver.gateway.policy import SCOPES, SECTIONS, Library, Scope
from mockserver.gateway.reader import DocumentReader, Sections
from mockserver.gateway.sections import Effective, effective
from mockserver.gateway.templates import UrlTemplate

EMBEDDED = "embedded"
"""Stands for the emulator's own services surface."""

_DEFAULT_GLOBAL = (
    "<policies><inbound/><backend><forward-request/></backend><outbound/><on-error/></policies>"
)
"""What a service has as its global policy when it is new."""

Place = tuple[int | str, ...]


class GatewayNotUsable(ValueError):
    """The gateway cannot be built. `place` is where in the declaration; the text says why.

    A mistake in policy XML has the line in `line`; in a file of its own `file` is its name, in the
    declaration itself `line` counts from the line where the XML begins.
    """

    def __init__(self, place: Place, message: str, file: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.place, self.file, self.line = place, file, line


@dataclass(frozen=True, slots=True)
class Plan:
    """A gateway that can run: its model, and which policies run for what.

    `policies` are by API, operation and product (None without one).
    """

    model: GatewayModel
    policies: Mapping[tuple[str, str, str | None], Effective]
    everywhere: Effective
    """What the global document says: for calls that match nothing."""
    declaration: GatewayDeclaration


@dataclass(slots=True)
class _Builder:
    declared: GatewayDeclaration
    folder: Path
    library: Library = field(default_factory=Library)

    def sections(self, text: str | None, scope: Scope, place: Place) -> Sections | None:
        """Read a policy document, if there is one."""
        if text is None:
            return None
        xml, file = self._load(text, place)
        try:
            return DocumentReader(self.library, scope).document(xml)
        except DocumentNotUsable as error:
            raise GatewayNotUsable(place, str(error), file, error.line) from error

    def fragment(self, text: str, place: Place) -> Element:
        """Parse a fragment; it is read anew wherever it is included."""
        xml, file = self._load(text, place)
        try:
            root = read_elements(xml)
        except DocumentNotUsable as error:
            raise GatewayNotUsable(place, str(error), file, error.line) from error
        if root.name != "fragment":
            raise GatewayNotUsable(place, f"<{root.name}> where <fragment> belongs", file, 1)
        if root.attributes or isinstance(root.text, Source) or root.text.strip():
            raise GatewayNotUsable(place, "<fragment> holds policies only", file, root.line)
        return root

    def check_fragment(self, name: str, place: Place) -> None:
        """Refuse a fragment that can be included nowhere, whether anybody does so or not."""
        problems = []
        for scope, section in pairs(SCOPES, SECTIONS):
            reader = DocumentReader(self.library, scope)
            reader.section = section
            try:
                reader.policies(self.library.fragments[name].children)
            except DocumentNotUsable as error:
                problems.append(error)
            else:
                return
        # Where a policy may not stand is the lesser mistake.
        worst = min(problems, key=lambda each: "Policy is not allowed" in str(each))
        text = self.declared.fragments[cast("int", place[1])].policy
        raise GatewayNotUsable(place, str(worst), self._load(text, place)[1], worst.line)

    def _load(self, text: str, place: Place) -> tuple[str, str]:
        """Return policy XML and the name of its file, if it has one of its own."""
        if text.lstrip("\ufeff \t\r\n").startswith("<"):
            return text.lstrip("\ufeff"), ""
        path = self.folder / text.strip()
        try:
            with path.open(encoding="utf-8-sig") as file:
                return file.read(LARGEST_DOCUMENT + 1), str(path)
        except (OSError, ValueError) as error:
            problem = getattr(error, "strerror", None) or "not UTF-8"
            raise GatewayNotUsable(place, f"{text.strip()[:200]}: {problem}") from error


def build_gateway(declared: GatewayDeclaration, folder: Path) -> Plan:
    """Build a gateway; policy files are looked up in `folder`. Raises GatewayNotUsable."""
    builder = _Builder(declared, folder)
    model = _model(declared)
    named = {each.name: each.value for each in declared.named_values}
    fragments = {
        each.id: builder.fragment(each.policy, ("fragments", number, "policy"))
        for number, each in enumerate(declared.fragments)
    }
    builder.library = Library(named, fragments, model.backends)
    for number, each in enumerate(declared.fragments):
        builder.check_fragment(each.id, ("fragments", number, "policy"))
    return _plan(builder, model)


def _plan(builder: _Builder, model: GatewayModel) -> Plan:
    declared = builder.declared
    own = builder.sections(declared.policy, "global", ("policy",))
    if own is None:
        own = DocumentReader(builder.library, "global").document(_DEFAULT_GLOBAL)
    products = {
        product.id: builder.sections(product.policy, "product", ("products", number, "policy"))
        for number, product in enumerate(declared.products)
    }
    policies: dict[tuple[str, str, str | None], Effective] = {}
    for number, api in enumerate(declared.apis):
        place: Place = ("apis", number)
        for_api = builder.sections(api.policy, "api", (*place, "policy"))
        members = [None, *(p.id for p in model.products.values() if api.id in p.apis)]
        for index, operation in enumerate(api.operations):
            where = (*place, "operations", index, "policy")
            for_operation = builder.sections(operation.policy, "operation", where)
            identifier = model.apis[number].operations[index].id
            for product in members:
                documents = (own, products.get(product or ""), for_api, for_operation)
                policies[api.id, identifier, product] = effective(
                    [document for document in documents if document is not None]
                )
    return Plan(model, policies, effective([own]), declared)


def _model(declared: GatewayDeclaration) -> GatewayModel:
    apis = tuple(_api(api, ("apis", number)) for number, api in enumerate(declared.apis))
    _refuse_twins([api.id for api in apis], ("apis",), "id")
    _refuse_twins([api.path.lower() for api in apis], ("apis",), "path")
    for name in ("products", "users", "subscriptions", "backends", "fragments"):
        _refuse_twins([each.id for each in getattr(declared, name)], (name,), "id")
    _refuse_twins([each.name for each in declared.named_values], ("named_values",), "name")
    known = {api.id for api in apis}
    for number, product in enumerate(declared.products):
        for index, api_id in enumerate(product.apis):
            if api_id not in known:
                place = ("products", number, "apis", index)
                raise GatewayNotUsable(place, f"there is no API '{api_id}'")
    products = {
        each.id: Product(
            each.id,
            each.name,
            frozenset(each.apis),
            each.subscription_required,
            each.approval_required,
            each.state == "published",
        )
        for each in declared.products
    }
    _refuse_two_open_products(products.values(), known)
    backends = {b.id: Backend(b.id, b.url, b.headers, b.query) for b in declared.backends}
    subscriptions = _subscriptions(declared, known, products)
    return GatewayModel(declared.name, apis, products, subscriptions, backends)


def _api(declared: ApiDeclaration, place: Place) -> Api:
    operations = tuple(
        _operation(each, declared, (*place, "operations", number))
        for number, each in enumerate(declared.operations)
    )
    _refuse_twins([each.id for each in operations], (*place, "operations"), "id")
    calls = [f"{each.method} {each.template.text.lower()}" for each in operations]
    _refuse_twins(calls, (*place, "operations"), "url_template")
    names = declared.subscription_key_parameter_names
    return Api(
        declared.id,
        declared.name,
        declared.path.strip("/"),
        declared.service_url,
        operations,
        declared.subscription_required,
        KeyNames(names.header, names.query),
        declared.schemas,
    )


def _operation(declared: OperationDeclaration, api: ApiDeclaration, place: Place) -> Operation:
    def representations(
        given: Sequence[RepresentationDeclaration], where: Place
    ) -> tuple[Representation, ...]:
        for number, each in enumerate(given):
            if each.schema_ is not None and each.schema_ not in api.schemas:
                problem = f"the API has no schema '{each.schema_}'"
                raise GatewayNotUsable((*where, number, "schema"), problem)
        return tuple(Representation(e.content_type, e.schema_, e.example) for e in given)

    responses = tuple(
        DeclaredResponse(
            each.status,
            representations(each.representations, (*place, "responses", n, "representations")),
        )
        for n, each in enumerate(declared.responses)
    )
    return Operation(
        declared.id or _slug(declared.name),
        declared.name,
        declared.method,
        UrlTemplate(declared.url_template),
        representations(declared.request, (*place, "request")),
        responses,
    )


def _slug(name: str) -> str:
    """Return the id of an operation that was given none, as the portal makes it of its name."""
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in name.lower()).split()
    return "-".join(words) or "operation"


def _subscriptions(
    declared: GatewayDeclaration, apis: set[str], products: Mapping[str, Product]
) -> tuple[Subscription, ...]:
    users = {
        u.id: User(u.id, u.first_name, u.last_name, u.email, tuple(u.groups))
        for u in declared.users
    }
    result = []
    keys: set[str] = set()
    for number, each in enumerate(declared.subscriptions):
        place = ("subscriptions", number)
        if each.user is not None and each.user not in users:
            raise GatewayNotUsable((*place, "user"), f"there is no user '{each.user}'")
        for name in ("primary_key", "secondary_key"):
            key = getattr(each, name)
            if key in keys:
                raise GatewayNotUsable((*place, name), "the key is given twice")
            keys.add(key)
        result.append(_subscription(each, (*place, "scope"), apis, products, users))
    return tuple(result)


def _subscription(
    declared: SubscriptionDeclaration,
    place: Place,
    apis: set[str],
    products: Mapping[str, Product],
    users: Mapping[str, User],
) -> Subscription:
    _, kind, which = (*declared.scope.split("/", 2), "", "")[:3]
    if kind == "products" and which not in products:
        raise GatewayNotUsable(place, f"there is no product '{which}'")
    if kind == "apis" and which and which not in apis:
        raise GatewayNotUsable(place, f"there is no API '{which}'")
    return Subscription(
        declared.id,
        declared.name or declared.id,
        declared.primary_key,
        declared.secondary_key,
        declared.state,
        product=which if kind == "products" else None,
        api=which if kind == "apis" and which else None,
        user=users.get(declared.user or ""),
        allow_tracing=declared.allow_tracing,
        started=declared.started.timestamp() if declared.started else None,
        scope=declared.scope,
    )


def _refuse_twins(values: Sequence[str], place: Place, name: str) -> None:
    seen: set[str] = set()
    for number, value in enumerate(values):
        if value in seen:
            raise GatewayNotUsable((*place, number, name), f"'{value}' is given twice")
        seen.add(value)


def _refuse_two_open_products(products: Collection[Product], apis: set[str]) -> None:
    for api in sorted(apis):
        opened = [p.id for p in products if api in p.apis and not p.subscription_required]
        if len(opened) > 1:
            problem = f"the API '{api}' is in two open products: {', '.join(opened)}"
            raise GatewayNotUsable(("products",), problem)


def contacted_hosts(declared: GatewayDeclaration) -> list[str]:
    """Return the hosts that a declaration names, with their ports: they may be contacted."""
    urls = [*(api.service_url for api in declared.apis), *(b.url for b in declared.backends)]
    return [*(urlsplit(url).netloc for url in urls), *declared.allowed_hosts]
