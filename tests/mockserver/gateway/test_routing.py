"""Which operation does a request mean?"""

import pytest

from mockserver.gateway.model import Api, GatewayModel, Operation
from mockserver.gateway.routing import Router
from mockserver.gateway.templates import UrlTemplate


def api(path: str, *operations: tuple[str, str]) -> Api:
    return Api(
        path or "root",
        path,
        path,
        "http://backend",
        tuple(Operation(f"{v} {t}", t, v, UrlTemplate(t)) for v, t in operations),
    )


ROUTER = Router(
    GatewayModel(
        apis=(
            api("", ("GET", "/*")),
            api("a", ("GET", "/x"), ("GET", "/{p}"), ("POST", "/x"), ("GET", "/x?y={y}")),
            api("a/b", ("GET", "/x"), ("GET", "/*")),
        )
    )
)


@pytest.mark.parametrize(
    ("method", "path", "query", "expected"),
    [
        ("GET", b"/a/x", b"", ("a", "GET /x")),
        ("GET", b"/A/X", b"", ("a", "GET /x")),
        ("GET", b"/a/z", b"", ("a", "GET /{p}")),
        ("GET", b"/a/x", b"y=1", ("a", "GET /x?y={y}")),
        ("POST", b"/a/x", b"", ("a", "POST /x")),
        ("GET", b"/a/b/x", b"", ("a/b", "GET /x")),
        ("GET", b"/a%2Fb/x", b"", ("a/b", "GET /x")),
        ("GET", b"/ab/x", b"", ("root", "GET /*")),
        ("GET", b"/a/x/y", b"", ("root", "GET /*")),
        ("PUT", b"/a/x", b"", None),
        ("get", b"/a/x", b"", None),
    ],
)
def test_the_most_particular_operation_wins(
    method: str, path: bytes, query: bytes, expected: tuple[str, str] | None
) -> None:
    """The longest suffix is looked at first, then literal segments, then query parameters."""
    route = ROUTER.find(method, path, query)
    assert (None if route is None else (route.api.id, route.operation.id)) == expected


@pytest.mark.parametrize(
    ("path", "rest"),
    [
        (b"/a/b/c%20d", "/c%20d"),
        (b"/a%2Fb/c", "/c"),
        (b"/%61/b/c/", "/c/"),
        (b"/a/b//c", "//c"),
        (b"/a/b", ""),
        (b"/a/b/", "/"),
    ],
)
def test_the_suffix_is_cut_off_and_the_rest_stays_as_it_is(path: bytes, rest: str) -> None:
    """However the suffix is escaped, what follows it keeps its bytes."""
    route = ROUTER.find("GET", path, b"")
    assert route is not None
    assert (route.api.id, route.rest) == ("a/b", rest)


def test_long_addresses_are_found_and_not_remembered() -> None:
    """Whoever asks for ever new long addresses does not fill the memory."""
    router = Router(GatewayModel(apis=(api("a", ("GET", "/{p}")),)))
    for _ in range(2):
        route = router.find("GET", b"/a/x", b"q=" + b"1" * 5000)
        assert route is not None
        assert route.operation.id == "GET /{p}"
    assert router._remembered.cache_info().currsize == 0
    router.find("GET", b"/a/x", b"")
    assert router._remembered.cache_info().currsize == 1
