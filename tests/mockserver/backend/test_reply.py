"""Do answers have the three shapes, and errors the envelope?"""

import json

import pytest

from mockserver.backend.error_codes import CLASSES, CODES, WORDING
from mockserver.backend.failures import (
    CredentialsNotValid,
    QueryParameterNotValid,
    VerbNotSupported,
    VersionNotSupported,
)
from mockserver.backend.reply import encode_heads, encode_results, refuse
from mockserver.batch.failures import MalformedFile
from mockserver.blobserver.errors import Refusal
from mockserver.experiment.failures import InputNotParsed, ModuleFailed
from mockserver.experiment.tables import Column, ColumnType, Schema, ScoredTable
from mockserver.failures import Failure

RESULTS = {
    "output1": ScoredTable(
        Schema((Column("a", ColumnType.STRING), Column('p "x"', ColumnType.DOUBLE))),
        [["é", "0.5"], ["b", None]],
    ),
    "o2": ScoredTable(Schema((Column("n", ColumnType.INT32),)), []),
}

HEADS = encode_heads({"output1": RESULTS["output1"].schema})


def test_the_reply_with_details() -> None:
    """Names, types and values, compact, in the captured order of keys."""
    assert encode_results(RESULTS, HEADS, details=True, swagger=False).decode() == (
        '{"Results":{"output1":{"type":"table","value":{"ColumnNames":["a","p \\"x\\""],'
        '"ColumnTypes":["String","Double"],"Values":[["é","0.5"],["b",null]]}},'
        '"o2":{"type":"table","value":{"ColumnNames":["n"],"ColumnTypes":["Int32"],"Values":[]}}}}'
    )


def test_the_reply_without_details() -> None:
    """Values alone."""
    assert encode_results(RESULTS, HEADS, details=False, swagger=False).decode() == (
        '{"Results":{"output1":{"type":"table","value":{"Values":[["é","0.5"],["b",null]]}},'
        '"o2":{"type":"table","value":{"Values":[]}}}}'
    )


@pytest.mark.parametrize("details", [True, False])
def test_the_reply_with_format_swagger(details: bool) -> None:
    """Bare lists of objects, details or not."""
    assert encode_results(RESULTS, HEADS, details=details, swagger=True).decode() == (
        '{"Results":{"output1":[{"a":"é","p \\"x\\"":"0.5"},{"a":"b","p \\"x\\"":null}],"o2":[]}}'
    )


def test_no_outputs_are_an_empty_object() -> None:
    """A service without outputs has empty Results."""
    assert encode_results({}, {}, details=True, swagger=False) == b'{"Results":{}}'


def test_a_refusal_is_the_captured_envelope() -> None:
    """The 401 is, byte for byte, the one that was seen."""
    reply = refuse(CredentialsNotValid())
    assert (reply.status, reply.body.decode()) == (
        401,
        (
            '{"error":{"code":"Unauthorized",'
            '"message":"Request is unauthorized to access resource.",'
            '"details":[{"code":"ScoreRequestUnauthorized",'
            '"message":"Invalid credentials provided."}]}}'
        ),
    )


def detail(failure: Failure) -> dict[str, str]:
    error = json.loads(refuse(failure).body)["error"]
    (found,) = error["details"]
    assert isinstance(found, dict)
    return found


def test_places_are_filled_and_clients_cannot_add_any() -> None:
    """What a client sent stands where the place was, whatever it contains."""
    assert detail(QueryParameterNotValid("details", "{0} {1} {x}"))["message"] == (
        "Invalid query parameter 'details'. {0} {1} {x}"
    )
    assert "call: {0.__class__}. Check" in detail(VersionNotSupported("{0.__class__}"))["message"]
    assert detail(InputNotParsed("row 1"))["message"] == (
        "Parsing of input vector failed.  Verify the input vector has the correct number of columns"
        " and data types.  Additional details: row 1."
    )


def test_a_module_error_carries_number_and_target() -> None:
    """The detail of a module's failure is its error number, its name and its text."""
    failure = ModuleFailed(3, "Input is null", target="Feature Hashing")
    assert refuse(failure).status == 400
    assert detail(failure) == {
        "code": "3",
        "target": "Feature Hashing",
        "message": "Error 0003: Input is null",
    }


def test_a_wrong_verb_is_told_the_right_ones() -> None:
    """405 comes with Allow."""
    assert refuse(VerbNotSupported("PUT", ("GET", "POST"))).headers == ((b"allow", b"GET, POST"),)


def test_every_wording_is_a_row_of_the_table() -> None:
    """Each failure points to a class and a code that exist, and each class has a status."""
    for kind, code in WORDING.values():
        assert code in CODES[kind]
        assert CLASSES[kind].status >= 400
    assert CODES.keys() <= CLASSES.keys()


def test_every_failure_is_worded() -> None:
    """No failure can be raised that the table does not know."""

    def leaves(kind: type[Failure]) -> set[type[Failure]]:
        below = kind.__subclasses__()
        return {kind} if not below else set().union(*map(leaves, below))

    ours = {kind for kind in leaves(Failure) if kind.__module__.startswith("mockserver.")}
    # A module's failure brings its own words; one of blob storage, or of a job's file, is worded
    # where it is told: in XML, in the Details of the job.
    elsewhere = {kind for kind in ours if issubclass(kind, (ModuleFailed, MalformedFile, Refusal))}
    assert ours - elsewhere == WORDING.keys()


def test_a_message_needs_no_more_arguments_than_its_failure_has() -> None:
    """A failure raised without arguments still reads as a sentence, without open places."""
    for failure, (kind, code) in WORDING.items():
        if "{1}" not in CODES[kind][code].message and failure is not VerbNotSupported:
            assert "{" not in detail(failure())["message"]
