"""Does `<cache-store-value>` keep a value for later calls?"""

import pytest

from mockserver.gateway.element import DocumentNotUsable
from mockserver.gateway.expressions import to_text
from tests.mockserver.gateway.policy_calls import Stage, handled, read

FIND = '<cache-lookup-value key="k" variable-name="found" />'


def keep(value: str, more: str = 'duration="60"') -> str:
    """Write a cache-store-value under the key `k`."""
    return f"<cache-store-value key='k' value='{value}' {more} />"


def found(stage: Stage) -> object:
    """Return what a later call finds, `...` if nothing."""
    call = stage.call()
    handled(call, read(inbound=FIND))
    return call.variables.get("found", ...)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("a text", "a text"),
        ("@(6 * 7)", 42),
        ('@(context.Request.Method == "GET")', True),
        ("@((string)null)", ...),
        (
            '@(new JObject(new JProperty("a", 1)).ToString(Newtonsoft.Json.Formatting.None))',
            '{"a":1}',
        ),
    ],
)
def test_a_value_keeps_its_type(value: str, kept: object) -> None:
    """A later call finds what an expression gave, with its type; null is nothing."""
    stage = Stage()
    handled(stage.call(), read(inbound=keep(value)))
    assert found(stage) == kept


def test_a_value_ends_by_the_emulators_clock() -> None:
    """After its duration it is not found."""
    stage = Stage()
    handled(stage.call(), read(inbound=keep("v", 'duration="@(30 + 30)"')))
    stage.time += 59
    assert found(stage) == "v"
    stage.time += 1
    assert found(stage) is ...


def test_json_is_kept_as_a_copy() -> None:
    """What a call does to a value that it has found is not seen by the next one."""
    stage = Stage()
    text = (
        '<set-variable name="j" value="@(JObject.Parse(&quot;{}&quot;))" />'
        + keep('@((JObject)context.Variables["j"])')
        + FIND
        + '<set-variable name="changed" value="@{ var j = (JObject)context.Variables["found"];'
        ' j["a"] = 1; return j; }" />'
    )
    call = stage.call()
    response = handled(call, read(inbound=text))
    assert response.status == 200, call.last_error
    assert to_text(call.variables["changed"]) != "{}"
    assert to_text(found(stage)) == "{}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('<cache-store-value key="k" value="v" />', "'duration' is missing"),
        ('<cache-store-value value="v" duration="1" />', "'key' is missing"),
        ('<cache-store-value key="k" duration="1" />', "'value' is missing"),
        (keep("v", 'duration="-1"'), "no whole number"),
    ],
)
def test_what_is_refused(text: str, problem: str) -> None:
    """What the policy does not know is refused when the document is read."""
    with pytest.raises(DocumentNotUsable, match=problem):
        read(inbound=text)
