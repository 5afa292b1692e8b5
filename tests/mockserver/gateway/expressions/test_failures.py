"""Does an expression fail where C# throws?"""

import pytest

from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.expressions import to_boolean, to_integer, to_text
from mockserver.gateway.message import Response
from tests.mockserver.gateway.expressions.evaluating import value_of

NULL = "Object reference not set to an instance of an object."
MISSING = "The given key was not present in the dictionary."
THROWN = [
    ("context.User.Email", NULL),
    ("((string)null).Length", NULL),
    ('((JObject)null)["a"]', NULL),
    ('context.Request.Headers["X-None"][0]', MISSING),
    ('context.Variables["none"]', MISSING),
    ('new Dictionary<string, int>()["a"]', MISSING),
    ("new[] {1}[1]", "Index was outside the bounds of the array."),
    ('"a"[1]', "Index was outside the bounds"),
    ("new List<int>()[0]", "Index was out of range"),
    ('JArray.Parse("[]")[0]', "Index was out of range"),
    (
        '(int)context.Variables["s"]',
        "Unable to cast object of type 'System.String' to type 'System.Int32'.",
    ),
    ('(JObject)context.Variables["s"]', "Newtonsoft.Json.Linq.JObject"),
    ('(int)context.Variables["null"]', NULL),
    ('context.Variables.GetValueOrDefault<int>("s")', "Unable to cast"),
    ('(JArray)JToken.Parse("{}")', "Unable to cast"),
    ('int.Parse("x")', "Input string was not in a correct format."),
    ('int.Parse("99999999999")', "too large or too small for an Int32"),
    ("int.Parse((string)null)", "Value cannot be null"),
    ('Convert.ToInt32("x")', "correct format"),
    ('Convert.ToInt32("12", 16) + Convert.ToInt32("1", 7)', "Invalid Base"),
    ('Convert.ToInt32("zz", 16)', "correct format"),
    ("Convert.ToInt32(1e30)", "too large"),
    ("Convert.ToInt32(new JArray())", "Unable to cast"),
    ('bool.Parse("yes")', "not recognized"),
    ('double.Parse("x")', "correct format"),
    ('DateTime.Parse("x")', "not recognized as a valid DateTime"),
    ('Guid.Parse("x")', "Unrecognized Guid"),
    ('Convert.FromBase64String("!")', "Base-64"),
    ("1 / 0", "Attempted to divide by zero."),
    ("1 % 0", "Attempted to divide by zero."),
    ("1m / 0", "Attempted to divide by zero."),
    ("79228162514264337593543950335m * 10", "too large or too small for a Decimal"),
    ("(decimal)1e300", "too large or too small for a Decimal"),
    ("(int)79228162514264337593543950335m", "too large or too small for an Int32"),
    ("Math.Abs(int.MinValue)", "twos complement"),
    ("Math.Round(1.5, 99)", "Rounding digits"),
    ('"abc".Substring(4)', "startIndex"),
    ('"abc".Substring(1, 5)', "Index and length"),
    ('"abc".Remove(5)', "out of range"),
    ('"abc".Insert(5, "x")', "out of range"),
    ('"a".Replace("", "b")', "zero length"),
    ('"a".IndexOf("b", 7)', "out of range"),
    ('"a".Contains((string)null)', "Value cannot be null"),
    ('string.Format("{1}", 1)', "Index (zero based)"),
    ('string.Format("{", 1)', "correct format"),
    ('5.ToString("Q")', "invalid"),
    ('1.5.ToString("D2")', "invalid"),
    ('context.Timestamp.ToString("q")', "correct format"),
    ("new string[] {}.First()", "Sequence contains no elements"),
    ("new[] {1}.First(x => x > 1)", "no matching element"),
    ("new[] {1, 2}.Single()", "more than one element"),
    ("new int[] {}.Max()", "no elements"),
    ("new int[] {}.Average()", "no elements"),
    ("new[] {1}.ElementAt(3)", "out of range"),
    ('new Dictionary<string, int> { {"a", 1}, {"a", 2} }', "same key"),
    ("((int?)null).Value", "must have a value"),
    ("(int)(int?)null", "must have a value"),
    ('JObject.Parse("[]")', "Error reading JObject"),
    ('JObject.Parse("{")', "reading JSON"),
    ("(string)new JObject()", "Can not convert Object to String."),
    ("(int)new JValue((object)null)", "Can not convert Null to Int32."),
    ('(int)new JValue("x")', "correct format"),
    ("new JObject()[0]", "invalid key"),
    ('((JToken)5)["a"]', "Cannot access child value"),
    ("new JObject(1)", "Can not add"),
    ('new JObject(new JProperty("a", 1), new JProperty("a", 2))', "already exists"),
    ('new JObject().SelectToken("$..a")', "not supported"),
    ('new JObject().SelectToken("a", true)', "no match"),
    ('JToken.Parse("[1,2]").SelectToken("[*]")', "multiple"),
    ("context.Response.Body.As<JArray>()", "Unable to cast"),
    ("new DateTime(2023, 2, 30)", "un-representable"),
    ("DateTime.MaxValue.AddDays(1)", "un-representable"),
    ("DateTime.MaxValue.AddYears(1)", "Months"),
    ("TimeSpan.FromDays(1e300)", "too long"),
    ('new Uri("x")', "Invalid URI"),
    ('context.RequestId.ToString("Z")', "correct format"),
    ("new Random().Next(5, 1)", "minValue"),
    ("Enumerable.Range(0, -1)", "out of range"),
    ("new string('x', -1)", "out of range"),
    ("new int[-1].Length", "out of range"),
]


@pytest.mark.parametrize(("expression", "message"), THROWN)
def test_an_expression_throws_as_csharp_does(expression: str, message: str) -> None:
    """The failure says what .NET would say."""
    with pytest.raises(ExpressionFailed) as caught:
        value_of(expression, variables={"s": "x", "null": None}, anonymous=True)
    assert message in str(caught.value)


def test_what_is_thrown_and_not_caught_fails() -> None:
    """A catch takes its own type only, and bounds are not caught at all."""
    with pytest.raises(ExpressionFailed, match="mine"):
        value_of('@{ if (true) { throw new Exception("mine"); } return 1; }')
    with pytest.raises(ExpressionFailed, match="correct format"):
        value_of('@{ try { return int.Parse("x"); } catch (KeyNotFoundException) { return 1; } }')
    with pytest.raises(ExpressionFailed, match="steps"):
        value_of("@{ try { while (true) { } } catch { } return 1; }")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "True"),
        (12, "12"),
        (0.5, "0.5"),
        ("a", "a"),
        (b"ab", "System.Byte[]"),
        (["a"], "System.Object[]"),
        (Response(200), "Response"),
        (float("inf"), "Infinity"),
        (object(), "object"),
    ],
)
def test_a_value_has_a_text(value: object, text: str) -> None:
    """The text is that of ToString(), and nothing of null."""
    assert to_text(value) == text


def test_a_policy_takes_a_boolean_only_where_it_needs_one() -> None:
    """Text that says true is no bool."""
    assert to_boolean(True) is True
    for value in ("true", 1, None):
        with pytest.raises(ExpressionFailed):
            to_boolean(value)


def test_a_policy_takes_a_whole_number_where_it_needs_one() -> None:
    """A whole number may be given as text; a bool or a fraction may not."""
    assert [to_integer(5), to_integer(" -7 ")] == [5, -7]
    for value in ("x", 1.5, True, None):
        with pytest.raises(ExpressionFailed):
            to_integer(value)
