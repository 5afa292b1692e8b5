"""On whose account goes a difference, when the gateway's own log tells what its backend said?"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from contracts.comparison.compare import Comparison, Verdict, compare
from contracts.comparison.gateway_log import GatewayLog
from contracts.comparison.recording import Recording
from contracts.comparison.replay import opened
from contracts.target import Target
from mockserver.embedded import running_emulator
from mockserver.workspace.configuration import DEMO
from tests.contracts.comparison.passing_proxy import (
    Behaviour,
    Memory,
    Message,
    PassingProxy,
    Send,
    honest,
    passing_proxy,
)
from tests.contracts.comparison.world import echo, recorded
from tests.contracts.conftest import direct, gated

FEW = ("howto_request_is_scored", "missing_column_is_refused", "job_starts_once")
WITHOUT_KEY = """
      policy: |
        <policies>
          <inbound>
            <set-header name="Ocp-Apim-Subscription-Key" exists-action="delete" />
            <base />
          </inbound>
          <backend><base /></backend>
          <outbound><base /></outbound>
          <on-error><base /></on-error>
        </policies>
"""
_A_PLACE_FOR_POLICY = "      # Policy XML, here"


@dataclass(frozen=True)
class Chain:
    """A proxy, the emulator's gateway, a proxy, the service."""

    primary: Target
    candidate: Target
    front: PassingProxy
    behind: PassingProxy
    recording: Recording

    def compared(self, front: Behaviour = honest, behind: Behaviour = honest) -> Comparison:
        """Compare the service with itself behind all of this; the order of headers is let be."""
        with (
            self.front.behaving(front),
            self.behind.behaving(behind),
            closing(GatewayLog(str(self.candidate.admin_url))) as log,
            opened("candidate", self.candidate, needs_storage=True) as side,
        ):
            comparison = compare(self.recording, None, side, [], log)
        for key, verdict in list(comparison.found):
            if key[1] == "header order":
                del comparison.found[key, verdict]
        return comparison


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """Put a proxy on either side of the gateway."""
    folder = tmp_path_factory.mktemp("chain")
    with passing_proxy() as front, passing_proxy() as behind:
        file = configuration(folder, behind.url)
        with running_emulator(file, poll_wait_seconds=60) as ready:
            front.behind, behind.behind = ready["gateway"]["url"], ready["services"]["url"]
            primary, candidate = direct(ready), replace(gated(ready), url=front.url)
            yield Chain(primary, candidate, front, behind, recorded(primary, *FEW))


def configuration(folder: Path, backend: str, policy: str = "") -> Path:
    """Write the how-to's world with another backend behind its gateway."""
    text = DEMO.read_text(encoding="utf-8")
    text = text.replace(
        '"*.services.azureml.net": embedded', f'"*.services.azureml.net": {backend}'
    )
    text = text.replace(_A_PLACE_FOR_POLICY, f"{policy}{_A_PLACE_FOR_POLICY}")
    file = folder / "mockserver.yaml"
    file.write_text(text, encoding="utf-8")
    return file


async def failing(call: Message, send: Send, _: Memory) -> Message:
    """Say 500 for 400."""
    reply = await send(call)
    return reply.with_status(500) if reply.status == 400 else reply


async def gone(*_: object) -> None:
    """Hang up."""


KEY = ("execute", "status", "400 to 500", "changed")


def test_a_chain_without_a_mistake_shows_nothing(chain: Chain) -> None:
    """So what is found in it is the mistake that was switched on."""
    assert chain.compared().found == {}


def test_what_the_backend_changed_is_the_backends(chain: Chain) -> None:
    """The gateway's log says that its backend answered 500 already."""
    found = chain.compared(behind=failing).found
    assert {verdict for _, verdict in found} == {Verdict.BACKEND_ALTERED}
    row = found[KEY, Verdict.BACKEND_ALTERED].log_row
    assert row is not None
    assert (row["responseCode"], row["backendResponseCode"]) == (500, 500)


def test_what_changed_before_the_client_is_the_gateways(chain: Chain) -> None:
    """The same 500, but the log knows of none."""
    found = chain.compared(front=failing).found
    assert {verdict for _, verdict in found} == {Verdict.GATEWAY_ALTERED}
    assert KEY in {key for key, _ in found}


def test_a_backend_that_is_gone_makes_the_gateway_speak(chain: Chain) -> None:
    """It answers 500 in its own words, and its log says why."""
    found = chain.compared(behind=gone).found
    assert {verdict for _, verdict in found} == {Verdict.GATEWAY_REFUSED}
    key = ("execute", "refusal", "200 to 500", "changed")
    row = found[key, Verdict.GATEWAY_REFUSED].log_row
    assert row is not None
    assert (row["backendResponseCode"], row["lastErrorReason"]) == (
        None,
        "BackendConnectionFailure",
    )


def test_a_key_that_a_policy_takes_out_does_not_leak(tmp_path: Path) -> None:
    """A backend that repeats its request shows whether the gateway's own key goes on to it."""
    leaks = {}
    with passing_proxy() as backend:
        for name, policy in (("with", WITHOUT_KEY), ("without", "")):
            (tmp_path / name).mkdir()
            file = configuration(tmp_path / name, backend.url, policy)
            with running_emulator(file, poll_wait_seconds=60) as ready:
                backend.behind = ready["services"]["url"]
                with backend.behaving(echo):
                    primary = replace(direct(ready), url=backend.url)
                    recording = recorded(primary, "howto_request_is_scored")
                    with opened("candidate", gated(ready)) as side:
                        found = compare(recording, None, side, []).found
            leaks[name] = {key[2:] for key, _ in found if key[1] == "header"}
    leak = ("x-received-ocp-apim-subscription-key", "added")
    assert leak in leaks["without"]
    assert leaks["with"] == leaks["without"] - {leak}
