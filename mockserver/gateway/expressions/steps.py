"""How do statements run?

A statement gives None if the next one is to run, or else why not: a return, a break, a continue.
"""

from collections.abc import Callable, Sequence
from enum import IntEnum

from mockserver.gateway.expressions.bounds import Frame
from mockserver.gateway.expressions.nodes import Run


class Leaving(IntEnum):
    """Why the next statement does not run."""

    BREAK = 1
    CONTINUE = 2
    RETURN = 3


Step = Callable[[Frame], "Leaving | None"]


def in_turn(steps: Sequence[Step]) -> Step:
    """Return what runs one statement behind the other."""
    if len(steps) == 1:
        return steps[0]

    def run(frame: Frame) -> Leaving | None:
        for step in steps:
            left = step(frame)
            if left is not None:
                return left
        return None

    return run


def silent(run: Run) -> Step:
    """Return what runs an action and gives nothing."""

    def perform(frame: Frame) -> None:
        run(frame)

    return perform


def assigner(slot: int, run: Run) -> Step:
    """Return what puts a value into a local variable."""

    def assign(frame: Frame) -> None:
        frame.slots[slot] = run(frame)

    return assign


def looping(check: Run, run: Step, then: Step | None, cost: int) -> Step:
    """Return what repeats a statement while a condition holds; `cost` is that of one round."""

    def loop(frame: Frame) -> Leaving | None:
        while check(frame):
            frame.spend(cost)
            left = run(frame)
            if left is Leaving.RETURN:
                return left
            if left is Leaving.BREAK:
                break
            if then is not None:
                then(frame)
        return None

    return loop


def switched(
    subject: Run, slot: int, cases: Sequence[tuple[Run, Step]], default: Step | None
) -> Step:
    """Return what runs the section of the first case that the subject is equal to."""

    def run(frame: Frame) -> Leaving | None:
        frame.slots[slot] = subject(frame)
        chosen = next((step for test, step in cases if test(frame)), default)
        left = None if chosen is None else chosen(frame)
        return None if left is Leaving.BREAK else left

    return run
