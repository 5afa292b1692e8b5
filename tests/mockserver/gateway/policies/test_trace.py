"""Does `<trace>` write into the trace of a call, and change nothing else?"""

import pytest

from mockserver.gateway.element import DocumentNotUsable
from mockserver.gateway.trace import Trace
from tests.mockserver.gateway.policy_calls import Stage, handled, read

TEXT = (
    '<trace source="Shop" severity="information"><message>@("path " + context.Request.Url.Path)'
    '</message><metadata name="Operation" value="New-Order" />'
    '<metadata name="Verb" value="@(context.Request.Method)" /></trace>'
)


def test_a_traced_call_has_the_entry() -> None:
    """Source, message, severity and metadata are written, with what expressions give."""
    call = Stage().call("POST")
    trace = call.trace = Trace("t", call.runtime.now, call.begun)
    handled(call, read(inbound=TEXT))
    entry = next(entry for entry in trace.entries["inbound"] if entry.source == "Shop")
    assert entry.data == {
        "message": "path /books",
        "severity": "information",
        "metadata": {"Operation": "New-Order", "Verb": "POST"},
    }


def test_a_call_that_is_not_traced_goes_on() -> None:
    """Without a trace nothing is written and nothing fails."""
    call = Stage().call()
    assert handled(call, read(inbound=TEXT)).status == 200
    assert call.last_error is None


def test_a_text_alone_is_the_message() -> None:
    """Policies of the time before <message> have the text within <trace> itself."""
    call = Stage().call()
    trace = call.trace = Trace("t", call.runtime.now, call.begun)
    handled(call, read(inbound='<trace source="Shop">@(context.Request.Method + "!")</trace>'))
    entry = next(entry for entry in trace.entries["inbound"] if entry.source == "Shop")
    assert entry.data == {"message": "GET!", "severity": "verbose", "metadata": {}}


def test_an_expression_may_write_into_the_trace() -> None:
    """context.Trace has an entry of its own."""
    call = Stage().call()
    trace = call.trace = Trace("t", call.runtime.now, call.begun)
    text = '<set-variable name="a" value="@{ context.Trace(&quot;hello&quot;); return 1; }" />'
    handled(call, read(inbound=text))
    assert [entry.data for entry in trace.entries["inbound"] if entry.source == "trace"] == [
        "hello"
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('<trace source="a" />', "a <message> is needed"),
        ('<trace source="a"> </trace>', "a <message> is needed"),
        ("<trace><message>a</message></trace>", "'source' is missing"),
        ('<trace source="a" severity="loud"><message>a</message></trace>', "none of verbose"),
        ('<trace source="a"><message>a</message><message>b</message></trace>', "one <message>"),
        (
            '<trace source="a"><metadata name="a" value="b"/><message>a</message></trace>',
            "one <mess",
        ),
        (
            '<trace source="a"><message>a</message><metadata name="a"/></trace>',
            "'value' is missing",
        ),
        ('<trace source="a"><message><b/></message></trace>', "cannot contain other elements"),
        ('<trace source="a"><message x="1">a</message></trace>', "'x' attribute is not declared"),
    ],
)
def test_what_is_refused(text: str, problem: str) -> None:
    """What trace does not know is refused when the document is read."""
    with pytest.raises(DocumentNotUsable, match=problem):
        read(inbound=text)
