"""What does .NET say when an expression throws?"""

from mockserver.gateway.errors import ExpressionFailed


class Thrown(ExpressionFailed):
    """An exception of .NET. `type` is its name there, for `catch`."""

    def __init__(self, message: str, type_name: str = "Exception") -> None:
        super().__init__(message)
        self.type = type_name


def null_reference() -> Thrown:
    return Thrown("Object reference not set to an instance of an object.", "NullReferenceException")


def null_argument(name: str = "value") -> Thrown:
    message = f"Value cannot be null. (Parameter '{name}')"
    return Thrown(message, "ArgumentNullException")


def missing_key() -> Thrown:
    message = "The given key was not present in the dictionary."
    return Thrown(message, "KeyNotFoundException")


def out_of_bounds() -> Thrown:
    return Thrown("Index was outside the bounds of the array.", "IndexOutOfRangeException")


def out_of_range(name: str = "index") -> Thrown:
    message = (
        "Index was out of range. Must be non-negative and less than the size of the collection."
        f" (Parameter '{name}')"
    )
    return Thrown(message, "ArgumentOutOfRangeException")


def bad_length() -> Thrown:
    message = "Index and length must refer to a location within the string. (Parameter 'length')"
    return Thrown(message, "ArgumentOutOfRangeException")


def bad_format() -> Thrown:
    return Thrown("Input string was not in a correct format.", "FormatException")


def too_large(kind: str = "an Int32") -> Thrown:
    return Thrown(f"Value was either too large or too small for {kind}.", "OverflowException")


def divided_by_zero() -> Thrown:
    return Thrown("Attempted to divide by zero.", "DivideByZeroException")


def bad_cast(found: str, wanted: str) -> Thrown:
    message = f"Unable to cast object of type '{found}' to type '{wanted}'."
    return Thrown(message, "InvalidCastException")


def no_value() -> Thrown:
    return Thrown("Nullable object must have a value.", "InvalidOperationException")


def no_elements(what: str = "elements") -> Thrown:
    return Thrown(f"Sequence contains no {what}", "InvalidOperationException")
