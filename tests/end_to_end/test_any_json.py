"""Can any JSON at all bring the service to an answer that breaks the contract?"""

import json
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import TOP

EXECUTE = schemathesis.openapi.from_path(TOP / "openapi.yaml")[
    "/workspaces/{workspace}/services/{service}/execute"
]["POST"]

plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
any_json = st.recursive(
    plain, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)
cells = plain | st.just("This is a good day")
tables = st.fixed_dictionaries(
    {
        "ColumnNames": st.just(["Col2"]) | st.lists(st.text(max_size=3), max_size=3),
        "Values": st.lists(st.lists(cells, min_size=1, max_size=1) | st.lists(cells), max_size=5),
    }
)
records = st.lists(st.dictionaries(st.just("Col2") | st.text(max_size=3), cells, max_size=2))
near_misses = st.fixed_dictionaries(
    {
        "Inputs": st.dictionaries(st.just("input1") | st.text(max_size=3), tables | records | plain)
        | any_json
    },
    optional={"GlobalParameters": any_json | st.just({}), "extra": plain},
)
queries = st.fixed_dictionaries(
    {"api-version": st.just("2.0")},
    optional={
        "details": st.sampled_from(["true", "false"]),
        "format": st.just("swagger"),
    },
)


@given(body=any_json | near_misses, query=queries)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_json_gets_an_answer_of_the_contract(
    client: httpx.Client, body: Any, query: dict[str, str]
) -> None:
    """Whatever JSON is sent, the reply conforms to openapi.yaml and is no 500."""
    # ensure_ascii: lone halves of surrogate pairs travel as escapes, NaN as a bare literal.
    reply = client.post("/execute", params=query, content=json.dumps(body))
    assert reply.status_code in (200, 400)
    EXECUTE.validate_response(reply)


@given(body=st.binary(max_size=300), kind=st.sampled_from(["application/json", "text/json", "x/y"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_get_an_answer_of_the_contract(
    client: httpx.Client, body: bytes, kind: str
) -> None:
    """Bytes that are no JSON are 400 in the envelope."""
    reply = client.post("/execute?api-version=2.0", content=body, headers={"Content-Type": kind})
    assert reply.status_code == 400
    EXECUTE.validate_response(reply)
