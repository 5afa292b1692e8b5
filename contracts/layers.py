"""Did the service answer, or the HTTP server that it stands on?"""

from contracts.exchange import Exchange

OF_HTTP = {411, 414, 417, 431, 505}
"""What any HTTP server may say of a request before its service sees it; the contract has none."""
_ABOUT_SERVERS = {"HEAD", "OPTIONS"}
"""Methods that a server may answer for any path (RFC 9110, 9.3)."""


def is_of_http(exchange: Exchange) -> bool:
    """Whether a reply is none of the service's, so that the contract says nothing of its form."""
    if exchange.status in OF_HTTP:
        return True
    return exchange.request.method in _ABOUT_SERVERS and 200 <= exchange.status < 300
