"""Which message does a policy mean, and how does it get another body?"""

import pytest
from multidict import CIMultiDict

from mockserver.gateway.bodies import is_encoded, message_of, put_body
from tests.mockserver.gateway.policies.transforming import a_call, a_response


def test_the_message_of_a_section() -> None:
    """Before the backend it is the request; behind it the response, as soon as there is one."""
    call = a_call(response=a_response())
    assert message_of(call, "backend") is call.request
    assert message_of(call, "on-error") is call.response
    assert message_of(a_call(), "on-error").headers == {}


@pytest.mark.parametrize(("before", "after"), [({"content-length": "9"}, ["2"]), ({}, [])])
def test_the_length_follows(before: dict[str, str], after: list[str]) -> None:
    """A length that is told is told right; none is made up."""
    response = a_response(b"123456789", before)
    put_body(response, b"12")
    assert response.headers.getall("Content-Length", []) == after
    assert (response.body.content, response.body.length) == (b"12", 2)


@pytest.mark.parametrize(
    ("codings", "is_it"),
    [
        ([], False),
        (["identity"], False),
        (["", " Identity , "], False),
        (["gzip"], True),
        (["identity", "br"], True),
    ],
)
def test_a_compressed_body_is_known(codings: list[str], is_it: bool) -> None:
    """Any coding but identity changes the bytes."""
    assert is_encoded(CIMultiDict([("Content-Encoding", each) for each in codings])) is is_it
