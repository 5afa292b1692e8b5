"""What does the gateway itself say of a call? Its log row, and a trace, where it offers them."""

import json
from dataclasses import replace
from typing import Any

import httpx

from contracts.comparison.replay import Side
from contracts.exchange import Exchange
from contracts.wire import LimitReached

_SAFE = {"execute", "get_job_status", "get_swagger_document"}
"""Operations that can be called once more without changing anything."""

_NEWEST = 3
"""Among so many rows is that of the last call, even if somebody else is calling too."""


class GatewayLog:
    """The log and the traces of an emulator's gateway, under `/__admin/gateway`."""

    def __init__(self, admin_url: str) -> None:
        self._url = f"{admin_url}/gateway"
        # To read all certificates takes long, and here there is nothing to hide.
        self._client = httpx.Client(timeout=10, trust_env=False, verify=self._url[:6] == "https:")
        self._api = ""

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def row(self, exchange: Exchange) -> dict[str, Any] | None:
        """Return the row of the call that was just made, or None if there is none to be had.

        It is among the newest, whatever came of it on its way back. An older one of the same
        address tells of another call.
        """
        try:
            rows = self._client.get(f"{self._url}/log", params={"count": _NEWEST}).json()
        except (httpx.HTTPError, ValueError):
            return None
        request = exchange.request
        found = next(
            (
                row
                for row in (rows.get("rows", []) if isinstance(rows, dict) else [])
                if str(row.get("url", "")).endswith(request.target)
                and row.get("method", request.method) == request.method
            ),
            None,
        )
        self._api = (found or {}).get("apiId") or self._api
        return found

    def trace(self, side: Side, exchange: Exchange) -> str:
        """Send a call once more, traced; return what the gateway did with it, or nothing.

        Calls that change a job are not sent again.
        """
        if exchange.operation not in _SAFE or not self._api:
            return ""
        asked = {"apiId": self._api, "purposes": ["tracing"]}
        token = self._ask("listDebugCredentials", asked).get("token")
        if not token:
            return ""
        request = exchange.request
        header = ("Apim-Debug-Authorization", str(token))
        try:
            came = side.wire.ask(
                replace(request, headers=(*request.headers, header)), obey=side.obeys_limits
            )
        except LimitReached:
            return ""
        number = came.reply.header("Apim-Trace-Id") if came.reply else None
        if not number:
            return ""
        entries = self._ask("listTrace", {"traceId": number}).get("traceEntries")
        return json.dumps(entries, indent=1, ensure_ascii=False) if entries else ""

    def _ask(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = self._client.post(f"{self._url}/{what}", json=body)
            content = answer.json() if answer.status_code == 200 else {}
        except (httpx.HTTPError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}
