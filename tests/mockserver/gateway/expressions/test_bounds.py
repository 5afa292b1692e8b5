"""Is the emulator safe from expressions that are too much?"""
# ruff: noqa: E501 - tables: one row, one line

import pytest

from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.expressions import ExpressionNotUsable, compile_expression
from tests.mockserver.gateway.expressions.calls import make_call
from tests.mockserver.gateway.expressions.evaluating import value_of

BLOCKS = [
    "while (true) { } return 1;",
    "for (;;) { var x = 1; } return 1;",
    "do { } while (true); return 1;",
    'var s = "xxxxxxxxxx"; while (true) { s += s; } return s;',
    'var s = "x"; for (var i = 0; i < 40; i++) { s = $"{s}{s}"; } return s;',
    'var s = "x"; for (var i = 0; i < 40; i++) { s = string.Concat(s, s); } return s;',
    'var s = "x"; for (var i = 0; i < 40; i++) { s = s.Replace("x", "xx"); } return s;',
    "var s = new string('x', 4000000); return s.Replace(\"x\", s);",
    "var s = new string('x', 4000000); return Regex.Replace(s, \"x\", s);",
    "var s = new string('x', 4000000); return string.Format(\"{0}{0}{0}{0}\", s);",
    'var s = new string(\'x\', 4000000); return string.Join(s, new[] {"a", "b", "c", s, s, s, s, s, s});',
    'return "x".PadLeft(2000000000);',
    'return "x".PadRight(2000000000);',
    "return new string('x', 2000000000);",
    'return string.Format("{0,999999999}", 1);',
    "return Enumerable.Range(0, 2000000000).Count();",
    'return Enumerable.Repeat("x", 2000000000).Count();',
    "return new int[2000000000].Length;",
    "var l = new List<int> {1}; while (true) { l.AddRange(l); } return 1;",
    'var l = new List<string>(); while (true) { l.Add("x"); } return 1;',
    "var n = Enumerable.Range(0, 1000); return n.Sum(a => n.Sum(b => n.Sum(c => 1)));",
    "var j = new JArray(1); while (true) { j.Add(j); } return 1;",
    "var j = new JObject(); while (true) { j[Guid.NewGuid().ToString()] = j; } return 1;",
    'var j = new JObject(new JProperty("a", 1)); for (var i = 0; i < 50; i++) { var k = new JObject(); k["l"] = j; k["r"] = k["l"]; j = k; } return j.ToString();',
    'var s = new string(\'a\', 30000); return Regex.IsMatch(s + "!", "(a|a)*$");',
    "var s = new string('a', 3000); return Regex.IsMatch(s, \"(a+)+b\");",
    "var s = new string('a', 3000); return Regex.IsMatch(s, \"(?=(a+)+b)a*c\");",
    "var s = new string('a', 100000); return Regex.Matches(s, \"\").Count;",
]


@pytest.mark.parametrize("block", BLOCKS)
def test_what_is_too_much_comes_to_an_end(block: str) -> None:
    """Loops, texts, collections, JSON and patterns that grow without end are stopped."""
    try:
        value_of(f"@{{ {block} }}")
    except ExpressionFailed:
        pass
    else:
        assert "Regex" in block  # some patterns are done in time that is in proportion


@pytest.mark.parametrize(
    "text",
    [
        "@(" + "(" * 100 + "1" + ")" * 100 + ")",
        "@(" + "!" * 1000 + "true)",
        "@(" + "- " * 1000 + "1)",
        "@(" + "true ? 1 : " * 1000 + "1)",
        "@(" + "(string)null ?? " * 1000 + '"")',
        "@(" + "1 - " * 1000 + "1)",
        '@("a"' + ".Trim()" * 1000 + ")",
        "@(" + "(int)" * 1000 + "1)",
        "@{ " + "if (true) " * 1000 + "return 1; return 2; }",
        "@{ " + "if (false) return 1; else " * 500 + "return 2; }",
        "@(" + '$"{' * 100 + "1" + '}"' * 100 + ")",
        "@(" + "new[] {" * 100 + "1" + "}" * 100 + ")",
        "@(" + "new[] {1}.Select(x => " * 60 + "1" + ")" * 60 + ")",
        '@("' + "x" * 70_000 + '")',
        "@(" + "1+" * 30_000 + "1)",
    ],
)
def test_what_is_nested_too_deep_is_refused(text: str) -> None:
    """Neither reading nor running such an expression is tried."""
    with pytest.raises(ExpressionNotUsable):
        compile_expression(text)


def test_a_long_sum_of_texts_is_fine() -> None:
    """Pieces of a text side by side are no depth."""
    text = '@("a"' + ' + "b"' * 2000 + ")"
    assert value_of(text) == "a" + "b" * 2000


def test_a_deep_document_fails() -> None:
    """JSON nested beyond what can be read is a failure."""
    body = b"[" * 100_000 + b"]" * 100_000
    with pytest.raises(ExpressionFailed):
        value_of("context.Request.Body.As<JArray>()", body=body)


def test_the_bounds_are_those_of_one_evaluation() -> None:
    """What one evaluation uses up is there again for the next."""
    loop = compile_expression("@{ var n = 0; while (n < 50000) { n++; } return n; }")
    assert [loop.evaluate(make_call()) for _ in range(3)] == [50_000] * 3


def test_python_is_out_of_reach() -> None:
    """No attribute of a Python object has a name here."""
    for text in ('@("a".__class__)', "@(context.runtime)", "@(context.__dict__)", '@("a".upper())'):
        with pytest.raises(ExpressionNotUsable):
            compile_expression(text)
