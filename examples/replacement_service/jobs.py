"""How does a job read a blob and write another? The four calls of BES.

Blobs lie in one storage account, `STORAGE`.
"""

import csv
import io
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobClient, BlobSasPermissions, BlobServiceClient, generate_blob_sas
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from .rows import NAMES, cell, check_names, score
from .wire import Refused, check_call, read_object, reply

STORAGE = os.environ.get("STORAGE", "UseDevelopmentStorage=true")
STORE = BlobServiceClient.from_connection_string(STORAGE)
DELIMITERS = {".csv": ",", ".tsv": "\t"}


class Job:
    """One job. Whoever looks at its state, or changes it, holds the lock."""

    def __init__(self, source: BlobClient, target: BlobClient) -> None:
        self.source, self.target, self.lock = source, target, threading.Lock()
        self.state, self.is_started = "NotStarted", False
        self.details: str | None = None

    @property
    def has_ended(self) -> bool:
        return self.state not in {"NotStarted", "Running"}

    def run(self) -> None:
        """Score the file, unless somebody cancels the job first."""
        try:
            time.sleep(0.1)
            self.go_on_as("Running")
            content = self.source.download_blob().readall().decode("utf-8-sig")
            lines = io.StringIO(content, newline="")
            names, *rows = csv.reader(lines, delimiter=delimiter_of(self.source.blob_name))
            check_names(names)
            text = io.StringIO()
            writer = csv.writer(text, delimiter=delimiter_of(self.target.blob_name))
            writer.writerows([NAMES, *score([cell(row) for row in rows])])
            time.sleep(0.2)
            with self.lock:
                if not self.has_ended:
                    self.target.upload_blob(text.getvalue().encode(), overwrite=True)
                    self.state = "Finished"
        except (AzureError, ValueError, csv.Error, Refused) as error:
            self.go_on_as("Failed", f"errorComponent=Module. taskStatusCode=400. Error: {error}")

    def go_on_as(self, state: str, details: str | None = None) -> None:
        with self.lock:
            if not self.has_ended:
                self.state, self.details = state, details


JOBS: dict[str, Job] = {}


async def submit_job(request: Request) -> Response:
    check_call(request)
    content = read_object(await request.body())
    if content.get("Input") is not None and content.get("Inputs") is not None:
        raise Refused("BadArgument", "DuplicateInputInBatchCall", "Both Input and Inputs.")
    given = named(content, "Input", "input1", "InvalidInputNames")
    if given is None:
        raise Refused("BadArgument", "MissingRequestInput", "There is no input1.")
    target = named(content, "Output", "output1", "InvalidOutputOverrideName")
    source = blob_of(given)
    if target is None:
        target = {
            "RelativeLocation": f"{source.container_name}/{uuid4()}.csv",
            "ConnectionString": STORAGE,
        }
    job = Job(source, blob_of(target))
    try:
        await run_in_threadpool(source.get_blob_properties)
    except AzureError as error:
        place = f"{source.container_name}/{source.blob_name}"
        raise Refused("BadArgument", "BlobNotFound", f"{place}: {type(error).__name__}.") from error
    name = uuid4().hex
    JOBS[name] = job
    return reply(name)


def named(content: dict[str, Any], member: str, name: str, code: str) -> Any:
    """Return the only reference that may be there, in single or in map form."""
    single, several = content.get(member), content.get(f"{member}s")
    if several is None:
        return single
    if not isinstance(several, dict):
        raise Refused("BadArgument", "RequestBodyInvalid", f"{member}s is no object.")
    if several.keys() - {name}:
        raise Refused("BadArgument", code, f"The service has {name} only.")
    return several.get(name)


def blob_of(given: Any) -> BlobClient:
    """Return the blob of a reference; it lies in our account, whoever's key or token opens it."""
    match given:
        case {"RelativeLocation": str(path)} if path.strip("/"):
            container, _, name = path.lstrip("/").partition("/")
        case _:
            raise Refused("BadArgument", "MissingInputBlobInformation", "No RelativeLocation.")
    delimiter_of(name)
    try:
        if given.get("ConnectionString"):
            blob = BlobClient.from_connection_string(
                given["ConnectionString"], container, name, retry_total=0
            )
        else:
            address = f"{given['BaseLocation']}{container}/{quote(name)}{given['SasBlobToken']}"
            blob = BlobClient.from_blob_url(address, retry_total=0)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Refused(
            "BadArgument", "InvalidBlobConnectionString", "It names no account."
        ) from error
    if not blob.url.startswith(STORE.url):
        raise Refused("BadArgument", "InvalidBlobConnectionString", "Another account than ours.")
    return blob


def delimiter_of(name: str) -> str:
    extension = name[-4:].lower()
    if extension not in DELIMITERS:
        raise Refused("BadArgument", "InvalidBlobExtension", f"{name}: neither .csv nor .tsv.")
    return DELIMITERS[extension]


def find_job(request: Request, *, version: bool = True) -> Job:
    check_call(request, version=version)
    if request.path_params["job"] not in JOBS:
        raise Refused("NotFound", "JobNotFound", "There is no such job.")
    return JOBS[request.path_params["job"]]


def start_job(request: Request) -> Response:
    job = find_job(request)
    with job.lock:
        if job.is_started or job.has_ended:
            raise Refused("InvalidOperation", "CannotStartJob", f"The job is {job.state}.")
        job.is_started = True
    threading.Thread(target=job.run, daemon=True).start()
    return reply()


def get_or_delete_job(request: Request) -> Response:
    """Tell how far a job is, or cancel it."""
    if request.method == "DELETE":
        find_job(request, version=False).go_on_as("Cancelled")
        return reply()
    job = find_job(request)
    with job.lock:
        state, details = job.state, job.details
    results = {"output1": reference(job.target)} if state == "Finished" else None
    return reply({"StatusCode": state, "Results": results, "Details": details})


def reference(blob: BlobClient) -> dict[str, str | None]:
    """Name a blob by address and by a token that opens it for a day."""
    now = datetime.now(UTC)
    token = generate_blob_sas(
        STORE.account_name or "",
        blob.container_name,
        blob.blob_name,
        account_key=STORE.credential.account_key,
        permission=BlobSasPermissions(read=True),
        start=now - timedelta(minutes=5),
        expiry=now + timedelta(days=1),
    )
    return {
        "ConnectionString": None,
        "RelativeLocation": f"{blob.container_name}/{blob.blob_name}",
        "BaseLocation": STORE.url,
        "SasBlobToken": f"?{token}",
    }
