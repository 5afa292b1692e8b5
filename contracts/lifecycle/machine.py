"""Does a target keep the rules of a job's life, whatever is called when? A Hypothesis machine.

Each run submits, starts, polls and deletes several jobs in an order that the seed decides, and
holds every answer against the model. What Hypothesis chooses never depends on what came back, so
the same seed tries the same things. A failing run is made shorter within a number of calls; the
last one that failed is kept here, so a target that fails only sometimes is a finding as well.
"""

import random
from collections.abc import Callable
from typing import Any

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from typing_extensions import override

from contracts.exchange import Exchange
from contracts.findings import Broken, NotJudged, normalized
from contracts.lifecycle.model import ENDS, NOBODYS, Answer, Job, State
from contracts.seed_only import quiet, seed_only
from contracts.session import Session

MOST_CAUSES = 3
"""So many different failures are looked for."""
MOST_JOBS = 6
"""So many jobs are there at once, at most."""

Body = Callable[[], Any]
"""Makes the body of a submit call."""
Bodies = list[tuple[Body, State | None]]
"""What can be submitted, and how a job over it ends, if that is known; good data first."""


class Interesting(Exception):
    """Tells Hypothesis that a run fails."""


class Search:
    """The search for one failure: what is known already, and what is left to spend on it."""

    def __init__(self, session: Session, bodies: Bodies, known: set[str]) -> None:
        self.session = session
        self.bodies = bodies
        self.known = known
        self.broken: Broken | None = None
        """The last run that failed."""
        self.stopped: Exception | None = None
        """Why nothing more can be tried."""
        self._left = session.amounts.shrink_calls

    @property
    def is_over(self) -> bool:
        """Whether steps do nothing any more."""
        return self.stopped is not None or (self.broken is not None and self._left <= 0)

    def spend(self) -> None:
        """Count a call that serves to make a failing run shorter."""
        self._left -= self.broken is not None

    def fails(self, broken: Broken) -> bool:
        """Take in what is wrong; return whether it is what this search is about."""
        cause = normalized(broken.cause)
        if cause in self.known:
            return False
        if self.broken is not None and normalized(self.broken.cause) != cause:
            return False
        self.broken = broken
        self.session.is_shrinking = True
        return True


class OneJob:
    """A job of a run: its id, what the model knows of it, and the calls about it."""

    def __init__(self, id_: str, model: Job, *exchanges: Exchange) -> None:
        self.id = id_
        self.model = model
        self.exchanges = list(exchanges)


def try_lifecycle(session: Session, bodies: Bodies) -> None:
    """Run the machine; what is broken is left in `session.found`. Raises NotJudged."""
    missing = sorted({"submit_job", "start_job", "get_job_status"} & session.gateway.missing)
    if missing:
        raise NotJudged(f"the gateway does not offer {', '.join(missing)}")
    known: set[str] = set()
    for number in range(MOST_CAUSES):
        search = Search(session, bodies, known)
        _run(search, f"{session.seed} lifecycle {number}")
        if search.broken is not None:
            session.found.append(search.broken)
            known.add(normalized(search.broken.cause))
        if search.stopped is not None:
            raise search.stopped
        if search.broken is None:
            return


def _run(search: Search, seed: str) -> None:
    amounts = search.session.amounts
    if amounts.machine_runs <= 0:
        return

    @hypothesis.seed(random.Random(seed).getrandbits(32))  # noqa: S311  nothing secret
    def machine() -> Lifecycle:
        return Lifecycle(search)

    settings = quiet(amounts.machine_runs, stateful_step_count=max(amounts.machine_steps, 1))
    try:
        with seed_only():
            # It takes a function as well as a class, and says so; its types do not.
            run_state_machine_as_test(machine, settings=settings)  # type: ignore[arg-type]
    except (Interesting, hypothesis.errors.Flaky):
        pass  # it is written down
    finally:
        search.session.is_shrinking = False


POLL, START, TO_THE_END, DELETE = "poll", "start", "poll until it ends", "delete"
SUBMIT, SUBMIT_AND_START, SUBMIT_USELESS = "submit", "submit and start", "submit useless data"
NOBODYS_JOB, NEIGHBOURS_JOB, WAIT = "a job of nobody's", "an id but for one digit", "wait"

ACTIONS = [
    *(POLL, START, START, DELETE, DELETE, TO_THE_END, TO_THE_END, SUBMIT, SUBMIT_USELESS),
    *(SUBMIT_AND_START, SUBMIT_AND_START, NOBODYS_JOB, NEIGHBOURS_JOB, WAIT),
]
"""What may happen next, as often as it is worth; failing runs are made of the first ones."""
CALLS = (POLL, START, DELETE)
ODD_NUMBERS = 12


class Lifecycle(RuleBasedStateMachine):
    """One run: calls about jobs, each held against the model."""

    def __init__(self, search: Search) -> None:
        super().__init__()
        self._search = search
        self._session = search.session
        self._jobs: list[OneJob] = []
        self._is_over = False

    # --- what may happen -----------------------------------------------------------------------

    @initialize(action=st.sampled_from([SUBMIT, SUBMIT_AND_START]))
    def submit_the_first(self, action: str) -> None:
        """Begin with a job over good data, so that every other step has one."""
        self._try(self._submit, action)

    # One rule for all: Hypothesis leaves whole rules out of a run, for which there are too few.
    @rule(
        action=st.sampled_from(ACTIONS),
        which=st.integers(0, MOST_JOBS - 1),
        odd=st.integers(0, ODD_NUMBERS - 1),
    )
    def step(self, action: str, which: int, odd: int) -> None:
        """Do something with one of the jobs, or with none; `odd` serves what needs a number."""
        which = which % len(self._jobs) if self._jobs else 0
        steps: dict[str, tuple[Callable[..., None], *tuple[Any, ...]]] = {
            POLL: (self._poll, which),
            START: (self._start, which),
            TO_THE_END: (self._poll_until_it_ends, which),
            DELETE: (self._delete, which),
            NOBODYS_JOB: (self._call_nobodys, self._nobodys_id(which, odd), odd),
            NEIGHBOURS_JOB: (self._call_a_neighbours, which, odd),
            WAIT: (self._wait, odd),
        }
        self._try(*steps.get(action, (self._submit, action)))

    @override
    def teardown(self) -> None:
        """Leave nothing running."""
        for number, job in enumerate(self._jobs):
            if job.model.is_started and not job.model.is_deleted and job.model.seen not in ENDS:
                self._try(self._delete, number)

    def _try(self, step: Callable[..., None], *arguments: Any) -> None:
        """Take a step unless the run is over; only what the search is about gets out."""
        search = self._search
        if self._is_over or search.is_over:
            return
        try:
            step(*arguments)
        except Broken as broken:
            self._is_over = True  # the model does not know any more how things stand
            if search.fails(broken):
                raise Interesting from broken
        except Exception as error:  # noqa: BLE001  time is over, say: Hypothesis must not repeat it
            search.stopped = error

    # --- the calls, held against the model -----------------------------------------------------

    def _submit(self, action: str) -> None:
        if len(self._jobs) >= MOST_JOBS:
            return
        body, end = self._search.bodies[-1 if action == SUBMIT_USELESS else 0]
        exchange = self._session.submit(body())
        self._search.spend()
        self._jobs.append(OneJob(self._session.job_id(exchange), Job(end), exchange))
        if action != SUBMIT:
            self._start(len(self._jobs) - 1)

    def _start(self, which: int) -> None:
        job = self._jobs[which]
        self._call(job, START, job.model.on_start)
        job.model = job.model.started()

    def _delete(self, which: int) -> None:
        if "delete_job" in self._session.gateway.missing:
            return
        job = self._jobs[which]
        self._call(job, DELETE, job.model.on_delete)
        job.model = job.model.deleted()

    def _poll(self, which: int) -> None:
        job = self._jobs[which]
        exchange = self._session.status(job.id)
        self._shown(job, exchange, self._session.state(exchange))

    def _poll_until_it_ends(self, which: int) -> None:
        job = self._jobs[which]
        if job.model.will_end:
            self._session.ended(job.id, lambda exchange, state: self._shown(job, exchange, state))
            self._poll(which)

    def _wait(self, quarters: int) -> None:
        wire = self._session.wire
        wire.pass_time(quarters * (0.25 if wire.is_clock_moved else 0.02))

    def _call_nobodys(self, id_: str, odd: int) -> None:
        name = CALLS[odd % len(CALLS)]
        if not (name == DELETE and "delete_job" in self._session.gateway.missing):
            self._call(OneJob(id_, Job()), name, NOBODYS)

    def _call_a_neighbours(self, which: int, odd: int) -> None:
        # The first digit: where ids are counted, the last one would make it another job's.
        id_ = self._jobs[which].id
        self._call_nobodys(("1" if id_.startswith("0") else "0") + id_[1:], odd)

    def _nobodys_id(self, which: int, odd: int) -> str:
        return f"{self._session.random(f'nobody {which} {odd}').getrandbits(128):032x}"

    def _call(self, job: OneJob, name: str, wanted: Answer) -> None:
        session = self._session
        calls = {START: session.start, DELETE: session.delete, POLL: session.status}
        exchange = calls[name](job.id)
        self._search.spend()
        job.exchanges.append(exchange)
        reply = session.reply(exchange)
        came = f"{reply.status}"
        if wanted.code and reply.error:
            came += f" {reply.error[1]}"
        if came != f"{reply.status} {wanted.code}".strip() or reply.status not in wanted.statuses:
            asked = f"{' or '.join(map(str, sorted(wanted.statuses)))} {wanted.code}".strip()
            whose = "with the id of no job" if wanted is NOBODYS else job.model.history
            raise Broken(
                f"{name} {whose}: {came} instead of {asked}",
                *job.exchanges,
                cause=f"{name}: not {wanted.code or 'done'}",
            )

    def _shown(self, job: OneJob, exchange: Exchange, state: str) -> None:
        self._search.spend()
        job.exchanges.append(exchange)
        model = job.model
        try:
            job.model = model.shown(State(state))
        except ValueError:
            past = "a deleted job" if model.is_deleted else f"a job last seen {model.seen}"
            raise Broken(
                f"a poll {model.history} shows {state}; only {model.described} may be",
                *job.exchanges,
                cause=f"{past} is {state}",
            ) from None
