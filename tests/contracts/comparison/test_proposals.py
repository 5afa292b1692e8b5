"""Do proposed entries allow what was found, once a person has accepted them?"""

from pathlib import Path

import pytest
import yaml

from contracts.comparison.allowed import NotAllowedFile, read_allowed
from contracts.comparison.compare import Comparison, compare
from contracts.comparison.proposals import write_proposals
from contracts.exchange import Reply, Request
from contracts.reporting.masking import Masking
from tests.contracts.comparison.made import KEY, exchange, recording, reply, side, target


def compared(allowed: Path | None = None) -> Comparison:
    """Compare two calls with a side that changes a header, a field, and the number of values."""
    good = {"Results": {"a(1)": 1}, "key": ""}
    steps = (exchange(reply(good)), exchange(reply(good), "submit_job"))
    numbers = iter(range(100))

    def answer(request: Request) -> Reply:
        del request
        return reply({"Results": {"a(1)": next(numbers) + 2}, "key": KEY}, 200, ("Via", "1.1 x"))

    entries = read_allowed(allowed) if allowed else []
    return compare(recording(*steps), None, side(answer), entries)


def accepted(path: Path) -> None:
    """Write a reason and a source for each entry, as a person does."""
    content = yaml.safe_load(path.read_text())
    for entry in content["allowed"]:
        entry |= {"reason": "it is so", "source": "a person"}
    path.write_text(yaml.safe_dump(content))


def test_a_proposal_needs_a_person(tmp_path: Path) -> None:
    """The file is refused as it is written, and allows exactly what was found when accepted."""
    path = tmp_path / "learnt.yaml"
    write_proposals(compared(), Masking(target(api_key="another-key")), path)
    with pytest.raises(NotAllowedFile, match="says TODO for its reason"):
        read_allowed(path)
    accepted(path)
    result = compared(path)
    assert result.exit_code == 0
    assert sorted(entry.count for entry in result.allowed) == [2, 2, 2]


def test_a_difference_at_several_operations_is_one_proposal(tmp_path: Path) -> None:
    """Operations are listed, values are alternatives, and no key is written down."""
    path = tmp_path / "learnt.yaml"
    write_proposals(compared(), Masking(target()), path)
    assert KEY not in path.read_text()
    entries = {entry["name"]: entry for entry in yaml.safe_load(path.read_text())["allowed"]}
    assert entries["header via is added"]["operations"] == ["execute", "submit_job"]
    assert entries["header via is added"]["candidate"] == r"1\.1 x"
    field = entries["body $.Results.a(1) is changed"]
    assert field["path"] == r"\$\.Results\.a\(1\)"
    assert field["candidate"] == "2|3"


def test_many_values_are_any(tmp_path: Path) -> None:
    """A value that takes many forms is allowed in any."""
    numbers = iter(range(100))
    made = recording(*(exchange(reply({"a": -1})) for _ in range(10)))
    result = compare(made, None, side(lambda _: reply({"a": next(numbers)})), [])
    write_proposals(result, Masking(target()), tmp_path / "learnt.yaml")
    (entry,) = yaml.safe_load((tmp_path / "learnt.yaml").read_text())["allowed"]
    assert entry["candidate"] == ".*"
