"""Do the parts make one emulator, and is it told what keeps them from it?"""

import asyncio
import json
import os
import select
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.storage.blob import BlobBlock

from mockserver.assembly import DataNotUsable, Emulator
from mockserver.development_account import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from mockserver.embedded import running_emulator
from mockserver.gateway.log import LogRow
from mockserver.jobs.failures import StateNotUsable
from mockserver.ready_file import Ready
from mockserver.serving import PortNotAvailable, listen
from mockserver.workspace.configuration import load_configuration
from tests.end_to_end.batch import Batch, batch_client
from tests.mockserver.jobs.world import write_world

TEXTS = b"Col1,Col2\r\n5,This is a good day\r\n"


def refused(error: type[Exception], config: Path | None = None, **settings: Any) -> str:
    """Return why an emulator cannot be made."""
    with pytest.raises(error) as caught:
        running_emulator(config, **settings).__enter__()
    return str(caught.value)


def test_it_says_where_it_is() -> None:
    """Every surface with its address, and the keys of the first endpoint and account."""
    with running_emulator() as ready:
        assert ready["pid"] == os.getpid()
        assert set(ready) == {"pid", "services", "storage", "gateway", "admin"}
        url, storage = ready["services"]["url"], ready["storage"]
        assert ready["admin"]["url"] == f"{url}/__admin"
        assert (storage["account"], storage["key"]) == (DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY)
        assert storage["connection_string"] == (
            f"DefaultEndpointsProtocol=http;AccountName={DEVELOPMENT_ACCOUNT};"
            f"AccountKey={DEVELOPMENT_KEY};BlobEndpoint={storage['url']}/{DEVELOPMENT_ACCOUNT};"
        )
        assert httpx.get(url, trust_env=False).status_code == 404
        reply = httpx.get(f"{storage['url']}/{DEVELOPMENT_ACCOUNT}/demo/x", trust_env=False)
        assert reply.headers["content-type"] == "application/xml"


def test_it_writes_where_it_is_into_a_file(tmp_path: Path) -> None:
    """The same that a test inside the process is told."""
    with running_emulator(ready_file=tmp_path / "ready.json") as ready:
        assert json.loads((tmp_path / "ready.json").read_text()) == ready


def test_without_an_embedded_account_no_storage_is_told(tmp_path: Path) -> None:
    """The ready file names what there is; /__admin is not there if it is switched off."""
    account = "{name: other, key: a2V5, endpoint: 'http://127.0.0.1:1/other'}"
    path = write_world(tmp_path, extra=f"storage: {{accounts: [{account}]}}")
    with running_emulator(path, admin=False) as ready:
        assert set(ready) == {"pid", "services", "gateway"}
    with running_emulator(path, admin=False, gateway=False) as ready:
        assert set(ready) == {"pid", "services"}


def score(batch: Batch, name: str) -> None:
    """Let a job run from a blob of this name to another."""
    batch.script(timing="immediate")
    batch.put(f"demo/{name}.csv", TEXTS)
    status = batch.run(f"demo/{name}.csv", f"demo/{name}-scored.csv")
    assert status["StatusCode"] == "Finished", status


def test_two_emulators_have_nothing_in_common() -> None:
    """Neither blobs nor jobs, neither the clock nor how jobs go, also over a reset."""
    with ExitStack() as stack:
        one, other = (stack.enter_context(running_emulator()) for _ in range(2))
        here, there = (stack.enter_context(batch_client(ready)) for ready in (one, other))
        here.freeze("2026-11-23T12:00:00Z")
        score(here, "here")
        job = here.admin("GET", "/jobs")["jobs"][0]["id"]
        assert there.admin("GET", "/jobs") == {"jobs": []}
        assert there.blobs() == set()
        assert there.admin("GET", "/clock")["mode"] == "system"
        script = there.admin("GET", f"/services/{other['services']['service']}")
        assert script["timing"] == "quick"
        there.admin("POST", "/reset")
        assert here.blobs() == {"demo/here.csv", "demo/here-scored.csv"}
        assert here.poll(job)["StatusCode"] == "Finished"
        result = here.poll(job)["Results"]["output1"]
        assert result["BaseLocation"].startswith(one["storage"]["url"])


@pytest.mark.parametrize("surface", ["services", "storage", "gateway"])
def test_a_port_that_is_taken_is_told(surface: str, tmp_path: Path) -> None:
    """With its number; and what was opened before is free again."""
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        told = refused(PortNotAvailable, data_dir=tmp_path, **{f"{surface}_port": port})
        assert str(port) in told
    with running_emulator(data_dir=tmp_path, **{f"{surface}_port": port}) as ready:
        assert str(port) in str(ready)


def test_a_folder_has_one_user(tmp_path: Path) -> None:
    """A second emulator is told so, and does no harm to what the first one is doing."""
    with running_emulator(data_dir=tmp_path) as ready, batch_client(ready) as batch:
        client = batch.storage.get_blob_client("demo", "upload.csv")
        client.stage_block("block", TEXTS)
        orphan = next((tmp_path / "blobs").rglob("data")) / "being-written"
        orphan.write_bytes(b"half")
        told = refused(DataNotUsable, data_dir=tmp_path)
        assert told == f"{tmp_path}: another emulator uses it"
        assert orphan.exists()
        client.commit_block_list([BlobBlock("block")])
        assert batch.get("demo/upload.csv") == TEXTS
    with running_emulator(data_dir=tmp_path) as ready, batch_client(ready) as batch:
        assert batch.get("demo/upload.csv") == TEXTS
        assert not orphan.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_what_is_kept_is_its_owners_alone(tmp_path: Path) -> None:
    """Jobs hold keys, blobs are somebody's data; whoever else is on the machine reads neither."""
    with running_emulator(data_dir=tmp_path) as ready, batch_client(ready) as batch:
        batch.put("demo/in.csv", TEXTS)
        batch.submit("demo/in.csv", "demo/out.csv")
        kept = [path for path in tmp_path.iterdir() if path.name != ".lock"]
        assert {"blobs", "state.sqlite"} <= {path.name for path in kept}
        assert [path.name for path in kept if path.stat().st_mode & 0o077] == []


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    """It is a file or below one, or what lies in it is not ours; when mended it is used."""
    file = tmp_path / "file"
    file.touch()
    for folder in (file, file / "below"):
        assert str(folder) in refused(DataNotUsable, data_dir=folder)
    (tmp_path / "blobs").touch()
    with pytest.raises(DataNotUsable, match="Not a directory") as caught:
        running_emulator(data_dir=tmp_path).__enter__()
    (tmp_path / "blobs").unlink()
    with running_emulator(data_dir=tmp_path) as ready:
        assert ready["storage"]
    del caught


@pytest.mark.parametrize(
    ("note", "content"),
    [("clock", "no JSON"), ("clock", '{"rate": "x"}'), ("script {}", '{"timing": "slow"}')],
)
def test_a_state_that_cannot_be_read_is_told(tmp_path: Path, note: str, content: str) -> None:
    """In one line, before anything is served."""
    with running_emulator(data_dir=tmp_path) as ready:
        name = note.format(ready["services"]["service"])
    with sqlite3.connect(tmp_path / "state.sqlite") as connection:
        connection.execute("delete from notes")
        connection.execute("insert into notes values (?, ?)", (name, content))
    connection.close()
    assert "\n" not in refused(StateNotUsable, data_dir=tmp_path)


def test_a_state_that_is_no_database_is_told(tmp_path: Path) -> None:
    """With the file that it is."""
    path = tmp_path / "state.sqlite"
    path.write_text("nothing of ours" * 1000)
    assert refused(StateNotUsable, data_dir=tmp_path) == f"{path}: file is not a database"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense", "not the URL of a database"),
        ("postgresql://user:secret@host:port/db", "invalid literal"),
        ("postgresql+psycopg://user:secret@127.0.0.1:1/db", "127.0.0.1"),
        ("postgresql+psycopg://user@127.0.0.1:1/db?password=secret", "127.0.0.1"),
        ("mysql://user:secret@host/db", "No module named"),
        ("sqlite:////nonexistent-folder/state.sqlite", "unable to open"),
    ],
)
def test_a_url_that_leads_nowhere_is_told_without_its_password(url: str, told: str) -> None:
    """In one line that says which database it is."""
    line = refused(StateNotUsable, state_url=url)
    assert told in line
    assert "secret" not in line
    assert "\n" not in line


def test_state_and_blobs_can_be_kept_apart(tmp_path: Path) -> None:
    """A URL wins over the folder; without a folder blobs are gone with the emulator."""
    url = f"sqlite:///{tmp_path / 'elsewhere.sqlite'}"
    with running_emulator(state_url=url) as ready, batch_client(ready) as batch:
        batch.put("demo/in.csv", TEXTS)
        job = batch.submit("demo/in.csv", "demo/out.csv")
    with running_emulator(state_url=url) as ready, batch_client(ready) as batch:
        assert batch.poll(job)["StatusCode"] == "NotStarted"
        assert batch.blobs() == set()


def test_what_is_temporary_is_removed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a data directory nothing of an emulator is left."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with running_emulator() as ready, batch_client(ready) as batch:
        batch.put("demo/in.csv", TEXTS)
        batch.script(timing="observed")
        batch.start(batch.submit("demo/in.csv", "demo/out.csv"))
        assert list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())


def test_the_default_container_is_there_at_once(tmp_path: Path) -> None:
    """In the first account, if that is one of ours; and the declared ones in each."""
    accounts = (
        "{name: first, key: a2V5, containers: [one, two]}",
        "{name: second, key: a2V5, containers: [three]}",
    )
    storage = f"storage: {{default_container: answers, accounts: [{', '.join(accounts)}]}}"
    path = write_world(tmp_path, extra=storage)
    ports = {"services_port": 0, "storage_port": 0, "gateway_port": 0}
    emulator = Emulator(load_configuration(path, ports))
    try:
        found = {
            account: [container.name for container in emulator.blobs.containers(account)]
            for account in ("first", "second")
        }
    finally:
        emulator._opened.close()
    assert found == {"first": ["answers", "one", "two"], "second": ["three"]}


# --- the gateway ----------------------------------------------------------------------------------


def through(ready: Ready, times: int, key: str = "starter") -> list[int]:
    """Call RRS through the gateway; return the statuses."""
    services, gateway = ready["services"], ready["gateway"]
    path = f"/workspaces/{services['workspace']}/services/{services['service']}/execute"
    headers = {
        "Authorization": f"Bearer {services['primary_key']}",
        "Ocp-Apim-Subscription-Key": gateway["subscriptions"][key]["primary_key"],
    }
    body = {"Inputs": {"input1": {"ColumnNames": ["Col2"], "Values": [["a"]]}}}
    return [
        httpx.post(
            f"{gateway['api']}{path}?api-version=2.0&details=true",
            json={**body, "GlobalParameters": {}},
            headers=headers,
            trust_env=False,
        ).status_code
        for _ in range(times)
    ]


def test_the_gateway_stands_in_front_of_the_services() -> None:
    """The how-to's API leads to the emulator itself; Starter ends after five calls."""
    with running_emulator() as ready:
        assert through(ready, 6) == [200] * 5 + [429]
        assert through(ready, 7, "unlimited") == [200] * 7


def test_without_a_gateway_no_port_is_taken() -> None:
    """Even one that is not free does not matter then."""
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with running_emulator(gateway=False, gateway_port=port) as ready:
            assert set(ready) == {"pid", "services", "storage", "admin"}
        assert str(port) in refused(PortNotAvailable, gateway_port=port)


def test_two_emulators_of_one_configuration_count_apart() -> None:
    """They share the policies, and nothing that those keep."""
    ports = {"services_port": 0, "storage_port": 0, "gateway_port": 0}
    configuration = load_configuration(None, ports)

    async def play() -> None:
        emulators = [Emulator(configuration) for _ in range(2)]
        for emulator in emulators:
            await emulator.start()
        one, other = (emulator.ready for emulator in emulators)
        assert await asyncio.to_thread(through, one, 6) == [200] * 5 + [429]
        assert await asyncio.to_thread(through, other, 6) == [200] * 5 + [429]
        await emulators[0].reset()
        assert await asyncio.to_thread(through, one, 1) == [200]
        assert await asyncio.to_thread(through, other, 1) == [429]
        assert len(list(rows(emulators[0]))) == 1
        assert len(list(rows(emulators[1]))) == 7
        for emulator in emulators:
            await emulator.stop()

    asyncio.run(play())


def rows(emulator: Emulator) -> Iterator[LogRow]:
    """Return the rows of an emulator's gateway."""
    assert emulator.gateway is not None
    return iter(emulator.gateway.log)


def test_a_reset_forgets_what_the_gateway_counted(tmp_path: Path) -> None:
    """Limits and quotas, also those that are kept in a folder."""
    for folder in (None, tmp_path):
        with running_emulator(data_dir=folder) as ready:
            for _ in range(2):
                assert through(ready, 6) == [200] * 5 + [429]
                httpx.post(f"{ready['admin']['url']}/reset", trust_env=False).raise_for_status()
            assert through(ready, 1) == [200]


def test_quotas_outlive_a_restart(tmp_path: Path) -> None:
    """In the folder for data; rate limits do not."""
    product = (
        "{id: p, name: P, apis: [a], state: published, policy: '<policies><inbound><base/>"
        '<quota calls="2" renewal-period="3600" /></inbound><backend><base/></backend>'
        "</policies>'}"
    )
    gateway = (
        "gateway: {apis: [{id: a, name: A, service_url: 'http://127.0.0.1:1', operations:"
        " [{name: G, method: GET, url_template: /*}]}], products: [" + product + "], subscriptions:"
        " [{id: s, scope: /products/p, primary_key: one, secondary_key: two}]}"
    )
    path = write_world(tmp_path, extra=gateway)

    def status() -> int:
        headers = {"Ocp-Apim-Subscription-Key": "one"}
        url = ready["gateway"]["url"]
        return httpx.get(f"{url}/x", headers=headers, trust_env=False).status_code

    statuses = []
    for _ in range(3):
        with running_emulator(path, data_dir=tmp_path / "data") as ready:
            statuses.append(status())
    assert statuses == [500, 500, 403]


def test_a_stop_ends_running_calls_of_the_gateway(tmp_path: Path) -> None:
    """After `shutdown_seconds` a call that waits for its backend gets the gateway's own 500."""

    async def play() -> None:
        with listen("127.0.0.1", 0) as deaf:
            port = deaf.getsockname()[1]
            gateway = (
                "gateway: {apis: [{id: a, name: A, subscription_required: false,"
                f" service_url: 'http://127.0.0.1:{port}',"
                " operations: [{name: G, method: GET, url_template: /*}]}]}"
            )
            path = write_world(tmp_path, extra=gateway)
            ports = {"services_port": 0, "storage_port": 0, "gateway_port": 0}
            emulator = Emulator(load_configuration(path, {**ports, "shutdown_seconds": 1}))
            await emulator.start()
            url = f"{emulator.ready['gateway']['url']}/x"
            async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
                calling = asyncio.create_task(client.get(url))
                await asyncio.to_thread(wait_for_client, deaf)
                await emulator.stop()
                answer = await calling
            assert answer.status_code == 500
            assert answer.json()["message"] == "Internal server error"
            (row,) = rows(emulator)
            assert row.last_error_reason == "ServiceStopping"

    asyncio.run(play())


def wait_for_client(listener: socket.socket) -> None:
    """Return once somebody has connected; the connection stays open."""
    assert select.select([listener], [], [], 10)[0]
