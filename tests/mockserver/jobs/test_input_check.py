"""Is it known before a job is kept whether its inputs can be read?"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.development_account import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from mockserver.jobs.input_check import InputCheck
from mockserver.storage.accounts import Accounts, BlobAddress, Place
from mockserver.storage.blobs import StagedBlob, commit_blob
from mockserver.storage.failures import FORBIDDEN, NOT_FOUND, BlobNotAccessible
from mockserver.storage.references import BlobReference, read_reference
from mockserver.storage.tokens import read_token
from mockserver.workspace.declaration import AccountDeclaration, StorageDeclaration
from tests.mockserver.blobserver.served import Served, serving

OTHER_KEY = "b3RoZXI="


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve one blob."""
    with serving(tmp_path_factory.mktemp("blobs")) as running:
        running.store.ensure_container(DEVELOPMENT_ACCOUNT, "demo")
        url = f"{running.url}/{DEVELOPMENT_ACCOUNT}"
        place = BlobAddress(url, DEVELOPMENT_ACCOUNT, "demo", "in.csv", DEVELOPMENT_KEY)
        with StagedBlob(place, "mark") as staged:
            staged.write(b"Text\r\n")
        commit_blob(place, staged.blocks)
        yield running


def check(served: Served, place: Place, blob: str = "in.csv", *, embedded: bool = True) -> str:
    """Ask for a blob of an embedded account, or of one that is reached over HTTP."""
    url = f"{served.url}/{DEVELOPMENT_ACCOUNT}"
    account = AccountDeclaration(
        name=DEVELOPMENT_ACCOUNT,
        key=DEVELOPMENT_KEY,
        endpoint="embedded" if embedded else url,
    )
    accounts = Accounts(StorageDeclaration(accounts=[account]), served.url)
    ask = InputCheck(accounts, served.store, served.clock.now)
    try:
        asyncio.run(ask(BlobReference(place, "demo", blob)))
    except BlobNotAccessible as refused:
        place_told, answer = refused.arguments
    else:
        return ""
    assert place_told == f"demo/{blob}"
    return answer


def token(served: Served, blob: str = "in.csv", key: str = DEVELOPMENT_KEY) -> str:
    return read_token(DEVELOPMENT_ACCOUNT, key, f"demo/{blob}", served.clock.now())


EVERYWHERE = pytest.mark.parametrize("embedded", [True, False])


@EVERYWHERE
def test_a_blob_that_can_be_read_is_let_through(served: Served, embedded: bool) -> None:
    """By the account's key, and by a token."""
    by_key = Place(DEVELOPMENT_ACCOUNT, key=DEVELOPMENT_KEY)
    assert check(served, by_key, embedded=embedded) == ""
    for written in (token(served), token(served)[1:]):
        by_token = Place(DEVELOPMENT_ACCOUNT, token=written)
        assert check(served, by_token, embedded=embedded) == ""


@EVERYWHERE
def test_a_blob_that_is_not_there_is_told(served: Served, embedded: bool) -> None:
    """With what storage answers."""
    by_key = Place(DEVELOPMENT_ACCOUNT, key=DEVELOPMENT_KEY)
    assert check(served, by_key, "none.csv", embedded=embedded) == NOT_FOUND


@EVERYWHERE
def test_a_blob_that_may_not_be_read_is_told(served: Served, embedded: bool) -> None:
    """A wrong key, a key that is none, no credential, a token that is forged or of another blob."""
    places = [
        Place(DEVELOPMENT_ACCOUNT, key=OTHER_KEY),
        Place(DEVELOPMENT_ACCOUNT, key="no key \N{SNOWMAN}"),
        Place(DEVELOPMENT_ACCOUNT, token=""),
        Place(DEVELOPMENT_ACCOUNT, token="nonsense"),
        Place(DEVELOPMENT_ACCOUNT, token=token(served, key=OTHER_KEY)),
        Place(DEVELOPMENT_ACCOUNT, token=token(served, "other.csv")),
        Place(DEVELOPMENT_ACCOUNT),
    ]
    answers = [check(served, place, embedded=embedded) for place in places]
    assert answers == [FORBIDDEN] * len(places)


@EVERYWHERE
def test_a_backslash_is_a_slash(served: Served, embedded: bool) -> None:
    """As it is where the blob was written, so that the same name finds it."""
    url = f"{served.url}/{DEVELOPMENT_ACCOUNT}"
    place = BlobAddress(url, DEVELOPMENT_ACCOUNT, "demo", "a\\b.csv", DEVELOPMENT_KEY)
    with StagedBlob(place, "mark") as staged:
        staged.write(b"Text\r\n")
    commit_blob(place, staged.blocks)
    accounts = Accounts(StorageDeclaration(), served.url)
    connection = f"AccountName={DEVELOPMENT_ACCOUNT};AccountKey={DEVELOPMENT_KEY}"
    for relative in ("/demo/a\\b.csv", "demo\\a\\b.csv", "demo/a/b.csv"):
        given = {"ConnectionString": connection, "RelativeLocation": relative}
        reference = read_reference(given, accounts, is_input=True)
        assert check(served, reference.place, reference.blob, embedded=embedded) == ""


def test_the_clock_of_the_emulator_judges_tokens(served: Served) -> None:
    """A token that has expired by that clock opens nothing."""
    written = token(served)
    served.clock.offset = 25 * 3600
    try:
        assert check(served, Place(DEVELOPMENT_ACCOUNT, token=written)) == FORBIDDEN
    finally:
        served.clock.offset = 0


def test_an_account_that_the_client_named_is_asked_there(served: Served) -> None:
    """Even if its name is that of one of ours."""
    foreign = Place(DEVELOPMENT_ACCOUNT, "http://127.0.0.1:1/x", DEVELOPMENT_KEY)
    assert check(served, foreign) == "Unable to connect to the remote server"


def test_an_account_that_nobody_knows_is_not_asked(served: Served, tmp_path: Path) -> None:
    """There is no address to ask at."""
    del tmp_path
    assert check(served, Place("gone", key=DEVELOPMENT_KEY)).startswith("Unable to connect")
