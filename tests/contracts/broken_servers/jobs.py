"""Faults of BES: the life of a job, its ids, its results."""

from typing import Any

from tests.contracts.broken_servers.faults import (
    FAULTS,
    Fault,
    fault,
    json_changed,
    refusal,
    replace,
    replies,
    requests,
)
from tests.contracts.broken_servers.proxy import Answer, Call, Memory, Send

RESULT = "result_opens_with_its_token"
START = "job_starts_once"

# --- ids and empty answers
replies(
    "id_with_a_line_end",
    "job_id_is_bare",
    "submit",
    lambda a: replace(a, body=a.body + b"\n"),
    "job_waits_for_its_start",
)
replies(
    "id_in_capitals",
    "job_id_is_bare",
    "submit",
    lambda a: replace(a, body=a.body.upper()),
    "job_waits_for_its_start",
)
replies(
    "id_with_dashes",
    "job_id_is_bare",
    "submit",
    lambda a: replace(
        a, body=b'"' + b"-".join((a.body[1:9], a.body[9:13], a.body[13:17], a.body[17:]))
    ),
    "job_waits_for_its_start",
)
replies(
    "id_in_braces",
    "job_id_is_bare",
    "submit",
    lambda a: replace(a, body=b'"{%s}"' % a.body.strip(b'"')),
    "job_waits_for_its_start",
)
replies(
    "id_in_an_object",
    "job_id_is_bare",
    "submit",
    json_changed(lambda job: {"JobId": job}),
    "job_waits_for_its_start",
)
replies(
    "submit_answers_201",
    "status_code_conformance",
    "submit",
    lambda a: replace(a, status=201),
    "job_waits_for_its_start",
)
replies(
    "start_answers_a_body",
    "start_and_delete_have_no_body",
    "start",
    lambda a: a.with_json("started").with_header("Content-Type", "application/json"),
    START,
)
replies(
    "start_answers_202", "status_code_conformance", "start", lambda a: replace(a, status=202), START
)

# --- states
replies(
    "state_as_a_number",
    "status_members",
    "status",
    json_changed(lambda s: {**s, "StatusCode": 0}),
    "job_waits_for_its_start",
)
replies(
    "results_left_out",
    "status_members",
    "status",
    json_changed(lambda s: {n: v for n, v in s.items() if n != "Results" or v}),
    "job_waits_for_its_start",
)
replies(
    "details_left_out",
    "status_members",
    "status",
    json_changed(lambda s: {n: v for n, v in s.items() if n != "Details" or v}),
    "job_waits_for_its_start",
)
replies(
    "a_member_more",
    "status_members",
    "status",
    json_changed(lambda s: {**s, "CreatedAt": "2017-03-01"}),
    "job_waits_for_its_start",
)
replies(
    "failed_without_details",
    "status_members",
    "status",
    json_changed(lambda s: {**s, "Details": None}),
    "failed_job_tells_why",
)
replies(
    "a_failure_is_finished",
    "failed_job_tells_why",
    "status",
    json_changed(
        lambda s: (
            {**s, "StatusCode": "Finished", "Results": {}, "Details": None}
            if s["StatusCode"] == "Failed"
            else s
        )
    ),
)


def renamed(state: str, other: str) -> Any:
    return json_changed(lambda s: {**s, "StatusCode": other} if s["StatusCode"] == state else s)


replies(
    "canceled_with_one_l",
    "status_members",
    "status",
    renamed("Cancelled", "Canceled"),
    "cancelled_job_stays_cancelled",
)
replies(
    "finished_is_called_succeeded",
    "status_members",
    "status",
    renamed("Finished", "Succeeded"),
    RESULT,
)
replies(
    "finished_without_results",
    "status_members",
    "status",
    json_changed(lambda s: {**s, "Results": None}),
    RESULT,
)
replies(
    "runs_before_its_start", "job_waits_for_its_start", "status", renamed("NotStarted", "Running")
)


@fault("states_go_forward")
def goes_back_after_its_end(call: Call, send: Send, memory: Memory) -> Answer:
    answer = send(call)
    if (
        call.operation == "status"
        and answer.status == 200
        and answer.json["StatusCode"] == "Finished"
    ) and memory.count(call.job) == 2:
        return answer.with_json({"StatusCode": "Running", "Results": None, "Details": None})
    return answer


@fault("lifecycle_rules")
def goes_back_from_running(call: Call, send: Send, memory: Memory) -> Answer:
    answer = send(call)
    if (
        (
            call.operation == "status"
            and answer.status == 200
            and answer.json["StatusCode"] != "NotStarted"
        )
        and memory.count(call.job) % 2 == 0
        and answer.json["StatusCode"] in {"Running", "Finished"}
    ):
        return answer.with_json({"StatusCode": "NotStarted", "Results": None, "Details": None})
    return answer


@fault("status_members", RESULT)
def results_before_the_end(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    if (
        call.operation == "status"
        and answer.status == 200
        and answer.json["StatusCode"] == "Running"
    ):
        return answer.with_json({**answer.json, "Results": {}})
    return answer


@fault("job_starts_once")
def starts_again_and_again(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    if call.operation == "start" and b"CannotStartJob" in answer.body:
        return Answer(200, answer.headers, b"")
    return answer


@fault("job_starts_once")
def a_second_start_is_404(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    if call.operation == "start" and b"CannotStartJob" in answer.body:
        return refusal(404, "NotFound", "JobNotFound")
    return answer


@fault("error_class_matches_status", START)
def a_second_start_is_409(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    if call.operation == "start" and b"CannotStartJob" in answer.body:
        return replace(answer, status=409)
    return answer


@fault("cancelled_job_stays_cancelled")
def cancelling_does_nothing(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    if call.operation == "delete" and "0" * 32 not in call.target:
        answer = send(replace(call, method="GET"))
        return Answer(200, answer.headers, b"") if answer.status == 200 else answer
    return send(call)


@fault("cancelled_job_stays_cancelled")
def a_cancelled_job_finishes(call: Call, send: Send, memory: Memory) -> Answer:
    answer = send(call)
    if (
        call.operation == "status"
        and answer.status == 200
        and answer.json["StatusCode"] == "Cancelled"
    ) and memory.count(call.job) > 1:
        return answer.with_json({"StatusCode": "Finished", "Results": {}, "Details": None})
    return answer


@fault("delete_keeps_outputs")
def an_ended_job_cannot_be_deleted(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    if call.operation == "delete":
        status = send(replace(call, method="GET").with_query(api_version="2.0"))
        if status.status == 200 and status.json["StatusCode"] == "Finished":
            return refusal(404, "NotFound", "JobNotFound")
    return send(call)


@fault("delete_keeps_outputs")
def a_deleted_job_is_gone(call: Call, send: Send, memory: Memory) -> Answer:
    answer = send(call)
    if call.operation == "delete" and answer.status < 300:
        memory.seen[call.job] = True
    if call.operation == "status" and memory.seen.get(call.job):
        return refusal(404, "NotFound", "JobNotFound")
    return answer


requests(
    "delete_wants_a_version",
    "delete_needs_no_version",
    "delete",
    lambda c: c if c.query else c.with_query(api_version="none"),
)


@fault("unknown_job_is_not_found")
def an_unknown_job_is_400(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    return refusal(400, "BadArgument", "MissingJobId") if b"JobNotFound" in answer.body else answer


@fault("unknown_job_is_not_found")
def an_unknown_job_waits(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    if call.operation == "status" and b"JobNotFound" in answer.body:
        status = {"StatusCode": "NotStarted", "Results": None, "Details": None}
        return replace(answer, status=200).with_json(status)
    return answer


def takes(name: str, check: str, code: str) -> None:
    """Put a fault into the bank: a job is taken that is refused with a code."""

    def behaviour(call: Call, send: Send, memory: Memory) -> Answer:
        del memory
        answer = send(call)
        if call.operation == "submit" and answer.status == 400 and code.encode() in answer.body:
            return replace(answer, status=200, body=b'"5b0c2f6e9d3a4817a1e4c7f08d926b35"')
        return answer

    FAULTS.append(Fault(name, check, behaviour))


takes("both_inputs_are_taken", "single_and_named_input_are_refused", "DuplicateInputInBatchCall")
takes("any_extension_is_taken", "blob_extension_is_checked", "InvalidBlobExtension")
takes("any_output_name_is_taken", "wrong_output_name_is_refused", "InvalidOutputOverrideName")


# --- results
def references(change: Any) -> Any:
    def turn(status: Any) -> Any:
        results = status["Results"]
        if isinstance(results, dict):
            results = {name: change(reference) for name, reference in results.items()}
        return {**status, "Results": results}

    return json_changed(turn)


replies(
    "token_without_its_question_mark",
    "result_reference_form",
    "status",
    references(lambda r: {**r, "SasBlobToken": r["SasBlobToken"][1:]}),
    RESULT,
)
replies(
    "base_without_its_slash",
    "result_reference_form",
    "status",
    references(lambda r: {**r, "BaseLocation": r["BaseLocation"].rstrip("/")}),
    RESULT,
)
replies(
    "a_leading_slash_stays",
    "result_reference_form",
    "status",
    references(lambda r: {**r, "RelativeLocation": "/" + r["RelativeLocation"]}),
    "leading_slash_is_stripped",
)
replies(
    "the_connection_string_is_told",
    "result_reference_form",
    "status",
    references(lambda r: {**r, "ConnectionString": "AccountName=a;AccountKey=YQ=="}),
    RESULT,
)
replies(
    "a_token_that_opens_nothing",
    RESULT,
    "status",
    references(lambda r: {**r, "SasBlobToken": "?sv=2015-02-21&sr=b&sig=c2ln&sp=r"}),
)
replies(
    "an_output_is_not_named",
    "results_name_every_output",
    "status",
    json_changed(lambda s: {**s, "Results": {}} if s["Results"] else s),
)


@fault("token_is_fresh_on_every_poll")
def the_same_token_on_every_poll(call: Call, send: Send, memory: Memory) -> Answer:
    answer = send(call)
    if call.operation == "status" and answer.status == 200 and answer.json["Results"]:
        answer = memory.seen.setdefault(call.job, answer)
    return answer


@fault("rrs_equals_bes")
def rrs_computes_otherwise_than_bes(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    if call.operation != "execute" or answer.status != 200:
        return answer
    return replace(answer, body=answer.body.replace(b'"0"', b'"00"'))
