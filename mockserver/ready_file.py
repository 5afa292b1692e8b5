"""How does another program learn where the emulator listens, and with which keys?

`--ready-file` is written once every surface listens. It appears whole or not at all.
"""

import os
import tempfile
from pathlib import Path
from typing import TypedDict

import msgspec


class Services(TypedDict):
    """The services surface and the first endpoint that it serves."""

    url: str
    workspace: str
    service: str
    primary_key: str
    secondary_key: str


class Ready(TypedDict):
    """The content of the file. Later surfaces add their members."""

    pid: int
    services: Services


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
