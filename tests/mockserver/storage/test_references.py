"""Which blob does a reference mean, and which failure does each mistake in it give?"""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mockserver.development_account import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from mockserver.failures import Failure
from mockserver.storage import failures
from mockserver.storage.accounts import Accounts, Place
from mockserver.storage.references import BlobReference, extension_of, read_reference
from mockserver.workspace.declaration import StorageDeclaration

ACCOUNTS = Accounts(StorageDeclaration(), "http://127.0.0.1:10000")
STRING = f"AccountName={DEVELOPMENT_ACCOUNT};AccountKey={DEVELOPMENT_KEY}"
BY_KEY = Place(DEVELOPMENT_ACCOUNT, key=DEVELOPMENT_KEY)
BY_TOKEN = Place(DEVELOPMENT_ACCOUNT, token="sig=a")
BASE = "http://127.0.0.1:10000/devstoreaccount1/"


def read(location: object, *, is_input: bool = True) -> BlobReference:
    given_reference = {"ConnectionString": STRING, "RelativeLocation": location}
    return read_reference(given_reference, ACCOUNTS, is_input=is_input)


@pytest.mark.parametrize(
    ("given_reference", "place"),
    [
        ({"ConnectionString": STRING, "RelativeLocation": "/demo/in.csv"}, BY_KEY),
        ({"connectionstring": STRING, "RELATIVELOCATION": "demo/in.csv"}, BY_KEY),
        (
            {
                "ConnectionString": STRING,
                "RelativeLocation": "demo/in.csv",
                "BaseLocation": None,
                "SasBlobToken": None,
            },
            BY_KEY,
        ),
        (
            {
                "ConnectionString": None,
                "RelativeLocation": "demo/in.csv",
                "BaseLocation": BASE,
                "SasBlobToken": "?sig=a",
            },
            BY_TOKEN,
        ),
        (
            {"BaseLocation": BASE, "RelativeLocation": "demo/in.csv", "SasBlobToken": "sig=a"},
            BY_TOKEN,
        ),
        (
            {"ConnectionString": STRING, "BaseLocation": "x", "RelativeLocation": "demo/in.csv"},
            BY_KEY,
        ),
        (
            {"BaseLocation": BASE, "RelativeLocation": "demo/in.csv"},
            Place(DEVELOPMENT_ACCOUNT, token=""),
        ),
    ],
)
def test_both_kinds_of_reference_are_read(given_reference: dict[str, Any], place: Place) -> None:
    """By connection string or by address and token, names in any case, unused members null."""
    found = read_reference(given_reference, ACCOUNTS, is_input=True)
    assert found == BlobReference(place, "demo", "in.csv")
    assert (found.location, found.extension) == ("demo/in.csv", ".csv")


@pytest.mark.parametrize(
    ("given_reference", "failure"),
    [
        (None, failures.ReferenceMissing),
        ("demo/in.csv", failures.ReferenceMissing),
        ([], failures.ReferenceMissing),
        ({}, failures.ReferenceMissing),
        ({"RelativeLocation": "demo/in.csv"}, failures.ReferenceMissing),
        ({"ConnectionString": "", "BaseLocation": ""}, failures.ReferenceMissing),
        ({"ConnectionString": 7}, failures.ReferenceMissing),
        ({"ConnectionString": STRING, "RelativeLocation": ["demo"]}, failures.ReferenceMissing),
        ({"ConnectionString": "x"}, failures.ConnectionStringNotUsable),
        ({"BaseLocation": "http://evil.example"}, failures.AddressNotAllowed),
        ({"ConnectionString": STRING}, failures.ContainerNotNamed),
        ({"ConnectionString": STRING, "RelativeLocation": None}, failures.ContainerNotNamed),
    ],
)
def test_a_reference_that_names_nothing_is_refused(
    given_reference: Any, failure: type[Failure]
) -> None:
    """The account is looked at first, the location after that."""
    with pytest.raises(failure):
        read_reference(given_reference, ACCOUNTS, is_input=True)


@pytest.mark.parametrize(
    ("location", "failure", "arguments"),
    [
        ("", failures.ContainerNotNamed, ()),
        (" ", failures.ContainerNotNamed, ()),
        ("///", failures.ContainerNotNamed, ()),
        ("ab/x.csv", failures.ContainerNameNotValid, ()),
        ("Demo/x.csv", failures.ContainerNameNotValid, ()),
        ("de--mo/x.csv", failures.ContainerNameNotValid, ()),
        ("-demo/x.csv", failures.ContainerNameNotValid, ()),
        ("demo-/x.csv", failures.ContainerNameNotValid, ()),
        ("d\u00e9mo/x.csv", failures.ContainerNameNotValid, ()),
        ("../x.csv", failures.ContainerNameNotValid, ()),
        ("$other/x.csv", failures.ContainerNameNotValid, ()),
        ("a" * 64 + "/x.csv", failures.ContainerNameNotValid, ()),
        ("a-" * 40 + "a/x.csv", failures.ContainerNameNotValid, ()),
        ("demo", failures.BlobNotNamed, ()),
        ("/demo/", failures.BlobNotNamed, ()),
        ("demo/" + "x" * 1021 + ".csv", failures.BlobNameTooLong, ("x" * 200 + "…",)),
        ("demo/x", failures.ExtensionNotSupported, ("demo/x", ".csv, .tsv, .arff")),
        ("demo/x.csv/", failures.ExtensionNotSupported, ("demo/x.csv/", ".csv, .tsv, .arff")),
        (
            "demo/x.ilearner",
            failures.ExtensionNotSupported,
            ("demo/x.ilearner", ".csv, .tsv, .arff"),
        ),
        ("demo/x.csv.gz", failures.ExtensionNotSupported, ("demo/x.csv.gz", ".csv, .tsv, .arff")),
    ],
)
def test_a_location_that_names_no_blob_is_refused(
    location: str, failure: type[Failure], arguments: tuple[str, ...]
) -> None:
    """Each mistake has its failure: container, name, length, extension, in this order."""
    with pytest.raises(failure) as refused:
        read(location)
    assert refused.value.arguments == arguments


def test_an_output_without_a_blob_has_a_failure_of_its_own() -> None:
    """It names the location."""
    with pytest.raises(failures.OutputNotNamed) as refused:
        read("/demo", is_input=False)
    assert refused.value.arguments == ("/demo",)


CONTAINERS = st.from_regex(r"\A[a-z0-9](-?[a-z0-9]){2,31}\Z") | st.sampled_from(["$root", "$web"])
BLOBS = st.builds(
    str.__add__,
    st.text(st.characters(exclude_categories=["Cs"]), max_size=900),
    st.sampled_from([".csv", ".tsv", ".arff", ".CSV", ".Arff"]),
).filter(lambda name: name.strip() == name)


@given(st.sampled_from(["", "/", "//"]), CONTAINERS, BLOBS, st.booleans())
def test_a_location_is_container_and_blob(
    slashes: str, container: str, blob: str, is_input: bool
) -> None:
    """Whatever characters a blob's name holds: slashes, blanks, signs of every script."""
    found = read(f"{slashes}{container}/{blob}", is_input=is_input)
    kept = blob.replace("\\", "/")  # blob storage takes one for the other
    assert (found.container, found.blob) == (container, kept)
    assert found.location == f"{container}/{kept}"
    assert blob.lower().endswith(found.extension)


@pytest.mark.parametrize(
    ("blob", "extension"),
    [("a.csv", ".csv"), (".TSV", ".tsv"), ("a.b.Arff", ".arff"), ("acsv", ""), ("a.csv ", "")],
)
def test_the_end_of_a_name_decides_the_format(blob: str, extension: str) -> None:
    """In any case of its letters; other ends decide nothing."""
    assert extension_of(blob) == extension
