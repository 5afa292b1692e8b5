"""How are all calls of a run told to tools that read traffic? As HAR 1.2."""

import base64
import json
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from typing import Any
from urllib.parse import parse_qsl

from contracts.exchange import Exchange, Header, Reply, Request
from contracts.reporting.content import masked
from contracts.reporting.masking import MASK, Masking
from contracts.run import Report
from contracts.target import SUBSCRIPTION_KEY, Target

_KEYS = {"authorization", SUBSCRIPTION_KEY.lower()}


def as_har(report: Report) -> str:
    """Return every call with headers, bodies and times; keys are taken out."""
    masking = Masking(report.target)
    in_time = sorted(report.exchanges, key=lambda exchange: exchange.started)
    log = {
        "version": "1.2",
        "creator": {"name": "contracts", "version": version("mockserver")},
        "entries": [_entry(report.target, exchange, masking) for exchange in in_time],
    }
    told = masked(masking, {"log": log})
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n"


def _entry(target: Target, exchange: Exchange, masking: Masking) -> dict[str, Any]:
    milliseconds = round(exchange.seconds * 1000, 3)
    return {
        "startedDateTime": datetime.fromtimestamp(exchange.started, UTC).isoformat(),
        "time": milliseconds,
        "request": _request(target, exchange.request, masking),
        "response": _response(target, exchange, masking),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "comment": exchange.label,
    }


def _request(target: Target, request: Request, masking: Masking) -> dict[str, Any]:
    query = parse_qsl(request.target.partition("?")[2], keep_blank_values=True)
    told = {
        "method": request.method,
        "url": target.url + request.target,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(target, request.headers),
        "queryString": [{"name": name, "value": value} for name, value in query],
        "headersSize": -1,
        "bodySize": len(request.body),
    }
    if request.body:
        text = _text(request.body, masking)
        if "encoding" in text:  # HAR has no word for it here, so it is one of our own
            text["_encoding"] = text.pop("encoding")
        told["postData"] = {"mimeType": request.header("Content-Type") or "", **text}
    return told


def _response(target: Target, exchange: Exchange, masking: Masking) -> dict[str, Any]:
    """Return the reply; one with the status 0 where none came, as browsers write it."""
    reply = exchange.reply or Reply(0)
    told = {
        "status": reply.status,
        "statusText": _phrase(reply.status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(target, reply.headers),
        "content": {
            "size": len(reply.body),
            "mimeType": reply.header("Content-Type") or "",
            **_text(reply.body, masking),
        },
        "redirectURL": reply.header("Location") or "",
        "headersSize": -1,
        "bodySize": len(reply.body) if exchange.reply else -1,
    }
    return {**told, "_error": exchange.trouble} if exchange.trouble else told


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _headers(target: Target, headers: tuple[Header, ...]) -> list[dict[str, str]]:
    return [{"name": name, "value": _value(target, name, value)} for name, value in headers]


def _value(target: Target, name: str, value: str) -> str:
    """Return a header's value; here a key is none of our own words, however short it is."""
    if name.lower() in _KEYS:
        for key in filter(None, (target.api_key, target.subscription_key, target.other_api_key)):
            value = value.replace(key, MASK)
    return value


def _text(body: bytes, masking: Masking) -> dict[str, str]:
    """Return a body as text, or as base64 where it is none; then its keys go before."""
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(masking.bytes(body)).decode(), "encoding": "base64"}
