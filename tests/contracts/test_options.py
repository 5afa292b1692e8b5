"""Do flags, environment, files and ready file come together as they are told to?"""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from contracts.options import (
    Options,
    Usage,
    add_plan_arguments,
    add_target_arguments,
    read_options,
)
from contracts.profiles import Profile
from contracts.target import Limit

NEEDED = ["--workspace", "w", "--service", "s", "--api-key", "k"]
READY = {
    "services": {"url": "http://h:1", "workspace": "w", "service": "s", "primary_key": "pk"},
    "storage": {"connection_string": "UseDevelopmentStorage=true"},
    "gateway": {
        "api": "http://h:2/azureml-demo",
        "subscriptions": {"starter": {"primary_key": "gk"}},
    },
    "admin": {"url": "http://h:1/__admin"},
}


def read(*arguments: str, **environment: str) -> Options:
    parser = argparse.ArgumentParser()
    add_target_arguments(parser)
    add_plan_arguments(parser)
    return read_options(parser.parse_args(arguments), environment)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run where no contracts.toml lies."""
    monkeypatch.chdir(tmp_path)


def test_an_address_may_stand_alone() -> None:
    """Its path becomes the prefix; a flag for the prefix wins."""
    target = read("http://h:1/azureml-demo/", *NEEDED).target
    assert (target.url, target.prefix) == ("http://h:1", "/azureml-demo")
    assert read("--url", "https://h/x", "--prefix", "/y", *NEEDED).target.prefix == "/y"


def test_all_the_rest_has_a_flag() -> None:
    """Headers, limits, TLS, the plan."""
    options = read(
        "http://h", *NEEDED, "--header", "A: b", "--rate-limit", "5/m", "--insecure",
        "--ca-file", "ca.pem", "--timeout", "3", "--expect-rate-limit", "2/s", "--ngrams", "3",
        "--profile", "smoke", "--seed", "7", "--max-time", "9", "--only", "no_server_error",
        "--skip", "contract_cases", "--report", "json=out.json",
    )  # fmt: skip
    target, plan = options.target, options.plan
    assert target.headers == (("A", "b"),)
    assert (target.rate_limit, target.promised_limit) == (Limit(5, 60), Limit(2, 1))
    assert (target.verify, target.ca_file, target.timeout, target.ngrams) == (False, "ca.pem", 3, 3)
    assert (plan.profile, plan.seed, plan.max_time) == (Profile.SMOKE, 7, 9)
    assert (plan.only, plan.skip) == (("no_server_error",), ("contract_cases",))
    assert options.reports == {"json": Path("out.json")}


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    """Keys need not stand on the command line."""
    (tmp_path / "contracts.toml").write_text('api-key = "file"\nseed = 3\nservice = "f"\n')
    options = read("http://h", "--workspace", "w", CONTRACTS_API_KEY="env", CONTRACTS_SERVICE="e")
    assert (options.target.api_key, options.target.service, options.plan.seed) == ("env", "e", 3)
    assert read("http://h", *NEEDED, CONTRACTS_API_KEY="env").target.api_key == "k"


def test_a_ready_file_says_it_all(tmp_path: Path) -> None:
    """Directly, or through the gateway with a subscription."""
    file = tmp_path / "ready.json"
    file.write_text(json.dumps(READY))
    target = read("--ready-file", str(file)).target
    assert (target.url, target.api_key, target.admin_url) == (
        "http://h:1",
        "pk",
        "http://h:1/__admin",
    )
    assert target.storage == "UseDevelopmentStorage=true"
    through = read("--ready-file", str(file), "--through", "starter").target
    assert (through.url, through.prefix) == ("http://h:2", "/azureml-demo")
    assert through.subscription_key == "gk"


def test_a_sample_is_a_file(tmp_path: Path) -> None:
    """Its JSON is the body."""
    (tmp_path / "sample.json").write_text('{"Inputs": {}}')
    assert read("http://h", *NEEDED, "--sample", "sample.json").target.sample == {"Inputs": {}}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--url is missing"),
        (["http://h"], "--workspace is missing"),
        (["h:1", *NEEDED], "no address"),
        (["http://h", *NEEDED, "--header", "x"], "Name:Value"),
        (["http://h", *NEEDED, "--rate-limit", "fast"], "5/m"),
        (["http://h", *NEEDED, "--only", "nothing"], "no check 'nothing'"),
        (["http://h", *NEEDED, "--report", "html=."], "is a folder"),
        (["http://h", *NEEDED, "--report", "html=nowhere/r"], "there is no folder nowhere"),
        (["http://h", *NEEDED, "--report", "html=a", "--report", "html=b"], "given once"),
        (["http://h", *NEEDED, "--report", "html=a", "--report", "json=a"], "given once"),
        (["http://h", *NEEDED, "--report", "pdf=x"], "--report"),
        (["http://h", *NEEDED, "--sample", "gone.json"], "gone.json cannot be read"),
        (["--config", "gone.toml"], "gone.toml cannot be read"),
        (["--ready-file", "gone.json"], "gone.json cannot be read"),
    ],
)
def test_a_mistake_is_one_clear_line(arguments: list[str], message: str) -> None:
    """It says what to mend."""
    with pytest.raises(Usage, match=message):
        read(*arguments)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("contracts.toml", "url = ", "cannot be read"),
        ("contracts.toml", "uri = 'x'", "uri is not known"),
        ("ready.json", "[]", "no ready file"),
        ("ready.json", "{", "cannot be read"),
    ],
)
def test_a_file_that_is_wrong_is_told(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    """With its name."""
    (tmp_path / name).write_text(content)
    arguments: list[Any] = ["--ready-file", "ready.json"] if name == "ready.json" else []
    with pytest.raises(Usage, match=message):
        read(*arguments)
