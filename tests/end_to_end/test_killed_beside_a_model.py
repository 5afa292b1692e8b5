"""Does a worker end with a server that is killed, whatever its model is doing?"""

import sys
from pathlib import Path

import pytest

from tests.end_to_end.batch import VERSION, batch_client
from tests.end_to_end.server_process import served, wait_for
from tests.mockserver.jobs.world import KEY, jobs_of, write_world


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="no other system ends children by itself")
@pytest.mark.parametrize("function", ["wait", "hold"])
def test_a_worker_ends_with_the_server(tmp_path: Path, function: str) -> None:
    """Also where the model holds Python's lock, so that nothing of ours runs in the worker."""
    world = write_world(tmp_path)
    with (
        served(tmp_path, "--config", str(world)) as server,
        batch_client(server.ready()) as batch,
    ):
        batch.put("demo/in.csv", b"Text\r\none\r\n")
        body = {"Input": batch.reference("demo/in.csv"), "Output": batch.reference("demo/x.csv")}
        jobs, headers = jobs_of(batch.ready, function), {"Authorization": f"Bearer {KEY}"}
        job = batch.http.post(jobs, params=VERSION, headers=headers, json=body).json()
        batch.http.post(f"{jobs}/{job}/start", params=VERSION, headers=headers)
        if function == "hold":
            wait_for((tmp_path / "entered").exists, "the model has begun")
        wait_for(lambda: bool(server.children()), "a worker is there")
        server.kill()
        wait_for(lambda: not server.children(), "the worker has ended")
