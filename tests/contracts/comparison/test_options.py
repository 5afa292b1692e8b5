"""Does each side get what is its own, and what all have in common?"""

import argparse
import json
from pathlib import Path

import pytest

from contracts.comparison.options import Options, add_arguments, read_options
from contracts.options import Usage

COMMON = ["--workspace", "w", "--service", "s", "--api-key", "a-key-of-ours"]
SIDES = ["--primary", "http://p", "--candidate", "http://c/suffix"]


def read(*arguments: str, **environment: str) -> Options:
    """Read a command line."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return read_options(parser.parse_args(arguments), environment)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder without a file of options."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_common_is_given_once() -> None:
    """Ids, keys and headers hold for all sides; the secondary is the primary unless named."""
    options = read(*SIDES, *COMMON, "--header", "X-A: 1", "--timeout", "5")
    assert options.primary is not None
    assert options.candidate is not None
    for side in options.targets:
        assert (side.workspace, side.service, side.api_key) == ("w", "s", "a-key-of-ours")
        assert side.headers == (("X-A", "1"),)
        assert side.timeout == 5
    assert options.secondary == options.primary
    assert (options.primary.prefix, options.candidate.prefix) == ("", "/suffix")


def test_a_side_may_have_its_own() -> None:
    """A flag with the side's name wins for that side alone; the secondary follows the primary."""
    options = read(
        *SIDES, *COMMON, "--primary-header", "X-P:1", "--secondary", "http://s",
        "--candidate-api-key", "another", "--candidate-subscription-key", "gate-key",
        "--candidate-prefix", "/p", "--candidate-insecure",
    )  # fmt: skip
    primary, candidate, secondary = options.primary, options.candidate, options.secondary
    assert primary is not None
    assert candidate is not None
    assert secondary is not None
    assert (candidate.api_key, candidate.prefix, candidate.verify) == ("another", "/p", False)
    assert candidate.has_gateway
    assert not primary.has_gateway
    assert (secondary.url, secondary.headers) == ("http://s", (("X-P", "1"),))
    assert candidate.headers == ()


def test_the_key_of_a_gateway_is_the_candidates() -> None:
    """Told for none by name, a subscription key and a prefix never go to the primary."""
    known = {"CONTRACTS_SUBSCRIPTION_KEY": "gate-key", "CONTRACTS_URL": "http://u"}
    flags = ("--subscription-key", "gate-key", "--prefix", "suffix")
    for options in (read(*SIDES, *COMMON, **known), read(*SIDES, *COMMON, *flags)):
        assert options.primary is not None
        assert options.candidate is not None
        assert (options.primary.subscription_key, options.primary.prefix) == (None, "")
        assert options.candidate.subscription_key == "gate-key"
        assert options.candidate.prefix == "/suffix"
    own = read(*SIDES, *COMMON, *flags, "--candidate-subscription-key", "own")
    assert own.candidate is not None
    assert own.candidate.subscription_key == "own"


def test_a_file_may_have_a_table_for_each_side(elsewhere: Path) -> None:
    """`contracts.toml` holds what is common at its top, and what is not in tables."""
    (elsewhere / "contracts.toml").write_text(
        'workspace = "w"\nservice = "s"\napi-key = "a-key"\n'
        '[primary]\nurl = "http://p"\n[candidate]\nurl = "http://c"\nprefix = "x"\n'
    )
    options = read("--api-key", "from-flag")
    assert [(t.url, t.prefix, t.api_key) for t in options.targets] == [
        ("http://p", "", "from-flag"),
        ("http://c", "/x", "from-flag"),
        ("http://p", "", "from-flag"),
    ]


READY = {
    "services": {"url": "http://p", "workspace": "w", "service": "s", "primary_key": "k"},
    "gateway": {
        "api": "http://g/suffix",
        "subscriptions": {"unlimited": {"primary_key": "u"}, "starter": {"primary_key": "t"}},
    },
}


def test_a_ready_file_says_both_sides(elsewhere: Path) -> None:
    """The services are the primary, their gateway is the candidate, by any of its keys."""
    path = elsewhere / "ready.json"
    path.write_text(json.dumps(READY))
    for more, key in (((), "u"), (("--through", "starter"), "t")):
        options = read("--ready-file", str(path), *more)
        assert options.primary is not None
        assert options.candidate is not None
        assert (options.primary.url, options.candidate.prefix) == ("http://p", "/suffix")
        assert options.candidate.subscription_key == key
        assert len(options.allowed) > 3


def test_what_may_differ_is_the_howtos_only_with_a_gateway(elsewhere: Path) -> None:
    """Without a gateway nothing may; files add up, and `none` is nothing."""
    gate = ("--candidate-subscription-key", "gate-key")
    howto = len(read(*SIDES, *COMMON, *gate).allowed)
    assert howto > 0
    assert read(*SIDES, *COMMON).allowed == []
    assert read(*SIDES, *COMMON, *gate, "--allowed", "none").allowed == []
    own = elsewhere / "own.yaml"
    own.write_text("version: 1\nallowed: [{name: n, reason: r, source: s}]\n")
    added = read(*SIDES, *COMMON, "--allowed", "howto", "--allowed", str(own))
    assert len(added.allowed) == howto + 1


def test_a_kept_run_is_the_primary() -> None:
    """With a kept run there is no other primary, and no secondary unless it is named."""
    options = read("--against", "run", "--candidate", "http://c", *COMMON)
    assert options.primary is None
    assert options.secondary is None
    assert options.against == Path("run")


def test_limits_are_obeyed_unless_they_are_to_be_shown() -> None:
    """By choice."""
    assert read(*SIDES, *COMMON).obeys_limits
    assert not read(*SIDES, *COMMON, "--limits", "show").obeys_limits


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (COMMON, "--primary is missing"),
        (["--primary", "http://p", *COMMON], "--candidate is missing"),
        (SIDES, "--workspace is missing"),
        ([*SIDES, *COMMON, "--against", "a", "--save", "b"], "--against brings its calls"),
        ([*SIDES, *COMMON, "--har", "a", "--only", "job_starts_once"], "--only and --skip choose"),
        ([*SIDES, *COMMON, "--save", "missing/b"], "there is no folder missing"),
        ([*SIDES, *COMMON, "--allowed", "missing.yaml"], "missing.yaml cannot be read"),
        ([*SIDES, *COMMON, "--report", "har=x"], "write one of html, junit, json"),
        ([*SIDES, *COMMON, "--only", "nothing"], "there is no check 'nothing'"),
        (["--ready-file", "missing.json"], "missing.json cannot be read"),
    ],
)
def test_what_does_not_fit_is_told(arguments: list[str], complaint: str) -> None:
    """One line says what to mend."""
    with pytest.raises(Usage, match=complaint):
        read(*arguments)


def test_a_ready_file_of_something_else_is_told(elsewhere: Path) -> None:
    """A file that lacks what is read from it is named."""
    (elsewhere / "ready.json").write_text("{}")
    with pytest.raises(Usage, match="no ready file of an emulator, it lacks 'services'"):
        read("--ready-file", str(elsewhere / "ready.json"))
