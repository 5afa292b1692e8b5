"""Can a test run emulators inside its own process, side by side?"""

from pathlib import Path

import httpx
import pytest

from mockserver.embedded import running_emulator
from mockserver.serving import PortNotAvailable, listen
from mockserver.workspace.configuration import DEMO

OWN_MODEL = Path(__file__).parents[2] / "examples" / "own_model" / "mockserver.yaml"
VERSION = {"api-version": "2.0"}


def test_two_emulators_do_not_see_each_other() -> None:
    """Each knows its own world only, keeps its own limits, and survives the other's end."""
    with running_emulator() as one:
        with running_emulator(OWN_MODEL, max_body_bytes=10) as other:
            addresses = [one["services"], other["services"]]
            for here, there in (addresses, addresses[::-1]):
                path = f"/workspaces/{there['workspace']}/services/{there['service']}/execute"
                foreign = httpx.post(here["url"] + path, params=VERSION, trust_env=False)
                assert foreign.json()["error"]["details"][0]["code"] == "WorkspaceNotFound"
            first, second = (
                httpx.post(
                    f"{it['url']}/workspaces/{it['workspace']}/services/{it['service']}/execute",
                    params=VERSION,
                    headers={"Authorization": f"Bearer {it['primary_key']}"},
                    json={"Inputs": {}},
                    trust_env=False,
                )
                for it in addresses
            )
            assert (first.status_code, second.status_code) == (400, 413)
            ids = [reply.headers["x-ms-request-id"][:24] for reply in (first, second)]
            assert ids[0] != ids[1]
        assert httpx.get(one["services"]["url"], trust_env=False).status_code == 404


def test_a_taken_port_is_an_exception() -> None:
    """Where a port was asked for, a taken one is told before anything runs."""
    with listen("127.0.0.1", 0) as taken:
        emulator = running_emulator(services_port=taken.getsockname()[1])
        with pytest.raises(PortNotAvailable):
            emulator.__enter__()


def test_a_failing_test_still_ends_the_emulator() -> None:
    """An exception in the block passes through, and the port is free again."""
    addresses = []

    def fail() -> None:
        with running_emulator() as ready:
            addresses.append(ready["services"]["url"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with pytest.raises(httpx.ConnectError):
        httpx.get(addresses[0], trust_env=False)


def test_a_setting_wins_over_the_file_everywhere(tmp_path: Path) -> None:
    """The memory quota, which experiments are built with, is the overriding one."""
    text = DEMO.read_text().replace("bitsize: 3 ", "bitsize: 12 ")
    path = tmp_path / "mockserver.yaml"
    path.write_text(text)
    with running_emulator(path, memory_quota_megabytes=1) as ready:
        services = ready["services"]
        values = [["x"]] * 10
        reply = httpx.post(
            f"{services['url']}/workspaces/{services['workspace']}/services/{services['service']}"
            "/execute",
            params=VERSION,
            headers={"Authorization": f"Bearer {services['primary_key']}"},
            json={"Inputs": {"input1": {"ColumnNames": ["Col2"], "Values": values}}},
            trust_env=False,
        )
    assert reply.status_code == 413
    assert reply.json()["error"]["details"][0]["code"] == "OutOfMemoryLimit"
