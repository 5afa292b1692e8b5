"""Does /__admin do what its document says, and refuse the rest in its own words?"""

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from mockserver.assembly import Emulator
from mockserver.control.app import admin_app
from mockserver.embedded import running_emulator
from mockserver.ready_file import Ready
from mockserver.workspace.configuration import load_configuration
from tests.end_to_end.batch import Batch, batch_client
from tests.mockserver.jobs.world import KEY, WORKSPACE, endpoint_of, jobs_of, write_world

NOON = "2026-11-23T12:00:00.000000Z"
COPY = f"/services/{endpoint_of('copy')}"
NOBODY = "f" * 32


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def emulator(world: Path) -> Iterator[Ready]:
    """Run one emulator for all tests; each of them resets it."""
    with running_emulator(world) as ready:
        yield ready


@pytest.fixture(scope="module")
def document(emulator: Ready) -> Any:
    """Return the OpenAPI document."""
    url = f"{emulator['admin']['url']}/openapi.json"
    return httpx.get(url, trust_env=False).raise_for_status().json()


class Judge(httpx.Client):
    """A client that holds every answer against the document."""

    def __init__(self, url: str, document: Any) -> None:
        self.document = document
        super().__init__(base_url=url, trust_env=False, event_hooks={"response": [self._judge]})

    def _judge(self, reply: httpx.Response) -> None:
        reply.read()
        path = reply.request.url.path
        templates = [
            template
            for template in self.document["paths"]
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
        ]
        if (
            not templates
            or reply.request.method.lower() not in self.document["paths"][templates[0]]
        ):
            assert reply.status_code in (404, 405)
            schema: Any = {"$ref": "#/components/schemas/ErrorReport"}
        else:
            operation = self.document["paths"][templates[0]][reply.request.method.lower()]
            answers = operation["responses"]
            kind = f"{reply.status_code // 100}XX"
            answer = answers.get(str(reply.status_code)) or answers[kind]
            if "content" not in answer:
                assert reply.content == b""
                return
            schema = answer["content"]["application/json"]["schema"]
        assert reply.headers["content-type"] == "application/json"
        assert "x-ms-request-id" in reply.headers
        whole = {**schema, "components": self.document["components"]}
        OAS31Validator(whole).validate(reply.json())


@pytest.fixture(scope="module")
def judge(emulator: Ready, document: Any) -> Iterator[Judge]:
    with Judge(emulator["admin"]["url"], document) as client:
        yield client


@pytest.fixture
def admin(judge: Judge) -> Judge:
    """Return a client of an emulator that was reset."""
    assert judge.post("/reset").status_code == 204
    return judge


@pytest.fixture(scope="module")
def storage(emulator: Ready) -> Iterator[Batch]:
    with batch_client(emulator) as client:
        yield client


@pytest.fixture
def batch(admin: Judge, storage: Batch) -> Batch:
    """Return a client of storage, with one file in it."""
    del admin
    storage.storage.get_blob_client("demo", "in.csv").upload_blob(b"Text\r\none\r\n")
    return storage


def submitted(batch: Batch, function: str = "copy", target: str = "demo/out.csv") -> str:
    body = {
        "Input": batch.reference("/demo/in.csv"),
        "Outputs": {"output1": batch.reference(target)},
    }
    reply = batch.http.post(
        jobs_of(batch.ready, function),
        params={"api-version": "2.0"},
        headers={"Authorization": f"Bearer {KEY}"},
        json=body,
    )
    assert reply.status_code == 200, reply.text
    return str(reply.json())


def started(batch: Batch, function: str = "copy") -> str:
    job = submitted(batch, function)
    reply = batch.http.post(
        f"{jobs_of(batch.ready, function)}/{job}/start",
        params={"api-version": "2.0"},
        headers={"Authorization": f"Bearer {KEY}"},
    )
    assert reply.status_code == 200, reply.text
    return job


def test_the_document_is_valid(document: Any) -> None:
    """It is OpenAPI, describes every route, and promises no answer that nobody gives."""
    validate(document)
    operations = {f"{verb} {path}" for path, verbs in document["paths"].items() for verb in verbs}
    others = {operation for operation in operations if "/__admin/gateway" not in operation}
    assert others == {
        "get /__admin/clock",
        "put /__admin/clock",
        "post /__admin/clock/advance",
        "post /__admin/reset",
        "get /__admin/journal",
        "delete /__admin/journal",
        "get /__admin/jobs",
        "get /__admin/jobs/{job}",
        "put /__admin/jobs/{job}",
        "get /__admin/services/{service}",
        "put /__admin/services/{service}",
    }
    assert "422" not in json.dumps(document)


def test_the_clock_is_set_and_read(admin: Judge) -> None:
    """Frozen, scaled, set off, and back; what PUT answers is what GET answers."""
    fresh = admin.get("/clock").json()
    assert (fresh["mode"], fresh["rate"], abs(fresh["offset_seconds"]) < 1) == ("system", 1, True)
    frozen = admin.put("/clock", json={"mode": "frozen", "now": NOON}).json()
    assert (frozen["now"], frozen["mode"], frozen["rate"]) == (NOON, "frozen", 0)
    assert admin.get("/clock").json()["now"] == NOON
    moved = admin.post("/clock/advance", json={"seconds": 90.5}).json()
    assert (moved["now"], moved["mode"]) == ("2026-11-23T12:01:30.500000Z", "frozen")
    zoned = admin.put("/clock", json={"mode": "frozen", "now": "2026-11-23T13:00:00+01:00"})
    assert zoned.json()["now"] == NOON
    scaled = admin.put("/clock", json={"mode": "scaled", "rate": 3600}).json()
    assert (scaled["mode"], scaled["rate"]) == ("scaled", 3600)
    assert scaled["now"] >= NOON
    plain = admin.put("/clock", json={"mode": "scaled"}).json()
    assert plain["rate"] == 3600
    admin.put("/clock", json={"mode": "frozen"})
    assert admin.put("/clock", json={"mode": "scaled"}).json()["rate"] == 1
    back = admin.put("/clock", json={"mode": "system"}).json()
    assert abs(back["offset_seconds"]) < 1


def test_advancing_adds_up(admin: Judge) -> None:
    """In mode system the clock goes on, so far ahead; it never goes back."""
    before = ""
    for number in range(1, 4):
        told = admin.post("/clock/advance", json={"seconds": 3600}).json()
        assert abs(told["offset_seconds"] - 3600 * number) < 1e-3
        assert told["mode"] == "system"
        assert told["now"] > before
        before = told["now"]
    assert admin.post("/clock/advance", json={"seconds": 0}).json()["now"] > before


WRONG_CLOCKS: list[Any] = [
    {},
    {"mode": "backwards"},
    {"mode": "frozen", "rate": 2},
    {"mode": "system", "rate": 1},
    {"mode": "scaled", "rate": 0},
    {"mode": "scaled", "rate": -1},
    {"mode": "scaled", "rate": 1e7},
    {"mode": "scaled", "rate": "fast"},
    {"mode": "frozen", "now": "tomorrow"},
    {"mode": "frozen", "now": "2026-11-23"},
    {"mode": "frozen", "now": "2026-11-23T12:00:00"},
    {"mode": "frozen", "now": "9999-12-31T23:59:59-14:00"},
    {"mode": "frozen", "now": "9001-01-01T00:00:00Z"},
    {"mode": "frozen", "now": "0001-01-01T00:00:00+14:00"},
    {"mode": "frozen", "now": "1969-12-31T23:59:59Z"},
    {"mode": "frozen", "now": 1e300},
    {"mode": "frozen", "now": [1]},
    {"mode": "frozen", "offset": 3},
    [],
    "frozen",
    None,
    3,
]
WRONG_ADVANCES: list[Any] = [
    {},
    {"seconds": -1},
    {"seconds": -1e-9},
    {"seconds": 1e10},
    {"seconds": "soon"},
    {"seconds": None},
    {"seconds": [1]},
    {"seconds": 1, "minutes": 1},
    [],
    7,
]
WRONG_SCRIPTS: list[Any] = [
    {"timing": "slow"},
    {"timing": {"queued_seconds": -1}},
    {"timing": {"profile": "polls", "polls": 10_000}},
    {"ending": "explode"},
    {"ending": {"fail": ""}},
    {"ending": {"fail": 3}},
    {"endings": "score"},
    [],
    "quick",
]


@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        *(("PUT", "/clock", body) for body in WRONG_CLOCKS),
        *(("POST", "/clock/advance", body) for body in WRONG_ADVANCES),
        *(("PUT", COPY, body) for body in WRONG_SCRIPTS),
        *(("PUT", f"/jobs/{NOBODY}", body) for body in WRONG_SCRIPTS),
    ],
)
def test_a_wrong_body_is_refused(admin: Judge, verb: str, path: str, body: Any) -> None:
    """With 400 and a sentence; nothing has changed."""
    before = admin.get(COPY).json()
    reply = admin.request(verb, path, json=body)
    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == "InvalidRequest"
    assert len(reply.json()["error"]["message"]) > 10
    assert admin.get("/clock").json()["mode"] == "system"
    assert admin.get(COPY).json() == before


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"seconds": NaN}',
        b'{"seconds": Infinity}',
        b'{"seconds": 1e400}',
        b'{"seconds": ' + b"9" * 5000 + b"}",
        b"seconds=3",
    ],
)
def test_a_body_that_is_no_json_is_refused(admin: Judge, body: bytes) -> None:
    """Nor one with numbers that are none."""
    for content_type in ("application/json", "text/plain", ""):
        headers = {"content-type": content_type} if content_type else {}
        reply = admin.post("/clock/advance", content=body, headers=headers)
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "InvalidRequest")


@pytest.mark.parametrize("limit", ["0", "-1", "10001", "x", "", "1.5"])
def test_a_wrong_limit_is_refused(admin: Judge, limit: str) -> None:
    """The list takes from 1 to 10,000 jobs."""
    reply = admin.get("/jobs", params={"limit": limit})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "InvalidRequest")


@pytest.mark.parametrize(
    ("verb", "path", "code"),
    [
        ("GET", "/jobs/none", "JobNotFound"),
        ("GET", "/jobs/" + "x" * 5000, "JobNotFound"),
        ("GET", "/jobs/%00", "JobNotFound"),
        ("PUT", f"/jobs/{NOBODY}", "JobNotFound"),
        ("GET", f"/services/{NOBODY}", "ServiceNotFound"),
        ("PUT", f"/services/{NOBODY}", "ServiceNotFound"),
        ("GET", "/", "NotFound"),
        ("GET", "/jobs/", "NotFound"),
        ("GET", "/nothing", "NotFound"),
        ("GET", "/clock/", "NotFound"),
        ("GET", "/docs", "NotFound"),
    ],
)
def test_what_is_not_there_is_told(admin: Judge, verb: str, path: str, code: str) -> None:
    """A job, a service, a path: 404 with a code for each."""
    reply = admin.request(verb, path, json={} if verb == "PUT" else None)
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, code)
    assert len(reply.content) < 500


@pytest.mark.parametrize(
    ("verb", "path", "verbs"),
    [
        ("DELETE", "/clock", "GET, PUT"),
        ("GET", "/clock/advance", "POST"),
        ("PUT", "/clock/advance", "POST"),
        ("GET", "/reset", "POST"),
        ("POST", "/jobs", "GET"),
        ("DELETE", "/jobs/x", "GET, PUT"),
        ("POST", COPY, "GET, PUT"),
        ("PATCH", COPY, "GET, PUT"),
    ],
)
def test_a_wrong_verb_is_told(admin: Judge, verb: str, path: str, verbs: str) -> None:
    """405, and which verbs there are: all of them."""
    reply = admin.request(verb, path)
    assert (reply.status_code, reply.json()["error"]["code"]) == (405, "MethodNotAllowed")
    assert reply.headers["allow"] == verbs


def test_jobs_are_listed_and_looked_into(admin: Judge, batch: Batch) -> None:
    """The newest first; one job with all its steps, and with where it belongs."""
    assert admin.get("/jobs").json() == {"jobs": []}
    jobs = [submitted(batch, target=f"demo/{number}.csv") for number in range(3)]
    listed = admin.get("/jobs").json()["jobs"]
    assert [job["id"] for job in listed] == jobs[::-1]
    assert [job["id"] for job in admin.get("/jobs?limit=2").json()["jobs"]] == jobs[:0:-1]
    told = admin.get(f"/jobs/{jobs[1]}").json()
    steps = told.pop("transitions")
    assert told == listed[1]
    assert [(step["from"], step["to"], step["cause"]) for step in steps] == [
        (None, "NotStarted", "submitted")
    ]
    assert (told["workspace"], told["service"]) == (WORKSPACE, endpoint_of("copy"))
    assert told["inputs"] == {"input1": "devstoreaccount1/demo/in.csv"}
    assert told["outputs"] == {"output1": "devstoreaccount1/demo/1.csv"}
    assert datetime.fromisoformat(told["submitted"]).utcoffset() is not None


def test_a_script_is_set_for_jobs_to_come(admin: Judge, batch: Batch) -> None:
    """Timing and ending one without the other; a reset takes both back."""
    assert admin.get(COPY).json() == {"timing": "immediate", "ending": "score"}
    admin.put("/clock", json={"mode": "frozen", "now": NOON})
    earlier = submitted(batch)
    timing = {"queued_seconds": 10, "running_seconds": 20, "jitter": 0, "seed": 0}
    assert admin.put(COPY, json={"timing": timing}).json() == {"timing": timing, "ending": "score"}
    ending = {"fail_at_start": "why"}
    assert admin.put(COPY, json={"ending": ending}).json() == {"timing": timing, "ending": ending}
    assert admin.get(COPY).json() == {"timing": timing, "ending": ending}
    job = started(batch)
    assert admin.get(f"/jobs/{earlier}").json()["ending"] == "score"
    admin.post("/clock/advance", json={"seconds": 10})
    told = admin.get(f"/jobs/{job}").json()
    assert (told["state"], told["details"], told["begun"]) == ("Failed", "why", None)
    assert told["ended"] == "2026-11-23T12:00:10.000000Z"
    assert told["ending"] == ending
    admin.post("/reset")
    assert admin.get(COPY).json() == {"timing": "immediate", "ending": "score"}


def test_one_job_is_given_another_script(admin: Judge, batch: Batch) -> None:
    """What it answers is the job as it is then."""
    admin.put("/clock", json={"mode": "frozen", "now": NOON})
    admin.put(COPY, json={"timing": "observed", "ending": "hang"})
    job = started(batch)
    told = admin.put(f"/jobs/{job}", json={"ending": {"fail": "why"}}).json()
    assert (told["state"], told["ending"]) == ("NotStarted", {"fail": "why"})
    told = admin.put(f"/jobs/{job}", json={"timing": "polls"}).json()
    assert told["timing"] == {"polls": 1}
    told = admin.put(f"/jobs/{job}", json={"timing": "immediate"}).json()
    assert (told["state"], told["details"]) == ("Failed", "why")
    assert admin.get(f"/jobs/{job}").json() == told
    assert admin.put(f"/jobs/{job}", json={"ending": "score"}).json() == told


def test_a_reset_returns_to_the_start(admin: Judge, batch: Batch) -> None:
    """No jobs, no blobs, no containers but the declared ones, the system's time."""
    admin.put("/clock", json={"mode": "frozen", "now": NOON})
    batch.put("other/x.csv", b"x")
    job = submitted(batch)
    assert admin.post("/reset").content == b""
    assert admin.get("/clock").json()["mode"] == "system"
    assert admin.get("/jobs").json() == {"jobs": []}
    assert admin.get(f"/jobs/{job}").status_code == 404
    assert batch.blobs() == set()
    names = {container.name for container in batch.storage.list_containers()}
    assert names == {"demo", "experimentoutput"}


def test_no_answer_holds_a_key(admin: Judge, emulator: Ready, batch: Batch) -> None:
    """Neither of an endpoint nor of an account, nor a token, whatever jobs were given."""
    token = "sv=2015-02-21&sig=c2VjcmV0IHRva2Vu"
    body = {
        "Input": batch.reference("demo/in.csv"),
        "Output": {
            "BaseLocation": f"{emulator['storage']['url']}/devstoreaccount1/",
            "RelativeLocation": "demo/out.csv",
            "SasBlobToken": f"?{token}",
        },
    }
    reply = batch.http.post(
        jobs_of(emulator, "copy"),
        params={"api-version": "2.0"},
        headers={"Authorization": f"Bearer {KEY}"},
        json=body,
    )
    assert reply.status_code == 200, reply.text
    paths = ("/jobs", f"/jobs/{reply.json()}", COPY, "/clock", f"/jobs/{NOBODY}")
    told = "".join(admin.get(path).text for path in paths)
    assert emulator["storage"]["key"] not in told
    assert KEY not in told
    assert "c2VjcmV0" not in told


def test_the_clock_stays_within_what_can_be_written(admin: Judge) -> None:
    """It is not moved beyond the year 9000."""
    admin.put("/clock", json={"mode": "frozen", "now": "8999-12-31T00:00:00Z"})
    reply = admin.post("/clock/advance", json={"seconds": 10**6})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "InvalidRequest")
    assert admin.get("/clock").json()["now"] == "8999-12-31T00:00:00.000000Z"


def test_a_defect_is_told_without_its_traceback(
    world: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The client learns that there was one, the log what it was."""
    emulator = Emulator(
        load_configuration(world, {"services_port": 0, "storage_port": 0, "gateway_port": 0})
    )

    async def reset() -> None:
        raise ZeroDivisionError("secret")

    async def main() -> httpx.Response:
        app = admin_app(emulator.clock, emulator.jobs, emulator.directory, reset)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.post("/__admin/reset")

    try:
        reply = asyncio.run(main())
    finally:
        emulator._opened.close()
    assert (reply.status_code, reply.json()["error"]["code"]) == (500, "InternalError")
    assert "secret" not in reply.text
    assert "ZeroDivisionError: secret" in caplog.text


def test_it_can_be_switched_off(world: Path) -> None:
    """Then /__admin is a path like any that is not there, and the ready file does not name it."""
    with running_emulator(world, admin=False) as ready, httpx.Client(trust_env=False) as client:
        assert "admin" not in ready
        url = ready["services"]["url"]
        for path in ("/clock", "/reset", "/openapi.json", "/jobs"):
            for verb in ("GET", "POST", "PUT"):
                ours = client.request(verb, f"{url}/__admin{path}")
                other = client.request(verb, f"{url}/elsewhere{path}")
                assert (ours.status_code, ours.json()) == (404, other.json())
