"""What becomes of a job whose output somebody else writes or deletes while it runs?"""

import pytest

from mockserver.jobs.book import MOST_ATTEMPTS, JobBook, Order
from mockserver.jobs.failures import StateNotSaved
from mockserver.jobs.rules import Outcome
from mockserver.workspace.job_script import JobScriptChange
from tests.mockserver.jobs.made import (
    ENDPOINT,
    ForgetfulStore,
    advance,
    carry_out,
    opened,
    run,
    script,
    states,
    taken,
)

STAGED = Outcome(1, None, {"output1": ["block"]})


def committing(book: JobBook) -> tuple[str, Order]:
    """Start a job that is over at once, up to its commit; return its id and the order."""
    job = run(book, script())
    (order,) = taken(book)
    book.scored(order.job, STAGED)
    (commit,) = taken(book)
    assert commit.what == "commit"
    return job, commit


def test_it_is_scored_again_and_finishes() -> None:
    """One more attempt, noted with its cause; it holds its place and nobody else waits for it."""
    book = opened()
    job, commit = committing(book)
    assert book.blocks_gone(commit, 2)
    (again,) = taken(book)
    assert (again.what, again.job.id, again.job.attempts) == ("score", job, 2)
    assert "written meanwhile" in again.job.transitions[-1].cause
    assert states(book, job) == ["Running"]
    assert not book.is_committing(ENDPOINT, job)
    assert book.awaited(2) == [job]
    book.scored(again.job, Outcome(3, None, {"output1": ["other"]}))
    (commit,) = taken(book)
    assert commit.outcome == Outcome(3, None, {"output1": ["other"]})
    book.committed(commit, None, 4)
    assert states(book, job) == ["Finished"]


def test_it_is_not_scored_again_for_ever() -> None:
    """After so many attempts the answer of storage is the end of it."""
    book = opened()
    job, commit = committing(book)
    for attempt in range(2, MOST_ATTEMPTS + 1):
        assert book.blocks_gone(commit, attempt)
        (again,) = taken(book)
        assert again.job.attempts == attempt
        book.scored(again.job, STAGED)
        (commit,) = taken(book)
    assert not book.blocks_gone(commit, 98)
    book.committed(commit, "(400) Bad Request", 99)
    assert states(book, job) == ["Failed"]
    assert taken(book) == []


def test_it_can_be_cancelled_or_changed_while_it_is_scored_again() -> None:
    """It is not being committed any more; late news of the attempt before change nothing."""
    book = opened()
    first, commit = committing(book)
    assert book.blocks_gone(commit, 2)
    assert not book.blocks_gone(commit, 3)
    book.committed(commit, "late", 3)
    assert states(book, first) == ["Running"]
    taken(book)
    assert book.cancel(ENDPOINT, first, 4).state == "Cancelled"
    assert [order.what for order in taken(book)] == ["drop"]
    assert not book.blocks_gone(commit, 5)
    second, commit = committing(book)
    assert book.blocks_gone(commit, 6)
    taken(book)
    book.change_script(second, JobScriptChange(ending="hang"), 7)
    advance(book, 100)
    assert states(book, second) == ["Running"]


def test_a_full_disk_at_that_moment_does_not_leave_it_behind() -> None:
    """It goes on as soon as there is room."""
    store = ForgetfulStore()
    book = opened(store)
    job, commit = committing(book)
    store.room = 0
    with pytest.raises(StateNotSaved):
        book.blocks_gone(commit, 2)
    store.room = None
    book.settle(3)
    carry_out(book, 3)
    assert states(book, job) == ["Finished"]
