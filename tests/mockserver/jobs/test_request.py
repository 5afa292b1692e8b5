"""What does the body of a submit call ask for, and which failure does each mistake in it give?"""

import math
import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec
import pytest

from mockserver.development_account import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from mockserver.experiment import failures as experiment_failures
from mockserver.experiment.binding import bind_parameters
from mockserver.experiment.canned import Canned
from mockserver.experiment.tables import Column, ColumnType, Parameter, Schema, ScoredTable
from mockserver.failures import Failure
from mockserver.jobs import failures
from mockserver.jobs.request import BatchRequest, read_request
from mockserver.storage import failures as storage_failures
from mockserver.storage.accounts import Accounts, Place
from mockserver.storage.references import BlobReference
from mockserver.workspace.declaration import AccountDeclaration, StorageDeclaration

ACCOUNTS = Accounts(
    StorageDeclaration(
        accounts=[
            AccountDeclaration(name=DEVELOPMENT_ACCOUNT, key=DEVELOPMENT_KEY),
            AccountDeclaration(name="second", key="a2V5"),
        ]
    ),
    "http://127.0.0.1:10000",
)
STRING = f"AccountName={DEVELOPMENT_ACCOUNT};AccountKey={DEVELOPMENT_KEY}"
PLACE = Place(DEVELOPMENT_ACCOUNT, key=DEVELOPMENT_KEY)
DEFAULT = re.compile(r"experimentoutput/[0-9a-f-]{36}/[0-9a-f-]{36}\.csv")
TEXT = Schema((Column("Text", ColumnType.STRING),))


def ref(location: str = "/demo/in.csv") -> dict[str, str]:
    return {"ConnectionString": STRING, "RelativeLocation": location}


def service(
    inputs: int = 1, outputs: int = 1, parameters: Mapping[str, Parameter] | None = None
) -> Canned:
    """Return a service with inputs in1, in2 … and outputs out1, out2 …"""
    tables = {f"out{number}": ScoredTable(TEXT, []) for number in range(1, outputs + 1)}
    schemas = {f"in{number}": TEXT for number in range(1, inputs + 1)}
    return Canned(schemas, tables, parameters or {})


def read(content: Mapping[str, Any], experiment: Canned) -> BatchRequest:
    return read_request(content, experiment, ACCOUNTS, "experimentoutput")


def locations(blobs: Mapping[str, BlobReference]) -> dict[str, str]:
    return {name: blob.location for name, blob in blobs.items()}


ONE, TWO = {"in1": "demo/in.csv"}, {"in1": "demo/in.csv", "in2": "demo/2.csv"}
MAP, TWO_MAP = {"in1": ref()}, {"in2": ref("demo/2.csv"), "in1": ref()}


@pytest.mark.parametrize(
    ("content", "inputs", "expected"),
    [
        ({"input": ref()}, 1, ONE),
        ({"inputs": MAP}, 1, ONE),
        ({"input": None, "inputs": MAP}, 1, ONE),
        ({"input": ref(), "inputs": None}, 1, ONE),
        ({"inputs": TWO_MAP}, 2, TWO),
        ({}, 0, {}),
        ({"input": None, "inputs": None}, 0, {}),
        ({"inputs": {}}, 0, {}),
    ],
)
def test_inputs_are_given_in_both_forms(
    content: dict[str, Any], inputs: int, expected: dict[str, str]
) -> None:
    """The single one is the service's first; unused members may be null."""
    found = read(content | {"outputs": {"out1": ref("demo/out.csv")}}, service(inputs))
    assert locations(found.inputs) == expected
    assert list(found.inputs) == list(expected)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"output": ref("/demo/1.csv")}, {"out1": "demo/1.csv"}),
        ({"outputs": {"out1": ref("demo/1.tsv")}}, {"out1": "demo/1.tsv"}),
        ({"outputs": {"out2": ref("demo/2.arff")}}, {"out2": "demo/2.arff"}),
        (
            {"outputs": {"out2": ref("demo/2.csv"), "out1": ref("demo/1.csv")}},
            {"out1": "demo/1.csv", "out2": "demo/2.csv"},
        ),
        (
            {"output": ref("demo/x.csv"), "outputs": {"out1": ref("demo/1.csv")}},
            {"out1": "demo/1.csv"},
        ),
        ({"output": None, "outputs": None}, {}),
        ({"outputs": {}}, {}),
        ({}, {}),
    ],
)
def test_outputs_are_given_or_made_up(content: dict[str, Any], expected: dict[str, str]) -> None:
    """In the service's order; those that are not named go to the default container."""
    found = read(content | {"input": ref()}, service(1, 2))
    assert list(found.outputs) == ["out1", "out2"]
    for name, blob in found.outputs.items():
        assert blob.place == PLACE
        assert blob.is_default == (name not in expected)
        if name in expected:
            assert blob.location == expected[name]
        else:
            assert DEFAULT.fullmatch(blob.location)
    assert len(set(locations(found.outputs).values())) == 2


NUMBER = {"n": Parameter("n", ColumnType.INT32, 1, is_required=False)}
REQUIRED = {"n": Parameter("n", ColumnType.INT32)}


@pytest.mark.parametrize("given", [{"n": 3}, {"n": "3"}, {}, None])
def test_parameters_are_kept_as_they_came(given: dict[str, Any] | None) -> None:
    """They are read once to see that they can be, and once more when the job is scored."""
    content = {"input": ref(), "globalparameters": given}
    assert read(content, service(parameters=NUMBER)).parameters == (given or {})


def test_numbers_that_json_does_not_know_are_kept() -> None:
    """A client writes a missing number as NaN; what is written down says so too."""
    parameters = {name: Parameter(name, ColumnType.DOUBLE) for name in "abc"}
    given = {"a": math.nan, "b": -math.inf, "c": 1.5}
    found = read({"input": ref(), "globalparameters": given}, service(1, 1, parameters))
    again = msgspec.json.decode(msgspec.json.encode(found), type=BatchRequest)
    read_again = bind_parameters(again.parameters, parameters)
    assert math.isnan(cast("float", read_again["a"]))
    assert (read_again["b"], read_again["c"]) == (-math.inf, 1.5)


@pytest.mark.parametrize(
    ("content", "experiment", "failure", "arguments"),
    [
        ({"input": {}, "inputs": {}}, service(), failures.InputTwice, ()),
        ({"input": ref()}, service(0), failures.TooManyInputs, ("",)),
        ({"input": ref()}, service(3), failures.InputsNotSpecified, ("in2, in3",)),
        ({}, service(), experiment_failures.InputNotProvided, ()),
        ({"inputs": {}}, service(2), experiment_failures.InputNotProvided, ()),
        ({"inputs": MAP}, service(2), failures.InputsNotSpecified, ("in2",)),
        ({"inputs": {"x": ref()}}, service(), experiment_failures.UnknownInput, ("x",)),
        ({"inputs": {"In1": ref()}}, service(), experiment_failures.UnknownInput, ("In1",)),
        ({"inputs": TWO_MAP}, service(), failures.TooManyInputs, ("in1",)),
        ({"inputs": MAP}, service(0), failures.TooManyInputs, ("",)),
        ({"inputs": {"in1": None}}, service(), storage_failures.ReferenceMissing, ()),
        ({"input": ref("demo")}, service(), storage_failures.BlobNotNamed, ()),
        (
            {"input": ref(), "outputs": {"x": ref()}},
            service(),
            failures.UnknownOutput,
            ("x",),
        ),
        (
            {"input": ref(), "outputs": {"out1": None}},
            service(),
            failures.OutputNotSpecified,
            ("out1",),
        ),
        (
            {"input": ref(), "output": ref("demo")},
            service(),
            storage_failures.OutputNotNamed,
            ("demo",),
        ),
        (
            {"input": ref(), "outputs": {"out1": ref(), "out2": ref()}},
            service(1, 2),
            storage_failures.OutputsShareBlob,
            ("demo/in.csv",),
        ),
        ({"input": ref()}, service(1, 1, REQUIRED), experiment_failures.ParameterMissing, ()),
        (
            {"input": ref(), "globalparameters": {"m": 1}},
            service(),
            experiment_failures.ParameterUnexpected,
            (),
        ),
        # Of several mistakes the first in this order is told.
        ({"input": {}, "inputs": {"x": 1}, "output": 1}, service(), failures.InputTwice, ()),
        (
            {"inputs": {"x": None}, "outputs": {"y": None}},
            service(),
            experiment_failures.UnknownInput,
            ("x",),
        ),
        (
            {"input": ref("x"), "outputs": {"y": None}},
            service(),
            storage_failures.ContainerNameNotValid,
            (),
        ),
        (
            {"input": ref(), "outputs": {"y": None}, "globalparameters": {"m": 1}},
            service(),
            failures.UnknownOutput,
            ("y",),
        ),
    ],
)
def test_each_mistake_has_its_failure(
    content: dict[str, Any], experiment: Canned, failure: type[Failure], arguments: tuple[str, ...]
) -> None:
    """And the failure has what its message needs."""
    with pytest.raises(failure) as refused:
        read(content, experiment)
    if arguments:
        assert refused.value.arguments == arguments


def test_a_flood_of_wrong_names_is_cut() -> None:
    """A client that sends thousands of long ones gets back some."""
    names = {f"{number}" + "x" * 500: None for number in range(5000)}
    with pytest.raises(experiment_failures.UnknownInput) as refused:
        read({"inputs": names}, service())
    assert len(refused.value.arguments[0]) < 2200
    with pytest.raises(failures.UnknownOutput) as unknown:
        read({"input": ref(), "outputs": names}, service())
    assert len(unknown.value.arguments[0]) == 100


def test_without_an_account_outputs_must_be_named() -> None:
    """There is no place for those that are not."""
    accounts = Accounts(
        StorageDeclaration(accounts=[], allowed_hosts=["x.example"]), "http://127.0.0.1:1"
    )
    foreign = f"AccountName=foreign;AccountKey={DEVELOPMENT_KEY};BlobEndpoint=https://x.example"
    reference = {"ConnectionString": foreign, "RelativeLocation": "demo/a.csv"}
    with pytest.raises(storage_failures.ReferenceMissing):
        read_request({"input": reference}, service(), accounts, "experimentoutput")
    found = read_request(
        {"input": reference, "output": reference}, service(), accounts, "experimentoutput"
    )
    assert found.outputs["out1"].place.url == "https://x.example"
