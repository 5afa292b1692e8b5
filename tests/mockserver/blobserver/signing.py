"""How does a client of the blob service sign its requests, written down a second time?"""

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl, urlsplit

import httpx

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
DATE = "Mon, 23 Nov 2026 10:00:00 GMT"
VERSION = "2021-12-02"
_IN_ORDER = (
    *("content-encoding", "content-language", "content-length", "content-md5", "content-type"),
    *("date", "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range"),
)


def signature(text: str, key: str = KEY) -> str:
    """Return the signature of a text."""
    digest = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def signed(
    method: str, url: str, headers: dict[str, str], body: bytes = b"", scheme: str = "SharedKey"
) -> dict[str, str]:
    """Return the headers of a request with its signature; `x-ms-version` decides the layout."""
    sent = {"x-ms-version": VERSION, "x-ms-date": DATE, **headers}
    if method in ("PUT", "POST") or body:
        sent["content-length"] = str(len(body))
    sent = {name.lower(): value for name, value in sent.items() if value}
    values = [sent.get(name, "") for name in _IN_ORDER]
    if sent.get("x-ms-version", "") >= "2015-02-21" and values[2] == "0":
        values[2] = ""
    ours = sorted(name for name in sent if name.startswith("x-ms-"))
    canonical = "".join(f"{name}:{sent[name]}\n" for name in ours)
    parts = urlsplit(url)
    query = sorted((name.lower(), value) for name, value in parse_qsl(parts.query, True))
    resource = f"/{ACCOUNT}{parts.path}"
    if scheme == "SharedKeyLite":
        comp = "".join(f"?comp={value}" for name, value in query if name == "comp")
        values = [values[3], values[4], values[5]]
        text = "\n".join([method, *values, ""]) + canonical + resource + comp
    else:
        resource += "".join(f"\n{name}:{value}" for name, value in query)
        text = "\n".join([method, *values, ""]) + canonical + resource
    sent["authorization"] = f"{scheme} {ACCOUNT}:{signature(text)}"
    return sent


def send_signed(
    client: httpx.Client,
    method: str,
    url: str,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> httpx.Response:
    """Send a signed request."""
    return client.request(
        method, url, headers=signed(method, url, headers or {}, body), content=body
    )
