"""What does the query string ask for?

`api-version` must be 2.0; `details` and `format` choose the shape of the reply; parameters that the
service does not know are ignored, since a gateway passes its own on.
"""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from mockserver.backend.failures import QueryParameterNotValid, VersionNotSupported
from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "A missing or other api-version, also one spelt `apiversion`, is BadArgument/"
        "BadVersionCall; it is looked at after the address and the key.",
        Evidence.ASSUMED,
        "the texts of the published table; the order of the checks was not recorded",
    ),
    Fact(
        "A strange value of details or format is BadArgument/InvalidQueryParameter; unknown"
        " parameters are ignored.",
        Evidence.ASSUMED,
        "the published text; API Management passes subscription-key on and calls still work",
    ),
)

VERSION = "2.0"


class Options(NamedTuple):
    """The shape of the reply that a call asks for."""

    details: bool
    swagger: bool


@lru_cache(maxsize=256)
def read_options(query: bytes) -> Options:
    """Read the query string of an execute call. Programs repeat theirs, so it is remembered."""
    values = read_query(query)
    check_version(values)
    details = _choose(values, "details", ("true", "false")) == "true"
    return Options(details, _choose(values, "format", ("swagger",)) == "swagger")


def read_query(query: bytes) -> dict[str, str]:
    """Return the parameters by lower-case name; one given twice must say the same."""
    values: dict[str, str] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        known = name.lower()
        if values.setdefault(known, value) != value and known in ("api-version", *_SHAPES):
            raise QueryParameterNotValid(known, "It is given twice.")
    return values


def check_version(values: dict[str, str]) -> None:
    """Refuse a call to any version but ours."""
    version = values.get("api-version", "")
    if version != VERSION:
        hint = "api-version is missing" + (", apiversion is not it" * ("apiversion" in values))
        reason = "" if version else hint
        raise VersionNotSupported(version[:100], reason=reason)


_SHAPES = ("details", "format")


def _choose(values: dict[str, str], name: str, choices: tuple[str, ...]) -> str | None:
    value = values.get(name)
    if value is None or value.lower() in choices:
        return value and value.lower()
    raise QueryParameterNotValid(name, f"Valid values: {', '.join(choices)}.")
