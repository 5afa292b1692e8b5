"""What does a Liquid template make of a call, and within which bounds?"""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.element import read_elements
from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.liquid import Template, with_named_values, written
from mockserver.gateway.values import PolicyNotUsable
from tests.mockserver.gateway.policies.transforming import a_call

ONE = b'{"a": 1}'


def render(text: str, body: bytes = b"", variables: dict[str, Any] | None = None) -> str:
    """Return what a template makes of a call with this JSON."""
    call = a_call(body=body, headers={"Content-Type": "application/json"})
    call.variables.update(variables or {})
    template = Template(text, has_dates=True, nil="")
    return asyncio.run(template.render(call, "inbound"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": {"b": {}}}', '{"a": {"b": {}}}'),
        ('{"id": {{body.id}}}', '{"id": 7}'),
        ("{% for x in body.l %}{{ x | plus: 1 }};{% endfor %}", "2;3;"),
        ("{% for x in body.o %}{{ x.Key }}={{ x[1] }}{% endfor %}", "p=q"),
        ("{{ body.l | join: '-' }} {{ body.l | size }} {{ body.l.first }}", "1-2 2 1"),
        ("{{ body.l | concat: body.l | uniq | join }}", "1 2"),
        ("{{ 1 | uniq | join }}", "1"),
        ("{{ body.o.p | replace: 'q', 'r' }}{{ 'a' | replace: '', 'b' }}", "ra"),
        ("{{ body.o.p | join: '-' }}{{ nothing | join }}", "q"),
        ("{% if body.l contains 2 %}y{% else %}n{% endif %}", "y"),
        ("{{ nothing.at.all }}{{ body[0] }}{{ body.id.x }}", ""),
        ("{{ 'now' | date: 'yyyy' }} {{ 'x' | date: 'yyyy' }}", "1970 x"),
        ("{{ '2012-03-21T05:40:00Z' | date }}", "03/21/2012 05:40:00"),
        ("{{ body.d | date: 'yyyy-MM-dd' }}", "2012-03-21"),
        ("{% raw %}{{ body.id }}{% endraw %}{% comment %}a{% endcomment %}", "{{ body.id }}"),
    ],
)
def test_what_a_template_gives(text: str, expected: str) -> None:
    """Output, loops, conditions and filters work on the body; what is not there is nothing."""
    body = b'{"id": 7, "l": [1, 2], "o": {"p": "q"}, "d": "2012-03-21T05:40Z"}'
    assert render(text, body) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{{ a ", "cannot be read"),
        ("{% if %}", "missing expression"),
        ("{% include 'a' %}", "unexpected tag 'include'"),
        ("{% render '/etc/passwd' %}", "unexpected tag 'render'"),
        ("{{ 'a' | base64_encode }}", "filter 'base64_encode' is not supported"),
        ("{% if a %}" * 40 + "{% endif %}" * 40, "nesting limit"),
        ("a" * ((8 << 20) + 1), "too long"),
    ],
)
def test_what_cannot_be_used_is_refused(text: str, problem: str) -> None:
    """Mistakes, and tags and filters that are not known, keep the policy from being loaded."""
    with pytest.raises(PolicyNotUsable, match=problem):
        Template(text, has_dates=True, nil="")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{% for a in (1..100001) %}x{% endfor %}", "rounds of loops"),
        (
            "{% for a in (1..1000) %}{% for b in (1..1000) %}{% endfor %}x{% endfor %}",
            "rounds of loops",
        ),
        ("{% for a in (1..60000) %}x{% endfor %}" * 2, "rounds of loops"),
        ("{% for a in body.l %}{% if body.s contains a %}x{% endif %}{% endfor %}", "rounds"),
        ("{% assign x = 'ab' %}" + "{% assign x = x | append: x %}" * 30, "makes more than"),
        ("{{ body.s | replace: 'a', body.s | size }}", "too long"),
        ("{{ body.s | split: '' | join: body.s | size }}", "too long"),
        ("{% for a in (1..9) %}{{ body.s }}{% endfor %}", "output stream limit"),
        ("{{ 1 | divided_by: 0 }}", "divide by 0"),
        ("{{ '2020-01-02' | date: 'Q' }}", "format"),
        ("{{ body.s | slice: 'x' }}", "slice"),
    ],
)
def test_a_template_that_goes_too_far_fails(text: str, problem: str) -> None:
    """Loops, texts and what filters make are bounded; the call fails as with an expression."""
    body = b'{"l": [' + b",".join([b'"b"'] * 9000) + b'], "s": "' + b"a" * (1 << 20) + b'"}'
    with pytest.raises(ExpressionFailed, match=problem):
        render(text, body)


def test_a_template_sees_no_insides() -> None:
    """Names of Python lead nowhere."""
    text = "{{ body.__class__ }}{{ context.Request._members }}{{ body.s.upper }}{{ context.keys }}"
    assert render(text, b'{"s": "a"}') == ""


@given(st.text(alphabet="{}%| .:'\"abody[]0for in()", max_size=40))
def test_any_text_is_a_template_or_refused(text: str) -> None:
    """Whatever is written, it is refused, fails in the documented way, or gives a text."""
    try:
        outcome = f"gives {render(text, ONE)}"
    except (PolicyNotUsable, ExpressionFailed) as error:
        outcome = str(error)
    assert outcome


@pytest.mark.parametrize(
    ("text", "expected"),
    [("{{key}}", "secret"), ("{{body.id}} {{ key }}", "{{body.id}} {{ key }}")],
)
def test_named_values_come_first(text: str, expected: str) -> None:
    """A named value fills its place; any other name is the template's own."""
    assert with_named_values(text, {"key": "secret"}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a />", "<a />"),
        ("<a>x &amp; &lt;</a>", "<a>x &amp; &lt;</a>"),
        (
            "<s:a b='{{v[\"x\"]}}'><c>{% if 1 &lt; 2 %}&gt;{% endif %}</c> <d/></s:a>",
            "<s:a b='{{v[\"x\"]}}'><c>{% if 1 < 2 %}&gt;{% endif %}</c><d /></s:a>",
        ),
    ],
)
def test_elements_are_written_again(text: str, expected: str) -> None:
    """XML in a policy is the template's text; only what is Liquid's is not escaped."""
    assert written(read_elements(text)) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<a b='&#39;&quot;' />", "both kinds of quotes"),
        ("<a>@(1)</a>", "cannot hold an expression"),
        ("<a b='@(1)' />", "cannot hold an expression"),
    ],
)
def test_elements_that_cannot_be_written(text: str, problem: str) -> None:
    """What could be misread is refused."""
    with pytest.raises(PolicyNotUsable, match=problem):
        written(read_elements(text))
