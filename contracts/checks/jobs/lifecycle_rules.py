"""Does a job keep the rules of its life, whatever is called, and when?"""

from typing import Any

from contracts.check import Need, performs
from contracts.lifecycle.machine import Bodies, try_lifecycle
from contracts.lifecycle.model import State
from contracts.session import Session


@performs(
    "Jobs go forwards only, start once, stay cancelled, and unknown ones are 404, in any order of"
    " calls.",
    "paths /workspaces/{workspace}/services/{service}/jobs/{job}",
    "submit_job",
    "start_job",
    "get_job_status",
    "delete_job",
    needs=(Need.STORAGE,),
)
def lifecycle_rules(session: Session) -> None:
    """Let the machine try what the seed decides, over good data and over a file of no use."""
    good = session.job_body()
    bodies: Bodies = [(lambda: with_outputs_of_its_own(session, good), State.FINISHED)]
    useless = {**good, "Inputs": dict.fromkeys(good["Inputs"], useless_file(session))}
    if session.submit(useless).status == 200:  # a service may look into the file at once
        bodies.append((lambda: with_outputs_of_its_own(session, useless), None))
    try_lifecycle(session, bodies)


def with_outputs_of_its_own(session: Session, body: Any) -> Any:
    """Return a body for one more job over the same input."""
    assert session.blobs is not None  # noqa: S101  the check needs it
    outputs = {name: session.blobs.reference(session.new_name()) for name in body["Outputs"]}
    return {**body, "Outputs": outputs}


def useless_file(session: Session) -> dict[str, Any]:
    """Write a file that has none of the service's columns; return its reference."""
    assert session.blobs is not None  # noqa: S101  the check needs it
    return session.blobs.put(session.new_name(), b"Nobody,Knows\r\n1,2\r\n")
