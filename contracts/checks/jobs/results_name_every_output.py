"""Does a finished job name every output?"""

from contracts.check import Need, performs
from contracts.findings import Broken
from contracts.job_results import places
from contracts.session import Session


@performs(
    "A finished job names the blob of each output of the service.",
    "components schemas BatchExecutionStatus properties Results description",
    "get_job_status",
    needs=(Need.STORAGE,),
)
def results_name_every_output(session: Session) -> None:
    """Compare with the outputs that RRS has."""
    exchange = session.finished(session.started())
    missing = sorted(set(session.service.output_names) - set(places(exchange)))
    if missing:
        raise Broken(f"a finished job does not name {', '.join(missing)}", exchange)
