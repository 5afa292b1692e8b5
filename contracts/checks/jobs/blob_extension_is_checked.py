"""Is an output refused whose name has no known ending?"""

from contracts.check import Need, performs
from contracts.session import Session


@performs(
    "An output blob ends in .csv, .tsv or .arff; another ending is 400 with InvalidBlobExtension.",
    "components schemas BadArgument",
    "submit_job",
    needs=(Need.STORAGE,),
)
def blob_extension_is_checked(session: Session) -> None:
    """Name outputs with other endings, and with none."""
    for ending in ("txt", "json", ""):
        name = session.new_name(ending).rstrip(".")
        body = session.job_body(output=name)
        session.refused(session.submit(body), 400, "InvalidBlobExtension")
