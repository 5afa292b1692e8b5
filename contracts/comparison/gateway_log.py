"""What does the gateway itself say of a call? Its log row, where it offers one."""

from typing import Any

import httpx

from contracts.exchange import Exchange


class GatewayLog:
    """The log rows of an emulator's gateway, under `/__admin/gateway`."""

    def __init__(self, admin_url: str) -> None:
        self._url = f"{admin_url}/gateway/log"
        # To read all certificates takes long, and here there is nothing to hide.
        self._client = httpx.Client(timeout=10, trust_env=False, verify=self._url[:6] == "https:")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def row(self, exchange: Exchange) -> dict[str, Any] | None:
        """Return the newest row for the address of a call, or None if there is none to be had."""
        try:
            rows = self._client.get(self._url, params={"count": 20}).json()
        except (httpx.HTTPError, ValueError):
            return None
        path = exchange.request.target
        return next(
            (
                row
                for row in (rows.get("rows", []) if isinstance(rows, dict) else [])
                if str(row.get("url", "")).endswith(path) and row["responseCode"] == exchange.status
            ),
            None,
        )
