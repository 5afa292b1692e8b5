"""Does every poll give a token of its own?"""

from contracts.check import Need, performs
from contracts.exchange import Exchange
from contracts.findings import Broken
from contracts.job_results import places
from contracts.session import Session


@performs(
    "A finished job names each output with a fresh token on every call.",
    "paths /workspaces/{workspace}/services/{service}/jobs/{job} get description",
    "get_job_status",
    needs=(Need.STORAGE,),
)
def token_is_fresh_on_every_poll(session: Session) -> None:
    """Poll a finished job twice, some time apart."""
    job = session.started()
    first = session.finished(job)
    session.wire.pass_time(2)
    second = session.finished(job)
    if tokens(first) & tokens(second):
        raise Broken("two polls two seconds apart give the same token", first, second)


def tokens(exchange: Exchange) -> set[str]:
    """Return the tokens of a finished job."""
    return {str(place.get("SasBlobToken")) for place in places(exchange).values()}
