"""How is a run kept, so that a service can be compared with what it was, or with what is gone?

One JSON object, compressed. No key is in it: where one stood, its name stands.
"""

import base64
import binascii
import gzip
import json
import re
import zlib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contracts.comparison.difference import Key
from contracts.comparison.equal_parts import without_signature
from contracts.comparison.keys import Keys
from contracts.comparison.recording import BlobWritten, Pause, Recording, Step
from contracts.exchange import Exchange, Header, Reply, Request
from contracts.target import SUBSCRIPTION_KEY, Target

VERSION = 1
_SIGNATURE = re.compile(r"(?<=[?&]sig=)[\w%.~+/=-]+")


class NoSnapshot(Exception):
    """Why a file is no kept run, as one line."""


def save(recording: Recording, noise: Counter[Key], path: Path) -> None:
    """Keep a run, with what primary and secondary disagreed in. Raises OSError."""
    target = recording.target
    content = {
        "version": VERSION,
        "kind": "contracts recording",
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "target": {
            "url": target.url,
            "prefix": target.prefix,
            "workspace": target.workspace,
            "service": target.service,
            "has_gateway": target.has_gateway,
        },
        "storage_url": recording.storage_url,
        "incomplete": recording.incomplete,
        "is_full": recording.is_full,
        "noise": [[*key, count] for key, count in noise.items()],
        "steps": [_written(recording, step) for step in recording.steps],
    }
    text = json.dumps(content, separators=(",", ":")).encode()
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(gzip.compress(text, mtime=0))
    part.replace(path)


def read(path: Path) -> Recording:
    """Read a kept run. Raises NoSnapshot."""
    try:
        content = json.loads(gzip.decompress(path.read_bytes()))
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise NoSnapshot(f"{path} cannot be read: {error}") from error
    match content:
        case {"version": int(version), "kind": "contracts recording"} if version == VERSION:
            pass
        case {"version": int(version), "kind": "contracts recording"}:
            raise NoSnapshot(f"{path} has version {version}; this one reads version {VERSION}")
        case _:
            raise NoSnapshot(f"{path} is no kept run")
    try:
        return _recording(path, content)
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise NoSnapshot(f"{path} is damaged: {error!r}") from error


def _recording(path: Path, content: dict[str, Any]) -> Recording:
    target = content["target"]
    noise: Counter[Key] = Counter()
    for operation, part, where, kind, count in content["noise"]:
        noise[operation, part, where, kind] = int(count)
    return Recording(
        Target(
            url=target["url"],
            workspace=target["workspace"],
            service=target["service"],
            api_key="",
            prefix=target["prefix"],
            subscription_key="" if target["has_gateway"] else None,
        ),
        tuple(_step(number, step) for number, step in enumerate(content["steps"], 1)),
        content["incomplete"],
        Keys(),
        content["storage_url"],
        bool(content["is_full"]),
        noise,
        f"{path.name}, kept {content['made']}",
    )


def _written(recording: Recording, step: Step) -> dict[str, Any]:
    match step:
        case Pause():
            return {"pause": step.seconds}
        case BlobWritten():
            return {"blob": step.name, "content": _body(step.content)}
        case Exchange():
            return _exchange(recording, step)


def _exchange(recording: Recording, exchange: Exchange) -> dict[str, Any]:
    own = {(name.lower(), value) for name, value in recording.target.headers}
    request, reply = exchange.request, without_signature(exchange).reply

    def told(text: str) -> str:
        return _SIGNATURE.sub("-", recording.keys.taken_out(text))

    def part(given: tuple[Header, ...], content: bytes) -> dict[str, Any]:
        body = told(content.decode("latin-1")).encode("latin-1")
        # A length that was right stays right when names stand for keys.
        right = ("content-length", str(len(content)))
        headers = [
            [name, str(len(body)) if (name.lower(), value) == right else told(value)]
            for name, value in given
            if (name.lower(), value) not in own and name.lower() != SUBSCRIPTION_KEY.lower()
        ]
        return {"headers": headers, "body": _body(body)}

    written: dict[str, Any] = {
        "operation": exchange.operation,
        "label": exchange.label,
        "seconds": round(exchange.seconds, 6),
        "started": exchange.started,
        "trouble": told(exchange.trouble),
        "method": request.method,
        "target": told(request.target),
        **part(request.headers, request.body),
    }
    if reply is not None:
        written["reply"] = {"status": reply.status, **part(reply.headers, reply.body)}
    if exchange.outputs:
        written["outputs"] = {
            name: {"status": output.status, "body": _body(output.body)}
            for name, output in exchange.outputs.items()
        }
    return written


def _body(content: bytes) -> dict[str, str]:
    try:
        return {"text": content.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}


def _step(number: int, step: dict[str, Any]) -> Step:
    if "pause" in step:
        return Pause(float(step["pause"]))
    if "blob" in step:
        return BlobWritten(str(step["blob"]), _bytes(step["content"]))
    reply = step.get("reply")
    return Exchange(
        number,
        Request(step["method"], step["target"], _headers(step["headers"]), _bytes(step["body"])),
        Reply(int(reply["status"]), _headers(reply["headers"]), _bytes(reply["body"]))
        if reply
        else None,
        step["operation"],
        step["label"],
        step["trouble"],
        float(step["started"]),
        float(step["seconds"]),
        {
            str(name): Reply(int(output["status"]), (), _bytes(output["body"]))
            for name, output in step.get("outputs", {}).items()
        },
    )


def _bytes(body: dict[str, str]) -> bytes:
    if "base64" in body:
        return base64.b64decode(body["base64"], validate=True)
    return body["text"].encode()


def _headers(given: list[list[str]]) -> tuple[Header, ...]:
    return tuple((str(name), str(value)) for name, value in given)
