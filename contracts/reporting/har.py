"""How are all calls of a run told to tools that read traffic? As HAR 1.2."""

import base64
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from contracts.exchange import Exchange, Header
from contracts.reporting.content import masked
from contracts.reporting.masking import Masking
from contracts.run import Report
from contracts.target import SUBSCRIPTION_KEY

_KEYS = {"authorization", SUBSCRIPTION_KEY.lower()}


def as_har(report: Report) -> str:
    """Return every call with headers, bodies and times; keys are taken out."""
    masking = Masking(report.target)
    entries = [_entry(report, exchange, masking) for exchange in report.exchanges]
    log = {
        "version": "1.2",
        "creator": {"name": "contracts", "version": "1"},
        "entries": entries,
    }
    return json.dumps(masked(masking, {"log": log}), ensure_ascii=False, indent=1) + "\n"


def _entry(report: Report, exchange: Exchange, masking: Masking) -> dict[str, Any]:
    request, reply = exchange.request, exchange.reply
    query = parse_qsl(request.target.partition("?")[2], keep_blank_values=True)
    milliseconds = round(exchange.seconds * 1000, 3)
    return {
        "startedDateTime": datetime.fromtimestamp(exchange.started, UTC).isoformat(),
        "time": milliseconds,
        "request": {
            "method": request.method,
            "url": report.target.url + request.target,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _headers(request.headers),
            "queryString": [{"name": name, "value": value} for name, value in query],
            "postData": {
                "mimeType": request.header("Content-Type") or "",
                **_text(request.body, masking),
            },
            "headersSize": -1,
            "bodySize": len(request.body),
        },
        "response": {
            "status": exchange.status,
            "statusText": exchange.trouble,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _headers(reply.headers if reply else ()),
            "content": {
                "size": len(reply.body) if reply else 0,
                "mimeType": (reply.header("Content-Type") if reply else "") or "",
                **_text(reply.body if reply else b"", masking),
            },
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": len(reply.body) if reply else -1,
        },
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "comment": exchange.label,
    }


def _headers(headers: tuple[Header, ...]) -> list[dict[str, str]]:
    return [
        {"name": name, "value": "[key]" if name.lower() in _KEYS else value}
        for name, value in headers
    ]


def _text(body: bytes, masking: Masking) -> dict[str, str]:
    """Return a body as text, or as base64 where it is none; keys are gone before it is coded."""
    try:
        return {"text": masking(body.decode())}
    except UnicodeDecodeError:
        hidden = masking(body.decode("latin-1")).encode("latin-1", "replace")
        return {"text": base64.b64encode(hidden).decode(), "encoding": "base64"}
