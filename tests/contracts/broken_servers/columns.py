"""Faults of a service whose columns have types."""

import json
from typing import Any

from tests.contracts.broken_servers.faults import fault, is_about_details, replace, with_rows
from tests.contracts.broken_servers.proxy import Answer, Call, Memory, Send

WORLD = "people"
NAMES = ["Name", "Age", "Income", "Member"]


def table_of(call: Call) -> Any:
    """Return the table that a call brings, or None."""
    match call.operation, call.json:
        case "execute", {"Inputs": {"input1": {"ColumnNames": list(), "Values": list()} as table}}:
            return table
        case _:
            return None


def with_table(call: Call, **changes: Any) -> Call:
    """Return the call with other names or values."""
    content = call.json
    content["Inputs"]["input1"].update(changes)
    return replace(call, body=json.dumps(content).encode())


@fault("column_order_is_free", world=WORLD)
def columns_are_told_by_their_place(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    table = table_of(call)
    if table and sorted(table["ColumnNames"]) == sorted(NAMES):
        return send(with_table(call, ColumnNames=NAMES))
    return send(call)


@fault("cell_type_is_checked", world=WORLD)
def a_word_counts_as_nothing(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    return send(replace(call, body=call.body.replace(b'"no number"', b"0")))


@fault("no_rows_give_no_rows", world=WORLD)
def no_rows_give_an_empty_one(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    if answer.status == 200 and table_of(call) and is_about_details(call):
        return answer.with_json(with_rows(answer.json, lambda rows: rows or [[None] * 4]))
    return answer


@fault("no_server_error", "no_rows_give_no_rows", world=WORLD)
def no_rows_crash(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    table = table_of(call)
    if table and not table["Values"]:
        return Answer(500, (("Content-Type", "text/plain"),), b"list index out of range")
    return send(call)


@fault("details_and_swagger_agree", world=WORLD)
def columns_swapped_without_details(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    is_plain = call.operation == "execute" and not is_about_details(call)
    if answer.status != 200 or not is_plain or "format" in call.query:
        return answer
    swapped = with_rows(answer.json, lambda rows: [[r[0], r[2], r[1], *r[3:]] for r in rows])
    return answer.with_json(swapped)


@fault("details_and_swagger_agree", world=WORLD)
def truth_in_small_letters_in_records(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    if call.query.get("format") == "swagger" and answer.status == 200:
        return replace(answer, body=answer.body.replace(b'"True"', b'"true"'))
    return answer


@fault("cells_are_strings", "howto_request_is_scored", world=WORLD)
def truth_is_no_text(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    if call.operation == "execute" and answer.status == 200:
        return replace(answer, body=answer.body.replace(b'"True"', b"true"))
    return answer
