"""How far is each job? Its state is worked out whenever somebody asks; no thread works at it."""

import csv
import io
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobClient, BlobSasPermissions, BlobServiceClient, generate_blob_sas

from tests.contracts.conforming.hashed_rows import NAMES, Refused, scored, text_of

QUEUED, RUNNING = 0.15, 0.45
"""Seconds from the start."""
DELIMITERS = {".csv": ",", ".tsv": "\t"}


@dataclass
class Job:
    """One job."""

    source: BlobClient
    target: BlobClient
    now: Callable[[], float]
    started: float | None = None
    end: str = ""
    details: str | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def state(self) -> str:
        """Return the state by now; whoever calls holds the lock."""
        passed = -1.0 if self.started is None else self.now() - self.started
        if not self.end and passed >= RUNNING:
            self.end = self._score()
        return self.end or ("Running" if passed >= QUEUED else "NotStarted")

    def _score(self) -> str:
        try:
            content = self.source.download_blob().readall().decode("utf-8-sig")
            delimiter = _delimiter(self.source.blob_name)
            names, *rows = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter)
            text = io.StringIO(newline="")
            writer = csv.writer(text, delimiter=_delimiter(self.target.blob_name))
            writer.writerow(NAMES)
            writer.writerows(scored([text_of(names, row) for row in rows]))
            self.target.upload_blob(text.getvalue().encode(), overwrite=True)
        except (AzureError, Refused, ValueError) as error:
            self.details = f"It went wrong: {type(error).__name__}"
            return "Failed"
        return "Finished"


class BlobJobs:
    """All jobs, over one storage account."""

    def __init__(self, storage: str) -> None:
        self._account = BlobServiceClient.from_connection_string(storage, retry_total=0)
        self._jobs: dict[str, Job] = {}
        self._tokens = count()
        self.moved = 0.0
        """Seconds by which the clock was moved."""

    def now(self) -> float:
        """Return the time that counts for jobs."""
        return time.monotonic() + self.moved

    def submit(self, content: dict[str, Any]) -> str:
        """Keep a job; return its id."""
        if content.get("Input") is not None and content.get("Inputs") is not None:
            raise Refused("BadArgument", "DuplicateInputInBatchCall", "Input")
        given = _one(content, "Input", "input1", "BatchJobInputsTooManySpecified")
        if given is None:
            raise Refused("BadArgument", "BatchJobInputsNotSpecified", "input1")
        source = self._blob(given)
        wanted = _one(content, "Output", "output1", "InvalidOutputOverrideName")
        target = (
            self._account.get_blob_client(source.container_name, f"outputs/{uuid4()}.csv")
            if wanted is None
            else self._blob(wanted)
        )
        if not _is_there(source):
            raise Refused("BadArgument", "BlobNotFound", "input1")
        name = uuid4().hex
        self._jobs[name] = Job(source, target, self.now)
        return name

    def _blob(self, given: Any) -> BlobClient:
        if not isinstance(given, dict) or not isinstance(given.get("RelativeLocation"), str):
            raise Refused("BadArgument", "MissingInputBlobInformation", "RelativeLocation")
        container, _, name = given["RelativeLocation"].lstrip("/").partition("/")
        _delimiter(name)
        members = ("ConnectionString", "BaseLocation", "SasBlobToken")
        connection, base, token = (str(given.get(member) or "") for member in members)
        try:
            if connection:
                blob = BlobClient.from_connection_string(connection, container, name, retry_total=0)
            else:
                blob = BlobClient(
                    base.rstrip("/"), container, name, credential=token[1:], retry_total=0
                )
        except (AttributeError, TypeError, ValueError) as error:
            raise Refused("BadArgument", "InvalidBlobConnectionString", "blob") from error
        if not blob.url.startswith(self._account.url):
            raise Refused("BadArgument", "ContainerValidationFailed", "blob")
        return blob

    def _job(self, name: str) -> Job:
        if name not in self._jobs:
            raise Refused("NotFound", "JobNotFound", "job")
        return self._jobs[name]

    def start(self, name: str) -> None:
        """Start a job, once."""
        job = self._job(name)
        with job.lock:
            if job.started is not None or job.end:
                raise Refused("InvalidOperation", "CannotStartJob", job.state())
            job.started = self.now()

    def cancel(self, name: str) -> None:
        """Cancel a job that has not ended."""
        job = self._job(name)
        with job.lock:
            if job.state() in {"NotStarted", "Running"}:
                job.end = "Cancelled"

    def status(self, name: str) -> dict[str, Any]:
        """Say how far a job is."""
        job = self._job(name)
        with job.lock:
            state, details = job.state(), job.details
        results = {"output1": self._reference(job.target)} if state == "Finished" else None
        return {"Details": details, "Results": results, "StatusCode": state}

    def _reference(self, blob: BlobClient) -> dict[str, Any]:
        moment = datetime.now(UTC) + timedelta(seconds=next(self._tokens))
        token = generate_blob_sas(
            str(self._account.account_name),
            blob.container_name,
            blob.blob_name,
            account_key=self._account.credential.account_key,
            permission=BlobSasPermissions(read=True),
            expiry=moment + timedelta(hours=2),
        )
        return {
            "SasBlobToken": f"?{token}",
            "BaseLocation": self._account.url,
            "RelativeLocation": f"{blob.container_name}/{blob.blob_name}",
            "ConnectionString": None,
        }


def _one(content: dict[str, Any], member: str, name: str, code: str) -> Any:
    several = content.get(f"{member}s")
    if several is None:
        return content.get(member)
    if not isinstance(several, dict):
        raise Refused("BadArgument", "RequestBodyInvalid", member)
    if set(several) - {name}:
        raise Refused("BadArgument", code, f"{member}s")
    return several.get(name)


def _delimiter(name: str) -> str:
    for extension, delimiter in DELIMITERS.items():
        if name.lower().endswith(extension):
            return delimiter
    raise Refused("BadArgument", "InvalidBlobExtension", name)


def _is_there(blob: BlobClient) -> bool:
    try:
        return bool(blob.exists())
    except AzureError:
        return False
