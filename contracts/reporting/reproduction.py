"""How can a reader send the same request again? As curl and as Python.

Keys come from the environment variables that `contracts check` itself reads, so that what is shown
can be shown to anybody, and runs as it stands.
"""

import json
import shlex

from contracts.exchange import Request
from contracts.reporting.masking import Masking
from contracts.target import Target

_IMPLIED = {"host", "content-length", "user-agent", "accept", "transfer-encoding"}


def _variables(target: Target) -> dict[str, str]:
    """Return the keys of a target and the variables that hold them."""
    known = {
        "CONTRACTS_API_KEY": target.api_key,
        "CONTRACTS_SUBSCRIPTION_KEY": target.subscription_key,
        "CONTRACTS_OTHER_API_KEY": target.other_api_key,
        "CONTRACTS_STORAGE": target.storage,
    }
    return {key: name for name, key in known.items() if key}


def as_curl(target: Target, request: Request, masking: Masking) -> str:
    """Return a curl command; keys are taken from the environment."""
    parts = ["curl", "-i", "-X", request.method, "--path-as-is", target.url + request.target]
    for name, value in request.headers:
        if name.lower() not in _IMPLIED:
            parts += ["-H", f"{name}: {value}" if value else f"{name};"]
    if request.body:
        parts += ["--data-binary", request.body.decode("utf-8", "backslashreplace")]
    return masking(" ".join(_for_shell(target, part) for part in parts))


def _for_shell(target: Target, text: str) -> str:
    """Quote a text for a shell; a key in it becomes a variable."""
    found = [(key, name) for key, name in _variables(target).items() if key in text]
    if not found:
        return shlex.quote(text)
    key, name = max(found, key=lambda pair: len(pair[0]))
    return f'"${name}"'.join(_for_shell(target, part) if part else "" for part in text.split(key))


def as_python(target: Target, request: Request, masking: Masking) -> str:
    """Return a Python program on httpx; keys are taken from the environment."""
    lines = ["import os", "", "import httpx", "", "reply = httpx.request("]
    lines += [
        f"    {request.method!r},",
        f"    {_for_python(target, target.url + request.target)},",
    ]
    lines.append("    headers=[")
    lines += [
        f"        ({name!r}, {_for_python(target, value)}),"
        for name, value in request.headers
        if name.lower() not in _IMPLIED
    ]
    lines.append("    ],")
    if request.body:
        try:
            lines.append(f"    content={_for_python(target, request.body.decode())},")
        except UnicodeDecodeError:
            lines.append(f"    content={request.body!r},")
    lines += [")", "print(reply.status_code, reply.text)"]
    return masking("\n".join(lines))


def _for_python(target: Target, text: str) -> str:
    """Write a text as a Python expression; a key in it comes from the environment."""
    found = [(key, name) for key, name in _variables(target).items() if key in text]
    if not found:
        return repr(text)
    key, name = max(found, key=lambda pair: len(pair[0]))
    parts = [_for_python(target, part) if part else "" for part in text.split(key)]
    joined = [part for at, part in enumerate(parts) for part in _between(at, name, part)]
    return " + ".join(joined)


def _between(at: int, name: str, part: str) -> list[str]:
    variable = [f'os.environ["{name}"]'] if at else []
    return variable + ([part] if part else [])


def pretty(body: bytes, masking: Masking, limit: int = 2000) -> str:
    """Return a body for reading: indented if it is JSON, cut where it is long."""
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        text = body.decode("utf-8", "backslashreplace")
    text = masking(text)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"
