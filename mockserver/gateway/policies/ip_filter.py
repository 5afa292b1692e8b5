"""`<ip-filter>`: only certain callers pass, or all but certain ones."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import ExpressionFailed, GatewayFailure, LastError
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "ip-filter compares the address that the connection comes from, not X-Forwarded-For; with"
        " `allow` all others are refused, with `forbid` these.",
        Evidence.PUBLISHED,
        "the page on ip-filter; MicrosoftDocs/azure-docs#65574",
    ),
    Fact(
        "The refusal is 403 `Forbidden`; the reason and the address are in LastError only.",
        Evidence.CAPTURED,
        "Azure's article on 4xx errors shows the body; the reasons are of the table of errors",
    ),
    Fact(
        "An IPv4 address that comes in the form of IPv6 counts as IPv4.",
        Evidence.ASSUMED,
        "it depends on the gateway's network, which was not recorded",
    ),
)

Address = IPv4Address | IPv6Address
Range = tuple[Address, Address]


class IpFilter(Policy):
    """Lets callers pass by their addresses."""

    sections = ("inbound",)
    attributes = (
        Attribute(
            name="action",
            kind="choice",
            choices=("allow", "forbid"),
            required=True,
            expressions=True,
        ),
    )
    children = ("address", "address-range")

    def __init__(self, action: Value, ranges: Sequence[Range], computed: Sequence[Value]) -> None:
        self._action, self._ranges, self._computed = action, ranges, computed

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        ranges: list[Range] = []
        computed: list[Value] = []
        for child in element.children:
            if child.children:
                raise PolicyNotUsable(f"<{child.name}> cannot contain other elements")
            if child.name == "address":
                reader.given(child, ())
                value = reader.value(child.text)
                if value.fixed is None:
                    computed.append(value)
                else:
                    ranges.append((_address(value.fixed), _address(value.fixed)))
            elif child.name == "address-range":
                ranges.append(_range(child, reader))
            else:
                raise PolicyNotUsable(f"The element has invalid child element '{child.name}'.")
        if not ranges and not computed:
            raise PolicyNotUsable("an <address> or an <address-range> is needed")
        return cls(given["action"], ranges, computed)

    @override
    async def run(self, call: Call) -> None:
        text = call.request.ip_address
        try:
            caller = _address(text)
        except PolicyNotUsable:
            message = "Failed to establish IP address for the caller. Access denied."
            raise _refusal("FailedToParseCallerIP", message) from None
        is_listed = any(_within(caller, each) for each in self._ranges)
        if not is_listed:
            is_listed = caller in [await _computed(value, call) for value in self._computed]
        action = await self._action.text(call)
        if action == "allow" and not is_listed:
            message = f"Caller IP address {caller} is not allowed. Access denied."
            raise _refusal("CallerIpNotAllowed", message)
        if action == "forbid" and is_listed:
            raise _refusal("CallerIpBlocked", "Caller IP address is blocked. Access denied.")


def _range(element: Element, reader: Reader) -> Range:
    ends = (Attribute(name="from", required=True), Attribute(name="to", required=True))
    given = reader.given(element, ends)
    if not isinstance(element.text, str) or element.text.strip():
        raise PolicyNotUsable("<address-range> cannot contain text")
    first, last = _address(given.text("from")), _address(given.text("to"))
    if first.version != last.version or int(first) > int(last):
        raise PolicyNotUsable(f"from {first} to {last} is no range of addresses")
    return first, last


def _address(text: str) -> Address:
    """Read an address. Raises PolicyNotUsable."""
    try:
        address = ip_address(text.strip().partition("%")[0])
    except ValueError:
        raise PolicyNotUsable(f"'{text.strip()[:60]}' is no IP address") from None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def _within(address: Address, ends: Range) -> bool:
    first, last = ends
    return address.version == first.version and int(first) <= int(address) <= int(last)


async def _computed(value: Value, call: Call) -> Address:
    text = await value.text(call)
    try:
        return _address(text)
    except PolicyNotUsable as error:
        raise ExpressionFailed(f"address: {error}") from None


def _refusal(reason: str, message: str) -> GatewayFailure:
    return GatewayFailure(403, LastError("ip-filter", reason, message), "Forbidden")


POLICY = IpFilter
