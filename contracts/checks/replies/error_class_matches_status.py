"""Do status, class and detail code of a refusal belong together?"""

from functools import cache
from typing import Any

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.session import Session
from contracts.spec import Contract


@judges(
    "A refusal has a class of its status, and a detail code of its class.",
    "components responses",
    order=35,
)
def error_class_matches_status(session: Session, exchange: Exchange) -> str | None:
    """Return what is wrong, if they do not belong together."""
    reply = exchange.reply
    if reply is None or reply.error is None or session.gateway.is_own_answer(exchange):
        return None
    classes = _classes(session.contract)
    error_class, code = reply.error
    allowed = classes.get(reply.status)
    if allowed is None:
        return None  # another check's: a status that the contract does not have
    if error_class not in allowed:
        return f"class {error_class} with status {reply.status}"
    codes = allowed[error_class]
    if codes is not None and code not in codes:
        return f"detail code {code} in class {error_class}"
    return None


@cache
def _classes(contract: Contract) -> dict[int, dict[str, set[str] | None]]:
    """Return each status with its classes, and these with their detail codes, as documented.

    None stands for codes that are numbers of modules.
    """
    found: dict[int, dict[str, set[str] | None]] = {}
    for operation in contract.operations.values():
        for status, response in operation.definition["responses"].items():
            if int(status) >= 400:
                found.setdefault(int(status), {}).update(_of(contract.document, response))
    return found


def _of(document: Any, response: Any) -> dict[str, set[str] | None]:
    name = response["$ref"].rpartition("/")[2]
    schema = document["components"]["responses"][name]["content"]["application/json"]["schema"]
    error = schema["properties"]["error"]
    classes: dict[str, set[str] | None] = {}
    for reference in error.get("oneOf", [error]):
        properties = document["components"]["schemas"][reference["$ref"].rpartition("/")[2]]
        code = properties["properties"]["details"]["items"]["properties"]["code"]
        codes = set(code["enum"]) if "enum" in code else None
        for each in properties["properties"]["code"]["enum"]:
            classes[each] = codes
    return classes
