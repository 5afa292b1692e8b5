"""What does a case do before its request, and what does it look at afterwards?

A `Stage` is one running emulator with one world. Cases play on it one after the other; `clear`
takes away what the one before has left.
"""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient, generate_blob_sas, generate_container_sas

from tests.end_to_end.case import (
    Answer,
    Bytes,
    Case,
    Step,
    Submission,
    Token,
    exchange,
    filled,
    names_of,
    to_bytes,
)

PATIENCE = 60
"""Seconds until a job that does not end is given up; the first one has to wait for a worker."""

ENDED = {"Finished", "Failed", "Cancelled"}


class Stage:
    """A running emulator as its cases see it. `ready` is what a ready file would hold."""

    def __init__(self, ready: Mapping[str, Any], world: Path) -> None:
        self.url: str = ready["services"]["url"]
        self._storage: Mapping[str, str] = ready["storage"]
        self._blobs = BlobServiceClient.from_connection_string(
            self._storage["connection_string"], retry_total=0, use_env_settings=False
        )
        self._http = httpx.Client(base_url=self.url, timeout=PATIENCE, trust_env=False)
        self._fixed = {
            **names_of(world),
            "storage url": self._storage["url"],
            "storage account": self._storage["account"],
            "storage key": self._storage["key"],
            "storage connection string": self._storage["connection_string"],
        }
        self.names = dict(self._fixed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._http.close()
        self._blobs.close()

    def clear(self) -> None:
        """Return to the start: no jobs, no blobs, the system's time."""
        self.names = dict(self._fixed)
        self._http.post("/__admin/reset").raise_for_status()

    def play(self, case: Case) -> tuple[Case, Answer]:
        """Do all that a case says; return it with its names filled in, and the answer."""
        for step in case.before:
            self._do(step)
        answer = exchange(self.url, filled(case.request, self.names))
        for step in case.after:
            self._do(step)
        request, expect = (filled(part, self.names) for part in (case.request, case.expect))
        return msgspec.structs.replace(case, request=request, expect=expect), answer

    def surprises(self, case: Case, answer: Answer) -> Iterator[str]:
        """Say what in storage is not as a case expects it; the case comes from `play`."""
        for place, content in case.expect.blobs.items():
            yield from _compared(place, self._blob(place), content)
        results = _results(answer) if case.expect.downloads else {}
        for output, content in case.expect.downloads.items():
            if output in results:
                yield from _compared(output, self._download(results[output]), content)
            else:
                yield f"{output} is not in the results"

    def _do(self, step: Step | str) -> None:
        if isinstance(step, str):
            getattr(self, f"_{step}")()
            return
        (name,) = (name for name in step.__struct_fields__ if getattr(step, name) is not None)
        getattr(self, f"_{name}")(getattr(filled(step, self.names), name))

    def _put(self, blobs: dict[str, Bytes]) -> None:
        for place, content in blobs.items():
            self._blobs.get_blob_client(*place.split("/", 1)).upload_blob(
                to_bytes(content), overwrite=True
            )

    def _remove(self, place: str) -> None:
        self._blobs.get_blob_client(*place.split("/", 1)).delete_blob()

    def _make_container(self, name: str) -> None:
        self._blobs.create_container(name)

    def _sign(self, token: Token) -> None:
        """Sign a token; from here on `{token}` stands for it."""
        container, _, blob = token.blob.partition("/")
        account, key = self._storage["account"], self._storage["key"]
        rest: dict[str, Any] = {"permission": token.permissions, "expiry": token.expiry}
        signed = (
            generate_blob_sas(account, container, blob, account_key=key, **rest)
            if blob
            else generate_container_sas(account, container, key, **rest)
        )
        self.names["token"] = f"?{signed}"

    def _submit(self, submission: Submission) -> None:
        """Submit a job; from here on `{job}` stands for its id."""
        self._endpoint = submission.endpoint
        reply = self._call("POST", "/jobs", submission.body)
        self.names["job"] = reply.json()

    def _start(self) -> None:
        self._call("POST", f"/jobs/{self.names['job']}/start")

    def _poll(self) -> None:
        self._call("GET", f"/jobs/{self.names['job']}")

    def _cancel(self) -> None:
        self._call("DELETE", f"/jobs/{self.names['job']}")

    def _wait(self) -> None:
        """Poll until the job has ended."""
        given_up = time.monotonic() + PATIENCE
        while self._call("GET", f"/jobs/{self.names['job']}").json()["StatusCode"] not in ENDED:
            assert time.monotonic() < given_up, "the job does not end"
            time.sleep(0.01)

    def _freeze(self, now: str) -> None:
        self._http.put("/__admin/clock", json={"mode": "frozen", "now": now}).raise_for_status()

    def _advance(self, seconds: float) -> None:
        self._http.post("/__admin/clock/advance", json={"seconds": seconds}).raise_for_status()

    def _call(self, verb: str, path: str, body: object = None) -> httpx.Response:
        """Make a call about a job, at the endpoint that the last one was submitted to."""
        reply = self._http.request(
            verb,
            f"{self.names[self._endpoint]}{path}",
            params={"api-version": "2.0"},
            headers={"Authorization": f"Bearer {self.names[f'{self._endpoint} key']}"},
            json=body,
        )
        assert reply.is_success, f"{verb} {path} got {reply.status_code} {reply.text}"
        return reply

    def _blob(self, place: str) -> bytes | None:
        try:
            return self._blobs.get_blob_client(*place.split("/", 1)).download_blob().readall()
        except ResourceNotFoundError:
            return None

    def _download(self, result: Mapping[str, str]) -> bytes | None:
        """Get an output as the how-to's client does: by base, path and token put together."""
        members = ("BaseLocation", "RelativeLocation", "SasBlobToken")
        reply = self._http.get("".join(result[member] for member in members))
        assert reply.status_code in (200, 403), f"download got {reply.status_code} {reply.text}"
        return reply.content if reply.is_success else None


def _results(answer: Answer) -> Mapping[str, Mapping[str, str]]:
    status: dict[str, Any] = msgspec.json.decode(answer.body)
    return status["Results"] or {}


def _compared(name: str, found: bytes | None, expected: Bytes | None) -> Iterator[str]:
    wanted = None if expected is None else to_bytes(expected)
    if found != wanted:
        yield f"{name} holds {found!r}, not {wanted!r}"
