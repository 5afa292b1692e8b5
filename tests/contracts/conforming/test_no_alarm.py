"""Does a server that keeps the contract in its own way pass without a finding?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.catalogue import all_checks
from contracts.options import target_of
from contracts.profiles import Profile
from contracts.run import Plan, Report, judge_target
from mockserver.ready_file import Ready
from tests.contracts.conforming.chunking_proxy import chunking_proxy
from tests.contracts.conforming.hashed_rows import counts
from tests.contracts.conforming.mended_example import mended_example
from tests.contracts.conforming.plain_http import plain_http

pytestmark = pytest.mark.slow

SEEDS = (1,)
"""`bench/no_alarm.py` tries twenty, with all that the ci profile generates."""


def judged(values: dict[str, Any], seed: int, *, every_check: bool = True) -> Report:
    """Judge with the amounts of smoke, but with all checks."""
    only = tuple(all_checks()) if every_check else ()
    return judge_target(target_of(values), Plan(Profile.SMOKE, seed, only=only))


def alarms(report: Report) -> list[str]:
    """Return what was found, and what failed by itself."""
    found = [f"{one.check}: {one.what}" for one in report.findings.found.values()]
    return found + [f"{name}: {text}" for name, text in report.trouble.items()]


@pytest.fixture(scope="module")
def plain(world: Ready) -> Iterator[dict[str, str]]:
    """Run the server on http.server, over the emulator's storage."""
    with plain_http(world["storage"]["connection_string"]) as values:
        yield values


@pytest.fixture(scope="module")
def proxied(world: Ready) -> Iterator[dict[str, str]]:
    """Run the proxy in front of the emulator."""
    services = world["services"]
    with chunking_proxy(services["url"]) as url:
        yield {
            "url": url,
            "workspace": services["workspace"],
            "service": services["service"],
            "api_key": services["primary_key"],
            "storage": world["storage"]["connection_string"],
            "admin_url": world["admin"]["url"],
        }


@pytest.mark.parametrize("seed", SEEDS)
def test_the_server_on_http_server_raises_no_alarm(plain: dict[str, str], seed: int) -> None:
    """Void replies of 204, other texts, targets, orders and capitals are within the contract."""
    report = judged(plain, seed)
    assert alarms(report) == []
    assert report.exit_code == 0
    assert len(report.exchanges) > 200


@pytest.mark.parametrize("seed", SEEDS)
def test_a_proxy_raises_no_alarm(proxied: dict[str, str], seed: int) -> None:
    """Chunks, more headers, other white space and no connection that lives are within it too."""
    report = judged(proxied, seed)
    assert alarms(report) == []
    assert report.exit_code == 0
    assert len(report.exchanges) > 200


def test_the_mended_example_raises_no_alarm(world: Ready, tmp_path: Path) -> None:
    """The test of the page judges it with every check; here are the quick ones, for each seed."""
    with mended_example(tmp_path, world["storage"]["connection_string"]) as values:
        for seed in SEEDS:
            assert alarms(judged(values, seed, every_check=False)) == []


def test_the_servers_differ(plain: dict[str, str], proxied: dict[str, str]) -> None:
    """They do what they are there for: void replies, connections and headers are others."""
    seen = {}
    for name, values in (("plain", plain), ("proxied", proxied)):
        report = judge_target(
            target_of(values), Plan(Profile.SMOKE, only=("job_starts_once", "json_media_type"))
        )
        replies = [exchange.reply for exchange in report.exchanges if exchange.reply]
        seen[name] = (
            {reply.status for reply in replies if not reply.body},
            {reply.header("Server") for reply in replies},
            {bool(reply.header("Transfer-Encoding")) for reply in replies if reply.body},
        )
    assert seen == {
        "plain": ({204}, {"words/7"}, {False}),
        "proxied": ({200}, {"chunker"}, {True}),
    }


def test_the_other_hash_is_the_published_one() -> None:
    """The how-to's sample comes out right, so the rule is there twice, independently."""
    assert counts("This is a good day") == [1, 1, 2, 2, 0, 2, 0, 1]
