"""How do bytes pass between a connection and a file, at speed and in little memory?

Files are read and written in threads. While a thread writes one megabyte, the next one is taken
off the connection; while one is sent, the next is read. So a transfer holds about two megabytes,
however long the body is.
"""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from starlette.types import Receive, Send

from mockserver.blobserver.errors import CallerGone, Refusal
from mockserver.blobserver.files import Upload
from mockserver.blobserver.reply import Stream
from mockserver.blobserver.request import Request
from mockserver.blobserver.store import BlobStore

PIECE = 1 << 20
_WATCHED = 8 * PIECE
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Service:
    """What the operations work with: the blobs, and threads for what waits for a disk."""

    store: BlobStore
    threads: ThreadPoolExecutor

    async def run(self, work: Callable[[], Result]) -> Result:
        """Do something in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)

    async def take_in(self, request: Request, limit: int, *, with_md5: bool) -> Upload:
        """Take the body of a request into a new upload, which the caller discards in the end.

        `limit` is in bytes. Raises MissingContentLengthHeader, RequestBodyTooLarge, Md5Mismatch,
        InvalidMd5, CallerGone and OSError.
        """
        length = request.headers.get("content-length")
        if length is None:
            raise Refusal("MissingContentLengthHeader")
        if int(length) > limit:
            raise Refusal("RequestBodyTooLarge", reason=f"{length} bytes of at most {limit}")
        expected = _sent_md5(request, of_blob=with_md5)
        begin = partial(self.store.new_upload, with_md5=with_md5 or expected is not None)
        upload = await self.run(begin)
        try:
            await self._copy_in(request.receive, upload)
            _check_md5(upload, expected)
        except BaseException:
            upload.discard()
            raise
        return upload

    async def _copy_in(self, receive: Receive, upload: Upload) -> None:
        loop = asyncio.get_running_loop()
        writing: asyncio.Future[None] | None = None
        pieces: list[bytes] = []
        size = 0
        more = True
        try:
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    raise CallerGone
                pieces.append(message["body"])
                size += len(message["body"])
                more = message["more_body"]
                if size >= PIECE or not more:
                    if writing is not None:
                        await writing
                    writing = loop.run_in_executor(self.threads, upload.write, pieces)
                    pieces, size = [], 0
        finally:
            if writing is not None:
                await asyncio.gather(writing, return_exceptions=True)
        if writing is not None:
            writing.result()

    async def send_stream(self, stream: Stream, receive: Receive, send: Send) -> None:
        """Send a part of a file. Stops if the client goes away."""
        watch = asyncio.create_task(_gone(receive)) if stream.length > _WATCHED else None
        left = stream.length
        reading = self._read(stream, left)
        try:
            while True:
                piece = await reading
                left -= len(piece)
                if watch is not None and watch.done():
                    return
                if left:
                    reading = self._read(stream, left)
                await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
                if not left:
                    return
        finally:
            if watch is not None:
                watch.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    def _read(self, stream: Stream, left: int) -> "asyncio.Future[bytes]":
        return asyncio.get_running_loop().run_in_executor(
            self.threads, _read_piece, stream, min(PIECE, left)
        )


def _read_piece(stream: Stream, length: int) -> bytes:
    piece = stream.file.read(length)
    if length and not piece:
        raise EOFError("a stored file is shorter than its record says")
    return piece


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _check_md5(upload: Upload, expected: bytes | None) -> None:
    if expected is not None and expected != upload.md5:
        raise Refusal("Md5Mismatch", reason=f"received {b64encode(upload.md5).decode()}")


def _sent_md5(request: Request, *, of_blob: bool) -> bytes | None:
    """Return the MD5 that the body has by the word of the client, who may call it the blob's."""
    text = request.headers.get("x-ms-blob-content-md5", "") if of_blob else ""
    text = text or request.headers.get("content-md5", "")
    if not text:
        return None
    with suppress(ValueError):
        digest = b64decode(text, validate=True)
        if len(digest) == 16:  # noqa: PLR2004
            return digest
    raise Refusal("InvalidMd5", reason=f"the MD5 is {text[:40]!r}")


async def read_document(request: Request, limit: int) -> bytes:
    """Return a body that is a document of at most `limit` bytes."""
    parts: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await request.receive()
        if message["type"] != "http.request":
            raise CallerGone
        parts.append(message["body"])
        size += len(message["body"])
        more = message["more_body"]
        if size > limit:
            raise Refusal("RequestBodyTooLarge", reason=f"a document of more than {limit} bytes")
    return b"".join(parts)
