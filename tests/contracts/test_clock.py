"""Does time pass for a target as it should?"""

from typing import Any

import httpx
import pytest

from contracts.clock import ClockTrouble, MovedClock, RealClock, clock_of
from contracts.preflight import CannotJudge
from contracts.run import Plan, Run
from contracts.target import Target
from mockserver.ready_file import Ready


def clock(ready: Ready) -> dict[str, Any]:
    read: dict[str, Any] = httpx.get(f"{ready['admin']['url']}/clock", trust_env=False).json()
    return read


def test_a_moved_clock_stands_still_between_and_goes_on_after(world: Ready) -> None:
    """So that only what we do lets time pass for the target."""
    moved = MovedClock(world["admin"]["url"])
    before = clock(world)
    moved.begin()
    assert clock(world)["mode"] == "frozen"
    moved.pass_time(3600)
    moved.end()
    after = clock(world)
    assert after["mode"] == before["mode"] == "system"
    assert after["offset_seconds"] - before["offset_seconds"] == pytest.approx(3600, abs=60)


def test_a_clock_at_another_speed_keeps_it(world: Ready) -> None:
    """It was somebody's choice."""
    url = f"{world['admin']['url']}/clock"
    httpx.put(url, json={"mode": "scaled", "rate": 3.0}, trust_env=False).raise_for_status()
    moved = MovedClock(world["admin"]["url"])
    moved.begin()
    moved.end()
    assert (clock(world)["mode"], clock(world)["rate"]) == ("scaled", 3.0)
    httpx.put(url, json={"mode": "system"}, trust_env=False).raise_for_status()


def test_a_clock_that_is_not_there_is_told(target: Target) -> None:
    """In one line, before anything is judged."""
    with pytest.raises(ClockTrouble, match="cannot be moved"):
        MovedClock("http://127.0.0.1:1/__admin").begin()
    wrong = Target(
        target.url, target.workspace, target.service, target.api_key, admin_url="http://127.0.0.1:1"
    )
    with Run(wrong, Plan()) as run, pytest.raises(CannotJudge, match="cannot be moved"):
        run.prepare()


def test_without_a_clock_to_move_time_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real seconds pass, and nothing is changed before or after."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    real = clock_of(Target("http://h", "w", "s", "k"))
    assert isinstance(real, RealClock)
    real.begin()
    real.pass_time(2.5)
    real.end()
    assert slept == [2.5]
    assert not real.is_moved
