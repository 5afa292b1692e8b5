"""Is an output refused that the service does not have?"""

from contracts.check import Need, performs
from contracts.session import Session


@performs(
    "An unknown output name is 400 with InvalidOutputOverrideName.",
    "components schemas BadArgument",
    "submit_job",
    needs=(Need.STORAGE,),
)
def wrong_output_name_is_refused(session: Session) -> None:
    """Name an output that nobody has."""
    body = session.job_body()
    place = next(iter(body["Outputs"].values()))
    exchange = session.submit({**body, "Outputs": {"nobodys": place}})
    session.refused(exchange, 400, "InvalidOutputOverrideName")
