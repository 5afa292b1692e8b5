"""Is what is not supported refused when it is loaded, at its place?"""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mockserver.gateway.expressions import ExpressionNotUsable, compile_expression

REFUSED = [
    ("1", 1, 1, "begins with"),
    ("@(1", 1, 3, "missing at the end"),
    ("@()", 1, 3, "ends too early"),
    ("@{ }", 1, 3, "gives no value"),
    ("@{ return; }", 1, 4, "needs a value"),
    ("@{ if (true) return 1; }", 1, 4, "not all code paths"),
    ("@(1 +)", 1, 6, "ends too early"),
    ("@(1 2)", 1, 5, "2 is not expected"),
    ("@(context.Foo)", 1, 11, "context.Foo is not supported"),
    ("@(context.Request.Foo.Bar)", 1, 19, "IRequest.Foo"),
    ('@("a".Foo())', 1, 7, "string.Foo"),
    ('@("a".Length())', 1, 7, "no method"),
    ('@("a".Trim)', 1, 7, "brackets are missing"),
    ('@("a".Substring())', 1, 7, "does not take 0 arguments"),
    ('@("a".Substring("b"))', 1, 7, "string is no int"),
    ('@("a".Trim<int>())', 1, 7, "without a type"),
    ("@(foo)", 1, 3, "foo is not known"),
    ("@(foo.Bar())", 1, 3, "foo is not known"),
    ('@(System.IO.File.ReadAllText("x"))', 1, 3, "is not known"),
    ("@(Environment.Exit(1))", 1, 3, "Environment is not known"),
    ('@(string.Foo("a"))', 1, 10, "string.Foo is not supported"),
    ("@(Math)", 1, 3, "a type, no value"),
    ("@(Guid.NewGuid)", 1, 8, "brackets are missing"),
    ('@((Foo)"a")', 1, 3, "type Foo is not supported"),
    ('@((int)"5")', 1, 3, "string cannot be cast to int"),
    ("@(context.Request.Body.As<XElement>())", 1, 26, "XElement is not supported"),
    ("@(context.Request.Body.As<int>())", 1, 26, "As<int>"),
    ("@(new Foo())", 1, 7, "type Foo is not supported"),
    ("@(typeof(string))", 1, 3, "not known"),
    ('@("a" == 1)', 1, 7, "cannot be compared"),
    ('@(context.Variables["a"] == "b")', 1, 26, "by reference"),
    ('@(JToken.Parse("1") == "1")', 1, 21, "cast the token"),
    ('@("a" < "b")', 1, 7, "does not go with"),
    ('@("a" - 1)', 1, 7, "does not go with"),
    ("@(1m + 1.0)", 1, 6, "does not go with"),
    ("@(!1)", 1, 3, "has to be bool"),
    ("@(1 ? 2 : 3)", 1, 3, "has to be bool"),
    ('@(true ? 1 : "a")', 1, 3, "no common type"),
    ("@(true ? 1 : null)", 1, 3, "no common type"),
    ("@(1 ?? 2)", 1, 3, "never null"),
    ("@(1?.ToString())", 1, 4, "has no use"),
    ("@(x => x)", 1, 3, "lambda"),
    ("@(new[] {1}.Select(5))", 1, 13, "takes a lambda"),
    ("@(new[] {1}.Where(x => x))", 1, 13, "should give bool"),
    ("@(new[] {1}.Select(x => x.Foo))", 1, 27, "int.Foo"),
    ("@('ab')", 1, 3, "not closed"),
    ("@('\\q')", 1, 3, "does not exist"),
    ('@("\\q")', 1, 3, "does not exist"),
    ('@("abc)', 1, 3, "not closed"),
    ('@($"{1")', 1, 5, "not closed"),
    ('@($"}")', 1, 5, "closes nothing"),
    ('@($"{foo}")', 1, 6, "foo is not known"),
    ("@(1 # 2)", 1, 5, "not supported"),
    ("@(1.5 << 2)", 1, 7, "does not go with double and int"),
    ("@{ var x = 1; x <<= 2; return x; }", 1, 18, "the operator <<= is not supported"),
    ("@{ checked { return 1; } }", 1, 12, "checked is not supported"),
    ("@{ lock (context) { } return 1; }", 1, 19, "lock is not supported"),
    ("@(from x in new[] {1} select x)", 1, 3, "a query (from … select) is not supported"),
    ("@(5 switch { 5 => 1 })", 1, 5, "a switch expression is not supported"),
    ("@(new HMACSHA256 { Key = null })", 1, 24, "an object initialiser, Key = …, is not"),
    ('@("a".Equals(x = 5))', 1, 16, "an assignment within an expression, x = …, is not"),
    ("@(x => )", 1, 8, "ends too early"),
    ("@(; 1)", 1, 3, "; is not expected"),
    ("@(99999999999999999999)", 1, 3, "too large"),
    ("@(1.5f)", 1, 3, "suffix"),
    ("@((1)", 1, 3, "not closed"),
    ("@(1))", 1, 4, "closes nothing"),
    ("@(1])", 1, 4, "closes nothing"),
    ('@(Regex.IsMatch("a", "("))', 1, 9, "regular expression"),
    (r'@(Regex.IsMatch("a", "(a)\\1"))', 1, 9, "regular expression"),
    ("@{ var x = null; return x; }", 1, 12, "cannot be null"),
    ("@{ var x; return x; }", 1, 8, "needs a value"),
    ('@{ int x = "a"; return x; }', 1, 12, "string is no int"),
    ("@{ var x = 1; var x = 2; return x; }", 1, 19, "declared already"),
    ("@{ x = 1; return x; }", 1, 6, "not declared"),
    ('@{ context.Variables["a"] = 1; return 1; }', 1, 27, "nothing can be put"),
    ('@{ context.Api.Name = "a"; return 1; }', 1, 21, "cannot be set"),
    ("@{ 1 + 1; return 1; }", 1, 4, "stands alone"),
    ('@{ return 1; return "a"; }', 1, 21, "no common type"),
    ("@{\n  var a = 1;\n  return a.Foo;\n}", 3, 12, "int.Foo"),
    ("@{ goto x; }", 1, 4, "not supported"),
    (
        "@{ int F(int x) { return x; } return F(1); }",
        1,
        8,
        "a function within an expression, F, is not",
    ),
    ("@{ foreach (var x in 5) { } return 1; }", 1, 4, "no sequence"),
    ("@{ if (1) { } return 1; }", 1, 8, "has to be bool"),
    ("@{ throw 5; }", 1, 4, "no exception"),
    ("@(new Dictionary<string>())", 1, 7, "not supported"),
    ("@(new[] {})", 1, 3, "not known"),
    ("@(new DateTime(1).Foo)", 1, 19, "DateTime.Foo"),
    ('@(int.TryParse("1", 5))', 1, 7, "out is missing"),
    ("@(context.Request.Body.As<string>(keep: true))", 1, 24, "no parameter keep"),
    ('@("a"["b"])', 1, 6, "string is no int"),
    ("@(5[0])", 1, 4, "no index"),
    ("@(5())", 1, 4, "no method"),
    ('@("a" as int)', 1, 3, "never null"),
    ("@(null.Foo)", 1, 8, "not known"),
    ('@(context.Trace("a"))', 1, 3, "gives no value"),
    ('@(new int["a"])', 1, 3, "string is no int"),
]


@pytest.mark.parametrize(("text", "line", "column", "words"), REFUSED)
def test_a_mistake_is_told_with_its_place(text: str, line: int, column: int, words: str) -> None:
    """The message says what is wrong, the place is that of the word, in the file."""
    with pytest.raises(ExpressionNotUsable) as caught:
        compile_expression(text)
    assert words in str(caught.value)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_the_place_is_counted_from_where_the_expression_stands() -> None:
    """Only the first line is moved to the right."""
    with pytest.raises(ExpressionNotUsable) as caught:
        compile_expression("@(context.Foo)", 7, 20)
    assert (caught.value.line, caught.value.column) == (7, 30)
    with pytest.raises(ExpressionNotUsable) as caught:
        compile_expression("@(1 +\n context.Foo)", 7, 20)
    assert (caught.value.line, caught.value.column) == (8, 10)


def test_a_long_expression_is_shortened() -> None:
    """The message shows the beginning of it, in one line."""
    with pytest.raises(ExpressionNotUsable) as caught:
        compile_expression("@(foo\n +  " + "1 + " * 100 + "1)")
    assert "@(foo + 1 + 1" in str(caught.value)
    assert str(caught.value).endswith("…")


ALPHABET = st.sampled_from(
    [
        *(
            "(",
            ")",
            "{",
            "}",
            "[",
            "]",
            "<",
            ">",
            "?",
            ".",
            ",",
            ";",
            ":",
            "=",
            "=>",
            "!",
            "&&",
            "+",
        ),
        *(
            "-",
            '$"',
            '"',
            "'",
            "\\",
            "@",
            " ",
            "\n",
            "//",
            "/*",
            "if",
            "return",
            "new",
            "var",
            "as",
        ),
        *(
            "foreach",
            "in",
            "out",
            "is",
            "null",
            "context",
            "Request",
            "Body",
            "As",
            "string",
            "int",
        ),
        *("JObject", "x", "1", "2.5", "0x", "1e9", "Select", "try", "catch", "switch", "case", "|"),
    ]
)


@given(st.lists(ALPHABET, max_size=30).map("".join), st.sampled_from(["@({})", "@{{{}}}", "{}"]))
@example("x" * 70_000, "@({})")
@example("1e999999999", "@({})")
@example("0" * 5000, "@({})")
def test_whatever_is_written_is_compiled_or_refused(text: str, frame: str) -> None:
    """Nothing but a refusal comes of any text."""
    place = (1, 1)
    try:
        compile_expression(frame.format(text))
    except ExpressionNotUsable as refusal:
        place = (refusal.line, refusal.column)
    assert min(place) >= 1


@given(st.text(max_size=60))
def test_any_characters_are_compiled_or_refused(text: str) -> None:
    """Nor of any characters."""
    for whole in (text, f"@({text})", f"@{{{text}}}", f'@("{text}")', f'@($"{text}")'):
        try:
            compile_expression(whole)
        except ExpressionNotUsable:
            continue
