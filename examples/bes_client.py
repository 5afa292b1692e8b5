"""How does a Python 3 program call BES? The how-to's sample, with addresses and keys filled in.

Start the emulator with `make run`, then:

    .venv/bin/python examples/bes_client.py

It uploads a file, has it scored as a batch job and downloads the result. Other addresses than the
emulator's usual ones come from the file that `mockserver serve --ready-file FILE` writes.
"""

import argparse
import json
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient

host = "http://127.0.0.1:8080"
workspace = "bce2e887cb59bee9004401d015def2cf"
service = "9e866e619ae189ccb724103998e77284"
api_key = "1ru0HAlB5PTQYXNaRdCb4KebVEW29GXw18Ok18DRzdpgToeJOJVhBfGSU3VmHmHjOXfCxo+1jxDTcJl/N6A8Kw=="
connection_string = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey="
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;"
)
container = "demo"
input_blob, output_blob = "mydatablob.csv", "myresultsblob.csv"

parser = argparse.ArgumentParser(description="Has a file scored as a batch job.")
parser.add_argument(
    "input", type=Path, nargs="?", default=Path(__file__).parent / "book-reviews.csv"
)
parser.add_argument("output", type=Path, nargs="?", default=Path("myresults.csv"))
parser.add_argument("--ready-file", type=Path, help="addresses and keys of a running emulator")
parser.add_argument(
    "--through", choices=("starter", "unlimited"), help="the gateway, with this subscription"
)
options = parser.parse_args()

ready: dict[str, Any] = {}
if options.ready_file:
    ready = json.loads(options.ready_file.read_text())
    host, workspace = ready["services"]["url"], ready["services"]["workspace"]
    service, api_key = ready["services"]["service"], ready["services"]["primary_key"]
    connection_string = ready["storage"]["connection_string"]

headers = {"Content-Type": "application/json", "Authorization": "Bearer " + api_key}
if options.through:
    host = "http://127.0.0.1:8081/azureml-demo"
    key = {
        "starter": "5f0c9d1e7a3b48c2b6d4e8f01a2b3c4d",
        "unlimited": "7b2e1f308c5d6ae4d8f60a123c4d5e6f",
    }[options.through]
    if options.ready_file:
        host = ready["gateway"]["api"]
        key = ready["gateway"]["subscriptions"][options.through]["primary_key"]
    headers["Ocp-Apim-Subscription-Key"] = key

jobs = f"{host}/workspaces/{workspace}/services/{service}/jobs"
version = "?api-version=2.0"


def upload() -> None:
    """Put the input where the job can read it."""
    print("Uploading the input to blob storage...")
    with (
        BlobServiceClient.from_connection_string(connection_string) as storage,
        options.input.open("rb") as data,
    ):
        storage.get_blob_client(container, input_blob).upload_blob(data, overwrite=True)


def call(method: str, url: str, body: bytes | None = None) -> bytes:
    """Send one request to the service."""
    request = urllib.request.Request(url, body, headers, method=method)
    with urllib.request.urlopen(request) as response:
        return bytes(response.read())


def submit() -> str:
    """Submit the job and return its id."""
    payload = {
        "Input": {
            "ConnectionString": connection_string,
            "RelativeLocation": f"/{container}/{input_blob}",
        },
        "Outputs": {
            "output1": {
                "ConnectionString": connection_string,
                "RelativeLocation": f"/{container}/{output_blob}",
            },
        },
        "GlobalParameters": {},
    }
    print("Submitting the job...")
    reply = call("POST", jobs + version, json.dumps(payload).encode())
    return reply.decode()[1:-1]  # without the quotes around it


def save_results(results: dict[str, Any]) -> None:
    """Tell where every result is, and download the first."""
    for number, (name, result) in enumerate(results.items()):
        print(f"The results for {name} are in storage:")
        for member in ("BaseLocation", "RelativeLocation", "SasBlobToken"):
            print(f"  {member}: {result[member]}")
        if number == 0:
            url = result["BaseLocation"] + result["RelativeLocation"] + result["SasBlobToken"]
            with urllib.request.urlopen(url) as response:
                options.output.write_bytes(response.read())
            print(f"The results for {name} have been written to the file {options.output}")


def wait(job: str) -> bool:
    """Ask once per second until the job has ended; return whether it finished."""
    while True:
        result = json.loads(call("GET", f"{jobs}/{job}{version}"))
        match result["StatusCode"]:
            case 0 | "NotStarted":
                print(f"Job {job} not yet started...")
            case 1 | "Running":
                print(f"Job {job} running...")
            case 2 | "Failed":
                print(f"Job {job} failed!")
                print("Error details: " + result["Details"])
                return False
            case 3 | "Cancelled":
                print(f"Job {job} cancelled!")
                return False
            case 4 | "Finished":
                print(f"Job {job} finished!")
                save_results(result["Results"])
                return True
            case unknown:
                print(f"Job {job} is in a state that nobody knows: {unknown}")
                return False
        time.sleep(1)


try:
    upload()
    job_id = submit()
    print("Job ID:", job_id)
    print("Starting the job...")
    call("POST", f"{jobs}/{job_id}/start{version}", b"")
    finished = wait(job_id)
except (urllib.error.URLError, AzureError) as error:
    if not isinstance(error, urllib.error.HTTPError):
        sys.exit(f"No emulator answers there: {error}\nOther ports need --ready-file.")
    print("The request failed with status code:", error.code)
    print(error.headers)
    print(error.read().decode())
    finished = False
sys.exit(0 if finished else 1)
