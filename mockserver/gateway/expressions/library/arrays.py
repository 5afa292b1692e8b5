"""How are elements put into an array, one or several?"""

from typing import Any

from mockserver.gateway.expressions.bounds import CHARACTERS, Frame
from mockserver.gateway.expressions.members import Framed, Rows
from mockserver.gateway.expressions.throwing import Thrown, out_of_bounds, out_of_range


def set_element(sequence: Any, index: int, value: Any) -> None:
    """Put an element into an array."""
    if not 0 <= index < len(sequence):
        raise out_of_bounds()
    _check_writable(sequence)
    sequence[index] = value


def _check_writable(sequence: Any) -> None:
    if isinstance(sequence, bytes):
        # What expressions leave behind is not changed by those that follow.
        raise Thrown("A byte[] of another expression cannot be changed.", "NotSupportedException")


def _copy_first(frame: Frame, source: Any, target: Any, length: int) -> None:
    _copy_part(frame, source, 0, target, 0, length)


def _copy_part(
    frame: Frame, source: Any, place: int, target: Any, target_place: int, length: int
) -> None:
    """Copy elements from one array into another one, or within it."""
    if min(place, target_place, length) < 0:
        raise out_of_range("length")
    if place + length > len(source) or target_place + length > len(target):
        message = "Source or destination array was not long enough. Check the lengths."
        raise Thrown(message, "ArgumentException")
    _check_writable(target)
    frame.spend(length // CHARACTERS)
    target[target_place : target_place + length] = source[place : place + length]


COPY: Rows = [
    ("Copy(R[] source, R[] target, int length): void", Framed(_copy_first)),
    (
        "Copy(R[] source, int place, R[] target, int target_place, int length): void",
        Framed(_copy_part),
    ),
]
