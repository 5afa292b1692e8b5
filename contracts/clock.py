"""How does time pass while a target is judged? Its clock is moved, or else we wait.

A clock that we may move stands still meanwhile, so that the same seed makes the same calls however
slow the machine is; afterwards it goes on as before.
"""

import time
from typing import Any, Protocol

import httpx

from contracts.target import Target


class ClockTrouble(Exception):
    """The clock that was to be moved cannot be moved, as one line."""


class JudgesClock(Protocol):
    """Time, for the target."""

    is_moved: bool

    def begin(self) -> None:
        """Begin a run."""

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""

    def end(self) -> None:
        """End a run."""


class RealClock:
    """Time that has to be waited for."""

    is_moved = False

    def begin(self) -> None:
        """Do nothing."""

    def pass_time(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)

    def end(self) -> None:
        """Do nothing."""


class MovedClock:
    """The clock of an emulator, under its `/__admin`."""

    is_moved = True

    def __init__(self, admin_url: str) -> None:
        self._url = f"{admin_url}/clock"
        self._before: dict[str, Any] = {}

    def begin(self) -> None:
        """Stop the clock. Raises ClockTrouble."""
        self._before = self._ask("GET", "")
        self._ask("PUT", "", {"mode": "frozen"})

    def pass_time(self, seconds: float) -> None:
        """Move the clock. Raises ClockTrouble."""
        self._ask("POST", "/advance", {"seconds": seconds})

    def end(self) -> None:
        """Let the clock go on as it went before, from where it is now. Raises ClockTrouble."""
        if self._before:
            now = self._ask("GET", "")["now"]
            change = {"mode": self._before["mode"], "now": now}
            if change["mode"] == "scaled":
                change["rate"] = self._before["rate"]
            self._ask("PUT", "", change)

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        try:
            answer = httpx.request(
                method,
                self._url + path,
                json=body,
                timeout=60,
                trust_env=False,
                verify=self._url.startswith("https:"),  # to read all certificates takes long
            ).raise_for_status()
            content = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ClockTrouble(f"the clock at {self._url} cannot be moved: {error}") from error
        return content if isinstance(content, dict) else {}


def clock_of(target: Target) -> JudgesClock:
    """Return how time passes for a target."""
    return MovedClock(target.admin_url) if target.admin_url else RealClock()
