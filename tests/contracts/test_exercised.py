"""Is it told which parts of the contract a run touched, and which not?"""

import json

from contracts.exchange import Exchange, Reply, Request
from contracts.exercised import MODULE_ERRORS, Part, exercised
from contracts.spec import Contract

CONTRACT = Contract()
BASE = f"/workspaces/{'b' * 32}/services/{'c' * 32}"
JSON = (("Content-Type", "application/json; charset=utf-8"),)


def call(
    target: str, status: int, operation: str | None = "execute", content: object = None
) -> Exchange:
    reply = Reply(status, JSON, json.dumps(content).encode())
    return Exchange(1, Request("POST", target, JSON, b"{}"), reply, operation)


def seen(*calls: Exchange, prefix: str = "") -> dict[str, Part]:
    return {part.kind: part for part in exercised(CONTRACT, calls, prefix)}


def error(code: str, detail: str) -> object:
    return {"error": {"code": code, "message": "m", "details": [{"code": detail, "message": ""}]}}


def test_a_run_without_calls_touches_nothing() -> None:
    """All that the contract names is left, and there is some of each kind."""
    for part in seen().values():
        assert part.documented
        assert part.never == list(part.documented)
        assert part.touched == []


def test_calls_without_a_reply_touch_nothing() -> None:
    """What was sent only is not tried."""
    lost = Exchange(1, Request("POST", BASE), None, "execute", trouble="ReadError")
    assert seen(lost)["operations"].touched == []


def test_statuses_are_told_by_operation() -> None:
    """One that the contract does not have counts for nothing."""
    parts = seen(call("/x", 200), call("/x", 418), call("/x", 204, "start_job"))
    assert parts["statuses"].touched == ["execute 200", "start_job 204"]
    assert "execute 400" in parts["statuses"].never
    assert parts["operations"].touched == ["execute", "start_job"]


def test_a_wrong_method_is_told_by_its_path() -> None:
    """405 is no operation, but its path has some; a prefix of a gateway stands before it."""
    job = f"{BASE}/jobs/{'d' * 32}"
    assert seen(call(job, 405, None))["statuses"].touched == [
        "get_job_status 405",
        "delete_job 405",
    ]
    assert seen(call(f"/suffix{job}", 405, None))["statuses"].touched == []
    behind = seen(call(f"/suffix{BASE}/execute", 405, None), prefix="/suffix")
    assert behind["statuses"].touched == ["execute 405"]


def test_query_values_count_where_the_call_succeeds() -> None:
    """A refusal may have been for another reason; what is left out counts as well."""
    ok = call("/x?api-version=2.0&details=true", 200)
    refused = call("/x?api-version=2.0&details=false&format=swagger", 400)
    assert seen(ok, refused)["query values"].touched == [
        "execute api-version=2.0",
        "execute details=true",
        "execute format left out",
    ]


def test_states_of_a_job_come_from_the_contract() -> None:
    """Only what a status call says counts."""
    states = seen(
        call("/x", 200, "get_job_status", {"StatusCode": "Finished"}),
        call("/x", 200, "execute", {"StatusCode": "Failed"}),
        call("/x", 200, "get_job_status", ["Failed"]),
    )["states of a job"]
    assert states.touched == ["Finished"]
    assert states.never == ["NotStarted", "Running", "Failed", "Cancelled"]


def test_media_types_are_told_without_their_parameters() -> None:
    """Of requests, and of replies, also those that the contract words elsewhere."""
    parts = seen(call("/x", 401, "delete_job"))
    assert "delete_job gives application/json" in parts["media types"].touched
    assert "execute takes application/json" in parts["media types"].never


def test_errors_are_counted_by_class_and_code() -> None:
    """The numbers of modules are one, as the contract has them."""
    parts = seen(
        call("/x", 400, content=error("BadArgument", "BadVersionCall")),
        call("/x", 400, content=error("ModuleExecutionError", "3")),
        call("/x", 400, content=error("ModuleExecutionError", "17")),
        call("/x", 400, content=error("Unheard", "Of")),
    )
    assert parts["error classes"].touched == ["BadArgument", "ModuleExecutionError"]
    assert parts["detail codes"].touched == ["BadVersionCall", MODULE_ERRORS]
    assert len(parts["detail codes"].documented) == len(set(parts["detail codes"].documented)) > 100
