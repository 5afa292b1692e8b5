"""Faults of RRS: forms, values, refusals."""

import json
from typing import Any

from contracts.checks.meaning.hashing_equals_rule import counts
from tests.contracts.broken_servers.faults import (
    FAULTS,
    Fault,
    fault,
    is_about_details,
    json_changed,
    refusal,
    replace,
    replies,
    requests,
    with_rows,
    with_tables,
)
from tests.contracts.broken_servers.proxy import Answer, Call, Memory, Send

HOWTO = "howto_request_is_scored"
FORMS = "both_forms_are_scored"


def numbers(rows: list[Any]) -> list[Any]:
    return [[int(c) if c is not None and c.isdigit() else c for c in row] for row in rows]


replies(
    "numbers_instead_of_strings",
    "cells_are_strings",
    "execute",
    json_changed(lambda c: with_rows(c, numbers)),
    HOWTO,
)
replies(
    "type_is_datatable",
    "response_schema_conformance",
    "execute",
    lambda a: replace(a, body=a.body.replace(b'"table"', b'"DataTable"')),
    HOWTO,
)
replies(
    "results_without_their_wrapper",
    "response_schema_conformance",
    "execute",
    json_changed(lambda c: c.get("Results", c)),
    HOWTO,
)
replies(
    "member_beside_results",
    "response_schema_conformance",
    "execute",
    json_changed(lambda c: {**c, "Took": 1}),
    HOWTO,
)
replies(
    "rows_reversed",
    "row_order_is_kept",
    "execute",
    json_changed(lambda c: with_rows(c, lambda rows: rows[::-1])),
)
replies(
    "last_of_many_rows_lost",
    "row_count_is_kept",
    "execute",
    json_changed(lambda c: with_rows(c, lambda rows: rows[:50])),
)
replies(
    "rows_doubled",
    "row_count_is_kept",
    "execute",
    json_changed(lambda c: with_rows(c, lambda rows: rows * 2 if len(rows) > 5 else rows)),
)
replies(
    "a_column_lost",
    "details_name_columns",
    "execute",
    json_changed(lambda c: with_rows(c, lambda rows: [row[:-1] for row in rows])),
    HOWTO,
)
replies(
    "names_without_details",
    "plain_table_has_values_only",
    "execute",
    json_changed(
        lambda c: with_tables(c, lambda value: value.setdefault("ColumnNames", ["a"]) and None)
    ),
    "details_and_swagger_agree",
)
requests(
    "details_ignored",
    "details_name_columns",
    "execute",
    lambda c: c.with_query(details=None) if c.query.get("details") == "true" else c,
    HOWTO,
)
requests(
    "format_ignored",
    "both_forms_are_scored",
    "execute",
    lambda c: c.with_query(format=None) if c.query.get("format") == "swagger" else c,
)


@fault("details_name_columns", HOWTO)
def types_missing_with_details(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    if not is_about_details(call) or answer.status != 200 or "format" in call.query:
        return answer
    return answer.with_json(with_tables(answer.json, lambda value: value.pop("ColumnTypes")))


@fault("records_in_swagger_form", FORMS)
def records_wrapped_in_a_table(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    if answer.status != 200 or call.query.get("format") != "swagger" or call.operation != "execute":
        return answer
    wrapped = {
        name: {"type": "table", "value": rows} for name, rows in answer.json["Results"].items()
    }
    return answer.with_json({"Results": wrapped})


@fault("details_and_swagger_agree")
def other_values_in_records(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    if answer.status != 200 or call.query.get("format") != "swagger" or call.operation != "execute":
        return answer
    return replace(answer, body=answer.body.replace(b'"2"', b'"3"'))


def shifted(rows: list[Any]) -> list[Any]:
    return [[row[0], *row[2:], row[1]] for row in rows]


replies(
    "buckets_off_by_one",
    "hashing_equals_rule",
    "execute",
    json_changed(lambda c: with_rows(c, shifted)),
)


replies(
    "two_columns_swapped",
    "hashing_equals_rule",
    "execute",
    json_changed(lambda c: with_rows(c, lambda rows: [[*r[:-2], r[-1], r[-2]] for r in rows])),
)


def single_words(rows: list[Any]) -> list[Any]:
    return [[text, *map(str, counts(text or "", 3, 1))] for text, *_ in rows]


replies(
    "only_single_words_are_counted",
    "hashing_equals_rule",
    "execute",
    json_changed(lambda c: with_rows(c, single_words)),
)


def lowered(call: Call) -> Call:
    content = call.json
    if not isinstance(content, dict) or call.operation != "execute":
        return call
    return replace(call, body=json.dumps(content).replace("Good", "good").encode())


requests("texts_in_lower_case_before_they_are_hashed", "hashing_equals_rule", "execute", lowered)
replies(
    "counts_capped_at_one",
    "hashing_equals_rule",
    "execute",
    json_changed(
        lambda c: with_rows(
            c, lambda rows: [[row[0], *(str(min(int(x), 1)) for x in row[1:])] for row in rows]
        )
    ),
)


@fault("same_rows_same_answer")
def another_answer_the_second_time(call: Call, send: Send, memory: Memory) -> Answer:
    answer = send(call)
    if call.operation == "execute" and answer.status == 200 and memory.count(call.body.hex()) == 2:
        return answer.with_json(
            with_rows(answer.json, lambda rows: [[*row[:-1], "9"] for row in rows])
        )
    return answer


@fault("row_alone_equals_batch")
def rows_know_of_each_other(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    if call.operation != "execute" or answer.status != 200 or "format" in call.query:
        return answer
    change = lambda rows: [[*row[:-1], str(int(row[-1]) + len(rows) - 1)] for row in rows]  # noqa: E731
    return answer.with_json(with_rows(answer.json, change))


def taken(call: Call, answer: Answer) -> Answer:
    """Turn a refusal into a success, in the form that the call asks for."""
    value: dict[str, Any] = {"Values": []}
    if is_about_details(call):
        value = {"ColumnNames": [], "ColumnTypes": [], "Values": []}
    content = {"Results": {"output1": {"type": "table", "value": value}}}
    return replace(answer, status=200).with_json(content)


def accepts(name: str, check: str, code: str) -> None:
    """Put a fault into the bank that takes what is refused with a code."""

    def behaviour(call: Call, send: Send, memory: Memory) -> Answer:
        del memory
        answer = send(call)
        is_meant = call.operation == "execute" and code.encode() in answer.body
        return taken(call, answer) if answer.status >= 400 and is_meant else answer

    FAULTS.append(Fault(name, check, behaviour))


accepts("a_missing_column_is_taken", "missing_column_is_refused", "InputMismatchError")
accepts("a_row_of_any_width_is_taken", "row_width_is_checked", "InputParseError")
accepts("any_input_name_is_taken", "wrong_input_name_is_refused", "InvalidInputNames")
accepts("no_body_is_taken", "malformed_body_is_refused", "RequestBodyInvalid")
accepts("odd_values_are_taken", "odd_query_values_are_refused", "InvalidQueryParameter")
accepts("unknown_parameters_are_taken", "unexpected_parameters_are_refused", "UnexpectedParameter")
requests(
    "any_version_is_taken", "version_is_required", "", lambda c: c.with_query(api_version="2.0")
)


def refuses(name: str, check: str, when: Any, answer: Answer | None = None) -> None:
    """Put a fault into the bank that refuses what should be taken."""

    def behaviour(call: Call, send: Send, memory: Memory) -> Answer:
        del memory
        if call.operation == "execute" and when(call):
            return answer or refusal(400, "BadArgument", "RequestBodyInvalid")
        return send(call)

    FAULTS.append(Fault(name, check, behaviour))


refuses(
    "more_query_is_refused",
    "extra_query_is_ignored",
    lambda c: set(c.query) - {"api-version", "details", "format"},
    refusal(400, "BadArgument", "InvalidQueryParameter"),
)
refuses(
    "more_members_are_refused",
    "extra_members_are_ignored",
    lambda c: isinstance(c.json, dict) and set(c.json) - {"Inputs", "GlobalParameters"},
)
refuses(
    "text_json_is_refused",
    "media_types_are_tolerated",
    lambda c: c.header("Content-Type") == "text/json",
)
refuses(
    "chunks_are_refused",
    "chunked_body_is_taken",
    lambda c: c.was_chunked,
    refusal(400, "BadArgument", "RequestIsEmpty"),
)
refuses(
    "utf8_is_taken_for_a_compression",
    "content_encoding_utf8_is_tolerated",
    lambda c: c.header("Content-Encoding"),
)
refuses(
    "null_parameters_are_refused",
    "parameters_may_be_left_out",
    lambda c: isinstance(c.json, dict) and c.json.get("GlobalParameters", 0) is None,
)
refuses(
    "small_letters_of_bearer_are_refused",
    "bearer_is_read_leniently",
    lambda c: c.header("Authorization").startswith("bearer"),
    refusal(401, "Unauthorized", "ScoreRequestUnauthorized"),
)
refuses(
    "a_bare_nan_takes_too_long",
    "bare_nan_is_survived",
    lambda c: b"NaN" in c.body,
    refusal(408, "RequestTimeout", "ScoreRequestTimeout"),
)
refuses(
    "records_are_refused", "both_forms_are_scored", lambda c: c.query.get("format") == "swagger"
)
refuses(
    "long_texts_are_refused",
    "valid_rows_are_scored",
    lambda c: len(c.body) > 400 and len(c.body) < 4000,
    refusal(400, "BadUserArgument", "InputParseError"),
)

replies(
    "one_row_comes_back_as_two",
    "howto_request_is_scored",
    "execute",
    json_changed(lambda c: with_rows(c, lambda rows: rows * 2 if len(rows) == 1 else rows)),
)
