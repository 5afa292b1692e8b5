"""Is every check what its file says, with a place in the contract?"""

from pathlib import Path

import pytest

from contracts import checks
from contracts.catalogue import all_checks
from contracts.check import Check
from contracts.spec import Contract

CONTRACT = Contract()
ALL = list(all_checks().values())
FOLDERS = Path(checks.__path__[0])


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.name)
def test_a_check_has_a_promise_and_its_place(check: Check) -> None:
    """One sentence, a clause that the contract has, operations that it knows, one way to look."""
    assert check.promise.endswith(".")
    assert CONTRACT.clause(check.clause).line > 0
    assert set(check.operations) <= set(CONTRACT.operations)
    assert (check.judge is None) != (check.perform is None)


def test_a_file_is_a_check_and_has_its_name() -> None:
    """The flag, the label and the file are one word."""
    files = {
        f"{file.parent.name}/{file.stem}"
        for file in FOLDERS.glob("*/*.py")
        if file.stem != "__init__"
    }
    assert files == {f"{check.group}/{check.name}" for check in ALL}


def test_judges_come_first_and_the_schema_last_of_them() -> None:
    """What is said of a reply is the most telling thing."""
    names = [check.name for check in ALL if check.judge]
    assert names == [check.name for check in ALL][: len(names)]
    assert names[0] == "no_server_error"
    assert names[-1] == "response_schema_conformance"
