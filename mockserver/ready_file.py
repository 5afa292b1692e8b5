"""How does another program learn where the emulator listens, and with which keys?

`--ready-file` is written once every surface listens. It appears whole or not at all.
"""

import os
import tempfile
from pathlib import Path
from typing import NotRequired, TypedDict

import msgspec


class Services(TypedDict):
    """The services surface and the first endpoint that it serves."""

    url: str
    workspace: str
    service: str
    primary_key: str
    secondary_key: str


class Storage(TypedDict):
    """The embedded blob service and the first account that it serves."""

    url: str
    account: str
    key: str
    connection_string: str


class Subscription(TypedDict):
    """A subscription of the gateway, and its keys."""

    name: str
    scope: str
    primary_key: str
    secondary_key: str


class Gateway(TypedDict):
    """The gateway surface: its first API's address, and every active subscription by its id."""

    url: str
    api: str
    subscriptions: dict[str, Subscription]


class Admin(TypedDict):
    """Where the emulator itself is controlled."""

    url: str


class Ready(TypedDict):
    """The content of the file. Later surfaces add their members.

    `storage` is missing without an embedded account, `gateway` and `admin` if switched off.
    """

    pid: int
    services: Services
    storage: NotRequired[Storage]
    gateway: NotRequired[Gateway]
    admin: NotRequired[Admin]


def write_ready_file(path: Path, ready: Ready) -> None:
    """Write `ready` to `path`, readable by its owner only, since it holds keys."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(ready)) + b"\n")
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
