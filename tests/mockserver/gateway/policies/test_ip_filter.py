"""Which callers does `<ip-filter>` let pass?"""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.errors import GatewayFailure
from tests.mockserver.gateway.policies.accessing import run_section
from tests.mockserver.gateway.policies.transforming import failure, refusal
from tests.mockserver.gateway.policy_calls import Stage, body_of, handled, read

ADDRESSES = st.one_of(
    st.ip_addresses(v=4), st.ip_addresses(v=6, network="2001:db8::/120").map(ip_address)
)


def policy(inner: str, action: str = "allow") -> str:
    """Return the policy with these elements within."""
    return f"<ip-filter action='{action}'>{inner}</ip-filter>"


def reason(caller: str, text: str, headers: dict[str, str] | None = None) -> str:
    """Return why a caller is refused; nothing if it passes."""
    call = Stage().call(headers=headers)
    call.request.ip_address = caller
    try:
        run_section(call, text)
    except GatewayFailure as refused:
        return refused.error.reason
    return ""


@pytest.mark.parametrize(
    ("caller", "inner", "is_listed"),
    [
        ("10.0.0.1", "<address>10.0.0.1</address>", True),
        ("10.0.0.1", "<address> 10.0.0.1 </address>", True),
        ("10.0.0.2", "<address>10.0.0.1</address>", False),
        ("10.0.0.9", "<address-range from='10.0.0.5' to='10.0.0.9' />", True),
        ("10.0.0.10", "<address-range from='10.0.0.5' to='10.0.0.9' />", False),
        ("::1", "<address>0:0:0:0:0:0:0:1</address>", True),
        ("::ffff:10.0.0.1", "<address>10.0.0.1</address>", True),
        ("10.0.0.1", "<address>::ffff:10.0.0.1</address>", True),
        ("fe80::1%eth0", "<address-range from='fe80::' to='fe80::ff' />", True),
        ("0.0.0.1", "<address>::1</address>", False),
    ],
)
def test_who_is_listed(caller: str, inner: str, is_listed: bool) -> None:
    """IPv4 and IPv6, single addresses and ranges, in any way of writing them."""
    assert reason(caller, policy(inner)) == ("" if is_listed else "CallerIpNotAllowed")
    assert reason(caller, policy(inner, "forbid")) == ("CallerIpBlocked" if is_listed else "")


@given(ADDRESSES, ADDRESSES, ADDRESSES)
def test_a_range_is_what_lies_between_its_ends(caller: object, one: object, other: object) -> None:
    """Ends belong to the range; what is of the other family does not."""
    left, right, middle = (ip_address(str(each)) for each in (one, other, caller))
    if left.version != right.version or int(left) > int(right):
        text = policy(f"<address-range from='{left}' to='{right}' />")
        assert "is no range of addresses" in refusal(text)
        return
    text = policy(f"<address-range from='{left}' to='{right}' />", "forbid")
    inside = middle.version == left.version and int(left) <= int(middle) <= int(right)
    assert reason(str(middle), text) == ("CallerIpBlocked" if inside else "")


def test_a_proxy_is_not_believed() -> None:
    """X-Forwarded-For counts for nothing: the caller is who connects."""
    text = policy("<address>10.0.0.1</address>")
    assert reason("10.0.0.2", text, {"X-Forwarded-For": "10.0.0.1"}) == "CallerIpNotAllowed"
    assert reason("10.0.0.1", text, {"X-Forwarded-For": "10.0.0.2"}) == ""


@pytest.mark.parametrize("action", ["allow", "forbid"])
def test_a_caller_without_address_is_refused(action: str) -> None:
    """Whoever cannot be told apart does not pass, not even where few are forbidden."""
    text = policy("<address>10.0.0.1</address>", action)
    assert reason("", text) == "FailedToParseCallerIP"
    assert reason("client", text) == "FailedToParseCallerIP"


def test_what_the_client_gets() -> None:
    """The answer does not tell the address; LastError does."""
    call = Stage().call()
    response = handled(call, read(inbound=policy("<address>1.1.1.1</address>")))
    assert (response.status, body_of(response)) == (
        403,
        b'{ "statusCode": 403, "message": "Forbidden" }',
    )
    assert call.last_error is not None
    expected = "Caller IP address 10.0.0.1 is not allowed. Access denied."
    assert (call.last_error.source, call.last_error.message) == ("ip-filter", expected)


def test_action_and_address_may_be_expressions() -> None:
    """They are computed for each call."""
    text = '<ip-filter action=\'@("for" + "bid")\'><address>@("10.0.0." + 1)</address></ip-filter>'
    assert reason("10.0.0.1", text) == "CallerIpBlocked"
    assert reason("10.0.0.2", text) == ""


def test_an_expression_that_gives_no_address_fails() -> None:
    """The answer is a plain 500."""
    failed = failure(policy('<address>@("10.0.0.0/8")</address>'), Stage().call())
    assert "'10.0.0.0/8' is no IP address" in failed.error.message


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<ip-filter />", "'action' is missing"),
        ("<ip-filter action='allow' />", "an <address> or an <address-range> is needed"),
        (policy("<address>10.0.0.1</address>", "deny"), "none of allow, forbid"),
        (policy("<address>10.0.0.0/8</address>"), "'10.0.0.0/8' is no IP address"),
        (policy("<address></address>"), "'' is no IP address"),
        (policy("<address x='1'>10.0.0.1</address>"), "'x' attribute is not declared"),
        (policy("<address><b /></address>"), "cannot contain other elements"),
        (policy("<address-range from='1.1.1.1' />"), "'to' is missing"),
        (policy("<address-range from='1.1.1.1' to='::1' />"), "is no range of addresses"),
        (policy("<address-range from='1.1.1.1' to='1.1.1.2'>x</address-range>"), "contain text"),
        (policy("<host>a</host>"), "invalid child element 'host'"),
    ],
)
def test_what_cannot_be_used_is_refused(text: str, problem: str) -> None:
    """Addresses are checked when the policy is loaded."""
    assert problem in refusal(text)
