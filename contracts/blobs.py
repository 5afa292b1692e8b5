"""How do files get into the storage that a job names, and out of it?"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

CONTAINER = "contracts"
"""All that we write lies in this container."""
_LATE = datetime(2100, 1, 1, tzinfo=UTC)
"""When our own tokens end: after whatever a clock that is moved may show."""


class Blobs:
    """One storage account, by the connection string that jobs get as well."""

    def __init__(self, connection_string: str) -> None:
        # A library of some size, which only those pay for who have storage.
        from azure.storage.blob import BlobServiceClient

        self.connection_string = connection_string
        self._service = BlobServiceClient.from_connection_string(
            connection_string, retry_total=1, connection_timeout=10
        )
        self._container = self._service.get_container_client(CONTAINER)
        self._is_made = False

    @property
    def url(self) -> str:
        """The address of the account, without a closing slash."""
        return str(self._service.url).partition("?")[0].rstrip("/")

    def close(self) -> None:
        """Close the connections."""
        self._service.close()

    def put(self, name: str, content: bytes) -> dict[str, Any]:
        """Write a blob; return the reference that a job names it by."""
        if not self._is_made:
            if not self._container.exists():
                self._container.create_container()
            self._is_made = True
        self._container.upload_blob(name, content, overwrite=True)
        return self.reference(name)

    def reference(self, name: str) -> dict[str, Any]:
        """Return the reference of a blob, there or not."""
        return {
            "ConnectionString": self.connection_string,
            "RelativeLocation": f"/{CONTAINER}/{name}",
        }

    def signed(self, reference: dict[str, Any]) -> dict[str, Any] | None:
        """Return the reference of a blob by address and token, or None without the key for it."""
        from azure.storage.blob import BlobSasPermissions, generate_blob_sas

        key = getattr(self._service.credential, "account_key", None)
        if key is None:
            return None
        container, _, name = reference["RelativeLocation"].lstrip("/").partition("/")
        token = generate_blob_sas(
            account_name=str(self._service.account_name),
            container_name=container,
            blob_name=name,
            account_key=key,
            permission=BlobSasPermissions(read=True),
            expiry=_LATE,
        )
        return {
            "BaseLocation": f"{self.url}/",
            "RelativeLocation": f"{container}/{name}",
            "SasBlobToken": f"?{token}",
        }

    def clear(self, folder: str) -> None:
        """Take away what an earlier run with the same seed has left."""
        if self._container.exists():
            for name in list(self._container.list_blob_names(name_starts_with=f"{folder}/")):
                self._container.delete_blob(name)

    def has(self, name: str) -> bool:
        """Whether a blob is there."""
        return bool(self._container.get_blob_client(name).exists())

    def get(self, name: str) -> bytes:
        """Read a blob with the account's key."""
        return bytes(self._container.download_blob(name).readall())


def address_of(place: Mapping[str, Any]) -> str:
    """Return the address to which a job's result puts its base, path and token together."""
    return "".join(str(place.get(part) or "") for part in _ADDRESS)


def download(address: str, timeout: float) -> httpx.Response:
    """Read a blob by its address alone, as clients do. Raises httpx.HTTPError, httpx.InvalidURL."""
    is_secured = address.startswith("https:")  # to read all certificates takes long
    return httpx.get(address, timeout=timeout, trust_env=False, verify=is_secured)


_ADDRESS = ("BaseLocation", "RelativeLocation", "SasBlobToken")
