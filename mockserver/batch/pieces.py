"""How does a file, that comes in pieces of any size, become blocks of whole records?"""

from collections.abc import Callable, Iterable, Iterator

from mockserver.batch.source import Block

LONGEST_RECORD = 32 << 20
"""In bytes. A longer one is refused: an open quote must not make us hold the rest of a file."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Oversized(Exception):
    """The record that comes next is longer than permitted. Argument: its beginning."""


def whole_records(
    chunks: Iterable[bytes], end_of_records: Callable[[bytes], int], block_bytes: int
) -> Iterator[Block]:
    """Cut `chunks` where records end, into blocks of about `block_bytes`.

    `end_of_records` tells how much of some bytes, which begin with a record, are whole records.
    Raises Oversized.
    """
    rest: list[bytes | memoryview] = []
    size, wanted = 0, block_bytes
    for piece in _small(_without_mark(chunks), block_bytes):
        rest.append(piece)
        size += len(piece)
        if size < wanted:
            continue
        data = b"".join(rest)
        end = end_of_records(data)
        if end:
            yield Block(data[:end], is_tail=False)
        elif size > LONGEST_RECORD:
            raise Oversized(data)
        rest, size = [data[end:]], size - end
        # A long record is looked at again only when it is twice as long.
        wanted = max(block_bytes, 2 * size)
    yield from _remaining(b"".join(rest), end_of_records)


def _remaining(data: bytes, end_of_records: Callable[[bytes], int]) -> Iterator[Block]:
    end = end_of_records(data)
    if end:
        yield Block(data[:end], is_tail=False)
    if len(data) - end > LONGEST_RECORD:
        raise Oversized(data[end:])
    if end < len(data):
        yield Block(data[end:], is_tail=True)


def _small(chunks: Iterable[bytes], size: int) -> Iterator[memoryview]:
    for chunk in chunks:
        view = memoryview(chunk)
        yield from (view[at : at + size] for at in range(0, len(chunk), size))


def _without_mark(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Drop the byte order mark that some editors write first."""
    start = b""
    rest = iter(chunks)
    for chunk in rest:
        start += chunk
        if len(start) >= len(_BYTE_ORDER_MARK):
            break
    yield start.removeprefix(_BYTE_ORDER_MARK)
    yield from rest
