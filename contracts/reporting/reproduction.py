"""How can a reader send the same request again? As curl and as Python.

Keys come from the reader's environment, so that what is shown can be shown to anybody, and runs as
it stands.
"""

import base64
import json
import re
import shlex
import zlib
from collections.abc import Callable

import httpx

from contracts.exchange import Header, Request
from contracts.reporting.masking import Masking
from contracts.reporting.printable import is_printable
from contracts.reporting.variables import Variable, header_variable, variables
from contracts.target import Target

_LONGEST = 20_000
"""So many characters of a body are shown; no shell takes much more as one word."""

Quote = Callable[[str], str]


def as_curl(target: Target, request: Request, masking: Masking) -> str:
    """Return a command for a shell; keys are taken from the environment."""
    known = variables(target)

    def word(text: str) -> str:
        return "".join(_pieces(text, known, lambda rest: shlex.quote(masking(rest)), "shell"))

    url = target.url + request.target
    parts = ["curl", "-i", *_flags(target, request), word(url)]
    for header in _shown(target, request):
        name, value = header
        own = header_variable(target, header)
        if own:
            parts += ["-H", shlex.quote(f"{name}: ") + own.shell]
        else:
            parts += ["-H", word(f"{name}: {value}" if value else f"{name};")]
    if request.body and request.header("Content-Type") is None:
        parts += ["-H", "Content-Type:"]  # or curl says that it is a form
    before, data = _curl_body(request, masking, word)
    return masking(before + " ".join([*parts, *data]))


def _flags(target: Target, request: Request) -> list[str]:
    flags = ["-I"] if request.method == "HEAD" and not request.body else ["-X", request.method]
    if "/." in request.path:
        flags.append("--path-as-is")
    if re.search(r"[][{}]", request.target):
        flags.append("--globoff")
    if target.ca_file:
        flags += ["--cacert", shlex.quote(target.ca_file)]
    if target.client_certificate:
        flags += ["--cert", shlex.quote(target.client_certificate)]
    return flags if target.verify else [*flags, "--insecure"]


def _shown(target: Target, request: Request) -> list[Header]:
    """Return the headers that a client would not send by itself."""
    length = len(request.body)
    usual = {
        ("host", target.host),
        ("user-agent", "contracts"),
        ("accept", "application/json"),
        ("content-length", str(length) if length else ""),
    }
    return [(n, v) for n, v in request.headers if (n.lower(), v) not in usual]


def _curl_body(request: Request, masking: Masking, word: Quote) -> tuple[str, list[str]]:
    """Return what stands before the command, and the flags that give the body."""
    if not request.body:
        return "", []
    text = _as_text(request.body)
    if text is not None and is_printable(text) and len(text) <= _LONGEST:
        return "", ["--data-raw", word(text)]
    return f"{_printing(masking.bytes(request.body))} | ", ["--data-binary", "@-"]


def _printing(body: bytes) -> str:
    """Return a command that prints any bytes."""
    octal = "".join(map(_in_printf, body)) if len(body) <= _LONGEST else ""
    if 0 < len(octal) <= _LONGEST:
        return f"printf '{octal}'"
    return f"python3 -c 'import base64, sys, zlib; sys.stdout.buffer.write({_packed(body)})'"


def _in_printf(byte: int) -> str:
    character = chr(byte)
    if character.isascii() and (character.isalnum() or character in ' "{}[]:,.;-_/=&<>()+'):
        return character
    return f"\\{byte:03o}"


def _packed(body: bytes) -> str:
    """Return an expression of Python that is long bytes, or says where they are."""
    packed = base64.b64encode(zlib.compress(body, 9)).decode()
    if len(packed) > _LONGEST:
        return f'b"{len(body)} bytes that stand in the HAR report"'
    return f'zlib.decompress(base64.b64decode("{packed}"))'


def as_python(target: Target, request: Request, masking: Masking) -> str:
    """Return a Python program on httpx; keys are taken from the environment."""
    known = variables(target)

    def text(shown: str) -> str:
        return " + ".join(_pieces(shown, known, lambda rest: repr(masking(rest)), "python"))

    is_plain = httpx.URL(target.url + request.target).raw_path == request.target.encode()
    client = "httpx" if is_plain else "httpx.Client()"
    address = target.url + (request.target if is_plain else request.path)
    given = [f"{request.method!r},", f"{text(address)},", "headers=["]
    for header in _shown(target, request):
        if header[0].lower() not in {"transfer-encoding", "content-length"}:
            own = header_variable(target, header)
            given.append(f"    ({header[0]!r}, {own.python if own else _value(header[1], text)}),")
    given += ["],", f"timeout={target.timeout},"]
    if request.body:
        given.append(f"content={_python_body(request, masking, text)},")
    if not is_plain:
        given.append(f'extensions={{"target": ({text(request.target)}).encode()}},')
    made, verify = _python_tls(target)
    call = [f"reply = {client}.request(", *(f"    {line}" for line in [*given, *verify]), ")"]
    body = "\n".join([*made, *call, "print(reply.status_code, reply.text)"])
    return masking(f"{_imports(body)}\n\n{body}")


def _imports(body: str) -> str:
    modules = [n for n in ("base64", "json", "os", "ssl", "zlib") if re.search(rf"\b{n}\.", body)]
    lines = [f"import {name}" for name in modules]
    if "urllib.parse." in body:
        lines.append("import urllib.parse")
    return "\n".join([*lines, "", "import httpx"]).lstrip("\n")


def _value(value: str, text: Quote) -> str:
    return text(value) if value.isascii() else f"({text(value)}).encode('latin-1')"


def _python_body(request: Request, masking: Masking, text: Quote) -> str:
    shown = _as_text(request.body)
    if shown is not None and len(shown) <= _LONGEST:
        content = text(shown)
        is_chunked = request.header("Transfer-Encoding") is not None
        return f"iter([({content}).encode()])" if is_chunked else content
    body = masking.bytes(request.body)
    return repr(body) if len(body) <= _LONGEST // 4 else _packed(body)


def _python_tls(target: Target) -> tuple[list[str], list[str]]:
    """Return lines before the call, and the argument that makes use of them."""
    if not target.verify:
        return [], ["verify=False,"]
    if not target.ca_file and not target.client_certificate:
        return [], []
    lines = [f"context = ssl.create_default_context(cafile={target.ca_file!r})"]
    if target.client_certificate:
        lines.append(f"context.load_cert_chain({target.client_certificate!r})")
    return lines, ["verify=context,"]


def _pieces(text: str, known: list[Variable], quoted: Quote, language: str) -> list[str]:
    """Return a text as words that are put together; what is not shown becomes a variable."""
    found = next((variable for variable in known if variable.text in text), None)
    if found is None:
        return [quoted(text)]
    pieces: list[str] = []
    for number, part in enumerate(text.split(found.text)):
        pieces += [getattr(found, language)] if number else []
        pieces += _pieces(part, known, quoted, language) if part else []
    return pieces


def _as_text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def pretty(body: bytes, masking: Masking, limit: int = 2000) -> str:
    """Return a body for reading: indented if it is JSON, cut where it is long."""
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "backslashreplace")
    text = masking(text)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"
