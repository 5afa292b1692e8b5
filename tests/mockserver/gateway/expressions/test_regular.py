"""Are regular expressions matched as .NET does, in time that is in proportion?"""
# ruff: noqa: E501 - tables: one row, one line

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.expressions.pattern_parts import PatternNotUsable
from mockserver.gateway.expressions.regular import compile_pattern
from tests.mockserver.gateway.expressions.evaluating import text_of

PATTERNS = [
    *(r"a*b", r"(a|b)*c", r"^(\d+)-(\d+)$", r"a{2,3}?b", r"[a-c]+?b", r"(?:ab|a)(c|bcd)?"),
    *(r"(a+)(b*)", r"\bab\b", r"x?y??z", r"(?=a)\w+", r"(?!a)\w", r"(a|ab)(c|bcd)(d*)", "", "a||b"),
    *(
        r"[^a-b\s]+",
        r"a{2}",
        r"a{1,}b",
        r".\.",
        r"(?i)AB",
        r"(?m)^b$",
        r"(?s)a.b",
        r"\Bb",
        r"(?:(a)|b)+",
    ),
]


@given(st.sampled_from(PATTERNS), st.text("aabbccdxyz 12-.\n", max_size=12))
def test_a_match_is_the_one_that_backtracking_finds(pattern: str, text: str) -> None:
    """The first match and its groups are where Python's engine finds them."""
    expected = re.search(pattern, text)
    found = compile_pattern(pattern).search(text, 0, lambda _: None)
    if expected is None:
        assert found is None
        return
    assert found is not None
    spans = [expected.span(number) for number in range(expected.re.groups + 1)]
    got = [found[2 * n : 2 * n + 2] for n in range(len(spans))]
    assert [(-1, -1) if None in pair else pair for pair in got] == spans


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "(",
            ")",
            "a**",
            "*a",
            "(?<=a)b",
            r"(a)\1",
            "[z-a]",
            r"\p{L}",
            "a{5,2}",
            "a{5000}",
            "(?>a)",
        ),
        *(
            "((a{100}){100}){100}",
            "x" * 2000,
            "(" * 40 + ")" * 40,
            "[",
            "\\",
            "a++",
            "(?#x)",
            "[a-z-[b]]",
        ),
    ],
)
def test_a_pattern_that_is_not_supported_is_refused(pattern: str) -> None:
    """What would need more time, or is wrong, is not usable."""
    with pytest.raises(PatternNotUsable):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('Regex.Match("max-age=60, x", @"max-age=(?<age>\\d+)").Groups["age"]?.Value', "60"),
        ('Regex.Match("ab", "(a)(?<n>b)").Groups[1].Value', "a"),
        ('Regex.Match("ab", "(?<n>a)(b)").Groups[1].Value', "b"),
        ('Regex.Match("ab", "(?\'n\'a)").Groups["n"]', "a"),
        ('Regex.Match("ab", "x").Success || Regex.Match("ab", "x").Value != ""', "False"),
        ('Regex.Match("ab", "b").Index + Regex.Match("ab", "b").Length', "2"),
        ('Regex.Match("ab", "(x)?b").Groups[1].Success', "False"),
        ('Regex.Match("ab", "b").Groups[7].Success', "False"),
        ('Regex.Match("ab", "(a)(b)").Groups.Count', "3"),
        ('Regex.IsMatch("ABC", "b", RegexOptions.IgnoreCase)', "True"),
        ('Regex.IsMatch("a\\nb", "^b$", RegexOptions.Multiline | RegexOptions.IgnoreCase)', "True"),
        ('Regex.Replace("a1b22", "[0-9]+", "<$0$$>")', "a<1$>b<22$>"),
        (
            'Regex.Replace("John Smith", @"(?<f>\\w+) (\\w+)", "$1 ${f} $&")',
            "Smith John John Smith",
        ),
        ('Regex.Replace("a1", "[0-9]", m => "(" + m.Value + ")")', "a(1)"),
        ('Regex.Replace("abc", "", "-")', "-a-b-c-"),
        ('string.Join("|", Regex.Split("a1b2c", "[0-9]"))', "a|b|c"),
        ('string.Join("|", Regex.Split("a1b", "([0-9])"))', "a|1|b"),
        ('string.Join("|", Regex.Matches("a1b22", "[0-9]+").Select(m => m.Value))', "1|22"),
        ('Regex.Matches("aaa", "a").Count + Regex.Matches("ab", ".")[1].Value', "3b"),
        ('new Regex("A+", RegexOptions.IgnoreCase).Replace("xaa", "-")', "x-"),
        ('new Regex("a").IsMatch("cat") && new Regex("a").Match("a").Success', "True"),
        ('new Regex(",").Split("a,b").Length + new Regex("a").Matches("aa").Count', "4"),
        ('Regex.Escape("a.b*")', "a\\.b\\*"),
        ('Regex.IsMatch("x@y.example", @"^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$")', "True"),
        (
            'Regex.IsMatch("K", "(?i:k)") && Regex.IsMatch("[", "[[]") && Regex.IsMatch("]", "[]]")',
            "True",
        ),
        ('Regex.IsMatch("ab\\n", "^ab$") && !Regex.IsMatch("ab\\n", @"^ab\\z")', "True"),
        ('Regex.IsMatch("ab\\n", @"\\Aab\\Z")', "True"),
    ],
)
def test_patterns_are_used_in_expressions(expression: str, expected: str) -> None:
    """Each expression comes to its text."""
    assert text_of(expression) == expected


def test_options_join() -> None:
    """Two options in one have both their effects."""
    assert (
        text_of('Regex.IsMatch("A\\nb", "a.B", RegexOptions.IgnoreCase | RegexOptions.Singleline)')
        == "True"
    )
