"""Is what a rate limit found told under the names that it was given, and only there?"""

from mockserver.gateway.limits.report import RateReport
from mockserver.gateway.message import Response
from tests.mockserver.gateway.policies.limited import Asked, Limited


def test_headers_are_put_on_whatever_is_answered() -> None:
    """A header of that name which is there is replaced; nothing is less than 0."""
    call = Limited().begin(Asked())
    RateReport("", "", "X-Left", "left", "X-All").tell(call, 5, 9)
    response = Response(200)
    response.headers.add("x-left", "what the backend says")
    for change in call.at_response:
        change(response)
    assert list(response.headers.items()) == [("X-Left", "0"), ("X-All", "5")]
    assert call.variables == {"left": 0}


def test_nothing_is_told_without_names() -> None:
    """Not even when to come again, but in the text."""
    call = Limited().begin(Asked())
    report = RateReport("", "", "", "", "")
    report.tell(call, 5, 1)
    failure = report.refuse(call, "rate-limit", 7)
    assert (call.at_response, call.variables, failure.headers) == ([], {}, {})
    assert failure.told == "Rate limit is exceeded. Try again in 7 seconds."
