"""Are the four calls about a job answered as the real service answers them?"""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mockserver.embedded import running_emulator
from mockserver.ready_file import Ready
from tests.end_to_end.batch import VERSION, Batch, batch_client

JOB = "0123456789abcdef0123456789abcdef"
TEXTS = b"Col1,Col2\r\n5,This is a good day\r\n"
TOKEN = re.compile(r"\?sv=2015-02-21&sr=b&sig=[^&]+&st=[^&]+&se=[^&]+&sp=r")


@pytest.fixture(scope="module")
def emulator() -> Iterator[Ready]:
    """Run the how-to's world."""
    with running_emulator(scoring_processes=1) as ready:
        yield ready


@pytest.fixture(scope="module")
def batch(emulator: Ready) -> Iterator[Batch]:
    """Return a client of it, with one input there and jobs that take no time."""
    with batch_client(emulator) as client:
        client.put("demo/in.csv", TEXTS)
        client.script(timing="immediate")
        yield client


def error(reply: httpx.Response) -> tuple[int, str, str, str]:
    told = reply.json()["error"]
    detail = told["details"][0]
    return reply.status_code, told["code"], detail["code"], detail["message"]


def body(batch: Batch, **changes: Any) -> dict[str, Any]:
    plain = {
        "Input": batch.reference("/demo/in.csv"),
        "Outputs": {"output1": batch.reference("/demo/out.csv")},
        "GlobalParameters": {},
    }
    return plain | changes


def test_the_whole_way(batch: Batch) -> None:
    """The id in 34 bytes, empty answers, a status with the output's place and a token."""
    reply = batch.call("POST", "", json=body(batch))
    assert (reply.status_code, reply.headers["content-type"]) == (
        200,
        "application/json; charset=utf-8",
    )
    assert re.fullmatch(rb'"[0-9a-f]{32}"', reply.content)
    job = reply.json()
    status = batch.poll(job)
    assert status == {"StatusCode": "NotStarted", "Results": None, "Details": None}
    assert list(status) == ["StatusCode", "Results", "Details"]
    started = batch.start(job)
    assert (started.status_code, started.content) == (200, b"")
    assert "x-ms-request-id" in started.headers
    status = batch.wait(job)
    assert (status["StatusCode"], status["Details"]) == ("Finished", None)
    result = status["Results"]["output1"]
    assert list(result) == ["ConnectionString", "RelativeLocation", "BaseLocation", "SasBlobToken"]
    assert (result["ConnectionString"], result["RelativeLocation"]) == (None, "demo/out.csv")
    assert result["BaseLocation"].endswith("/")
    assert TOKEN.fullmatch(result["SasBlobToken"])
    address = result["BaseLocation"] + result["RelativeLocation"] + result["SasBlobToken"]
    assert batch.http.get(address).content == batch.get("demo/out.csv")
    deleted = batch.delete(job)
    assert (deleted.status_code, deleted.content) == (200, b"")
    assert batch.poll(job)["StatusCode"] == "Finished"


def test_a_backslash_in_a_name_is_a_slash(batch: Batch) -> None:
    """An input is found under the name that it was written with; so is the output."""
    batch.put("demo/a\\b.csv", TEXTS)
    status = batch.run("/demo/a\\b.csv", "demo\\c\\d.csv")
    assert (status["StatusCode"], status["Details"]) == ("Finished", None)
    assert status["Results"]["output1"]["RelativeLocation"] == "demo/c/d.csv"
    assert {"demo/a/b.csv", "demo/c/d.csv"} <= batch.blobs()


def test_a_failed_job_has_details(batch: Batch) -> None:
    """As one string, and no results."""
    batch.put("demo/broken.csv", b"Col1,Col2\r\n1,2,3\r\n")
    status = batch.run("demo/broken.csv", "demo/none.csv")
    assert (status["StatusCode"], status["Results"]) == ("Failed", None)
    assert status["Details"].startswith("Module: Reader; SNR Job Id: ")


def test_an_output_that_was_opened_with_a_token_comes_back_with_one(batch: Batch) -> None:
    """With a token of ours, if the account is ours; the client's own is not repeated."""
    from azure.storage.blob import generate_container_sas

    storage = batch.ready["storage"]
    token = generate_container_sas(
        storage["account"], "demo", storage["key"], permission="rw", expiry="2099-01-01T00:00:00Z"
    )
    output = {
        "BaseLocation": f"{storage['url']}/{storage['account']}/",
        "RelativeLocation": "demo/by-token.csv",
        "SasBlobToken": f"?{token}",
    }
    job = batch.call("POST", "", json=body(batch, Outputs={"output1": output})).json()
    batch.start(job)
    result = batch.wait(job)["Results"]["output1"]
    assert TOKEN.fullmatch(result["SasBlobToken"])
    assert token not in str(result)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Input": 7}, "RequestBodyInvalid"),
        ({"Input": "demo/in.csv"}, "RequestBodyInvalid"),
        ({"Input": {"ConnectionString": 7}}, "RequestBodyInvalid"),
        ({"Input": None, "Inputs": []}, "RequestBodyInvalid"),
        ({"Input": None, "Inputs": {"input1": 7}}, "RequestBodyInvalid"),
        ({"Outputs": "output1"}, "RequestBodyInvalid"),
        ({"Outputs": {"output1": [1]}}, "RequestBodyInvalid"),
        ({"Output": {"RelativeLocation": {}}}, "RequestBodyInvalid"),
        ({"GlobalParameters": []}, "RequestBodyInvalid"),
        ({"GlobalParameters": {"a": {}}}, "RequestBodyInvalid"),
        ({"Input": None}, "MissingRequestInput"),
        ({"Input": {}}, "MissingInputBlobInformation"),
        ({"Inputs": {}}, "DuplicateInputInBatchCall"),
    ],
)
def test_a_body_of_another_form_is_refused(
    batch: Batch, changes: dict[str, Any], code: str
) -> None:
    """With 400 and the published code, never with an error of the server's."""
    status, kind, detail, message = error(batch.call("POST", "", json=body(batch, **changes)))
    assert (status, kind, detail) == (400, "BadArgument", code)
    assert message


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'""', b"7", b"\xff", b"[" * 50_000, b'{"Input": "\\ud800"}'],
)
def test_a_body_that_is_no_object_is_refused(batch: Batch, content: bytes) -> None:
    """Nor what cannot be written as text."""
    reply = batch.call("POST", "", content=content)
    assert error(reply)[:3] == (400, "BadArgument", "RequestBodyInvalid")


SURROGATE = b"\\ud800"


@pytest.mark.parametrize("member", ["ConnectionString", "RelativeLocation", "SasBlobToken"])
def test_half_a_character_is_refused(batch: Batch, member: str) -> None:
    """Wherever it stands in a reference."""
    content = b'{"Input": {"%b": "%b"}}' % (member.encode(), SURROGATE)
    assert batch.call("POST", "", content=content).status_code == 400


def test_a_blob_with_any_name_is_found(batch: Batch) -> None:
    """Blanks, signs of every script, signs that mean something in an address."""
    names = ["a b.csv", "\u00fc\u4e2d.csv", "%41#?&=+.csv", "a//b.csv", "'\".csv"]
    for name in names:
        batch.storage.get_blob_client("demo", name).upload_blob(TEXTS, overwrite=True)
        job = batch.submit(f"demo/{name}", f"demo/out/{name}")
        batch.start(job)
        status = batch.wait(job)
        assert status["StatusCode"] == "Finished", status
        result = status["Results"]["output1"]
        assert result["RelativeLocation"] == f"demo/out/{name}"
        assert batch.get(f"demo/out/{name}").startswith(b"Col2,Col2_HashingFeature.0,")


def test_a_blob_that_is_not_there_is_told_at_once(batch: Batch) -> None:
    """When the job is submitted, with its place."""
    reply = batch.call("POST", "", json=body(batch, Input=batch.reference("demo/none.csv")))
    status, _, code, message = error(reply)
    assert (status, code) == (400, "BlobNotFound")
    assert "demo/none.csv" in message


@pytest.mark.parametrize(
    ("verb", "path"),
    [("POST", f"/{JOB}/start"), ("GET", f"/{JOB}"), ("DELETE", f"/{JOB}"), ("GET", "/x%00y")],
)
def test_an_unknown_job_is_told(batch: Batch, verb: str, path: str) -> None:
    """404 with the same code at each call."""
    assert error(batch.call(verb, path))[:3] == (404, "NotFound", "JobNotFound")


@pytest.mark.parametrize(("verb", "path"), [("POST", "//start"), ("GET", "/"), ("DELETE", "/")])
def test_an_address_without_an_id_is_told(batch: Batch, verb: str, path: str) -> None:
    """As an id that is missing, not as an unknown address."""
    assert error(batch.call(verb, path))[:3] == (400, "BadArgument", "MissingJobId")


def test_an_id_may_be_written_as_a_guid(batch: Batch) -> None:
    """With dashes, in upper case."""
    job = batch.submit("demo/in.csv", "demo/guid.csv")
    parts = (job[:8], job[8:12], job[12:16], job[16:20], job[20:])
    assert batch.poll("-".join(parts).upper())["StatusCode"] == "NotStarted"


def test_a_job_is_started_once(batch: Batch) -> None:
    """The second time it is told in which state it is."""
    job = batch.submit("demo/in.csv", "demo/once.csv")
    batch.delete(job)
    status, kind, code, message = error(batch.start(job))
    assert (status, kind, code) == (400, "InvalidOperation", "CannotStartJob")
    assert "Cancelled" in message


@pytest.mark.parametrize("verb", ["GET", "POST", "DELETE"])
def test_the_key_is_asked_for_first(batch: Batch, verb: str) -> None:
    """Before the version, the job and the body are looked at."""
    services = batch.ready["services"]
    address = f"{services['url']}/workspaces/{services['workspace']}/services/{services['service']}"
    path = "jobs" if verb == "POST" else f"jobs/{JOB}"
    reply = batch.http.request(verb, f"{address}/{path}", headers={"Authorization": "Bearer x"})
    assert error(reply)[:2] == (401, "Unauthorized")


def test_only_delete_needs_no_version(batch: Batch) -> None:
    """A wrong one is refused even there."""
    services = batch.ready["services"]
    address = f"{services['url']}/workspaces/{services['workspace']}/services/{services['service']}"
    headers = {"Authorization": f"Bearer {services['primary_key']}"}
    url = f"{address}/jobs/{JOB}"
    told = [
        error(batch.http.request(verb, url, headers=headers, params=params))[2]
        for verb, params in (("GET", {}), ("DELETE", {}), ("DELETE", {"api-version": "1"}))
    ]
    assert told == ["BadVersionCall", "JobNotFound", "BadVersionCall"]
    assert batch.http.delete(url, headers=headers, params=VERSION).status_code == 404
