"""How do several cores work on one file, and the results still come in its order?"""

import queue
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Event, Semaphore
from typing import TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")

_LOOK_UP_SECONDS = 0.2
"""So often `check` is called while nothing comes."""


def in_order(
    items: Iterator[_T], work: Callable[[_T], _R], threads: int, check: Callable[[], None]
) -> Generator[_R]:
    """Yield `work(item)` for each item, in order.

    One thread goes through `items`, `threads` others work, at most `threads + 1` items are under
    way. An exception, of `work` or of `items`, is raised at its place. `check` is called before
    each result, and meanwhile; what it raises ends everything: no thread begins another item.
    """
    results: queue.SimpleQueue[Future[_R] | None] = queue.SimpleQueue()
    room, stop = Semaphore(threads + 1), Event()
    pool = ThreadPoolExecutor(threads + 1, thread_name_prefix="batch")

    def read() -> None:
        try:
            for item in items:
                room.acquire()
                if stop.is_set():
                    return
                results.put(pool.submit(work, item))
        except BaseException as error:  # noqa: BLE001  whoever takes the results raises it
            failed: Future[_R] = Future()
            failed.set_exception(error)
            results.put(failed)
        else:
            results.put(None)

    try:
        pool.submit(read)
        while (future := _next(results, check)) is not None:
            while not wait([future], _LOOK_UP_SECONDS).done:
                check()
            yield future.result()
            del future
            room.release()
    finally:
        stop.set()
        room.release()
        pool.shutdown(wait=False, cancel_futures=True)


def _next(
    results: "queue.SimpleQueue[Future[_R] | None]", check: Callable[[], None]
) -> "Future[_R] | None":
    while True:
        check()
        try:
            return results.get(timeout=_LOOK_UP_SECONDS)
        except queue.Empty:
            continue
