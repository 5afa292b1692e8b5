"""What can be done with arrays of bytes, shifts and unchecked numbers?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.errors import ExpressionFailed
from tests.mockserver.gateway.expressions.evaluating import text_of, value_of

GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
COMB = """@{
    var guidBinary = new byte[16];
    Array.Copy(new Guid("0f8fad5b-d9cb-469f-a165-70867728950e").ToByteArray(), 0,
        guidBinary, 0, 10);
    long time = 0x0102030405060708;
    byte[] bytes = new byte[6];
    unchecked
    {
        bytes[5] = (byte)time;
        bytes[4] = (byte)(time >> 8);
        bytes[3] = (byte)(time >> 16);
        bytes[2] = (byte)(time >> 24);
        bytes[1] = (byte)(time >> 32);
        bytes[0] = (byte)(time >> 40);
    }
    Array.Copy(bytes, 0, guidBinary, 10, 6);
    return new Guid(guidBinary).ToString();
}"""


def test_the_correlation_id_of_the_vendors_snippet() -> None:
    """A GUID whose last bytes are a time: arrays that are written to, shifts, casts."""
    assert value_of(COMB) == "0f8fad5b-d9cb-469f-a165-030405060708"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 << 4", 16),
        ("1 << 31", -(1 << 31)),
        ("1 << 33", 2),
        ("-16 >> 2", -4),
        ("1L << 40", 1 << 40),
        ("1 + 1 << 2 + 1", 16),
        ("8 >> 1 > 3", True),
        ("unchecked((byte)300)", 44),
        ("@{ unchecked { return 2147483647 + 1; } }", -(1 << 31)),
        ("new Dictionary<string, List<string>>().Count", 0),
        ("@{ var b = new byte[2]; b[1] = 250; b[1] += 10; return b[1]; }", 4),
        ('@{ var b = Encoding.UTF8.GetBytes("abc"); b[0] = 65; return b; }', b"Abc"),
        ("new byte[] { 1, 2 }", b"\1\2"),
        ("new byte[] { 1 }.Equals(new byte[] { 1 })", False),
        (f'new Guid("{GUID}").ToByteArray().Length', 16),
    ],
)
def test_numbers_and_bytes(text: str, expected: object) -> None:
    """Shifts take the lowest bits of the count, numbers are cut, bytes can be changed."""
    assert value_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@{ var a = new int[4]; Array.Copy(new[] {1, 2}, 0, a, 1, 2); return a; }", [0, 1, 2, 0]),
        ("@{ var a = new int[2]; Array.Copy(new[] {1, 2}, a, 1); return a; }", [1, 0]),
        ("@{ var a = new[] {1, 2, 3}; Array.Copy(a, 0, a, 1, 2); return a; }", [1, 1, 2]),
    ],
)
def test_a_part_of_an_array_is_copied(text: str, expected: list[int]) -> None:
    """Elements go from one array into another, or into another place of it."""
    assert value_of(text) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("@{ var a = new int[1]; Array.Copy(new[] {1, 2}, a, 2); return a; }", "not long enough"),
        ("@{ var a = new int[1]; Array.Copy(a, 0, a, 0, -1); return a; }", "out of range"),
        ("@{ var b = new byte[1]; b[1] = 1; return b; }", "outside the bounds"),
        ("new Guid(new byte[3])", "exactly 16 bytes"),
    ],
)
def test_what_does_not_fit_fails(text: str, problem: str) -> None:
    """It fails as .NET does, and nothing is written beyond the end."""
    with pytest.raises(ExpressionFailed, match=problem):
        value_of(text)


def test_bytes_of_another_expression_stay() -> None:
    """What a variable holds is read, and not changed behind the back of others."""
    text = '@{ var b = (byte[])context.Variables["b"]; b[0] = 1; return b; }'
    with pytest.raises(ExpressionFailed, match="cannot be changed"):
        value_of(text, variables={"b": b"ab"})


@given(st.integers(-(1 << 63), (1 << 63) - 1), st.integers(0, 200))
def test_shifts_are_those_of_64_bits(value: int, count: int) -> None:
    """The count is taken modulo 64, and what is shifted out is lost."""
    number = f'((long)context.Variables["n"] {{}} {count})'
    left = value_of(number.format("<<"), variables={"n": value})
    shifted = value << (count % 64)
    assert left == ((shifted + (1 << 63)) % (1 << 64)) - (1 << 63)
    assert value_of(number.format(">>"), variables={"n": value}) == value >> (count % 64)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Regex.IsMatch("abc", "B", RegexOptions.IgnoreCase, TimeSpan.FromSeconds(1))', "True"),
        ('Regex.Match("abc", "B", RegexOptions.None, TimeSpan.FromSeconds(1)).Success', "False"),
        ('Regex.Matches("abab", "b", RegexOptions.None, TimeSpan.FromSeconds(1)).Count', "2"),
        ('Regex.Replace("abc", "b", "x", RegexOptions.None, TimeSpan.FromSeconds(1))', "axc"),
        (
            (
                'Regex.Replace("abc", "B", m => "y", RegexOptions.IgnoreCase,'
                " Regex.InfiniteMatchTimeout)"
            ),
            "ayc",
        ),
        ('Regex.Split("a-b", "-", RegexOptions.None, TimeSpan.FromSeconds(1))[1]', "b"),
        (
            (
                'new Regex("b", RegexOptions.None, TimeSpan.FromSeconds(1))'
                '.Replace("abc", m => m.Value + "!")'
            ),
            "ab!c",
        ),
    ],
)
def test_a_match_may_be_given_a_time(text: str, expected: str) -> None:
    """Each of the methods takes a time limit behind the options."""
    assert text_of(text) == expected


def test_a_time_that_is_none_is_refused() -> None:
    """A time limit has to be more than nothing."""
    with pytest.raises(ExpressionFailed, match="matchTimeout"):
        value_of('Regex.IsMatch("a", "a", RegexOptions.None, TimeSpan.Zero)')


def test_a_url_is_a_uri() -> None:
    """`ToUri()` gives the address with all that a Uri has."""
    assert text_of("context.Request.OriginalUrl.ToUri().Host") == "demo.azure-api.net"
    expected = "/base/score/m1?details=true&tag=a&tag=b%20c"
    assert text_of("context.Request.Url.ToUri().PathAndQuery") == expected
