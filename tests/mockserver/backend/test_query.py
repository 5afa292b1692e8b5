"""Is the query string read as the service reads it?"""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.backend.failures import QueryParameterNotValid, VersionNotSupported
from mockserver.backend.query import Options, read_options


@pytest.mark.parametrize(
    ("query", "options"),
    [
        (b"api-version=2.0", Options(details=False, swagger=False)),
        (b"api-version=2.0&details=true", Options(details=True, swagger=False)),
        (b"details=True&api-version=2.0", Options(details=True, swagger=False)),
        (b"api-version=2.0&details=false", Options(details=False, swagger=False)),
        (b"api-version=2.0&format=swagger", Options(details=False, swagger=True)),
        (b"API-Version=2.0&details=TRUE&format=Swagger", Options(details=True, swagger=True)),
        (b"api-version=2.0&subscription-key=abc&x", Options(details=False, swagger=False)),
        (b"api-version=2.0&api-version=2.0", Options(details=False, swagger=False)),
    ],
)
def test_the_shape_of_the_reply_is_chosen(query: bytes, options: Options) -> None:
    """Order and case do not matter, unknown parameters are ignored."""
    assert read_options(query) == options


@pytest.mark.parametrize(
    ("query", "version"),
    [
        (b"", ""),
        (b"apiversion=2.0", ""),
        (b"api-version=", ""),
        (b"api-version=1.0", "1.0"),
        (b"api-version=2.0%20", "2.0 "),
        (b"api-version=" + b"9" * 500, "9" * 100),
    ],
)
def test_any_other_version_is_refused(query: bytes, version: str) -> None:
    """The failure carries the version that was given, or nothing."""
    with pytest.raises(VersionNotSupported) as caught:
        read_options(query)
    assert caught.value.arguments == (version,)


@pytest.mark.parametrize(
    ("query", "name", "text"),
    [
        (b"details=maybe", "details", "Valid values: true, false."),
        (b"details=", "details", "Valid values: true, false."),
        (b"format=xml", "format", "Valid values: swagger."),
        (b"details=true&details=false", "details", "It is given twice."),
    ],
)
def test_a_strange_value_is_refused(query: bytes, name: str, text: str) -> None:
    """The failure names the parameter and says what would be valid."""
    with pytest.raises(QueryParameterNotValid) as caught:
        read_options(b"api-version=2.0&" + query)
    assert caught.value.arguments == (name, text)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(query: bytes) -> None:
    """No query string raises anything but a failure."""
    with suppress(VersionNotSupported, QueryParameterNotValid):
        assert isinstance(read_options(query), Options)
