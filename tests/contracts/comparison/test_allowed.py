"""Does an entry allow what it names, and nothing else?"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.comparison.allowed import HOWTO, Allowed, NotAllowedFile, read_allowed, stale
from contracts.comparison.difference import Difference, Kind
from tests.contracts.comparison.made import exchange, reply

BASE: dict[str, Any] = {"name": "an entry", "reason": "because", "source": "somewhere"}
LOST = Difference("execute", "header", "via", "1.1 x", "(absent)", Kind.LOST)
REFUSED = Difference("execute", "refusal", "400 to 404", "400", "404 Resource not found")
REFUSAL = exchange(reply({"statusCode": 404, "message": "Resource not found"}, 404))
PLAIN = exchange(reply())


def file(tmp_path: Path, *entries: object, version: object = 1) -> Path:
    """Write a file of entries."""
    path = tmp_path / "allowed.yaml"
    path.write_text(yaml.safe_dump({"version": version, "allowed": list(entries)}))
    return path


def entry(tmp_path: Path, **more: object) -> Allowed:
    """Return the entry with these members, as it is read."""
    return read_allowed(file(tmp_path, {**BASE, **more}))[0]


@pytest.mark.parametrize(
    ("members", "fits"),
    [
        ({}, True),
        ({"part": "header"}, True),
        ({"part": "body"}, False),
        ({"kind": "lost"}, True),
        ({"kind": "added"}, False),
        ({"path": "vi."}, True),
        ({"path": "vi"}, False),
        ({"operations": ["execute", "submit_job"]}, True),
        ({"operations": ["submit_job"]}, False),
        ({"primary": r"1\.1 .*"}, True),
        ({"candidate": "1.1 x"}, False),
        ({"refused": False}, True),
        ({"refused": True}, False),
        ({"lacks": "format"}, True),
        ({"lacks": "details"}, False),
        ({"target": r".*/execute\?.*"}, True),
        ({"target": ".*/jobs"}, False),
    ],
)
def test_all_that_an_entry_names_must_fit(
    tmp_path: Path, members: dict[str, object], fits: bool
) -> None:
    """Each member narrows an entry; patterns are for the whole text."""
    target = "/execute?api-version=2.0&Details=true"
    assert entry(tmp_path, **members).fits(LOST, target, PLAIN) is fits


def test_a_refusal_is_the_gateways_own(tmp_path: Path) -> None:
    """`refused` tells the gateway's own words from the service's."""
    refused = entry(tmp_path, refused=True)
    assert refused.fits(REFUSED, "/execute", REFUSAL)
    assert refused.fits(LOST, "/execute", REFUSAL)


def test_a_parameter_is_lacking_by_its_name_alone(tmp_path: Path) -> None:
    """Neither a longer name nor a mark too many makes a parameter one that is there."""
    lacks = entry(tmp_path, lacks="api-version")
    assert lacks.fits(REFUSED, "/execute??api-version=2.0", REFUSAL)
    assert lacks.fits(REFUSED, "/execute?x-api-version=2.0", REFUSAL)
    assert not lacks.fits(REFUSED, "/execute?API-Version=", REFUSAL)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("text", "is no entry"),
        ({"reason": "r", "source": "s"}, "an entry without a name lacks name"),
        ({"name": "n", "source": "s"}, "lacks reason"),
        ({**BASE, "reason": "TODO by a person"}, "says TODO for its reason"),
        ({**BASE, "source": "TODO"}, "says TODO for its source"),
        ({**BASE, "paths": "x"}, "unknown member paths"),
        ({**BASE, "path": "("}, "an entry: "),
        ({**BASE, "path": 3}, "a path that is no text"),
        ({**BASE, "expected": "yes"}, "a expected that is no true or false"),
        ({**BASE, "operations": "execute"}, "operations that are no list"),
    ],
)
def test_a_wrong_entry_is_refused(tmp_path: Path, given: object, complaint: str) -> None:
    """One line says what to mend; what a run has proposed needs a person's reason."""
    with pytest.raises(NotAllowedFile, match=complaint.replace("(", r"\(")):
        read_allowed(file(tmp_path, given))


def test_a_wrong_file_is_refused(tmp_path: Path) -> None:
    """A file of another version, of another form, or none at all, is no such file."""
    with pytest.raises(NotAllowedFile, match="version: 1"):
        read_allowed(file(tmp_path, version=2))
    with pytest.raises(NotAllowedFile, match="cannot be read"):
        read_allowed(tmp_path / "missing.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [")
    with pytest.raises(NotAllowedFile, match="cannot be read"):
        read_allowed(broken)


def test_what_was_expected_and_not_seen_is_stale(tmp_path: Path) -> None:
    """Only an entry that says so has to come up."""
    entries = read_allowed(file(tmp_path, BASE, {**BASE, "expected": True}))
    assert stale(entries) == [entries[1]]
    entries[1].count = 1
    assert stale(entries) == []


def test_the_howtos_file_is_read() -> None:
    """The file that comes along is a right one, and predicts the gateway's 404."""
    entries = read_allowed(HOWTO)
    assert sum(entry.expected for entry in entries) >= 4
    assert any(entry.fits(REFUSED, "/execute?api-version=2.0", REFUSAL) for entry in entries)
    assert not any(entry.fits(LOST, "/execute", PLAIN) for entry in entries)
