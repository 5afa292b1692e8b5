"""Does every request get an answer of the service, whatever happens inside?"""

import gc
import json
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver.backend import execute
from mockserver.backend.query import Options
from mockserver.backend.served_endpoint import ServedEndpoint
from mockserver.embedded import running_emulator
from mockserver.experiment.tables import Schema
from mockserver.ready_file import Ready
from mockserver.workspace.configuration import DEMO, load_configuration
from mockserver.workspace.model import Directory

BODY = {"Inputs": {"input1": {"ColumnNames": ["Col2"], "Values": [["This is a good day"]]}}}
VERSION = {"api-version": "2.0"}

MODULE = '''
"""What is served here? Functions that a test opens and closes."""
import threading
entered, leave = threading.Semaphore(0), threading.Event()
def wait(rows):
    entered.release()
    assert leave.wait(30)
    return rows
def fail(rows):
    raise RuntimeError("broken model")
'''
SERVICE = """
      - name: {name}
        id: "{id}1"
        inputs: {{input1: {{Col2: String}}}}
        outputs: {{output1: {{Col2: String}}}}
        experiment: {{kind: python, function: "gated_model:{name}"}}
        endpoints:
          - id: "{id}2"
            primary_key: a-long-key
            secondary_key: other-key
            max_concurrent_calls: 2
"""
WORKSPACE = "0" * 32
WAIT, FAIL = "a" * 31, "b" * 31


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a world with a service that waits and one that fails."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "gated_model.py").write_text(MODULE)
    services = SERVICE.format(name="wait", id=WAIT) + SERVICE.format(name="fail", id=FAIL)
    path = tmp_path / "mockserver.yaml"
    path.write_text(f'workspaces:\n  - id: "{WORKSPACE}"\n    services:{services}')
    return path


@pytest.fixture
def gates(world: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return the module with the gates, fresh for each test."""
    del world
    import importlib
    import sys

    monkeypatch.delitem(sys.modules, "gated_model", raising=False)
    module = importlib.import_module("gated_model")
    yield module
    module.leave.set()
    del sys.modules["gated_model"]


def post(ready: Ready, endpoint: str, *, timeout: float = 30) -> httpx.Response:
    return httpx.post(
        f"{ready['services']['url']}/workspaces/{WORKSPACE}/services/{endpoint}2/execute",
        params=VERSION,
        headers={"Authorization": "Bearer a-long-key"},
        json=BODY,
        timeout=timeout,
        trust_env=False,
    )


def code(response: httpx.Response) -> str:
    error = response.json()["error"]
    return f"{error['code']}/{error['details'][0]['code']}"


def test_one_call_too_many_is_throttled(world: Path, gates: Any) -> None:
    """With both places taken the third call is 503 at once; afterwards there is room again."""
    with running_emulator(world) as ready, ThreadPoolExecutor() as callers:
        running = [callers.submit(post, ready, WAIT) for _ in range(2)]
        assert all(gates.entered.acquire(timeout=20) for _ in running)
        refused = post(ready, WAIT)
        assert (refused.status_code, code(refused)) == (503, "ServiceUnavailable/RequestThrottled")
        assert refused.json()["error"]["details"][0]["message"] == (
            "Request was throttled for default endpoint. The maximum concurrency for the endpoint"
            " is 2."
        )
        assert "retry-after" not in refused.headers
        # Another endpoint is not concerned.
        assert code(post(ready, FAIL)) == "ModuleExecutionError/85"
        gates.leave.set()
        assert [call.result().status_code for call in running] == [200, 200]
        assert post(ready, WAIT).status_code == 200


def test_a_scoring_that_takes_too_long_times_out(world: Path, gates: Any) -> None:
    """It is 408, and as long as the function runs on it keeps its place."""
    with running_emulator(world, score_timeout_seconds=0.05) as ready:
        for _ in range(2):
            late = post(ready, WAIT)
            assert (late.status_code, code(late)) == (408, "RequestTimeout/ScoreRequestTimeout")
        assert post(ready, WAIT).status_code == 503
        gates.leave.set()


def test_a_failing_function_leaves_the_server_up(world: Path, gates: Any) -> None:
    """The message of the exception reaches the client, the server goes on."""
    assert gates
    with running_emulator(world) as ready:
        for _ in range(5):
            failed = post(ready, FAIL)
            assert failed.status_code == 400
            assert "RuntimeError: broken model" in failed.text
            assert str(world.parent) not in failed.text


def test_a_stop_waits_for_running_calls(world: Path, gates: Any) -> None:
    """A call that runs when the emulator is stopped is still answered."""
    with ThreadPoolExecutor() as callers:
        with running_emulator(world) as ready:
            call = callers.submit(post, ready, WAIT)
            assert gates.entered.acquire(timeout=20)
            threading.Timer(0.2, gates.leave.set).start()
        assert call.result().status_code == 200


def test_a_stop_does_not_wait_for_ever(world: Path, gates: Any) -> None:
    """A call that outlasts the time of a stop is answered in the envelope."""
    with ThreadPoolExecutor() as callers:
        with running_emulator(world, shutdown_seconds=0) as ready:
            call = callers.submit(post, ready, WAIT)
            assert gates.entered.acquire(timeout=20)
        stopped = call.result()
        gates.leave.set()
    assert (stopped.status_code, code(stopped)) == (503, "ServiceUnavailable/NoMoreResources")


def test_what_a_call_made_is_not_kept(tmp_path: Path) -> None:
    """Columns that depend on the call are forgotten with it."""
    text = DEMO.read_text().replace("          # exposed:", "          exposed:")
    (tmp_path / "mockserver.yaml").write_text(text)
    directory = Directory(load_configuration(tmp_path / "mockserver.yaml").workspaces)
    endpoint = ServedEndpoint(directory.published[0])

    def schemas() -> int:
        gc.collect()
        return sum(isinstance(thing, Schema) for thing in gc.get_objects())

    before = schemas()
    for bits in range(1, 9):
        body = json.dumps(BODY | {"GlobalParameters": {"Hashing bitsize": bits}}).encode()
        reply = execute.score(endpoint, Options(details=True, swagger=False), body)
        assert reply.count(b"_HashingFeature.") == 2**bits
    assert schemas() == before > 0


def test_the_event_loop_is_free_while_a_function_runs(world: Path, gates: Any) -> None:
    """Other calls are answered in the meantime."""
    with running_emulator(world) as ready, ThreadPoolExecutor() as callers:
        call = callers.submit(post, ready, WAIT)
        assert gates.entered.acquire(timeout=20)
        assert post(ready, FAIL, timeout=10).status_code == 400
        assert not call.done()
        gates.leave.set()
        assert call.result().status_code == 200


@pytest.mark.parametrize("path", ["", "?"])
def test_a_defect_is_an_envelope_too(
    ready: Ready,
    client: httpx.Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    path: str,
) -> None:
    """An exception that nobody foresaw is InternalError with an empty text, and is logged."""

    def broken(*_: object) -> bytes:
        raise LookupError("secret detail")

    monkeypatch.setattr(execute, "score", broken)
    # An upper-case id is not in the table of known addresses: that call goes through FastAPI.
    target = "/execute" if not path else f"{ready['services']['url']}{upper_path(ready)}/execute"
    with caplog.at_level(logging.ERROR):
        reply = client.post(target, params=VERSION, json=BODY)
    assert (reply.status_code, code(reply)) == (500, "InternalError/UnknownError")
    assert "secret" not in reply.text
    assert reply.headers["x-ms-request-id"] in caplog.text
    assert "secret detail" in caplog.text


def upper_path(ready: Ready) -> str:
    services = ready["services"]
    return f"/workspaces/{services['workspace']}/services/{services['service'].upper()}"


@pytest.mark.parametrize("key", ["right", "wrong"])
@pytest.mark.parametrize("values", [[["x"]], [["x", "y"]], []])
def test_the_short_path_answers_like_fastapi(
    ready: Ready, client: httpx.Client, key: str, values: list[list[str]]
) -> None:
    """A call that goes past FastAPI's router and one that goes through it get the same answer."""
    headers = {} if key == "right" else {"Authorization": "Bearer wrong"}
    body = {"Inputs": {"input1": {"ColumnNames": ["Col2"], "Values": values}}}
    short, long = (
        client.post(url, params=VERSION, json=body, headers=headers)
        for url in ("/execute", f"{ready['services']['url']}{upper_path(ready)}/execute")
    )
    for reply in (short, long):
        for name in ("x-ms-request-id", "date"):
            assert reply.headers.pop(name)
    assert (short.status_code, short.content) == (long.status_code, long.content)
    assert sorted(short.headers.items()) == sorted(long.headers.items())


def test_every_reply_has_an_id_of_its_own(client: httpx.Client) -> None:
    """Answers, refusals and unknown paths alike."""
    replies = [
        client.post("/execute", params=VERSION, json=BODY),
        client.post("/execute"),
        client.get("/execute"),
        client.get("/nothing"),
        client.get("/swagger.json"),
    ]
    assert len({reply.headers["x-ms-request-id"] for reply in replies}) == len(replies)
    assert [reply.status_code for reply in replies] == [200, 400, 405, 404, 200]
    assert all(reply.headers["date"] for reply in replies)


def test_a_wrong_verb_is_told_every_right_one(client: httpx.Client) -> None:
    """405 lists what the path has, and so does no framework's body."""
    for verb, path, allowed in (
        ("GET", "/execute", "POST"),
        ("HEAD", "/execute", "POST"),
        ("OPTIONS", "/execute", "POST"),
        ("POST", "/swagger.json", "GET"),
        ("DELETE", "/swagger.json", "GET"),
    ):
        reply = client.request(verb, path)
        assert (reply.status_code, reply.headers["allow"]) == (405, allowed)
        if verb != "HEAD":
            assert code(reply) == "MethodNotAllowed/MethodNotAllowed"


def test_a_large_table_is_scored_off_the_loop(client: httpx.Client) -> None:
    """Rows keep their order and number, however many there are."""
    values = [[f"row {number}"] for number in range(20_000)]
    body = {"Inputs": {"input1": {"ColumnNames": ["Col2"], "Values": values}}}
    reply = client.post("/execute", params=VERSION, json=body, timeout=60)
    rows = reply.json()["Results"]["output1"]["value"]["Values"]
    assert [row[:1] for row in rows] == values


def test_swagger_names_the_host_that_was_asked(client: httpx.Client) -> None:
    """A generated client calls the address under which the document was fetched."""
    reply = client.get("/swagger.json", headers={"Host": "emulator.test:81", "Authorization": ""})
    assert json.loads(reply.content)["host"] == "emulator.test:81"


@pytest.mark.parametrize("size", [10, 11, 70_000])
@pytest.mark.parametrize("chunked", [True, False])
def test_the_limit_counts_every_kind_of_body(size: int, chunked: bool) -> None:
    """One byte above the limit is 413, announced or chunked; at the limit it is read."""
    with running_emulator(max_body_bytes=10) as ready:
        services = ready["services"]
        reply = httpx.post(
            f"{services['url']}/workspaces/{services['workspace']}/services/{services['service']}"
            "/execute",
            params=VERSION,
            headers={"Authorization": f"Bearer {services['primary_key']}"},
            content=iter([b"x" * size]) if chunked else b"x" * size,
            trust_env=False,
        )
    told = ("BadArgument/RequestBodyInvalid", "RequestEntityTooLarge/RequestBodyTooLarge")
    assert code(reply) == told[size > 10]
