"""Is what a test class says about plan and target understood as the command line would?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.catalogue import all_checks
from contracts.options import Usage
from contracts.piecewise import Piecewise, opened, plan_from, target_from
from contracts.profiles import Profile
from contracts.run import Plan
from contracts.target import Target

NEEDED = {"url": "http://h:1/suffix", "workspace": "w", "service": "s", "api_key": "the-key"}
READY: dict[str, Any] = {
    "services": {"url": "http://h:1", "workspace": "w", "service": "s", "primary_key": "pk"},
    "gateway": {"api": "http://h:2/api", "subscriptions": {"starter": {"primary_key": "gk"}}},
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand where no contracts.toml is."""
    monkeypatch.chdir(tmp_path)


def test_one_name_stands_for_a_list_of_one() -> None:
    """Checks are named alone or in a list."""
    plan = plan_from({"only": "json_media_type", "skip": ["cells_are_strings"], "seed": 7})
    assert plan == Plan(Profile.CI, 7, only=("json_media_type",), skip=("cells_are_strings",))


def test_the_plan_is_read_before_the_target_is_there() -> None:
    """A ready file and a sample are opened when the tests run, not when they are collected."""
    mark = {"ready_file": "later.json", "sample": "later.json", "profile": "smoke"}
    assert plan_from(mark) == Plan(Profile.SMOKE)


def test_a_report_is_none_of_a_marks_arguments() -> None:
    """pytest writes reports of its own."""
    with pytest.raises(Usage, match="report is not known"):
        plan_from({"report": "html=x.html"})


def test_judges_of_replies_come_last() -> None:
    """They look at what the others did."""
    kinds = [check.judge is not None for check in Piecewise(Plan()).checks]
    assert kinds == sorted(kinds)
    assert len(kinds) == sum(Plan().includes(check) for check in all_checks().values())


def test_a_mapping_stands_beside_the_marks_arguments() -> None:
    """What `contracts_target` gives wins over the mark."""
    target = target_from({**NEEDED, "timeout": 5}, {"url": "http://other:2", "api_key": "another"})
    assert (target.url, target.api_key, target.timeout) == ("http://other:2", "another", 5)


def test_what_a_ready_file_holds_is_a_target() -> None:
    """The emulator's own mapping does, through its gateway too."""
    assert target_from({}, READY).api_key == "pk"
    through = target_from({"through": "starter"}, READY)
    assert (through.url, through.prefix) == ("http://h:2", "/api")
    assert through.subscription_key == "gk"


def test_a_target_is_taken_as_it_is() -> None:
    """Whoever builds one has said everything."""
    target = Target("http://h:1", "w", "s", "k")
    assert target_from({"url": "http://ignored"}, target) is target


def test_the_environment_has_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key need not stand in a test."""
    monkeypatch.setenv("CONTRACTS_API_KEY", "from-outside")
    assert target_from({**NEEDED, "api_key": None}).api_key == "from-outside"


def test_a_method_that_yields_is_ended_afterwards() -> None:
    """It may stop what it has started; one that returns has nothing to stop."""
    seen = []

    def yields() -> Iterator[str]:
        seen.append("begun")
        yield "it"
        seen.append("ended")

    with opened(yields) as given:
        assert given == "it"
        assert seen == ["begun"]
    assert seen == ["begun", "ended"]
    with opened(lambda: "plain") as given:
        assert given == "plain"
