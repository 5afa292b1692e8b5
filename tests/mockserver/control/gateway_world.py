"""What do the tests of the gateway's operator run on? The how-to's gateway, with changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

import mockserver.workspace
from mockserver.embedded import running_emulator
from mockserver.ready_file import Ready
from tests.mockserver.control.test_app import Judge

API = "azureml-demo-api"
BODY = {
    "Inputs": {"input1": {"ColumnNames": ["Col2"], "Values": [["good day"]]}},
    "GlobalParameters": {},
}


class Operated:
    """A gateway, its clients and its operator."""

    def __init__(self, ready: Ready) -> None:
        self.ready = ready
        services, gateway = ready["services"], ready["gateway"]
        url = ready["admin"]["url"]
        document = httpx.get(f"{url}/openapi.json", trust_env=False).json()
        self.admin = Judge(url, document)
        self.keys = {name: each["primary_key"] for name, each in gateway["subscriptions"].items()}
        self._client = httpx.Client(
            base_url=f"{gateway['api']}/workspaces/{services['workspace']}"
            f"/services/{services['service']}",
            headers={"Authorization": f"Bearer {services['primary_key']}"},
            trust_env=False,
        )

    def execute(self, subscription: str | None = "unlimited", **headers: str) -> httpx.Response:
        """Call RRS through the gateway; underscores in names of headers are hyphens."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if subscription is not None:
            sent["Ocp-Apim-Subscription-Key"] = self.keys[subscription]
        parameters = {"api-version": "2.0", "details": "true"}
        return self._client.post("/execute", params=parameters, json=BODY, headers=sent)

    def get(self, path: str) -> httpx.Response:
        """Call an address below the service, without a key."""
        return self._client.get(path)

    def close(self) -> None:
        """Close the clients."""
        self._client.close()
        self.admin.close()


@contextmanager
def operated(folder: Path, **gateway: Any) -> Iterator[Operated]:
    """Run the how-to's world with changes under `gateway:`."""
    demo = Path(mockserver.workspace.__file__).parent / "demo.yaml"
    world = yaml.safe_load(demo.read_text(encoding="utf-8"))
    world["gateway"].update(gateway)
    config = folder / "mockserver.yaml"
    config.write_text(yaml.safe_dump(world), encoding="utf-8")
    with running_emulator(config) as ready:
        made = Operated(ready)
        try:
            yield made
        finally:
            made.close()
