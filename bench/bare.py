"""What is the most that a program behind plain uvicorn could reach?

A bare ASGI app on uvicorn, set as mockserver sets it: it takes the request off the connection,
looks at nothing, and sends a fixed body. `bare.py PORT BYTES`.
"""

import sys

import uvicorn
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

from mockserver.backend.reply import JSON_TYPE


class Bare:
    """Answers every request with `size` bytes."""

    def __init__(self, size: int) -> None:
        self._body = b'"%b"' % (b"x" * (size - 2))
        self._headers = [(b"content-type", JSON_TYPE), (b"content-length", b"%d" % size)]

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        del scope
        while (await receive()).get("more_body"):
            pass
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": self._headers,
                "trailers": False,
            }
        )
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


def uvicorn_config(size: int, port: int = 0) -> uvicorn.Config:
    """Return uvicorn as mockserver sets it, before an application that does nothing."""
    return uvicorn.Config(
        Bare(size),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=2048,
        timeout_keep_alive=120,
    )


def main() -> None:
    """Serve until a signal."""
    port, size = map(int, sys.argv[1:])
    uvicorn.Server(uvicorn_config(size, port)).run()


if __name__ == "__main__":
    main()
