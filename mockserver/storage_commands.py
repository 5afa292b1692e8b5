"""How does a user at a shell put a file into blob storage, get one back, and see what is there?

`mockserver storage put|get|ls`, so that nobody needs an SDK to try a batch job. They speak to any
blob storage that a connection string names: the emulator's own, Azurite, Azure.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

from mockserver.development_account import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY

if TYPE_CHECKING:
    from azure.storage.blob import BlobServiceClient

CONTAINER = "demo"
"""Where `put` puts a file if it is not told."""

_ENVIRONMENT = "AZURE_STORAGE_CONNECTION_STRING"
_PORT = "MOCKSERVER_STORAGE_PORT"
_PIECE = 4 << 20
"""Bytes in memory at a time: a file larger than this goes up and comes down in pieces."""

_STEPS = """\
A batch job reads a blob and writes a blob. To try one:

  mockserver storage put examples/book-reviews.csv
  ... submit a job with "RelativeLocation": "/demo/book-reviews.csv" ...
  mockserver storage ls demo
  mockserver storage get demo/results.csv

Which storage: --connection-string, --ready-file or --url if one is given, else the environment
variable AZURE_STORAGE_CONNECTION_STRING, else the emulator's development account on this machine
(port 10000, or MOCKSERVER_STORAGE_PORT).
"""


class _NotPossible(Exception):
    """What the user has to mend, as one line."""


def add_storage_parser(commands: Any) -> None:
    """Add `storage` to the subcommands of a parser."""
    storage: argparse.ArgumentParser = commands.add_parser(
        "storage",
        help="put, get and list the blobs that jobs read and write",
        description="Puts files into blob storage, gets them back, lists what is there.",
        epilog=_STEPS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = storage.add_subparsers(dest="action", required=True, metavar="put|get|ls")

    put = actions.add_parser(
        "put",
        help="copy a file into storage",
        description="Copies a file into storage and prints the RelativeLocation that a job needs."
        " A missing container is made; a blob of that name is replaced.",
    )
    put.add_argument("file", metavar="FILE", type=Path, help="the file to copy")
    put.add_argument(
        "blob",
        metavar="CONTAINER/BLOB",
        nargs="?",
        help=f"default {CONTAINER}/ and the file's name; with a / at its end the name is added",
    )

    get = actions.add_parser(
        "get",
        help="copy a blob into a file",
        description="Copies a blob into a file, which is there whole or not at all.",
    )
    get.add_argument("blob", metavar="CONTAINER/BLOB", help="as `ls` and a job's Results name it")
    get.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="default: the blob's name, here; a folder: that name in it; -: standard output",
    )

    ls = actions.add_parser(
        "ls",
        help="list containers or blobs",
        description="Lists the containers, or the blobs of one: bytes, time of writing, name.",
    )
    ls.add_argument(
        "place",
        metavar="CONTAINER[/PREFIX]",
        nargs="?",
        help="a container, or the beginning of its blobs' names; left out: all containers",
    )
    for action in (put, get, ls):
        _add_account(action)


def _add_account(action: argparse.ArgumentParser) -> None:
    account = action.add_mutually_exclusive_group()
    account.add_argument("--connection-string", metavar="TEXT", help=f"default: ${_ENVIRONMENT}")
    account.add_argument(
        "--ready-file", metavar="FILE", type=Path, help="written by `mockserver serve --ready-file`"
    )
    account.add_argument(
        "--url", metavar="URL", help="the emulator's storage, as http://127.0.0.1:10000"
    )


def run(options: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> int:
    """Do what was asked for; return the exit code: 2, after one line, if it cannot be done."""
    actions: dict[str, Callable[[BlobServiceClient, argparse.Namespace], None]] = {
        "put": _put,
        "get": _get,
        "ls": _list,
    }
    try:
        with _client(options, environment) as client, _one_line_errors(client.url):
            actions[options.action](client, options)
    except _NotPossible as error:
        print(f"mockserver: {error}", file=sys.stderr)
        return 2
    return 0


def connection_string(options: argparse.Namespace, environment: Mapping[str, str]) -> str:
    """Return the connection string of the storage that is meant. Raises `_NotPossible`."""
    if options.connection_string is not None:
        return str(options.connection_string)
    if options.ready_file is not None:
        try:
            return str(json.loads(options.ready_file.read_bytes())["storage"]["connection_string"])
        except OSError as error:
            raise _NotPossible(f"{options.ready_file}: {error.strerror}") from error
        except (ValueError, KeyError, TypeError):
            raise _NotPossible(f"{options.ready_file}: not a ready file with a storage") from None
    if options.url is not None:
        return _development_account(options.url)
    if environment.get(_ENVIRONMENT):
        return environment[_ENVIRONMENT]
    return _development_account(f"http://127.0.0.1:{environment.get(_PORT, '10000')}")


def _development_account(url: str) -> str:
    path = f"/{DEVELOPMENT_ACCOUNT}"
    if "://" not in url:
        url = f"http://{url}"
    endpoint = url.rstrip("/").removesuffix(path) + path
    return (
        f"DefaultEndpointsProtocol={url.partition(':')[0]};AccountName={DEVELOPMENT_ACCOUNT};"
        f"AccountKey={DEVELOPMENT_KEY};BlobEndpoint={endpoint};"
    )


def _client(options: argparse.Namespace, environment: Mapping[str, str]) -> "BlobServiceClient":
    """Return a client that asks once: a server that is not there is told at once."""
    from azure.storage.blob import BlobServiceClient

    text = connection_string(options, environment)
    names = ("single_put_size", "block_size", "single_get_size", "chunk_get_size")
    choices: dict[str, Any] = {f"max_{name}": _PIECE for name in names}
    choices |= {"retry_total": 0, "connection_timeout": 10, "read_timeout": 60}
    try:
        host = urlsplit(BlobServiceClient.from_connection_string(text).url).hostname or ""
        # A proxy for the Internet knows nothing of a server on this machine.
        proxied = host != "localhost" and not host.startswith("127.") and host != "::1"
        return BlobServiceClient.from_connection_string(text, use_env_settings=proxied, **choices)
    except ValueError as error:
        raise _NotPossible(f"the connection string cannot be used: {error}") from None


@contextmanager
def _one_line_errors(url: str) -> Iterator[None]:
    """Turn what the client library and the file system say into one line each."""
    from azure.core import exceptions as azure

    try:
        yield
    except (azure.ServiceRequestError, azure.ServiceResponseError) as error:
        told = str(error.message).splitlines()[0].rpartition(": ")[2]
        raise _NotPossible(f"no answer from {url} (is the emulator running?): {told}") from error
    except azure.ClientAuthenticationError as error:
        raise _NotPossible(f"{url} refuses the account key or token: {_code(error)}") from error
    except azure.HttpResponseError as error:
        raise _NotPossible(f"{url} answers {error.status_code} {_code(error)}") from error
    except OSError as error:
        raise _NotPossible(f"{error.filename or 'output'}: {error.strerror}") from error


def _code(error: Any) -> str:
    """Return the storage service's own word for what is wrong, or else the library's."""
    code = getattr(error, "error_code", None)
    word = getattr(code, "value", code) or getattr(error, "reason", None) or error.message
    return str(word).splitlines()[0]


def _split(blob: str) -> tuple[str, str]:
    container, _, name = blob.removeprefix("/").partition("/")
    if not (container and name):
        raise _NotPossible(f"{blob}: a blob is named as CONTAINER/BLOB")
    return container, name


def _put(client: "BlobServiceClient", options: argparse.Namespace) -> None:
    from azure.core.exceptions import ResourceNotFoundError

    file: Path = options.file
    if file.is_dir():
        raise _NotPossible(f"{file}: Is a directory")
    blob = options.blob or f"{CONTAINER}/"
    container, name = _split(blob + file.name if blob.endswith("/") else blob)
    with file.open("rb") as content:
        target = client.get_blob_client(container, name)
        try:
            target.upload_blob(content, overwrite=True)
        except ResourceNotFoundError as error:
            if _code(error) != "ContainerNotFound":
                raise
            client.create_container(container)
            content.seek(0)
            target.upload_blob(content, overwrite=True)
        size = content.tell()
    print(f'{size:,} bytes in "RelativeLocation": "/{container}/{name}"')


def _get(client: "BlobServiceClient", options: argparse.Namespace) -> None:
    from azure.core.exceptions import ResourceNotFoundError

    container, name = _split(options.blob)
    try:
        content = client.get_blob_client(container, name).download_blob()
    except ResourceNotFoundError as error:
        raise _NotPossible(f"{container}/{name}: there is no such blob ({_code(error)})") from error
    if options.file == "-":
        content.readinto(sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    file = Path(options.file or ".")
    if file.is_dir():
        file /= name.rpartition("/")[2]
    with _whole_file(file) as part:
        content.readinto(part)
    print(f"{content.size:,} bytes in {file}")


@contextmanager
def _whole_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a file to write to; it gets its name only if all is written."""
    if path.exists() and not path.is_file():  # a device or a pipe
        with path.open("wb") as file:
            yield file
        return
    if not path.parent.is_dir():
        raise _NotPossible(f"{path.parent}: No such file or directory")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _list(client: "BlobServiceClient", options: argparse.Namespace) -> None:
    from azure.core.exceptions import ResourceNotFoundError

    if options.place is None:
        for container in client.list_containers():
            print(f"{container.name}/")
        return
    name, _, prefix = options.place.removeprefix("/").partition("/")
    try:
        for blob in client.get_container_client(name).list_blobs(name_starts_with=prefix or None):
            written = f"{blob.last_modified:%Y-%m-%d %H:%M:%S}"
            print(f"{blob.size:>13,}  {written}  {name}/{blob.name}")
    except ResourceNotFoundError as error:
        raise _NotPossible(f"{name}: there is no such container ({_code(error)})") from error
