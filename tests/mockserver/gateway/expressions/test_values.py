"""Do literals, operators and conversions give what C# gives?"""

import pytest

from tests.mockserver.gateway.expressions.evaluating import text_of

LITERALS = [
    ("true", "True"),
    ("false", "False"),
    ("null", ""),
    ("42", "42"),
    ("1_000", "1000"),
    ("0xFF", "255"),
    ("2147483648", "2147483648"),
    ("-2147483648", "-2147483648"),
    ("-9223372036854775808", "-9223372036854775808"),
    ("7L", "7"),
    ("1.5", "1.5"),
    (".5", "0.5"),
    ("2d", "2"),
    ("1e20", "1E+20"),
    ("0.00001", "1E-05"),
    ("0.0001", "0.0001"),
    ("123456789012345.0", "123456789012345"),
    ("1234567890123456.0", "1.234567890123456E+15"),
    ("12.50m", "12.50"),
    ("'x'", "x"),
    (r"'\n'", "\n"),
    (r"'\u0041'", "A"),
    (r'"a\tb\"c\\"', 'a\tb"c\\'),
    (r'"\x41\u00e9\U0001F600"', "A\u00e9\U0001f600"),
    (r'@"a\b""c"', r'a\b"c'),
    ('$"{1 + 1}{{}}"', "2{}"),
    ('$"{(true ? 1 : 2)}-{"a" + "b"}"', "1-ab"),
    (r'$@"\{1}"', r"\1"),
    ('$"{"a",3}|{"b",-3}|"', "  a|b  |"),
]
OPERATORS = [
    ("7 / 2", "3"),
    ("-7 / 2", "-3"),
    ("-7 % 2", "-1"),
    ("7 / 2.0", "3.5"),
    ("1.0 / 0", "Infinity"),
    ("-1.0 / 0", "-Infinity"),
    ("0.0 / 0", "NaN"),
    ("5.5 % 2", "1.5"),
    ("1.0 % 0", "NaN"),
    ("2147483647 + 1", "-2147483648"),
    ("2147483647 * 2", "-2"),
    ("9223372036854775807 + 1", "-9223372036854775808"),
    ("3000000000 + 1", "3000000001"),
    ("1m / 4", "0.25"),
    ("0.1m + 0.2m", "0.3"),
    ("5 % 3m", "2"),
    ("'a' + 1", "98"),
    ("'a' + \"b\"", "ab"),
    ('1 + 2 + "x" + 1 + 2', "3x12"),
    ('"a" + null + true + 1.0', "aTrue1"),
    ("1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3", "True"),
    ("'a' < 'b'", "True"),
    ("1 == 1.0", "True"),
    ('"a" == "a" && "a" != "A"', "True"),
    ("(string)null == null", "True"),
    ("true || 1 / 0 == 0", "True"),
    ("false || false || true", "True"),
    ("true && true && false", "False"),
    ("!true", "False"),
    ("-(2)", "-2"),
    ("+3", "3"),
    ("-1.5", "-1.5"),
    ("-1.5m", "-1.5"),
    ('1 > 2 ? "a" : "b"', "b"),
    ("true ? 1 : 2.5", "1"),
    ('(string)null ?? "x"', "x"),
    ('"a" ?? "x"', "a"),
    ("5 & 3", "1"),
    ("5 | 3", "7"),
    ("5 ^ 3", "6"),
    ("true ^ true", "False"),
    ("1 + 2 * 3 - 4", "3"),
    ("(1 + 2) * 3", "9"),
]
CASTS = [
    ("(int)2.9", "2"),
    ("(int)-2.9", "-2"),
    ("(int)3000000000", "-1294967296"),
    ("(int)1e20", "-2147483648"),
    ("(int)2.5m", "2"),
    ("(long)1e10", "10000000000"),
    ("(double)1 / 2", "0.5"),
    ("(double)'a'", "97"),
    ("(decimal)1.1", "1.1"),
    ("(decimal)'a'", "97"),
    ("(char)65", "A"),
    ("(int)'A'", "65"),
    ("(byte)300", "44"),
    ("(long)2.5m", "2"),
    ("(object)1", "1"),
    ("(int)(object)1", "1"),
    ("(int?)null == null", "True"),
    ("((int?)5).Value + 1", "6"),
    ("(int)(int?)5", "5"),
    ("((int?)null).HasValue", "False"),
    ("((int?)null).GetValueOrDefault(7)", "7"),
    ("(int?)null + 1 == null", "True"),
    ("(int?)null < 1", "False"),
    ("(int?)3 > 1", "True"),
    ("(int?)null ?? 4", "4"),
    ('(object)"a" is string', "True"),
    ('(object)"a" is int', "False"),
    ("(object)1 is int", "True"),
    ('((object)"a" as string).Length', "1"),
    ("((object)1 as string) == null", "True"),
    ('(object)"abc" is string s ? s.Length : 0', "3"),
    ('(object)"a" is null', "False"),
    ("(int)DayOfWeek.Tuesday", "2"),
    ("(string)(JToken)5", "5"),
    ('(int)new JValue("12")', "12"),
    ('(bool)new JValue("true")', "True"),
    ("(double)new JValue(2)", "2"),
    ("(decimal)new JValue(2.5)", "2.5"),
    ("(int)new JValue(2.5)", "2"),
    ("(string)new JValue(true)", "True"),
    ("((int?)new JValue((object)null)).HasValue", "False"),
    ('((DateTime)new JValue("2020-01-02")).Year', "2020"),
    ('(Guid)new JValue("6f1d9b4e-7a3c-4c55-9f5e-0a1b2c3d4e5f") == Guid.Empty', "False"),
    ('((string[])JToken.Parse("[1,2]"))[1]', "2"),
]


@pytest.mark.parametrize(("expression", "expected"), LITERALS + OPERATORS + CASTS)
def test_an_expression_gives_what_csharp_gives(expression: str, expected: str) -> None:
    """Each expression comes to its text."""
    assert text_of(expression) == expected


def test_a_null_conditional_skips_the_rest() -> None:
    """What hangs on null is not looked at, and the whole is null."""
    assert text_of("context.User?.Email.ToUpper().Length == null", anonymous=True) == "True"
    assert text_of("context.User?.Email.Length + 1") == "16"


def test_comments_are_skipped() -> None:
    """Both kinds of comments may stand anywhere."""
    assert text_of("@(1 /* one */ + // two\n 2)") == "3"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("{1234.5:N2}", "1,234.50"),
        ("{1234.567:F1}", "1234.6"),
        ("{5:D4}", "0005"),
        ("{-5:D4}", "-0005"),
        ("{255:X}", "FF"),
        ("{-1:x8}", "ffffffff"),
        ("{0.256:P1}", "25.6 %"),
        ("{12.5:C}", "\u00a412.50"),
        ("{-12.5:C}", "(\u00a412.50)"),
        ("{12345.678:E2}", "1.23E+004"),
        ("{1.50m:G}", "1.50"),
        ("{1234.5678:G3}", "1.23E+03"),
        ("{12.3456:0.##}", "12.35"),
        ("{12:0.00}", "12.00"),
        ("{1234567:#,##0}", "1,234,567"),
        ("{0.5:0%}", "50%"),
        ("{7:000}", "007"),
        ("{-0.5:0.0}", "-0.5"),
        ("{true:X}", "True"),
        ("{1.0 / 0:N}", "Infinity"),
        ("{context.RequestId:N}", "6f1d9b4e7a3c4c559f5e0a1b2c3d4e5f"),
        ("{context.RequestId:B}", "{6f1d9b4e-7a3c-4c55-9f5e-0a1b2c3d4e5f}"),
        ("{new JValue(5):D2}", "05"),
        ("{DayOfWeek.Friday:G}", "Friday"),
    ],
)
def test_a_format_is_applied(form: str, expected: str) -> None:
    """Standard and custom formats write as .NET does in the invariant culture."""
    assert text_of(f'$"{form}"') == expected


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("d", "01/02/2026"),
        ("o", "2026-01-02T03:04:05.5000000Z"),
        ("R", "Fri, 02 Jan 2026 03:04:05 GMT"),
        ("s", "2026-01-02T03:04:05"),
        ("u", "2026-01-02 03:04:05Z"),
        ("D", "Friday, 02 January 2026"),
        ("yyyy-MM-ddTHH:mm:ss.fffK", "2026-01-02T03:04:05.500Z"),
        ("h:mm tt", "3:04 AM"),
        ("yy 'at' dddd", "26 at Friday"),
        ("ddd d MMM \\d zzz", "Fri 2 Jan d +00:00"),
        ("ss.FFF", "05.5"),
    ],
)
def test_a_moment_is_written(form: str, expected: str) -> None:
    """A DateTime knows the standard formats and the custom ones."""
    escaped = form.replace("\\", "\\\\")
    assert text_of(f'context.Timestamp.ToString("{escaped}")') == expected
