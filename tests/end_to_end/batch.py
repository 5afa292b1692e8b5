"""How do the tests of batch jobs speak to an emulator: the endpoint, its storage, its /__admin?"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import httpx
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient

VERSION = {"api-version": "2.0"}
ENDED = ("Finished", "Failed", "Cancelled")
PATIENCE = 90
"""Seconds after which a test gives up on what must come: far more than a busy machine takes."""


class Batch:
    """A client of one emulator. `ready` is what its ready file holds."""

    def __init__(self, ready: Mapping[str, Any]) -> None:
        self.ready: Mapping[str, Any] = ready
        self.http = httpx.Client(trust_env=False, timeout=60)
        self.storage = BlobServiceClient.from_connection_string(
            ready["storage"]["connection_string"], use_env_settings=False, retry_total=0
        )

    def close(self) -> None:
        self.http.close()
        self.storage.close()

    # --- storage ---------------------------------------------------------------------------------

    def put(self, location: str, content: bytes) -> None:
        """Write a blob; its container is made if it is missing."""
        container, _, name = location.partition("/")
        with suppress(ResourceExistsError):
            self.storage.create_container(container)
        self.storage.get_blob_client(container, name).upload_blob(content, overwrite=True)

    def get(self, location: str) -> bytes:
        container, _, name = location.partition("/")
        return bytes(self.storage.get_blob_client(container, name).download_blob().readall())

    def blobs(self, container: str = "demo") -> set[str]:
        """Return the locations of all blobs that a client sees in a container."""
        names = self.storage.get_container_client(container).list_blob_names()
        return {f"{container}/{name}" for name in names}

    def reference(self, location: str) -> dict[str, str]:
        """Return what names a blob in a job's request."""
        connection: str = self.ready["storage"]["connection_string"]
        return {"ConnectionString": connection, "RelativeLocation": location}

    # --- the endpoint ----------------------------------------------------------------------------

    def call(self, method: str, path: str, endpoint: str = "", **request: Any) -> httpx.Response:
        """Call `/jobs` and what is below it at an endpoint, the first one if none is named."""
        services = self.ready["services"]
        address = f"{services['url']}/workspaces/{services['workspace']}/services/"
        key = f"{endpoint}-key" if endpoint else services["primary_key"]
        return self.http.request(
            method,
            f"{address}{endpoint or services['service']}/jobs{path}",
            params=VERSION,
            headers={"Authorization": f"Bearer {key}"},
            **request,
        )

    def submit(self, source: str, target: str, endpoint: str = "") -> str:
        """Submit a job from one blob to another; return its id."""
        body = {
            "Input": self.reference(source),
            "Outputs": {"output1": self.reference(target)},
            "GlobalParameters": {},
        }
        reply = self.call("POST", "", endpoint, json=body)
        assert reply.status_code == 200, reply.text
        return str(reply.json())

    def start(self, job: str, endpoint: str = "") -> httpx.Response:
        return self.call("POST", f"/{job}/start", endpoint)

    def poll(self, job: str, endpoint: str = "") -> Any:
        reply = self.call("GET", f"/{job}", endpoint)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def delete(self, job: str, endpoint: str = "") -> httpx.Response:
        return self.call("DELETE", f"/{job}", endpoint)

    def run(self, source: str, target: str, endpoint: str = "") -> Any:
        """Submit and start a job; return its status once it has ended."""
        job = self.submit(source, target, endpoint)
        assert self.start(job, endpoint).status_code == 200
        return self.wait(job, endpoint)

    def wait(
        self,
        job: str,
        endpoint: str = "",
        until: tuple[str, ...] = ENDED,
        patience: float = PATIENCE,
    ) -> Any:
        """Poll until a job is in one of these states; return the status."""
        deadline = time.monotonic() + patience
        while (status := self.poll(job, endpoint))["StatusCode"] not in until:
            assert time.monotonic() < deadline, f"{job} is still {status}"
            time.sleep(0.02)
        return status

    # --- /__admin --------------------------------------------------------------------------------

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """Call `/__admin`; return the JSON of the reply, None if it is empty."""
        content = {} if body is None else {"json": body}
        reply = self.http.request(method, self.ready["admin"]["url"] + path, **content)
        assert reply.status_code in (200, 204), reply.text
        return reply.json() if reply.content else None

    def freeze(self, moment: str) -> None:
        self.admin("PUT", "/clock", {"mode": "frozen", "now": moment})

    def advance(self, seconds: float) -> Any:
        return self.admin("POST", "/clock/advance", {"seconds": seconds})

    def script(self, endpoint: str = "", **changes: Any) -> None:
        """Set timing or ending of the jobs that are submitted from now on."""
        self.admin("PUT", f"/services/{endpoint or self.ready['services']['service']}", changes)

    def history(self, job: str) -> Any:
        """Return all that /__admin knows about a job."""
        return self.admin("GET", f"/jobs/{job}")


@contextmanager
def batch_client(ready: Mapping[str, Any]) -> Iterator[Batch]:
    """Yield a client that is closed at the end."""
    client = Batch(ready)
    try:
        yield client
    finally:
        client.close()
