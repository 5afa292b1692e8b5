"""How much may one evaluation compute and make?

Every round of a loop and every call of a lambda costs as many steps as its code has parts, so the
count is close to what was done. Texts and collections that are made cost their length.
"""

from typing import TYPE_CHECKING, Any

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.errors import ExpressionFailed

if TYPE_CHECKING:
    from mockserver.gateway.call import Call

MOST_STEPS = 500_000
MOST_ROOM = 32 << 20
"""Characters and bytes that one evaluation may make, those of a body it reads included."""
LARGEST = 8 << 20
"""The longest text that an expression may make by itself."""
ELEMENT = 24
"""What an element of a collection costs, in characters."""

CHARACTERS = 64
"""How many characters are worked through in one step."""
ELEMENTS = 4
"""How many elements of a collection are."""

FACTS = (
    Fact(
        "An expression that runs too long or makes too much fails, as if it had thrown.",
        Evidence.ASSUMED,
        "the real bounds are not published; these keep one call from taking the emulator down",
    ),
)


class Frame:
    """One evaluation: the call it is for, its local variables, what it may still use."""

    __slots__ = ("call", "result", "room", "slots", "steps")

    def __init__(self, call: "Call", slots: int) -> None:
        self.call = call
        self.slots: list[Any] = [None] * slots
        self.steps = MOST_STEPS
        self.room = MOST_ROOM
        self.result: Any = None

    def spend(self, steps: int) -> None:
        """Note work that was done, or is about to be."""
        self.steps -= steps
        if self.steps < 0:
            raise ExpressionFailed(f"The expression takes more than {MOST_STEPS} steps.")

    def claim(self, size: int) -> None:
        """Note the length of a text that was made, or is about to be."""
        self.room -= size
        if self.room < 0 or size > MOST_ROOM:
            raise ExpressionFailed(f"The expression makes more than {MOST_ROOM} characters.")


def check_length(length: int) -> None:
    """Refuse a text before it is made. Raises ExpressionFailed."""
    if length > LARGEST:
        raise ExpressionFailed(f"A text of {length} characters is too long, {LARGEST} are allowed.")
