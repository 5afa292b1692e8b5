"""Which operations does an imported API get: their ids, their names, their URL templates?"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.openapi_import.messages import Messages
from mockserver.gateway.openapi_import.part import Part, Place

_RESTRICTIONS = "the page on API import restrictions"

FACTS = (
    Fact(
        "The id of an operation is its `operationId` in lower case, each run of other characters"
        " than letters and digits a dash, without dashes at its ends, cut to 76 characters; `-1` to"
        " `-999` keep ids distinct.",
        Evidence.PUBLISHED,
        _RESTRICTIONS,
    ),
    Fact(
        "Without `operationId` the id is made of the verb and the path, as in `get-foo`.",
        Evidence.PUBLISHED,
        _RESTRICTIONS,
    ),
    Fact(
        "The letters and digits of an id are those of ASCII; an `operationId` without any counts as"
        " none.",
        Evidence.ASSUMED,
        "an import of other letters would settle it",
    ),
    Fact(
        "The display name of an operation is its `summary`, else its `operationId`.",
        Evidence.PUBLISHED,
        _RESTRICTIONS,
    ),
    Fact(
        "Without both it is the verb and the path; a name is cut to 300 characters.",
        Evidence.ASSUMED,
        "that 300 is the limit is published; what becomes of a longer name is not",
    ),
    Fact(
        "A required query parameter becomes a parameter of the URL template, or stays out of it if"
        " `translateRequiredQueryParameters` is `query`; an optional one is never in it.",
        Evidence.PUBLISHED,
        f"{_RESTRICTIONS}; the models of the Python SDK 5.0.0",
    ),
    Fact(
        "Query parameters are appended in the order of their declaration, those of the path first.",
        Evidence.ASSUMED,
        "an import would settle it; the order makes no difference to matching",
    ),
    Fact(
        "Names are unique within a URL template, path and query together, without regard to case;"
        " a document that breaks this is refused.",
        Evidence.PUBLISHED,
        f"{_RESTRICTIONS}, and a change of it in May 2024",
    ),
    Fact(
        "A path parameter that is declared must be part of the URL template.",
        Evidence.PUBLISHED,
        _RESTRICTIONS,
    ),
    Fact(
        "A parameter of the path that is not declared is imported all the same.",
        Evidence.ASSUMED,
        "the management API refuses such an operation; the import may declare it by itself",
    ),
    Fact(
        "The verb TRACE and the servers of a path or an operation are not imported.",
        Evidence.PUBLISHED,
        _RESTRICTIONS,
    ),
)

MOST_NAME = 300
_MOST_ID = 76
_MOST_SUFFIX = 999
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_IN_BRACES = re.compile(r"\{([^{}]*)\}")
_NOT_IN_TEMPLATE = frozenset("{}?&=#")


def identifier(text: str) -> str:
    """Return the id that API Management makes of a text; empty if nothing in it can stand there."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:_MOST_ID]


def read_operations(
    root: Part, messages: Messages, *, required_in_template: bool
) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Yield the operations of a document and where they stand in it."""
    if root.get("paths") is None and root.get("x-ms-paths") is None:
        root.wrong("there are no paths")
    distinct = _DistinctIds()
    for path, method, item, operation in _found(root):
        parameters = list(_parameters(item, operation))
        operation_id = operation.text("operationId")
        base = identifier(operation_id) or identifier(f"{method}-{path}")
        name = operation.text("summary") or operation_id or f"{method.upper()} {path}"
        declared: dict[str, Any] = {
            "id": distinct.take(base, operation),
            "name": name[:MOST_NAME],
            "method": method.upper(),
            "url_template": _template(path, parameters, operation, required_in_template),
        }
        if request := messages.request(method, operation, parameters):
            declared["request"] = request
        if responses := messages.responses(operation):
            declared["responses"] = responses
        yield operation.place, declared


def _found(root: Part) -> Iterator[tuple[str, str, Part, Part]]:
    """Yield the operations: path, method, what is at the path, the operation."""
    for holder in ("paths", "x-ms-paths"):
        for path, part in root.members(holder):
            if path.startswith("x-"):
                continue
            if not path.startswith("/"):
                part.wrong("a path begins with a slash")
                continue
            item = part.followed()
            if item is None:
                continue
            for method in (each for each in item.value if each in _METHODS):
                operation = item.inner(method, item.value[method])
                if isinstance(operation.value, dict):
                    yield path, method, item, operation
                else:
                    operation.wrong("must be a mapping")


def _parameters(item: Part, operation: Part) -> Iterator[Part]:
    """Yield the parameters of an operation; its own ones replace those of its path."""
    found: dict[tuple[str, str], Part] = {}
    for holder in (item, operation):
        here: set[tuple[str, str]] = set()
        for part in holder.elements("parameters"):
            parameter = part.followed()
            if parameter is None:
                continue
            key = (parameter.text("in"), parameter.text("name"))
            if not all(key):
                parameter.wrong("a parameter has a name, and says what it is `in`")
                continue
            if key in here:
                part.wrong(f"the {key[0]} parameter '{key[1]}' is declared twice")
            here.add(key)
            found[key] = parameter
    yield from found.values()


def _template(
    path: str, parameters: Sequence[Part], operation: Part, required_in_template: bool
) -> str:
    """Return the URL template of an operation, with the query parameters that it must have."""
    wanted = [
        parameter.text("name")
        for parameter in parameters
        if required_in_template
        and parameter.value.get("required") is True
        and parameter.text("in") == "query"
    ]
    in_path = [each.text("name") for each in parameters if each.text("in") == "path"]
    mistakes = list(_mistakes(path, in_path, wanted))
    for mistake in mistakes:
        operation.wrong(mistake)
    if mistakes:
        return "/"
    joint = "&" if "?" in path else "?"
    return path + (joint if wanted else "") + "&".join(f"{name}={{{name}}}" for name in wanted)


def _mistakes(path: str, in_path: Sequence[str], wanted: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with a template. Its names are compared without regard to case."""
    in_braces = Counter(name.lower() for name in _IN_BRACES.findall(path))
    for name in (name for name, count in in_braces.items() if count > 1):
        yield f"the name '{name}' is in {path} more than once"
    for name in in_path:
        if name.lower() not in in_braces:
            yield f"the path parameter '{name}' is not part of {path}"
    # A path may carry a query, as in the services' own swagger.json: `/jobs?api-version=2.0`.
    pairs = path.partition("?")[2].split("&")
    used = {*in_braces, *(pair.partition("=")[0].lower() for pair in pairs)}
    for name in wanted:
        if name.lower() in used:
            yield f"the name of the query parameter '{name}' is in its URL template already"
        elif _NOT_IN_TEMPLATE.intersection(name):
            yield f"the query parameter '{name}' cannot stand in a URL template"
        used.add(name.lower())


class _DistinctIds:
    """Gives ids, none of them twice."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._suffixes: Counter[str] = Counter()

    def take(self, base: str, operation: Part) -> str:
        """Return an id that no operation has yet."""
        found = base
        while found in self._used:
            self._suffixes[base] += 1
            if self._suffixes[base] > _MOST_SUFFIX:
                operation.wrong(f"more than {_MOST_SUFFIX + 1} operations have the id '{base}'")
                break
            found = f"{base}-{self._suffixes[base]}"
        self._used.add(found)
        return found
