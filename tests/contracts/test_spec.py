"""Does the contract say what it says, on the line where it says it?"""

import pytest

from contracts.exchange import Exchange, Reply, Request
from contracts.spec import Contract, contract_file


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract()


HEADERS = (
    ("Content-Type", "application/json"),
    ("x-ms-request-id", "2f1c7c1e-6a55-4c0e-9d0b-0d6f3a9b8e21"),
)
TABLE = b'{"Results":{"o":{"type":"table","value":{"Values":[["1"]]}}}}'


def test_a_clause_stands_where_the_file_has_it(contract: Contract) -> None:
    """The line that is given holds the last key."""
    clause = contract.clause("components schemas HexId pattern")
    assert contract_file().read_text().splitlines()[clause.line - 1].strip().startswith("pattern:")
    assert str(clause) == f"openapi.yaml:{clause.line} components schemas HexId pattern"


def test_a_clause_that_is_not_there_is_a_mistake(contract: Contract) -> None:
    """It names the key that is missing."""
    with pytest.raises(KeyError, match="nowhere"):
        contract.clause("components nowhere")


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("POST", "/p/workspaces/w/services/s/execute", "execute"),
        ("GET", "/p/workspaces/w/services/s/jobs/j", "get_job_status"),
        ("DELETE", "/p/workspaces/w/services/s/jobs/j", "delete_job"),
        ("PUT", "/p/workspaces/w/services/s/execute", None),
        ("POST", "/workspaces/w/services/s/execute", None),
        ("POST", "/p/workspaces/w/services/s/execute/", None),
    ],
)
def test_an_address_means_an_operation(
    contract: Contract, method: str, path: str, operation: str | None
) -> None:
    """Method and whole path decide, below the prefix."""
    found = contract.operation_at(method, path, "/p")
    assert (found.name if found else None) == operation


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Reply(200, HEADERS, TABLE), None),
        (Reply(200, HEADERS, b'{"Results":{"o":{"type":"x"}}}'), "oneOf"),
        (Reply(400, HEADERS, b'{"error":{}}'), "code"),
        (Reply(418, HEADERS, b"{}"), None),
    ],
)
def test_a_reply_is_held_against_its_schema(
    contract: Contract, reply: Reply, fault: str | None
) -> None:
    """What a status is not there for is another check's."""
    exchange = Exchange(1, Request("POST", "/"), reply, "execute")
    faults = contract.schema_faults(exchange)
    assert bool(faults) == bool(fault)
    assert fault is None or fault in str(faults)


def test_without_reply_or_operation_there_is_no_schema(contract: Contract) -> None:
    """Nothing is judged then."""
    assert contract.schema_faults(Exchange(1, Request("POST", "/"), None, "execute")) == []
    assert contract.schema_faults(Exchange(1, Request("POST", "/"), Reply(200))) == []
