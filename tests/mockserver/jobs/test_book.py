"""Does the book apply the rules to every queue, and forget nothing that it has told anybody?"""

from collections.abc import Callable
from pathlib import Path

import pytest

from mockserver.jobs.book import JobBook
from mockserver.jobs.failures import JobCannotStart, JobNotFound, StateNotSaved
from mockserver.jobs.rules import Job, Outcome
from mockserver.jobs.store import JobStore
from mockserver.workspace.job_script import (
    Fail,
    FailAtStart,
    JobScript,
    JobScriptChange,
    PollsTiming,
)
from tests.mockserver.jobs.made import (
    ENDPOINT,
    OTHER,
    REQUEST,
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


def test_a_job_goes_from_submit_to_finish() -> None:
    """It waits, runs and is scored, and is finished when its outputs are committed."""
    book = opened()
    job = book.submit(ENDPOINT, REQUEST, script(2, 5), 100)
    assert (job.state, job.number, job.submitted, len(job.id)) == ("NotStarted", 1, 100, 32)
    assert book.next_moment() is None
    book.start(ENDPOINT, job.id, 110)
    assert (book.poll(ENDPOINT, job.id, 111).state, taken(book)) == ("NotStarted", [])
    assert book.next_moment() == 112
    assert book.poll(ENDPOINT, job.id, 113).begun == 112
    (order,) = taken(book)
    assert (order.what, order.job.attempts) == ("score", 1)
    assert book.awaited(116) == []
    assert book.awaited(117) == [job.id]
    book.scored(order.job, Outcome(114, None, {"output1": ["b"]}))
    assert (book.awaited(117), book.next_moment()) == ([], 117)
    assert taken(book) == []
    book.settle(118)
    (order,) = taken(book)
    assert (order.what, order.outcome) == ("commit", Outcome(114, None, {"output1": ["b"]}))
    assert book.awaited(0) == [job.id]
    assert book.is_committing(ENDPOINT, job.id)
    book.committed(order, None, 119)
    assert not book.is_committing(ENDPOINT, job.id)
    job = book.find(job.id, 200)
    assert (job.state, job.started, job.begun, job.ended) == ("Finished", 110, 112, 119)
    assert book.get(ENDPOINT, job.id) == job


def test_a_scoring_may_fail() -> None:
    """When the job's time is over it is Failed, with what the scoring told."""
    book = opened()
    job = run(book, script(0, 5))
    (order,) = taken(book)
    book.scored(order.job, Outcome(1, "why"))
    assert states(book, job) == ["Running"]
    book.settle(5)
    found = book.find(job, 5)
    assert (found.state, found.details, found.ended) == ("Failed", "why", 5)
    assert taken(book) == []


def test_a_commit_may_fail() -> None:
    """Then the job is Failed at once, with what storage told."""
    book = opened()
    job = run(book, script())
    (order,) = taken(book)
    book.scored(order.job, Outcome(1, None))
    (order,) = taken(book)
    book.committed(order, "refused", 7)
    found = book.find(job, 8)
    assert (found.state, found.details, found.ended) == ("Failed", "refused", 7)
    book.committed(order, None, 9)
    assert book.find(job, 10) == found


@pytest.mark.parametrize(
    ("plan", "begun", "ended"),
    [
        (script(2, 5, Fail(fail="why")), 2, 7),
        (script(2, 5, FailAtStart(fail_at_start="why")), None, 2),
    ],
)
def test_a_script_may_let_it_fail(plan: JobScript, begun: float | None, ended: float) -> None:
    """With its details, at its end or at its start, and nothing is scored."""
    book = opened()
    job = run(book, plan)
    book.settle(100)
    found = book.find(job, 100)
    assert (found.state, found.details) == ("Failed", "why")
    assert (found.begun, found.ended) == (begun, ended)
    assert taken(book) == []


def test_one_that_hangs_is_cancelled() -> None:
    """Nothing else ends it, and it is awaited by nobody."""
    book = opened()
    job = run(book, script(0, 0, "hang"))
    book.settle(10**9)
    assert (states(book, job), taken(book), book.awaited(10**9)) == (["Running"], [], [])
    assert book.cancel(ENDPOINT, job, 10**9).state == "Cancelled"


def test_polls_move_a_job() -> None:
    """Two polls tell NotStarted, two Running, and the next one Finished."""
    book = opened()
    job = run(book, JobScript(timing=PollsTiming(profile="polls", polls=2)))
    seen = []
    for moment in range(1, 6):
        seen.append(book.poll(ENDPOINT, job, moment).state.value)
        carry_out(book, moment)
    assert seen == ["NotStarted", "NotStarted", "Running", "Running", "Running"]
    found = book.poll(ENDPOINT, job, 6)
    assert (found.state, found.begun, found.ended, found.polls) == ("Finished", 2, 5, 3)


def test_only_so_many_run_at_a_time() -> None:
    """41 jobs, 40 places: the last waits until one ends or is cancelled; FIFO behind it."""
    book = opened(places={ENDPOINT: 40, OTHER: 40})
    jobs = [run(book, script(0, 1000)) for _ in range(43)]
    elsewhere = run(book, script(0, 1000), 0, OTHER)
    book.settle(500)
    assert states(book, *jobs) == ["Running"] * 40 + ["NotStarted"] * 3
    assert states(book, elsewhere) == ["Running"]
    book.cancel(ENDPOINT, jobs[7], 600)
    assert states(book, jobs[7], *jobs[40:]) == ["Cancelled", "Running", *["NotStarted"] * 2]
    assert book.find(jobs[40], 600).begun == 600
    book.cancel(ENDPOINT, jobs[41], 700)
    orders = taken(book)
    assert [order.what for order in orders].count("score") == 42
    (dropped,) = [order.job.id for order in orders if order.what == "drop"]
    assert dropped == jobs[7]
    for order in orders:
        if order.job.id == jobs[0]:
            book.scored(order.job, Outcome(900, None))
    advance(book, 1000)
    assert states(book, jobs[0], jobs[42]) == ["Finished", "Running"]
    assert book.find(jobs[42], 1000).begun == 1000


def test_a_place_becomes_free_when_the_one_before_ends() -> None:
    """Also if nobody looks for a long time: who waits begins at that moment, not later."""
    book = opened(places={ENDPOINT: 1})
    jobs = [run(book, script(1, 10, Fail(fail="why"))) for _ in range(3)]
    book.settle(1000)
    found = [book.find(job, 1000) for job in jobs]
    assert [(job.begun, job.ended) for job in found] == [(1, 11), (11, 21), (21, 31)]


def cancelled_at(moment: float) -> Callable[[JobBook, str], Job]:
    return lambda book, job: book.cancel(ENDPOINT, job, moment)


def test_a_job_is_cancelled_in_every_state() -> None:
    """Submitted, waiting, running: at once; ended: nothing changes; what ran is dropped."""
    book = opened()
    submitted = book.submit(ENDPOINT, REQUEST, script(), 0).id
    assert book.cancel(ENDPOINT, submitted, 1).state == "Cancelled"
    with pytest.raises(JobCannotStart):
        book.start(ENDPOINT, submitted, 2)
    waiting = run(book, script(10))
    assert book.cancel(ENDPOINT, waiting, 3).state == "Cancelled"
    assert book.next_moment() is None
    assert taken(book) == []
    active = run(book, script(0, 10))
    (score,) = taken(book)
    assert book.cancel(ENDPOINT, active, 4).ended == 4
    (drop,) = taken(book)
    assert (drop.what, drop.job.id, drop.job.attempts) == ("drop", active, 1)
    book.scored(score.job, STAGED)
    assert book.cancel(ENDPOINT, active, 5).ended == 4
    assert (taken(book), states(book, active)) == ([], ["Cancelled"])


def test_what_is_being_committed_is_not_cancelled() -> None:
    """A job whose outputs are on their way, or due, stays Running and is finished after that."""
    book = opened()
    job = run(book, script(0, 10))
    (order,) = taken(book)
    book.scored(order.job, STAGED)
    # Nobody has looked since its time was over.
    assert book.cancel(ENDPOINT, job, 20).state == "Running"
    (order,) = taken(book)
    assert order.what == "commit"
    assert book.cancel(ENDPOINT, job, 21).state == "Running"
    assert taken(book) == []
    book.committed(order, None, 22)
    assert book.cancel(ENDPOINT, job, 23).state == "Finished"


def test_late_news_are_ignored() -> None:
    """Of an attempt before a restart, of a job that is being committed or has ended."""
    book = opened()
    job = run(book, script(0, 10))
    (order,) = taken(book)
    book.change_script(job, JobScriptChange(ending="hang"), 1)
    book.change_script(job, JobScriptChange(ending="score"), 2)
    drop, again = taken(book)
    assert (drop.what, drop.job.attempts) == ("drop", 1)
    assert (again.what, again.job.attempts) == ("score", 2)
    book.scored(order.job, Outcome(3, "too late"))
    assert book.awaited(10) == [job]
    book.scored(again.job, Outcome(4, None))
    book.settle(10)
    (commit,) = taken(book)
    book.scored(again.job, Outcome(11, "once more"))
    assert taken(book) == []
    book.committed(commit, None, 12)
    book.committed(commit, "once more", 13)
    book.scored(again.job, Outcome(14, None))
    assert (states(book, job), taken(book)) == (["Finished"], [])


def test_a_commit_of_an_earlier_attempt_is_ignored() -> None:
    """After a reset the same is true of whatever was on its way."""
    book = opened()
    run(book, script())
    (order,) = taken(book)
    book.scored(order.job, STAGED)
    (commit,) = taken(book)
    book.clear()
    book.committed(commit, None, 2)
    book.scored(order.job, STAGED)
    assert (book.last(9, 3), book.next_moment(), book.awaited(9)) == ([], None, [])


CHANGES = [
    # from, to, orders, the state at once, the state much later
    ("hang", JobScriptChange(ending="score"), ["score"], "Running", "Finished"),
    ("hang", JobScriptChange(ending=Fail(fail="w")), [], "Failed", "Failed"),
    ("hang", JobScriptChange(ending=FailAtStart(fail_at_start="w")), [], "Failed", "Failed"),
    ("score", JobScriptChange(ending="hang"), ["drop"], "Running", "Running"),
    ("score", JobScriptChange(ending="score"), [], "Running", "Finished"),
    ("score", JobScriptChange(ending=Fail(fail="w")), ["drop"], "Failed", "Failed"),
    ("score", JobScriptChange(timing="observed"), [], "Running", "Finished"),
    ("hang", JobScriptChange(timing="immediate"), [], "Running", "Running"),
]


@pytest.mark.parametrize(("ending", "change", "orders", "at_once", "later"), CHANGES)
def test_a_running_job_is_given_another_script(
    ending: str, change: JobScriptChange, orders: list[str], at_once: str, later: str
) -> None:
    """What was not to be scored is scored now, what was is dropped; its time counts as before."""
    book = opened()
    job = run(book, script(0, 10, ending))  # type: ignore[arg-type]
    scored = taken(book)
    assert book.change_script(job, change, 20).state == at_once
    ordered = taken(book)
    assert [order.what for order in ordered] == orders
    book.orders = [*ordered, *scored]
    carry_out(book, 21)
    advance(book, 10**9)
    assert states(book, job) == [later]


def test_a_waiting_job_is_given_another_script() -> None:
    """It begins and ends by the new one, also if that makes it due at once."""
    book = opened()
    job = run(book, script(100, 100))
    changed = book.change_script(job, JobScriptChange(ending=FailAtStart(fail_at_start="w")), 1)
    assert (changed.state, taken(book)) == ("NotStarted", [])
    changed = book.change_script(job, JobScriptChange(timing="immediate"), 2)
    assert (changed.state, changed.details, changed.ended) == ("Failed", "w", 0)
    submitted = book.submit(ENDPOINT, REQUEST, script(), 3).id
    changed = book.change_script(submitted, JobScriptChange(timing="polls", ending="hang"), 4)
    assert (changed.durations.polls, changed.script.kind) == (1, "hang")
    assert book.store.find(submitted) == changed


def test_what_has_ended_keeps_its_script() -> None:
    """Nor does one change whose outputs are being committed."""
    book = opened()
    job = run(book, script())
    (order,) = taken(book)
    book.scored(order.job, STAGED)
    (commit,) = taken(book)
    change = JobScriptChange(ending=Fail(fail="why"))
    assert book.change_script(job, change, 2).script.kind == "score"
    book.committed(commit, None, 3)
    found = book.change_script(job, change, 4)
    assert (found.state, found.script.kind) == ("Finished", "score")


def test_unknown_jobs_are_told() -> None:
    """Also a job of another endpoint is none of this one."""
    book = opened()
    job = book.submit(ENDPOINT, REQUEST, script(), 0).id
    for call in (book.start, book.poll, book.cancel):
        for endpoint, name in ((ENDPOINT, "x" * 99), (OTHER, job)):
            with pytest.raises(JobNotFound) as refused:
                call(endpoint, name, 1)
            assert len(refused.value.reason) < 100
    for lookup in (book.find, lambda name, now: book.change_script(name, JobScriptChange(), now)):
        with pytest.raises(JobNotFound):
            lookup("none", 1)


def test_the_last_jobs_are_listed() -> None:
    """The newest first, of all endpoints, and no more than wanted."""
    book = opened()
    jobs = [run(book, script(), 0, endpoint) for endpoint in (ENDPOINT, OTHER) * 3]
    assert [job.id for job in book.last(4, 1)] == jobs[:1:-1]
    assert [job.number for job in book.last(9, 1)] == [6, 5, 4, 3, 2, 1]


def test_a_reset_forgets_everything() -> None:
    """What runs is dropped, numbers begin at 1 again."""
    book = opened(places={ENDPOINT: 1})
    running, waiting = run(book, script(0, 9)), run(book, script(0, 9))
    taken(book)
    book.clear()
    assert [(order.what, order.job.id) for order in taken(book)] == [("drop", running)]
    assert (book.last(9, 0), book.next_moment()) == ([], None)
    assert states(book, running, waiting) == ["gone", "gone"]
    assert book.submit(ENDPOINT, REQUEST, script(), 0).number == 1
    run(book, script(), 5)
    assert [order.what for order in taken(book)] == ["score"]


# --- restarts -------------------------------------------------------------------------------------


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'state.sqlite'}"


def reopened(book: JobBook, now: float, **places: int) -> JobBook:
    """Close a book's store as if the process had ended, and open its file again."""
    url = book.store._url
    book.store.close()
    return opened(JobStore(url), places or {ENDPOINT: 1, OTHER: 2}, now)


def test_after_a_restart_what_ran_is_scored_again(url: str) -> None:
    """Once more for each restart, in the order of their beginnings; nothing is lost or doubled."""
    book = opened(JobStore(url))
    waiting_for_start = book.submit(ENDPOINT, REQUEST, script(), 0).id
    finished = run(book, script())
    carry_out(book, 1)
    cancelled = run(book, script(0, 99))
    book.cancel(ENDPOINT, cancelled, 2)
    hanging, scored = run(book, script(0, 1, "hang"), 3), run(book, script(0, 4), 3)
    (_, _, order) = taken(book)
    book.scored(order.job, STAGED)
    book = reopened(book, 50, **{ENDPOINT: 2})
    (order,) = taken(book)
    assert (order.what, order.job.id, order.job.attempts) == ("score", scored, 2)
    book.open(51)
    assert taken(book) == []
    assert states(book, waiting_for_start, finished) == ["NotStarted", "Finished"]
    assert states(book, cancelled, hanging, scored) == ["Cancelled", "Running", "Running"]
    book = reopened(book, 60, **{ENDPOINT: 2})
    (order,) = taken(book)
    assert order.job.attempts == 3
    book.scored(order.job, Outcome(61, None))
    carry_out(book, 62)
    causes = [step.cause for step in book.find(scored, 63).transitions]
    assert [cause for cause in causes if "again" in cause] == ["scored again after a restart"] * 2
    assert (states(book, scored), book.submit(ENDPOINT, REQUEST, script(), 64).number) == (
        ["Finished"],
        6,
    )
    book.store.close()


def test_a_restart_keeps_the_order_of_the_queue(url: str) -> None:
    """Jobs run in the order of their starts, also if all were started at the same moment."""
    book = opened(JobStore(url), {ENDPOINT: 1})
    jobs = [book.submit(ENDPOINT, REQUEST, script(0, 1, Fail(fail="why")), 0).id for _ in range(5)]
    order = [3, 0, 4, 2, 1]
    for place in order[:3]:
        book.start(ENDPOINT, jobs[place], 10)
    book = reopened(book, 10)
    for place in order[3:]:
        book.start(ENDPOINT, jobs[place], 9)  # the clock was set back
    book = reopened(book, 10)
    book.settle(100)
    begun = {number: book.find(job, 100).begun or 0 for number, job in enumerate(jobs)}
    assert sorted(begun, key=lambda number: begun[number]) == order
    book.store.close()


def test_jobs_of_an_endpoint_that_is_gone_are_kept(url: str) -> None:
    """They can be looked at, not changed; when the endpoint comes back they go on."""
    book = opened(JobStore(url), {ENDPOINT: 1, OTHER: 1})
    jobs = [run(book, script(0, 5), 0, OTHER) for _ in range(2)]
    book = reopened(book, 10, **{ENDPOINT: 1})
    assert (taken(book), book.next_moment()) == ([], None)
    found = book.find(jobs[0], 11)
    assert found.state == "Running"
    assert book.change_script(jobs[0], JobScriptChange(ending=Fail(fail="why")), 12) == found
    book = reopened(book, 20, **{OTHER: 1})
    carry_out(book, 21)
    advance(book, 99)
    assert states(book, *jobs) == ["Finished", "Finished"]
    book.store.close()


def test_fewer_places_after_a_restart(url: str) -> None:
    """What ran goes on; others begin when the number is below the new limit."""
    book = opened(JobStore(url), {ENDPOINT: 3})
    jobs = [run(book, script(0, end, Fail(fail="why"))) for end in (10, 20, 30, 40)]
    book = reopened(book, 5, **{ENDPOINT: 1})
    book.settle(100)
    assert [book.find(job, 100).begun for job in jobs] == [0, 0, 0, 30]
    book.store.close()


# --- a disk that is full --------------------------------------------------------------------------


def everything(book: JobBook) -> list[Job]:
    return book.store.last(100)


def test_what_cannot_be_written_has_not_happened() -> None:
    """Each call raises StateNotSaved, leaves all as it was, and works when there is room again."""
    store = ForgetfulStore()
    book = opened(store, {ENDPOINT: 1})
    submitted = book.submit(ENDPOINT, REQUEST, script(1, 1), 0).id
    by_polls = run(book, JobScript(timing="polls"), 0)
    hanging = run(book, script(0, 0, "hang"), 0)
    before = everything(book)
    calls: list[Callable[[], object]] = [
        lambda: book.submit(ENDPOINT, REQUEST, script(), 1),
        lambda: book.start(ENDPOINT, submitted, 1),
        lambda: book.poll(ENDPOINT, by_polls, 1),
        lambda: book.cancel(ENDPOINT, hanging, 1),
        lambda: book.change_script(submitted, JobScriptChange(timing="polls"), 1),
        book.clear,
    ]
    for call in calls:
        store.room = 0
        with pytest.raises(StateNotSaved):
            call()
        assert everything(book) == before
        assert taken(book) == []
    store.room = None
    for call in calls:
        call()
    assert everything(book) == []


def test_a_step_that_cannot_be_written_comes_later() -> None:
    """Time goes on; the step is taken when there is room, at the moment that was its own."""
    store = ForgetfulStore()
    book = opened(store)
    job = run(book, script(5, 5))
    store.room = 0
    for _ in range(2):
        with pytest.raises(StateNotSaved):
            book.settle(7)
    with pytest.raises(StateNotSaved):
        book.poll(ENDPOINT, job, 7)
    assert (taken(book), book.next_moment()) == ([], 5)
    store.room = None
    assert book.find(job, 8).begun == 5


def test_a_start_counts_though_the_next_step_cannot_be_written() -> None:
    """A client that is told of a failure could not start it again; so it is told of success."""
    store = ForgetfulStore()
    book = opened(store)
    job = book.submit(ENDPOINT, REQUEST, script(0, 5), 0).id
    store.room = 1
    assert book.start(ENDPOINT, job, 1).started == 1
    assert taken(book) == []
    store.room = None
    book.settle(2)
    assert [order.what for order in taken(book)] == ["score"]
    store.room = 1
    assert book.cancel(ENDPOINT, job, 3).state == "Cancelled"


@pytest.mark.parametrize("details", [None, "refused"])
def test_a_commit_that_cannot_be_written_is_made_again(details: str | None) -> None:
    """The blocks are committed once more when there is room: that changes nothing."""
    store = ForgetfulStore()
    book = opened(store)
    job = run(book, script())
    (order,) = taken(book)
    book.scored(order.job, STAGED)
    (commit,) = taken(book)
    store.room = 0
    with pytest.raises(StateNotSaved):
        book.committed(commit, details, 2)
    assert (states(book, job), book.is_committing(ENDPOINT, job)) == (["Running"], False)
    store.room = None
    book.settle(3)
    (again,) = taken(book)
    assert again == commit
    book.committed(again, None, 4)
    assert states(book, job) == ["Finished"]


def test_a_failed_scoring_that_cannot_be_written_is_kept_in_mind() -> None:
    """The outcome is not lost: the job fails when there is room."""
    store = ForgetfulStore()
    book = opened(store)
    job = run(book, script())
    (order,) = taken(book)
    store.room = 0
    with pytest.raises(StateNotSaved):
        book.scored(order.job, Outcome(1, "why"))
    store.room = None
    assert book.find(job, 2).details == "why"


def test_a_restart_with_a_full_disk_forgets_nobody(url: str) -> None:
    """The book opens when there is room; until then every call says that there is none."""
    book = opened(JobStore(url))
    jobs = [run(book, script(0, 5)) for _ in range(3)]
    book.store.close()
    store = ForgetfulStore(url)
    book = JobBook(store, {ENDPOINT: 2, OTHER: 2})
    for room in (0, 1):
        store.room = room
        with pytest.raises(StateNotSaved):
            book.open(10)
    store.room = None
    taken(book)
    book.open(11)
    assert [order.job.id for order in taken(book)] == jobs[:2]
    assert book.submit(ENDPOINT, REQUEST, script(), 12).number == 4
    assert states(book, *jobs) == ["Running", "Running", "NotStarted"]
    store.close()
