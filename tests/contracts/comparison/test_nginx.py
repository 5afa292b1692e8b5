"""Does a gateway that we have not written show what it truly does? nginx and its `proxy_pass`."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.comparison.compare import Comparison, Verdict, compare
from contracts.comparison.recording import Recording
from contracts.comparison.replay import opened
from contracts.target import Target
from mockserver.ready_file import Ready
from tests.contracts.comparison.nginx import IS_THERE, nginx
from tests.contracts.comparison.passing_proxy import passing_proxy
from tests.contracts.comparison.world import echo, recorded
from tests.contracts.conftest import direct

pytestmark = pytest.mark.skipif(
    not IS_THERE and not os.environ.get("CI"), reason="nginx is not installed"
)

ALTERED, REFUSED = Verdict.GATEWAY_ALTERED, Verdict.GATEWAY_REFUSED
PASSED = {
    # What nginx does to every reply that it passes on.
    (ALTERED, "header", "server", "added"),
    (ALTERED, "header", "connection", "added"),
    (ALTERED, "header name", "content-length", "changed"),
    (ALTERED, "header name", "content-type", "changed"),
    (ALTERED, "header name", "date", "changed"),
    (ALTERED, "header order", "", "changed"),
}
OWN = {
    # What it answers by itself: a body of more than 1 MiB, a header of more than 8 KiB, TRACE.
    (REFUSED, "refusal", "200 to 413", "changed"),
    (REFUSED, "refusal", "200 to 400", "changed"),
}
TRACE = {
    (ALTERED, "header", "allow", "lost"),
    (ALTERED, "header", "content-type", "changed"),
    (ALTERED, "header", "x-ms-request-id", "lost"),
    (ALTERED, "bytes", "", "changed"),
}


@pytest.fixture(scope="module")
def echoing(world: Ready) -> Iterator[tuple[Target, Recording]]:
    """Record the probes against a backend that repeats what it received."""
    with passing_proxy(world["services"]["url"]) as backend:
        backend.behaviour = echo
        primary = replace(direct(world), url=backend.url)
        yield primary, recorded(primary, "probes")


def through_nginx(primary: Target, recording: Recording, folder: Path, uri: str) -> Comparison:
    """Compare a service with itself behind nginx."""
    with nginx(primary.url, folder, uri) as url:
        target = replace(primary, url=url, subscription_key="key-of-the-gateway")
        with opened("candidate", target, needs_storage=True) as side:
            return compare(recording, None, side, [])


def kinds(comparison: Comparison) -> set[tuple[Verdict, str, str, str]]:
    """Return the differences of all operations together."""
    return {(verdict, *key[1:]) for key, verdict in comparison.found}


def labels(comparison: Comparison, part: str, path: str) -> set[str]:
    """Return the probes that showed a kind of difference first."""
    found = comparison.found.items()
    return {it.primary.label for (key, _), it in found if key[1:3] == (part, path)}


def test_a_path_is_passed_as_it_is(world: Ready, tmp_path: Path) -> None:
    """Without a URI behind it, `proxy_pass` changes headers and has limits, and nothing else."""
    primary = direct(world)
    recording = recorded(primary, "probes", "result_opens_with_its_token")
    comparison = through_nginx(primary, recording, tmp_path / "nginx", "")
    assert kinds(comparison) == PASSED | OWN | TRACE
    assert labels(comparison, "refusal", "200 to 413") == {"probe: large body"}
    assert labels(comparison, "refusal", "200 to 400") == {"probe: large header"}
    assert labels(comparison, "header", "allow") == {"probe: TRACE execute"}
    server = comparison.found[("execute", "header", "server", "added"), ALTERED]
    assert server.difference.candidate.startswith("nginx")


def test_a_path_is_written_anew(world: Ready, tmp_path: Path) -> None:
    """With a URI, be it a slash, `proxy_pass` merges slashes and takes dots out."""
    primary = direct(world)
    recording = recorded(primary, "probes")
    comparison = through_nginx(primary, recording, tmp_path / "nginx", "/")
    assert kinds(comparison) - PASSED - OWN - TRACE == {
        (ALTERED, "status", "404 to 200", "changed"),
        (ALTERED, "body", "$.error", "lost"),
        (ALTERED, "body", "$.Results", "added"),
    }
    found = comparison.found[("(no operation)", "status", "404 to 200", "changed"), ALTERED]
    assert found.primary.label == "probe: slashes doubled"
    assert found.count == 4  # two of slashes, two of dots


def test_what_the_backend_receives(echoing: tuple[Target, Recording], tmp_path: Path) -> None:
    """A backend that repeats its request shows the rest: escapes are decoded, headers dropped."""
    comparison = through_nginx(*echoing, tmp_path / "nginx", "/")
    received = {
        (path.removeprefix("x-received-"), kind)
        for _, part, path, kind in kinds(comparison)
        if part == "header" and path.startswith("x-received-") and kind != "lost"
    }
    assert received == {
        ("connection", "added"),
        ("connection", "changed"),
        ("ocp-apim-subscription-key", "added"),
        ("target", "changed"),
    }
    targets = comparison.found[
        ("(no operation)", "header", "x-received-target", "changed"), ALTERED
    ]
    assert targets.primary.label == "probe: slash escaped"
    assert targets.difference.primary.partition("?")[0].endswith("%2Fexecute")
    assert targets.difference.candidate.partition("?")[0].endswith("/execute")
    assert labels(comparison, "header", "x-received-x_probe") == {
        "probe: header with an underscore"
    }
    assert labels(comparison, "header", "x-received-upgrade") == {"probe: wants another protocol"}
