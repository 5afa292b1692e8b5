"""Does a job go through its states forwards only?"""

from contracts.check import Need, performs
from contracts.exchange import Exchange
from contracts.findings import Broken
from contracts.session import Session


@performs(
    "A started job is NotStarted, then Running, then ended, and never goes back.",
    "paths /workspaces/{workspace}/services/{service}/jobs/{job} get description",
    "get_job_status",
    needs=(Need.STORAGE,),
)
def states_go_forward(session: Session) -> None:
    """Poll a job to its end, and a little longer."""
    order = ["NotStarted", "Running", "Finished"]
    last = 0
    polls: list[Exchange] = []

    def look(exchange: Exchange, state: str) -> None:
        nonlocal last
        polls.append(exchange)
        if state not in order:
            raise Broken(f"a job over good data is {state}", exchange, cause=f"became {state}")
        if order.index(state) < last:
            raise Broken(f"a job goes back from {order[last]} to {state}", *polls[-2:])
        last = order.index(state)

    job = session.started()
    session.ended(job, look)
    for _ in range(2):
        session.wire.pass_time(session.amounts.first_pause)
        exchange = session.status(job)
        look(exchange, session.state(exchange))
