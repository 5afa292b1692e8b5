"""Do jobs go on when the clock is set back, as if the later time had not been?"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.embedded import running_emulator
from mockserver.jobs.rules import Outcome
from mockserver.workspace.job_script import JobScriptChange, SecondsTiming
from tests.end_to_end.batch import batch_client
from tests.mockserver.jobs.calls import NOON, Client
from tests.mockserver.jobs.made import (
    ENDPOINT,
    advance,
    carry_out,
    opened,
    run,
    script,
    states,
    taken,
)
from tests.mockserver.jobs.world import write_world

LATER = "2027" + NOON[4:]
STAGED = {"output1": ["block"]}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """Run an emulator with two places for each endpoint."""
    with (
        running_emulator(write_world(tmp_path), scoring_processes=1) as ready,
        batch_client(ready) as batch,
    ):
        yield Client(batch)


def test_a_place_that_became_free_later_is_free_now() -> None:
    """A queue that was full at a moment that is not yet there does not stand still until then."""
    book = opened(places={ENDPOINT: 1})
    before = run(book, script(0, 5), 1000)
    carry_out(book, 1000)
    advance(book, 2000)
    assert states(book, before) == ["Finished"]
    book.set_back(10)
    jobs = [run(book, script(0, 5), 10) for _ in range(2)]
    carry_out(book, 10)
    advance(book, 14)
    assert states(book, *jobs) == ["Running", "NotStarted"]
    advance(book, 20)
    assert [book.find(job, 20).ended for job in jobs] == [15, 20]


def test_what_was_scored_later_is_scored_now() -> None:
    """A job that is over by the clock does not wait for the moment of its scoring."""
    book = opened()
    job = run(book, script(0, 5000), 10)
    (order,) = taken(book)
    book.scored(order.job, Outcome(1000, None, STAGED))
    book.set_back(20)
    timing = SecondsTiming(queued_seconds=0, running_seconds=1)
    book.change_script(job, JobScriptChange(timing=timing), 20)
    (commit,) = taken(book)
    assert commit.what == "commit"
    book.committed(commit, None, 20)
    assert book.find(job, 21).ended == 20


def test_a_clock_that_goes_on_changes_nothing() -> None:
    """What has happened by now stays where it was."""
    book = opened(places={ENDPOINT: 1})
    first, second = (run(book, script(0, 5), 10) for _ in range(2))
    carry_out(book, 10)
    advance(book, 15)
    book.set_back(15)
    advance(book, 30)
    assert [book.find(job, 30).ended for job in (first, second)] == [15, 20]


def test_each_test_may_freeze_the_same_moment(client: Client) -> None:
    """Without a reset between them: three jobs at two places, twice."""
    client.script(timing={"queued_seconds": 0, "running_seconds": 10})
    client.batch.freeze(LATER)
    for moment in (LATER, NOON):
        client.batch.freeze(moment)
        jobs = [client.run(f"demo/{number}.csv") for number in range(3)]
        client.batch.advance(100)
        assert [client.state(job) for job in jobs] == ["Finished"] * 3
        assert [client.seconds(job) for job in jobs] == [(0, 10), (0, 10), (10, 20)]
