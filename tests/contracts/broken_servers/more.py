"""Faults that need a little more than one changed reply."""

from datetime import UTC, datetime, timedelta
from typing import Any

from azure.storage.blob import BlobClient, ContainerSasPermissions, generate_container_sas

from tests.contracts.broken_servers.doors import KEY, opens
from tests.contracts.broken_servers.faults import (
    fault,
    is_about_details,
    json_changed,
    refusal,
    replace,
    replies,
    requests,
)
from tests.contracts.broken_servers.jobs import references
from tests.contracts.broken_servers.proxy import Answer, Call, Memory, Send

ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
"""The published key that every storage emulator has."""


@fault("no_output_before_finished")
def output_is_there_while_the_job_runs(call: Call, send: Send, memory: Memory) -> Answer:
    answer = send(call)
    is_end = call.operation == "status" and b'"Finished"' in answer.body
    if is_end and memory.count(call.job) < 4:
        return answer.with_json({"StatusCode": "Running", "Results": None, "Details": None})
    return answer


@fault("cancelled_job_leaves_no_output")
def cancelled_in_name_only(call: Call, send: Send, memory: Memory) -> Answer:
    if call.operation == "delete" and "0" * 32 not in call.target:
        memory.seen[call.job] = True
        status = send(replace(call, method="GET").with_query(api_version="2.0"))
        return Answer(200, status.headers, b"")
    answer = send(call)
    if call.operation == "status" and memory.seen.get(call.job):
        return answer.with_json({"StatusCode": "Cancelled", "Results": None, "Details": None})
    return answer


@fault("jobs_keep_apart")
def two_jobs_have_one_id(call: Call, send: Send, memory: Memory) -> Answer:
    answer = send(call)
    if call.operation != "submit" or answer.status != 200:
        return answer
    if memory.count("submit") % 2 == 0:
        return replace(answer, body=memory.seen["id"])
    memory.seen["id"] = answer.body
    return answer


@fault("delete_keeps_outputs")
def deleting_takes_the_outputs_away(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    if call.operation == "delete":
        status = send(replace(call, method="GET").with_query(api_version="2.0")).json
        for place in ((status or {}).get("Results") or {}).values():
            address = place["BaseLocation"] + place["RelativeLocation"]
            BlobClient.from_blob_url(address, credential=ACCOUNT_KEY).delete_blob()
    return send(call)


def widened(reference: Any) -> Any:
    token = generate_container_sas(
        ACCOUNT,
        "contracts",
        account_key=ACCOUNT_KEY,
        permission=ContainerSasPermissions(read=True),
        expiry=datetime.now(UTC) + timedelta(days=365),
    )
    return {**reference, "SasBlobToken": f"?{token}"}


replies(
    "a_token_for_the_whole_container", "token_opens_no_other_blob", "status", references(widened)
)


@fault("every_form_of_submit_is_taken")
def null_members_are_refused(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    if call.operation == "submit" and b'"BaseLocation": null' in call.body:
        return refusal(400, "BadArgument", "MissingInputBlobInformation")
    return send(call)


@fault("leading_slash_is_stripped")
def a_leading_slash_is_refused(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    if call.operation == "submit" and b'"RelativeLocation": "/' in call.body:
        return refusal(400, "BadArgument", "InvalidBlob")
    return send(call)


@fault("missing_input_blob_is_refused")
def a_missing_input_is_finished(call: Call, send: Send, memory: Memory) -> Answer:
    answer = send(call)
    if call.operation == "submit" and answer.status == 400:
        memory.seen["5b0c2f6e9d3a4817a1e4c7f08d926b35"] = True
        return replace(answer, status=200, body=b'"5b0c2f6e9d3a4817a1e4c7f08d926b35"')
    if memory.seen.get(call.job) and call.operation == "start":
        return Answer(200, answer.headers, b"")
    if memory.seen.get(call.job):
        finished: Any = {"StatusCode": "Finished", "Results": {}, "Details": None}
        return replace(answer, status=200).with_json(finished)
    return answer


requests(
    "every_output_is_csv",
    "extension_decides_the_format",
    "submit",
    lambda c: replace(c, body=c.body.replace(b".tsv", b".csv").replace(b".arff", b".csv")),
)
replies(
    "the_document_has_another_address",
    "swagger_document_frame",
    "swagger",
    json_changed(lambda d: {**d, "basePath": "/"}),
    "swagger_needs_no_key",
)
replies(
    "the_document_names_other_columns",
    "swagger_document_names_the_columns",
    "swagger",
    lambda a: replace(a, body=a.body.replace(b"HashingFeature.0", b"HashingFeature.zero")),
)
requests(
    "the_beginning_of_a_key_opens",
    "almost_the_key_is_refused",
    "",
    lambda c: opens(c) if KEY[:8] in c.header("Authorization") else c,
)


@fault("unknown_path_is_not_found")
def any_path_is_welcome(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    if not call.operation and answer.status == 404:
        return replace(answer, status=200).with_json({})
    return answer


@fault("unknown_workspace_is_not_found")
def any_workspace_will_do(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    head, _, rest = call.target.partition("/services/")
    del head
    target = f"/workspaces/bce2e887cb59bee9004401d015def2cf/services/{rest}"
    return send(replace(call, target=target) if rest else call)


def scored(call: Call) -> Any:
    """Return an empty result in the form that a call asks for."""
    if call.query.get("format") == "swagger":
        return {"Results": {"output1": []}}
    value: dict[str, Any] = {"Values": []}
    if is_about_details(call):
        value = {"ColumnNames": [], "ColumnTypes": [], "Values": []}
    return {"Results": {"output1": {"type": "table", "value": value}}}


@fault("form_must_fit_format")
def either_form_is_taken(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    is_sample = call.operation == "execute" and b"This is a good day" in call.body
    if is_sample and answer.status == 400:
        return replace(answer, status=200).with_json(scored(call))
    return answer


@fault("missing_inputs_are_refused")
def no_inputs_are_taken(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    content = call.json
    is_bare = isinstance(content, dict) and not content.get("Inputs")
    if call.operation == "execute" and is_bare and answer.status == 400:
        return replace(answer, status=200).with_json(scored(call))
    return answer


@fault("unknown_column_is_refused")
def columns_are_not_looked_at(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    if call.operation == "execute" and b"InputMismatchError" in answer.body:
        return replace(answer, status=200).with_json(scored(call))
    return answer


@fault("contract_cases")
def any_body_makes_a_job(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    if call.operation == "submit" and answer.status == 400:
        return replace(answer, status=200, body=b'"5b0c2f6e9d3a4817a1e4c7f08d926b35"')
    return answer
