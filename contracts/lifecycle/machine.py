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


WHICH = st.integers(0, MOST_JOBS - 1)
CALLS = st.sampled_from(["poll", "start", "delete"])


class Lifecycle(RuleBasedStateMachine):
    """One run: calls about jobs, each held against the model."""

    def __init__(self, search: Search) -> None:
        super().__init__()
        self._search = search
        self._session = search.session
        self._jobs: list[OneJob] = []
        self._is_over = False

    # --- what may happen -----------------------------------------------------------------------

    @initialize()
    def submit_the_first(self) -> None:
        """Begin with a job over good data, so that every other step has one."""
        self._try(self._submit, 0, False)

    @rule(kind=st.integers(0, 3), is_started=st.booleans())
    def submit(self, kind: int, is_started: bool) -> None:
        """Submit a job: over good data as a rule, sometimes over data that makes it fail."""
        if len(self._jobs) < MOST_JOBS:
            self._try(self._submit, kind // 3, is_started)

    @rule(which=WHICH)
    def start(self, which: int) -> None:
        """Start a job, for the first time or again."""
        self._try(self._start, which)

    @rule(which=WHICH)
    def poll(self, which: int) -> None:
        """Ask once how far a job is."""
        self._try(self._poll, which)

    @rule(which=WHICH)
    def poll_until_it_ends(self, which: int) -> None:
        """Poll as clients do, and once more after the end: a client may begin anew."""
        self._try(self._poll_until_it_ends, which)

    @rule(which=WHICH)
    def delete(self, which: int) -> None:
        """Delete a job: before its start, while it runs, when it has ended, and again."""
        self._try(self._delete, which)

    @rule(quarters=st.integers(1, 12))
    def wait(self, quarters: int) -> None:
        """Let time pass between two calls."""
        wire = self._session.wire
        self._try(wire.pass_time, quarters * (0.25 if wire.is_clock_moved else 0.02))

    @rule(number=st.integers(0, 2**32 - 1), name=CALLS)
    def call_nobodys(self, number: int, name: str) -> None:
        """Call with the id of no job at all."""
        self._try(self._call_nobodys, f"{number:032x}", name)

    @rule(which=WHICH, name=CALLS)
    def call_a_neighbours(self, which: int, name: str) -> None:
        """Call with an id that differs in one digit from a job's; that job must not notice."""
        self._try(self._call_a_neighbours, which, name)

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

    def _submit(self, kind: int, is_started: bool) -> None:
        bodies = self._search.bodies
        body, end = bodies[min(kind, len(bodies) - 1)]
        exchange = self._session.submit(body())
        self._search.spend()
        self._jobs.append(OneJob(self._session.job_id(exchange), Job(end), exchange))
        if is_started:
            self._start(len(self._jobs) - 1)

    def _start(self, which: int) -> None:
        job = self._chosen(which)
        self._call(job, "start", job.model.on_start)
        job.model = job.model.started()

    def _delete(self, which: int) -> None:
        if "delete_job" in self._session.gateway.missing:
            return
        job = self._chosen(which)
        self._call(job, "delete", job.model.on_delete)
        job.model = job.model.deleted()

    def _poll(self, which: int) -> None:
        job = self._chosen(which)
        exchange = self._session.status(job.id)
        self._shown(job, exchange, self._session.state(exchange))

    def _poll_until_it_ends(self, which: int) -> None:
        job = self._chosen(which)
        if job.model.will_end:
            self._session.ended(job.id, lambda exchange, state: self._shown(job, exchange, state))
            self._poll(which)

    def _call_nobodys(self, id_: str, name: str) -> None:
        if not (name == "delete" and "delete_job" in self._session.gateway.missing):
            self._call(OneJob(id_, Job()), name, NOBODYS)

    def _call_a_neighbours(self, which: int, name: str) -> None:
        id_ = self._chosen(which).id
        self._call_nobodys(id_[:-1] + ("1" if id_.endswith("0") else "0"), name)

    def _chosen(self, which: int) -> OneJob:
        return self._jobs[which % len(self._jobs)]

    def _call(self, job: OneJob, name: str, wanted: Answer) -> None:
        session = self._session
        calls = {"start": session.start, "delete": session.delete, "poll": session.status}
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
