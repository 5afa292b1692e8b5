"""What does the body of a submit call ask for, and is it what the service needs?

The checks go in this order: single and map form together, names, references, outputs, parameters.
Whether the input blobs are there is asked last, by whoever can reach storage.
"""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any
from uuid import uuid4

import msgspec

from mockserver.evidence import Evidence, Fact
from mockserver.experiment.binding import bind_parameters
from mockserver.experiment.cells import write_double
from mockserver.experiment.failures import InputNotProvided, UnknownInput
from mockserver.experiment.tables import Experiment
from mockserver.jobs.failures import (
    InputsNotSpecified,
    InputTwice,
    OutputNotSpecified,
    TooManyInputs,
    UnknownOutput,
)
from mockserver.storage.accounts import Accounts, Place
from mockserver.storage.failures import OutputsShareBlob, ReferenceMissing
from mockserver.storage.references import BlobReference, read_reference

FACTS = (
    Fact(
        "A job names its input as `Input` or in the map `Inputs`, its outputs as `Output` or in the"
        " map `Outputs`; any of them may be null.",
        Evidence.CAPTURED,
        "client sources of 2015 to 2017",
    ),
    Fact(
        "Input and Inputs together are BadArgument/DuplicateInputInBatchCall.",
        Evidence.PUBLISHED,
        "the document of web service error codes",
    ),
    Fact(
        "`Output` is the service's first output; where `Outputs` is given as well, that counts.",
        Evidence.ASSUMED,
        "no client sends both",
    ),
    Fact(
        "An output that the request does not name goes to `experimentoutput/<guid>/<guid>.csv` of"
        " the first storage account.",
        Evidence.CAPTURED,
        "the container and the form are in an older sample; that the account is the workspace's own"
        " is an inference",
    ),
    Fact(
        "No input at all is MissingRequestInput, some of several BatchJobInputsNotSpecified, an"
        " unknown name InvalidInputNames, more than there are BatchJobInputsTooManySpecified.",
        Evidence.ASSUMED,
        "the texts of the published table; which of them comes when was not captured",
    ),
    Fact(
        "Whether input blobs can be read is asked when the job is submitted, after all else:"
        " BadArgument/BlobNotFound.",
        Evidence.ASSUMED,
        "the published code belongs to requests; the moment was not captured",
    ),
)

_LONGEST_ECHO = 100


Plain = str | int | float | bool | None
"""A value of `GlobalParameters`, as it came."""


class BatchRequest(msgspec.Struct, frozen=True):
    """What a job reads, what it writes, and with which parameters."""

    inputs: Mapping[str, BlobReference]
    outputs: Mapping[str, BlobReference]
    parameters: Mapping[str, Plain]


def read_request(
    content: Mapping[str, Any], experiment: Experiment, accounts: Accounts, default_container: str
) -> BatchRequest:
    """Read the members of a submit call; their names are in lower case.

    Raises the failures of `jobs`, `storage` and of the parameters.
    """
    if content.get("input") is not None and content.get("inputs") is not None:
        raise InputTwice
    given = _inputs(content, list(experiment.inputs))
    inputs = {
        name: read_reference(reference, accounts, is_input=True)
        for name, reference in given.items()
    }
    outputs = {
        name: read_reference(reference, accounts, is_input=False)
        for name, reference in _outputs(content, list(experiment.outputs)).items()
    }
    for name in experiment.outputs:
        if name not in outputs:
            outputs[name] = _default_output(accounts, default_container)
    ordered = {name: outputs[name] for name in experiment.outputs}
    _refuse_shared(ordered.values())
    parameters: Mapping[str, Plain] = content.get("globalparameters") or {}
    bind_parameters(parameters, experiment.parameters)
    return BatchRequest(inputs, ordered, {name: _kept(v) for name, v in parameters.items()})


def _inputs(content: Mapping[str, Any], declared: list[str]) -> Mapping[str, Any]:
    single, several = content.get("input"), content.get("inputs")
    if single is not None:
        if not declared:
            raise TooManyInputs("", reason="the service takes no input")
        if len(declared) > 1:
            raise InputsNotSpecified(", ".join(declared[1:]), reason="one input given")
        return {declared[0]: single}
    given: Mapping[str, Any] = several or {}
    missing = [name for name in declared if name not in given]
    unknown = [name[:_LONGEST_ECHO] for name in given if name not in declared]
    if unknown and not missing:
        raise TooManyInputs(", ".join(declared), reason=f"unknown {unknown}")
    if unknown:
        raise UnknownInput(", ".join(unknown[:20]), reason=f"the inputs are {declared}")
    if missing and not given:
        raise InputNotProvided(reason=f"no blob for {missing}")
    if missing:
        raise InputsNotSpecified(", ".join(missing))
    return {name: given[name] for name in declared}


def _outputs(content: Mapping[str, Any], declared: list[str]) -> Mapping[str, Any]:
    several = content.get("outputs")
    if several is None:
        single = content.get("output")
        return {} if single is None else {declared[0]: single}
    for name, reference in several.items():
        if name not in declared:
            raise UnknownOutput(name[:_LONGEST_ECHO], reason=f"the outputs are {declared}")
        if reference is None:
            raise OutputNotSpecified(name)
    return several  # type: ignore[no-any-return]  # JSON


def _refuse_shared(outputs: Iterable[BlobReference]) -> None:
    seen = set()
    for blob in outputs:
        where = (blob.place.account, blob.place.url, blob.location)
        if where in seen:
            raise OutputsShareBlob(blob.location)
        seen.add(where)


def _kept(value: Plain) -> Plain:
    """Return a parameter as it can be written down: JSON knows no NaN and no Infinity."""
    return write_double(value) if isinstance(value, float) and not isfinite(value) else value


def _default_output(accounts: Accounts, container: str) -> BlobReference:
    account = accounts.first
    if account is None:
        raise ReferenceMissing(reason="no output was named, and there is no storage account")
    name = f"{uuid4()}/{uuid4()}.csv"
    return BlobReference(Place(account.name, key=account.key), container, name, is_default=True)
