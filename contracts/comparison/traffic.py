"""Which calls does a HAR file hold, and how do they get to the service that we have?

Keys in it are not used: ours are put in their place. Calls of hosts that are not known are left
out, and it is told which.
"""

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from contracts.comparison.keys import Keys
from contracts.comparison.recording import Recording
from contracts.exchange import Exchange, Header, Reply, Request
from contracts.spec import Contract
from contracts.target import SUBSCRIPTION_KEY, Target

_BASE = re.compile(r"(?P<prefix>[^?]*?)/workspaces/(?P<ids>[^/?]+/services/[^/?]+)")
_DROPPED = {
    "host", "connection", "keep-alive", "proxy-connection", "te", "upgrade", "content-length",
    SUBSCRIPTION_KEY.lower(), "cookie", "accept-encoding",
}  # fmt: skip
_CONNECTION_STRING = re.compile(r'(?<="ConnectionString")(\s*:\s*)"(?:[^"\\]|\\.)*"')


class NoTraffic(Exception):
    """Why a file holds no traffic that can be sent, as one line."""


def read_har(source: str, target: Target, hosts: Collection[str]) -> Recording:
    """Return the calls of a file, as if they had been recorded at the target. Raises NoTraffic.

    `source` is its path, or the address of one; `hosts` are those that meant the service.
    """
    try:
        content = json.loads(_text(source))
        entries = list(content["log"]["entries"])
        addresses = [str(entry["request"]["url"]) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoTraffic(f"{source} is no HAR file: {error!r}") from error
    known = [urlsplit(address).netloc.lower() in hosts for address in addresses]
    pairs = list(zip(entries, addresses, known, strict=True))
    left_out = Counter(urlsplit(address).netloc for _, address, is_known in pairs if not is_known)
    if not any(known):
        told = ", ".join(left_out) or "nothing at all"
        raise NoTraffic(f"{source} holds no call of a known host, only {told}; see --har-host")
    base = _their_base([address for _, address, is_known in pairs if is_known], target)
    contract = Contract()
    exchanges: list[Exchange] = []
    for number, (entry, address, is_known) in enumerate(pairs, 1):
        if is_known:
            try:
                exchanges.append(_exchange(entry, _target(address, base, target), target))
            except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
                raise NoTraffic(f"{source}: entry {number} is no call: {error!r}") from error
    for number, exchange in enumerate(exchanges, 1):
        exchange.number = number
        _name_operation(exchange, target, contract)
    name = source if _is_address(source) else Path(source).name
    notes = tuple(
        f"{count} calls of {host or 'no host'} in {name} were left out, see --har-host"
        for host, count in left_out.items()
    )
    return Recording(
        target,
        tuple(exchanges),
        keys=Keys(target),
        is_full=False,
        origin=f"the calls of {name}, answered now",
        notes=notes,
    )


def _is_address(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def _text(source: str) -> str:
    """Read a file, here or at an address. Raises OSError, ValueError, NoTraffic."""
    if not _is_address(source):
        return Path(source).read_text(encoding="utf-8-sig")
    try:
        answer = httpx.get(source, timeout=60, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NoTraffic(f"{source} cannot be read: {error}") from error
    if not answer.is_success:
        told = answer.text[:200]
        raise NoTraffic(f"{source} cannot be read: {answer.status_code} {told}")
    return answer.text


def _name_operation(exchange: Exchange, target: Target, contract: Contract) -> None:
    request = exchange.request
    operation = contract.operation_at(request.method, request.path, target.prefix)
    exchange.operation = operation.name if operation else None


def _their_base(addresses: Iterable[str], target: Target) -> str:
    """Return the address that meant the service: ours if it is there, else the most frequent."""
    found = (_BASE.match(_path_and_query(address)) for address in addresses)
    bases = Counter(match[0] for match in found if match)
    ours = next((base for base in bases if base.endswith(target.base)), None)
    return ours or next((base for base, _ in bases.most_common(1)), target.base)


def _path_and_query(url: str) -> str:
    """Return what a request line says; escapes stay as they were."""
    rest = url.partition("://")[2].partition("#")[0]
    slash = min((at for at in map(rest.find, "/?") if at >= 0), default=len(rest))
    path = rest[slash:]
    return path if path.startswith("/") else f"/{path}"


def _target(url: str, base: str, target: Target) -> str:
    """Return path and query with our prefix and ids instead of theirs."""
    path = _path_and_query(url)
    if path.startswith(base):
        return target.base + path[len(base) :]
    prefix = base.partition("/workspaces/")[0]
    return target.prefix + path[len(prefix) :] if path.startswith(prefix) else path


def _exchange(entry: dict[str, Any], sent_to: str, target: Target) -> Exchange:
    request = entry["request"]
    method = str(request["method"])
    body = _body(request.get("postData") or {}, target)
    headers = list(_headers(request["headers"], target))
    if body or method in {"POST", "PUT"}:
        headers.append(("Content-Length", str(len(body))))
    reply = _reply(entry.get("response") or {})
    return Exchange(0, Request(method, sent_to, tuple(headers), body), reply, label="traffic")


def _headers(given: Any, target: Target) -> Iterable[Header]:
    yield "Host", target.host
    for header in given:
        name, value = str(header["name"]), str(header["value"])
        if name.lower() in _DROPPED or name.startswith(":"):
            continue
        is_key = name.lower() == "authorization"
        yield name, f"Bearer {target.api_key}" if is_key else value


def _body(data: dict[str, Any], target: Target) -> bytes:
    text = str(data.get("text") or "")
    if data.get("encoding") == "base64":
        return base64.b64decode(text, validate=True)
    if target.storage:
        ours = json.dumps(target.storage)
        text = _CONNECTION_STRING.sub(lambda found: f"{found[1]}{ours}", text)
    return text.encode()


def _reply(response: dict[str, Any]) -> Reply | None:
    """Return the reply that was recorded: job ids are learnt from it."""
    if not response.get("status"):
        return None
    content = response.get("content") or {}
    text = str(content.get("text") or "")
    is_coded = content.get("encoding") == "base64"
    body = base64.b64decode(text, validate=True) if is_coded else text.encode()
    headers = tuple((str(h["name"]), str(h["value"])) for h in response.get("headers") or ())
    return Reply(int(response["status"]), headers, body)
