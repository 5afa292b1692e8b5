"""Are all forms of a job taken that real clients send?"""

from typing import Any

from contracts.check import Need, performs
from contracts.findings import NotJudged
from contracts.session import Session


@performs(
    "A job may name its blobs in each of the forms of the contract.",
    "paths /workspaces/{workspace}/services/{service}/jobs post requestBody",
    "submit_job",
    needs=(Need.STORAGE,),
)
def every_form_of_submit_is_taken(session: Session) -> None:
    """Send them all; run one to its end, and one that reads by a token."""
    blobs = session.blobs
    assert blobs is not None  # noqa: S101  the check needs it
    if len(session.service.inputs) > 1:
        raise NotJudged("the service has several inputs")
    reference = session.input_blob()
    output = blobs.reference(session.new_name())
    inputs = {session.service.input_name: reference}
    outputs = {(session.service.output_names or ("output1",))[0]: output}
    unused = {"BaseLocation": None, "SasBlobToken": None}
    parameters = session.service.sample.get("GlobalParameters") or {}
    filled: dict[str, Any] = {"GlobalParameters": parameters}
    empty: list[dict[str, Any]] = [{"GlobalParameters": {}}, {"GlobalParameters": None}, {}]
    job = ""
    for body in (
        *({"Inputs": inputs, "Outputs": outputs, **none} for none in empty if not parameters),
        {"Input": reference, "Outputs": outputs, **filled},
        {"Inputs": inputs, "Outputs": outputs, **filled},
        {"Input": {**reference, **unused}, "Output": None, **filled},
        {"Input": reference, "Inputs": None, "Output": output, "Outputs": None, **filled},
    ):
        job = session.job_id(session.submit(body))
    session.expect(session.start(job), 200, 204)
    session.finished(job)
    signed = blobs.signed(reference)
    if signed is None:
        raise NotJudged("the storage has no key to make a token with")
    for by_token in (signed, {**signed, "ConnectionString": None}):
        body = {"Input": by_token, "Outputs": outputs, **filled}
        job = session.job_id(session.submit(body))
    session.expect(session.start(job), 200, 204)
    session.finished(job)
