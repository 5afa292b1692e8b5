"""Who is called when a moment has passed, and how is that cheap for those who are never called?

Nearly every call is over before its deadline. A timer of its own for each would cost more than the
rest of its bookkeeping, so one timer looks after all of them, now and then.
"""

import asyncio
from collections.abc import Callable

STEP_SECONDS = 0.02
"""How much later than its moment a deadline may be noticed."""


class Deadline:
    """A moment, by the event loop's clock, and what is called once it has passed."""

    __slots__ = ("act", "moment")

    def __init__(self, moment: float, act: Callable[[], object]) -> None:
        self.moment, self.act = moment, act


class Deadlines:
    """The deadlines of one event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._open: set[Deadline] = set()
        self._timer: asyncio.TimerHandle | None = None

    def after(self, seconds: float, act: Callable[[], object]) -> Deadline:
        """See to it that `act` is called once, `seconds` from now, unless it is dropped before."""
        deadline = Deadline(self.loop.time() + seconds, act)
        self._open.add(deadline)
        if self._timer is None:
            self._timer = self.loop.call_later(STEP_SECONDS, self._look)
        return deadline

    def drop(self, deadline: Deadline) -> None:
        """Forget a deadline; it may have passed."""
        self._open.discard(deadline)

    def _look(self) -> None:
        now = self.loop.time()
        passed = [deadline for deadline in self._open if deadline.moment <= now]
        self._open.difference_update(passed)
        for deadline in passed:
            deadline.act()
        # The timer goes on while calls come and go; it ends when a whole step was quiet.
        self._timer = self.loop.call_later(STEP_SECONDS, self._look) if self._open else None
