"""How can a reader send the same request again? As curl and as Python."""

import json
import shlex

from contracts.exchange import Request
from contracts.reporting.masking import Masking
from contracts.target import Target

_IMPLIED = {"host", "content-length", "user-agent", "accept"}


def as_curl(target: Target, request: Request, masking: Masking) -> str:
    """Return a curl command; keys are left to fill in."""
    parts = ["curl", "-i", "-X", request.method, "--path-as-is", target.url + request.target]
    for name, value in request.headers:
        if name.lower() not in _IMPLIED:
            parts += ["-H", f"{name}: {value}" if value else f"{name};"]
    if request.body:
        parts += ["--data-binary", request.body.decode("utf-8", "backslashreplace")]
    return masking(" ".join(shlex.quote(part) for part in parts))


def as_python(target: Target, request: Request, masking: Masking) -> str:
    """Return a Python program on httpx; keys are left to fill in."""
    headers = {n: v for n, v in request.headers if n.lower() not in _IMPLIED}
    lines = ["import httpx", "", "reply = httpx.request("]
    lines += [f"    {request.method!r},", f"    {target.url + request.target!r},"]
    lines.append(f"    headers={headers!r},")
    if request.body:
        lines.append(f"    content={request.body!r},")
    lines += [")", "print(reply.status_code, reply.text)"]
    return masking("\n".join(lines))


def pretty(body: bytes, masking: Masking, limit: int = 2000) -> str:
    """Return a body for reading: indented if it is JSON, cut where it is long."""
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        text = body.decode("utf-8", "backslashreplace")
    text = masking(text)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"
