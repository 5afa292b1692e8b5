"""`<authentication-basic>`: the backend is told a name and a password."""

from base64 import b64encode
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute, Value

FACTS = (
    Fact(
        "authentication-basic sets the Authorization of the request, in the place of the client's.",
        Evidence.PUBLISHED,
        "the page on authentication-basic",
    ),
    Fact(
        "Letters that are not ASCII are encoded as UTF-8.",
        Evidence.ASSUMED,
        "a password with such a letter on a live gateway would settle it",
    ),
)


class AuthenticationBasic(Policy):
    """Sets one header."""

    sections = ("inbound",)
    is_once = True
    attributes = (
        Attribute(name="username", required=True, expressions=True),
        Attribute(name="password", required=True, expressions=True),
    )

    def __init__(self, name: Value, password: Value) -> None:
        self._name, self._password = name, password

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        return cls(given["username"], given["password"])

    @override
    async def run(self, call: Call) -> None:
        pair = f"{await self._name.text(call)}:{await self._password.text(call)}"
        encoded = b64encode(pair.encode("utf-8", "replace")).decode()
        call.request.headers["Authorization"] = f"Basic {encoded}"


POLICY = AuthenticationBasic
