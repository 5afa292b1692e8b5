"""Does an OpenAPI document become the API that API Management would import?"""

import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.declaration import ApiDeclaration, GatewayDeclaration
from mockserver.gateway.openapi_import import (
    DocumentNotImportable,
    ImportOptions,
    import_api,
    part,
)
from mockserver.gateway.openapi_import import messages as messages_module
from mockserver.gateway.openapi_import.document import read_document
from mockserver.gateway.openapi_import.operations import identifier
from mockserver.gateway.openapi_import.written import as_yaml
from mockserver.gateway.templates import UrlTemplate
from tests.conftest import TOP

URL = "https://web.example/base"
NAMED = {"openapi": "3.0.3", "info": {"title": "My API!"}, "servers": [{"url": URL}]}
OLD = {"swagger": "2.0", "info": {"title": "Old"}, "host": "web.example", "schemes": ["https"]}


def imported(document: Any, **options: Any) -> ApiDeclaration:
    return import_api(document, ImportOptions(**options))


def operation(path: str = "/foo", method: str = "get", item: Any = None, **members: Any) -> Any:
    """Import a document with one operation, and return that."""
    at_path = {method: {"responses": {}} | members, **(item or {})}
    (found,) = imported(NAMED | {"paths": {path: at_path}}).operations
    return found


def query(name: str, *, required: bool = True) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": {}}


def mistakes(document: Any, **options: Any) -> list[str]:
    with pytest.raises(DocumentNotImportable) as caught:
        imported(document, **options)
    return [mistake.what for mistake in caught.value.mistakes]


def test_a_minimal_document_becomes_an_api() -> None:
    """The title names the API; its slug is the id and the suffix; no operation is no mistake."""
    api = imported(NAMED | {"paths": {}})
    assert (api.id, api.name, api.path) == ("my-api", "My API!", "my-api")
    assert (api.service_url, api.operations, api.schemas) == (URL, [], {})


def test_options_win_over_the_document() -> None:
    """Id, name, suffix and address are those that are given; a suffix may be empty."""
    options = {"id": "x", "name": "Y", "path": "/a/b/", "service_url": "http://z:1/"}
    api = imported({"openapi": "3.1.0", "paths": {}}, **options)
    assert (api.id, api.name, api.path, api.service_url) == ("x", "Y", "a/b", "http://z:1")
    assert imported(NAMED | {"paths": {}}, path="").path == ""


@pytest.mark.parametrize(
    ("servers", "address"),
    [
        ([{"url": "http://a"}, {"url": "https://b/v1"}, {"url": "https://c"}], "https://b/v1"),
        ([{"url": "/v1"}, {"url": "HTTPS://B/V1/"}], "https://B/V1"),
        (
            [
                {
                    "url": "{kind}://{host}:{port}/x",
                    "variables": {
                        "kind": {"default": "https"},
                        "host": {"default": "b", "enum": ["b", "c"]},
                        "port": {"default": 8443},
                    },
                }
            ],
            "https://b:8443/x",
        ),
    ],
)
def test_the_first_https_server_wins(servers: Any, address: str) -> None:
    """Servers are tried in order, with the defaults of their variables."""
    assert imported(NAMED | {"paths": {}, "servers": servers}).service_url == address


@pytest.mark.parametrize("servers", [None, [], [{"url": "http://a"}], [{"url": "/"}], ["https://"]])
def test_without_an_https_server_the_address_is_asked_for(servers: Any) -> None:
    """API Management would leave the address empty; here one must be given."""
    document = NAMED | {"paths": {}, "servers": servers}
    (what,) = mistakes(document)
    assert "--service-url" in what
    assert imported(document, service_url="http://b").service_url == "http://b"


@pytest.mark.parametrize(
    ("operation_id", "expected"),
    [
        ("getFoo", "getfoo"),
        ("GET-/foo/{bar}?buzz={quix}", "get-foo-bar-buzz-quix"),
        ("--a__b..c--", "a-b-c"),
        ("x" * 90, "x" * 76),
        ("", "get-foo"),
        (None, "get-foo"),
        ("日本", "get-foo"),
        ("Straße", "stra-e"),
    ],
)
def test_an_operation_id_becomes_an_id(operation_id: str | None, expected: str) -> None:
    """Lower case, dashes for all else, 76 characters; without one: verb and path."""
    assert operation(operationId=operation_id).id == expected


def test_ids_are_kept_distinct() -> None:
    """Ids that come out the same get suffixes, and no suffix meets an id that is there already."""
    names = ["a", "A", "a-1", "a", "a!"]
    paths = {f"/{number}": {"get": {"operationId": name}} for number, name in enumerate(names)}
    ids = [each.id for each in imported(NAMED | {"paths": paths}).operations]
    assert ids == ["a", "a-1", "a-1-1", "a-2", "a-3"]


def test_there_are_999_suffixes() -> None:
    """A thousand operations may have the same id; the next one is told."""
    paths = {f"/{number}": {"get": {"operationId": "x" * 76}} for number in range(1000)}
    ids = {each.id for each in imported(NAMED | {"paths": paths}).operations}
    assert len(ids) == 1000
    assert max(len(each or "") for each in ids) == 80
    paths["/more"] = {"get": {"operationId": "x" * 76}}
    assert any("more than 1000 operations" in what for what in mistakes(NAMED | {"paths": paths}))


@pytest.mark.parametrize(
    ("members", "name"),
    [
        ({"summary": "Read it", "operationId": "read"}, "Read it"),
        ({"summary": "", "operationId": "Read.it"}, "Read.it"),
        ({}, "GET /foo"),
        ({"summary": "s" * 400}, "s" * 300),
    ],
)
def test_a_summary_becomes_the_display_name(members: Any, name: str) -> None:
    """The summary, else the operationId, else verb and path; no more than 300 characters."""
    assert operation(**members).name == name


@pytest.mark.parametrize(
    ("path", "parameters", "template"),
    [
        ("/foo", [query("a"), query("b")], "/foo?a={a}&b={b}"),
        ("/foo", [query("b"), query("x", required=False), query("a")], "/foo?b={b}&a={a}"),
        ("/foo", [{"name": "h", "in": "header", "required": True}], "/foo"),
        ("/foo", [{"name": "c", "in": "cookie", "required": True}], "/foo"),
        ("/foo/{id}", [{"name": "id", "in": "path", "required": True}], "/foo/{id}"),
        ("/foo/{undeclared}", [], "/foo/{undeclared}"),
        ("/foo?v=2", [query("a")], "/foo?v=2&a={a}"),
    ],
)
def test_required_query_parameters_join_the_template(
    path: str, parameters: Any, template: str
) -> None:
    """Required ones are appended as declared; optional ones and other kinds are not."""
    assert operation(path, parameters=parameters).url_template == template


def test_required_query_parameters_may_stay_out() -> None:
    """As with `translateRequiredQueryParameters: query`, the template is the path alone."""
    paths = {"/foo": {"get": {"parameters": [query("a"), query("A")]}}}
    (found,) = imported(NAMED | {"paths": paths}, required_query="query").operations
    assert found.url_template == "/foo"


def test_parameters_of_the_path_count() -> None:
    """They come first; one that the operation declares again is as the operation says."""
    item = {"parameters": [query("a"), query("b"), query("c")]}
    own = [query("b", required=False), query("d")]
    assert operation(item=item, parameters=own).url_template == "/foo?a={a}&c={c}&d={d}"


def test_references_are_followed() -> None:
    """Parameters, bodies, responses, examples and whole paths may be shared."""
    document = NAMED | {
        "paths": {
            "/foo": {
                "post": {
                    "parameters": [{"$ref": "#/components/parameters/One"}],
                    "requestBody": {"$ref": "#/components/requestBodies/Body"},
                    "responses": {"200": {"$ref": "#/components/responses/Fine"}},
                }
            },
            "/bar": {"$ref": "#/paths/~1foo"},
        },
        "components": {
            "parameters": {"One": {"$ref": "#/components/parameters/Two"}, "Two": query("a")},
            "requestBodies": {"Body": {"content": {"text/plain": {"example": "hi"}}}},
            "responses": {
                "Fine": {
                    "content": {
                        "text/plain": {"examples": {"x": {"$ref": "#/components/examples/E"}}}
                    }
                }
            },
            "examples": {"E": {"value": "there"}},
        },
    }
    foo, bar = imported(document).operations
    assert foo.url_template == "/foo?a={a}"
    assert bar.url_template == "/bar?a={a}"
    assert foo.request[0].example == "hi"
    assert foo.responses[0].representations[0].example == "there"


@pytest.mark.parametrize("method", ["get", "head", "options", "post", "put", "patch", "delete"])
def test_some_verbs_have_no_body(method: str) -> None:
    """The body of GET, HEAD and OPTIONS is dropped."""
    body: Any = {"content": {"application/json": {"example": {}}}}
    found = operation(method=method, requestBody=body)
    assert found.method == method.upper()
    assert bool(found.request) == (method not in ("get", "head", "options"))


@pytest.mark.parametrize(
    ("kind", "media", "text"),
    [
        ("application/json", {"example": {"a": [1, None, "ü"]}}, '{"a": [1, null, "ü"]}'),
        ("application/json; charset=utf-8", {"example": "text"}, '"text"'),
        ("application/problem+json", {"example": '{"a": 1}'}, '{"a": 1}'),
        ("application/json", {"example": "{not json"}, '"{not json"'),
        ("application/json", {"example": None}, "null"),
        ("text/plain", {"example": "text"}, "text"),
        ("text/plain", {"example": 5}, "5"),
        ("text/plain", {"examples": {"b": {"value": "first"}, "a": {"value": "next"}}}, "first"),
        ("text/plain", {"example": "this", "examples": {"a": {"value": "that"}}}, "this"),
        ("text/plain", {"examples": {"a": {"externalValue": "http://x"}}}, None),
        ("text/plain", {}, None),
    ],
)
def test_an_example_becomes_text(kind: str, media: Any, text: str | None) -> None:
    """`example`, else the first of `examples`, as it goes over the wire."""
    found = operation(responses={"200": {"content": {kind: media}}})
    (representation,) = found.responses[0].representations
    assert (representation.content_type, representation.example) == (kind, text)


def test_only_responses_with_a_status_are_kept() -> None:
    """`default`, ranges and extensions are no responses of an operation."""
    none: dict[str, Any] = {"description": ""}
    responses = {"default": none, "4XX": none, "x-more": 5, "200": none, "404": none}
    assert [each.status for each in operation(responses=responses).responses] == [200, 404]


def test_a_schema_is_named_or_left_out() -> None:
    """A reference to a schema of the API names it; a schema within an operation is ignored."""
    responses = {
        "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},
        "201": {"content": {"application/json": {"schema": {"type": "object"}}}},
    }
    schemas = {
        "A": {"properties": {"b": {"$ref": "#/components/schemas/B"}}},
        "B": {"items": {"$ref": "#/components/schemas/B/properties/$ref"}}
        | {"properties": {"$ref": {"type": "string"}}, "default": {"$ref": "data"}},
    }
    paths = {"/foo": {"get": {"responses": responses}}}
    api = imported(NAMED | {"paths": paths, "components": {"schemas": schemas}})
    named, inline = (each.representations[0] for each in api.operations[0].responses)
    assert (named.schema_, inline.schema_) == ("A", None)
    assert api.schemas == schemas


def test_openapi_2_is_read() -> None:
    """Host and base path make the address; bodies, examples and definitions have their forms."""
    document = OLD | {
        "basePath": "/base",
        "definitions": {"A/B": {"items": {"$ref": "#/definitions/A~1B"}}, "C": {}},
        "paths": {
            "/jobs?api-version=2.0": {
                "post": {
                    "consumes": ["text/json"],
                    "produces": ["text/csv"],
                    "parameters": [
                        {"name": "p", "in": "body", "schema": {"$ref": "#/definitions/A~1B"}},
                        {"name": "q", "in": "query", "required": True, "type": "string"},
                        {"name": "f", "in": "formData", "type": "string"},
                    ],
                    "responses": {
                        "200": {"schema": {"$ref": "#/definitions/C"}},
                        "201": {"schema": {"type": "string"}, "examples": {"text/plain": "hi"}},
                        "202": {"description": "nothing"},
                    },
                }
            }
        },
    }
    api = imported(document)
    assert api.service_url == "https://web.example/base"
    assert api.schemas == {"A/B": {"items": {"$ref": "#/components/schemas/A~1B"}}, "C": {}}
    (found,) = api.operations
    assert found.url_template == "/jobs?api-version=2.0&q={q}"
    assert [(each.content_type, each.schema_) for each in found.request] == [("text/json", "A/B")]
    first, second, third = (each.representations for each in found.responses)
    assert [(each.content_type, each.schema_) for each in first] == [("application/json", "C")]
    assert [(each.content_type, each.example) for each in second] == [("text/plain", "hi")]
    assert third == []


@pytest.mark.parametrize(
    ("members", "address"),
    [
        ({}, "https://web.example"),
        ({"schemes": None}, "https://web.example"),
        ({"schemes": ["http", "https"]}, "https://web.example"),
        ({"schemes": ["http"], "host": "127.0.0.1:8080"}, "http://127.0.0.1:8080"),
        ({"x-servers": [{"url": "https://other"}]}, "https://other"),
    ],
)
def test_openapi_2_has_its_address_in_parts(members: Any, address: str) -> None:
    """`x-servers` stands for `servers`; else https is preferred to http."""
    assert imported(OLD | {"paths": {}} | members).service_url == address


def test_paths_may_be_extended() -> None:
    """`x-ms-paths` holds paths that differ by their query; other extensions are ignored."""
    holders = {"paths": {"/a": {"get": {}}, "x-b": 1}, "x-ms-paths": {"/a?b=c": {"get": {}}}}
    ignored: Any = {"x-other": {}, "security": [{"key": []}]}
    found = imported(NAMED | holders | ignored).operations
    assert [each.url_template for each in found] == ["/a", "/a?b=c"]


def test_what_is_not_imported_is_left_out() -> None:
    """TRACE, servers of a path, descriptions and extensions of it make no operation."""
    item = {"trace": {}, "servers": [{"url": "https://x"}], "description": "d", "x-y": 1}
    assert operation(item=item).id == "get-foo"


BROKEN: list[tuple[Any, str]] = [
    ([], "this is no OpenAPI document"),
    ({}, "this is no OpenAPI document"),
    ({"openapi": "4.0"}, "version 4.0 is not imported; 2.0, 3.0 and 3.1 are"),
    ({"openapi": "2.0"}, "version 2.0 is not imported"),
    ({"swagger": "1.2"}, "version 1.2 is not imported"),
    (NAMED, "there are no paths"),
    (NAMED | {"paths": []}, "must be a mapping"),
    (NAMED | {"paths": {"foo": {}}}, "a path begins with a slash"),
    (NAMED | {"paths": {"/foo": {"get": []}}}, "must be a mapping"),
    (NAMED | {"paths": {"/foo": {"get": {"operationId": 5}}}}, "must be a text"),
    (NAMED | {"paths": {"/foo": {"put": {"requestBody": {"content": {"a/b": 5}}}}}}, "must be a"),
    (NAMED | {"paths": {"/foo": {"parameters": {}, "get": {}}}}, "must be a list"),
    (NAMED | {"paths": {"/{": {"get": {}}}}, "url_template: /{: a brace without"),
    (NAMED | {"paths": {"/{a}/{A}": {"get": {}}}}, "the name 'a' is in /{a}/{A} more than once"),
    (NAMED | {"paths": {"/" + "x" * 1000: {"get": {}}}}, "url_template: String should have at"),
    (NAMED | {"paths": {}, "info": {"title": "日本"}}, "its title makes no id and no path"),
    (NAMED | {"paths": {}, "info": {}}, "there is no title to name the API by; give a --name"),
    (NAMED | {"paths": {}, "servers": [{"url": "https://{x}"}]}, "the variable 'x' of its address"),
    (NAMED | {"paths": {}, "servers": [{"url": "https://a?b"}]}, "service_url: a web address"),
    (NAMED | {"paths": {}, "components": {"schemas": {"A": 5}}}, "must be a schema"),
]


@pytest.mark.parametrize(("document", "expected"), BROKEN)
def test_a_mistake_is_told(document: Any, expected: str) -> None:
    """What cannot be imported is told in one line."""
    told = mistakes(document)
    assert told[0].startswith(expected)
    assert len(told) == 1 or expected == "the variable 'x' of its address"


PARAMETER = {"in": "path", "name": "gone"}


@pytest.mark.parametrize(
    ("path", "parameters", "expected"),
    [
        ("/{id}", [query("ID")], "the name of the query parameter 'ID' is in its URL template"),
        ("/foo", [query("a"), query("A")], "the name of the query parameter 'A' is in its URL"),
        ("/foo?v=2", [query("V")], "the name of the query parameter 'V' is in its URL template"),
        ("/foo", [query("a"), query("a")], "the query parameter 'a' is declared twice"),
        ("/foo", [query("a&b")], "the query parameter 'a&b' cannot stand in a URL template"),
        ("/foo", [PARAMETER], "the path parameter 'gone' is not part of /foo"),
        ("/foo", [{"in": "query"}], "a parameter has a name, and says what it is `in`"),
        ("/foo", ["name"], "must be a mapping"),
        ("/foo", [{"$ref": 5}], "must be a text"),
        ("/foo", [{"$ref": "other.yaml#/x"}], "'other.yaml#/x' is outside of this document"),
        ("/foo", [{"$ref": "#anchor"}], "nothing is at '#anchor'"),
        ("/foo", [{"$ref": "#/paths/~1foo/get/parameters/7"}], "nothing is at '#/paths/"),
        ("/foo", [{"$ref": "#/paths/~1foo/get/parameters/0"}], "the reference leads in a circle"),
    ],
)
def test_a_mistake_of_an_operation_is_told_at_its_place(
    path: str, parameters: Any, expected: str
) -> None:
    """The one mistake is told once, and its place names the operation."""
    document = NAMED | {"paths": {path: {"get": {"parameters": parameters}}}}
    with pytest.raises(DocumentNotImportable) as caught:
        imported(document)
    (mistake,) = caught.value.mistakes
    assert mistake.what.startswith(expected)
    assert mistake.place[:3] == ("paths", path, "get")


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("#/components/schemas/B", "nothing is at '#/components/schemas/B'"),
        ("http://x/y#/z", "'http://x/y#/z' is outside of this document"),
        ("#/info", "'#/info' is none of the document's schemas"),
    ],
)
def test_a_schema_refers_to_schemas(reference: str, expected: str) -> None:
    """A schema that would miss what it refers to is refused."""
    schemas = {"A": {"allOf": [{"$ref": reference}]}}
    (told,) = mistakes(NAMED | {"paths": {}, "components": {"schemas": schemas}})
    assert told.startswith(expected)


def test_all_mistakes_are_told_at_once() -> None:
    """One import tells them all, and what is shared once."""
    shared = {"$ref": "#/components/parameters/P"}
    document = {
        "openapi": "3.0.0",
        "components": {"parameters": {"P": {"in": "query"}}},
        "paths": {"/a": {"get": {"parameters": [shared]}, "put": {"parameters": [shared]}}},
    }
    places = ["title", "--service-url", "`in`"]
    told = mistakes(document)
    assert len(told) == len(places)
    assert all(place in what for place, what in zip(places, told, strict=True))


@pytest.mark.parametrize(("name", "value"), [("id", "a b"), ("path", "a?b"), ("service_url", "x")])
def test_an_option_that_cannot_be_used_is_named(name: str, value: str) -> None:
    """The line begins with the flag, not with a field of the document."""
    (told,) = mistakes(NAMED | {"paths": {}}, **{name: value})
    assert told.startswith(f"--{name.replace('_', '-')}: ")


def test_references_cannot_unfold_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small document whose references multiply is refused, by parts and by example text."""
    media = {"content": {"text/plain": {"example": "x" * 1000}}}
    paths = {f"/{n}": {"get": {"responses": {"200": {"$ref": "#/x"}}}} for n in range(100)}
    document = NAMED | {"x": media, "paths": paths}
    assert len(imported(document).operations) == 100
    monkeypatch.setattr(messages_module, "MOST_EXAMPLE_TEXT", 99_999)
    assert mistakes(document) == ["its examples are more than 0 MB of text"]
    monkeypatch.setattr(part, "MOST_PARTS", 300)
    assert mistakes(document) == ["its references unfold into more than 300 parts"]


def own() -> Any:
    return read_document((TOP / "openapi.yaml").read_bytes(), "openapi.yaml").content


HOW_TO = {
    "execute": "/workspaces/{workspace}/services/{service}/execute"
    "?api-version={apiversion}&details={details}",
    "submit-job": "/workspaces/{workspace}/services/{service}/jobs?api-version={apiversion}",
    "start-job": "/workspaces/{workspace}/services/{service}/jobs/{jobid}/start"
    "?api-version={apiversion}",
    "get-job-status": "/workspaces/{workspace}/services/{service}/jobs/{jobid}"
    "?api-version={apiversion}",
    "delete-job": "/workspaces/{workspace}/services/{service}/jobs/{jobid}"
    "?api-version={apiversion}",
}
"""The templates that the how-to has its readers type."""


def test_our_own_contract_gives_another_gateway_than_the_how_to() -> None:
    """`details` is optional, hence not in the template: calls without it pass, unlike by hand."""
    api = imported(own())
    assert api.service_url == "https://ussouthcentral.services.azureml.net"
    found = {each.id: UrlTemplate(each.url_template) for each in api.operations}
    typed = {name: UrlTemplate(text) for name, text in HOW_TO.items()}
    assert set(found) == {*typed, "get-swagger-document"}
    assert found["execute"].text.endswith("/execute?api-version={api-version}")
    differing = {n: (set(found[n].query_names), set(typed[n].query_names)) for n in typed}
    assert {name: pair for name, pair in differing.items() if pair[0] != pair[1]} == {
        "execute": ({"api-version"}, {"api-version", "details"}),
        "delete-job": (set(), {"api-version"}),  # an optional one in the contract
    }
    call = ("/workspaces/w/services/s/execute", {"api-version": "2.0"})
    assert found["execute"].match(*call)
    assert typed["execute"].match(*call) is None


def test_our_own_contract_brings_its_schemas_and_examples() -> None:
    """Requests and replies name schemas and carry examples that are JSON."""
    api = imported(own())
    assert set(api.schemas) == set(own()["components"]["schemas"])
    execute = api.operations[0]
    assert execute.request[0].schema_ == "ExecutionRequest"
    assert json.loads(execute.request[0].example or "")["GlobalParameters"] == {}
    assert execute.responses[0].representations[0].schema_ == "ExecutionResults"


words = st.text(max_size=6)
names = st.sampled_from(["a", "A", "b", "id", "a&b", "api-version", "x y", "ü"])
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words
references = st.sampled_from(
    ["#/components/schemas/A", "#/components/parameters/P", "#/paths/~1a", "#", "#/x/0", "x.yaml"]
).map(lambda reference: {"$ref": reference})
any_json = st.recursive(
    plain | references,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


def documents(junk: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return documents that are sound, but for what `junk` puts in many a place."""
    kinds = st.sampled_from(["query", "header", "body"])
    schemas = any_json | st.just({"$ref": "#/components/schemas/A"})
    parameters = junk | st.fixed_dictionaries(
        {"name": names, "in": kinds}, optional={"required": st.booleans(), "schema": schemas}
    )
    media = st.fixed_dictionaries({}, optional={"schema": schemas, "example": any_json})
    types = st.sampled_from(["application/json", "text/plain"])
    messages = junk | st.fixed_dictionaries({"content": st.dictionaries(types, media, max_size=2)})
    statuses = st.sampled_from(["200", "404", "default", "4XX"])
    operations = junk | st.fixed_dictionaries(
        {},
        optional={
            "operationId": st.sampled_from(["a", "A", "a-1", "b" * 90]) | words,
            "summary": words,
            "parameters": st.lists(parameters, max_size=2, unique_by=str),
            "requestBody": messages,
            "responses": st.dictionaries(statuses, messages, max_size=2),
        },
    )
    methods = st.sampled_from(["get", "post", "head", "trace"])
    items = junk | st.dictionaries(methods, operations, min_size=1, max_size=3)
    paths = st.sampled_from(["/a", "/{id}", "/a?b=c", "/{c}/ü"]) | junk.map("/{}".format)
    return st.fixed_dictionaries(
        {
            "openapi": st.sampled_from(["3.0.3", "3.1.0"]),
            "info": junk | st.fixed_dictionaries({"title": words}),
            "servers": junk | st.just([{"url": URL}]),
            "paths": junk | st.dictionaries(paths, items, max_size=4),
            "components": st.fixed_dictionaries(
                {"schemas": junk | st.fixed_dictionaries({"A": st.just({"enum": [1, "1"]})})},
                optional={"parameters": st.fixed_dictionaries({"P": parameters})},
            ),
        },
        optional={"swagger": st.just("2.0")},
    )


sound = documents(st.nothing())
any_document = any_json | sound | documents(any_json)


@given(document=any_document | sound.map(lambda each: OLD | {"paths": each["paths"]}))
def test_any_json_is_imported_or_refused(document: Any) -> None:
    """Any JSON becomes an API or mistakes; what is imported is written down and read again."""
    try:
        api = imported(document, id="api", name="API", path="p")
    except DocumentNotImportable:
        return
    read = yaml.safe_load(as_yaml(api, ["a\nb"]))["gateway"]
    (again,) = GatewayDeclaration.model_validate(read).apis
    assert again == api
    ids = [each.id or "" for each in api.operations]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,79}", each) for each in ids)


@given(text=st.text())
def test_an_id_holds_nothing_but_letters_digits_and_dashes(text: str) -> None:
    """Whatever the text, the id is one that API Management takes, or empty."""
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*-?)?", identifier(text))
    assert len(identifier(text)) <= 76
