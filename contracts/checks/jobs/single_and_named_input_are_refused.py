"""Are Input and Inputs together refused?"""

from contracts.check import Need, performs
from contracts.session import Session


@performs(
    "Input and Inputs in one body are 400 with DuplicateInputInBatchCall.",
    "paths /workspaces/{workspace}/services/{service}/jobs post description",
    "submit_job",
    needs=(Need.STORAGE,),
)
def single_and_named_input_are_refused(session: Session) -> None:
    """Send both."""
    body = session.job_body()
    body["Input"] = body["Inputs"][session.service.input_name]
    session.refused(session.submit(body), 400, "DuplicateInputInBatchCall")
