"""Are the blobs there that a job wants to read, and may it read them?

A blob of the embedded service is looked up in the process. Any other server is asked with the
official SDK, in a thread.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hmac import compare_digest

from mockserver.blobserver.authorization import token_permits
from mockserver.blobserver.store import BlobStore
from mockserver.storage.accounts import Account, Accounts
from mockserver.storage.failures import FORBIDDEN, NOT_FOUND, BlobNotAccessible
from mockserver.storage.references import BlobReference

_THREADS = 8


class InputCheck:
    """Answers for the blobs of one emulator. `now` tells the seconds since 1970."""

    def __init__(self, accounts: Accounts, blobs: BlobStore, now: Callable[[], float]) -> None:
        self._accounts = accounts
        self._blobs = blobs
        self._now = now
        # Threads of its own: a server that does not answer must not hold up anything else.
        self.threads = ThreadPoolExecutor(_THREADS, "input-check")

    async def __call__(self, reference: BlobReference) -> None:
        """Raise BlobNotAccessible if the blob cannot be read."""
        place = reference.place
        account = None if place.url else self._accounts.find(place.account)
        if account is not None and account.is_embedded:
            answer = self._ask_embedded(account, reference)
        else:
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self.threads, self._ask, reference)
        if answer:
            raise BlobNotAccessible(reference.location, answer)

    def _ask_embedded(self, account: Account, reference: BlobReference) -> str:
        place, container, blob = reference.place, reference.container, reference.blob
        if place.key is not None:
            may_read = compare_digest(place.key.encode(), account.key.encode())
        else:
            may_read = token_permits(
                place.token or "", account.key, account.name, container, blob, "r", self._now()
            )
        if not may_read:
            return FORBIDDEN
        return "" if self._blobs.find(account.name, container, blob) else NOT_FOUND

    def _ask(self, reference: BlobReference) -> str:
        from mockserver.storage.blobs import StorageFault, check_blob

        address = self._accounts.address(reference.place, reference.container, reference.blob)
        try:
            check_blob(address)
        except StorageFault as fault:
            return fault.answer
        return ""
