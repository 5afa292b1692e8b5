"""Does the command compare, keep, learn and report, and end with the right code?"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from contracts.__main__ import main
from contracts.target import Target
from mockserver.embedded import running_emulator
from mockserver.ready_file import Ready
from tests.contracts.broken_servers.proxy import Answer, Call, Memory, Send, broken_server

pytestmark = pytest.mark.slow

SMOKE = ("--profile", "smoke")
FEW = ("--only", "howto_request_is_scored", "--only", "missing_key_is_refused")


@dataclass(frozen=True)
class Ran:
    """What a run of the command came to."""

    code: int
    out: str
    error: str

    @property
    def first(self) -> str:
        """The first line that it said."""
        return (self.out or self.error).splitlines()[0]


@pytest.fixture
def ready(world: Ready, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return where the ready file is; there is no other file around."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ready.json").write_text(json.dumps(world))
    return "ready.json"


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs the command."""

    def compare(*arguments: str) -> Ran:
        code = main(["compare", *arguments])
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return compare


def sides(target: Target, candidate: str) -> tuple[str, ...]:
    """Return the flags of the emulator itself, and of what stands in front of it."""
    return (
        "--primary", target.url, "--candidate", candidate,
        "--workspace", target.workspace, "--service", target.service,
        "--api-key", target.api_key, "--storage", str(target.storage),
        "--admin-url", str(target.admin_url),
    )  # fmt: skip


@contextmanager
def misbehaving(target: Target) -> Iterator[tuple[str, ...]]:
    """Put a proxy with a mistake in front of the emulator; yield flags that compare with it."""
    with broken_server(target.url, with_via) as address:
        yield sides(target, address)


def with_via(call: Call, send: Send, _: Memory) -> Answer:
    """Add a header, as proxies do."""
    return send(call).with_header("Via", "1.1 proxy")


def test_the_gateway_changes_only_what_is_predicted(ready: str, run: Run) -> None:
    """Nothing but the entries of the how-to's file lies between the gateway and its backend."""
    ran = run("--ready-file", ready, "--seed", "3", *SMOKE, "--report", "json=told.json")
    told = json.loads(Path("told.json").read_text())
    assert [(f["operation"], f["part"], f["path"]) for f in told["found"]] == []
    assert (ran.code, told["stale"], told["incomplete"]) == (0, [], "")
    assert ran.first.startswith("contracts: the same: no difference, beside ")
    assert sum(told["calls"].values()) > 50
    seen = {entry["name"] for entry in told["allowed"] if entry["count"]}
    assert "details is required" in seen
    assert "the gateway keeps its limits" not in seen


def test_a_difference_is_found_and_reported(target: Target, ready: str, run: Run) -> None:
    """A header that is added is told by every report, and no key is in any of them."""
    del ready
    reports = ("--report", "html=r.html", "--report", "junit=r.xml", "--report", "json=r.json")
    with misbehaving(target) as flags:
        ran = run(*flags, *SMOKE, *reports)
    assert ran.code == 1
    assert ran.first.startswith("contracts: different: ")
    assert "header via added" in ran.out
    for file in ("r.html", "r.xml", "r.json"):
        text = Path(file).read_text()
        assert "1.1 proxy" in text
        assert target.api_key not in text
    assert target.api_key not in ran.out


def test_what_was_learnt_and_accepted_is_let_pass(target: Target, ready: str, run: Run) -> None:
    """A proposal is refused until a person has written a reason; then it allows what was found."""
    del ready
    with misbehaving(target) as flags:
        assert run(*flags, *FEW, "--learn", "learnt.yaml").code == 1
        refused = run(*flags, *FEW, "--allowed", "learnt.yaml")
        assert (refused.code, refused.out) == (2, "")
        assert "says TODO for its reason" in refused.first
        text = Path("learnt.yaml").read_text()
        Path("learnt.yaml").write_text(text.replace("TODO by a person", "accepted by a person"))
        ran = run(*flags, *FEW, "--allowed", "learnt.yaml")
    assert (ran.code, ran.error) == (0, "")


def test_a_kept_run_outlives_its_service(target: Target, ready: str, run: Run) -> None:
    """What was kept of one emulator is compared with another one, when the first is not asked."""
    del ready
    jobs = ("--only", "result_opens_with_its_token", "--only", "every_form_of_submit_is_taken")
    flags = sides(target, "")[0:2] + sides(target, "")[4:]
    kept = run(*flags, *jobs, "--save", "run")
    assert kept.code == 0
    assert kept.first.startswith("contracts: kept: ")
    with running_emulator(poll_wait_seconds=60) as other:
        Path("other.json").write_text(json.dumps(other))
        same = run("--ready-file", "other.json", "--against", "run")
        assert same.code == 0, same.out
        assert same.out.splitlines()[1].startswith("The primary is run, kept ")
        services = replace(target, url=other["services"]["url"])
        with broken_server(services.url, with_via) as address:
            changed = run(
                "--against", "run", "--candidate", address,
                "--workspace", target.workspace, "--service", target.service,
                "--api-key", target.api_key, "--admin-url", other["admin"]["url"],
                "--storage", other["storage"]["connection_string"],
            )  # fmt: skip
    assert changed.code == 1
    assert "backend altered: header via added" in changed.out


def test_a_kept_run_with_jobs_needs_storage(target: Target, ready: str, run: Run) -> None:
    """Without storage the files of its jobs have nowhere to be."""
    del ready
    flags = sides(target, "")[0:2] + sides(target, "")[4:]
    assert run(*flags, "--only", "result_opens_with_its_token", "--save", "run").code == 0
    ran = run(
        "--against", "run", "--candidate", target.url, "--workspace", target.workspace,
        "--service", target.service, "--api-key", target.api_key,
    )  # fmt: skip
    assert (ran.code, ran.out) == (2, "")
    assert "--storage is needed" in ran.first


def test_recorded_traffic_is_sent(target: Target, ready: str, run: Run) -> None:
    """A HAR file of `contracts check` is sent to both sides, with keys in it that it never had."""
    check = ("--only", "job_starts_once", "--only", "howto_request_is_scored")
    assert main(["check", "--ready-file", ready, *check, "--report", "har=run.har"]) == 0
    ran = run("--ready-file", ready, "--har", "run.har", "--report", "json=told.json")
    assert ran.code == 0
    told = json.loads(Path("told.json").read_text())
    assert told["calls"]["submit_job"] >= 1
    assert told["calls"]["start_job"] >= 1
    with misbehaving(target) as flags:
        changed = run(*flags, "--har", "run.har")
    assert changed.code == 1
    assert "header via added" in changed.out


@pytest.mark.parametrize(("surface", "through"), [("services", ""), ("gateway", "unlimited")])
def test_the_journal_of_an_emulator_is_sent(
    run: Run, ready: str, surface: str, through: str
) -> None:
    """What clients called is asked of it by address, jobs and wrong calls included."""
    flags = ("--ready-file", ready)
    with running_emulator(journal_megabytes=10, poll_wait_seconds=60) as world:
        Path(ready).write_text(json.dumps(world))
        checks = ("--only", "job_starts_once", "--only", "missing_column_is_refused")
        way = ("--through", through) if through else ()
        assert main(["check", *flags, *checks, *way]) == 0
        journal = f"{world['admin']['url']}/journal?surface={surface}"
        ran = run(*flags, "--har", journal, "--report", "json=told.json")
    assert ran.code == 0
    told = json.loads(Path("told.json").read_text())
    assert told["calls"]["submit_job"] >= 1
    assert told["calls"]["execute"] >= 2
    assert told["primary"]["origin"] == f"the calls of {journal}, answered now"
    assert run(*flags, "--har", journal).code == 2  # it is gone


def test_an_emulator_without_a_journal_says_so(run: Run, ready: str, world: Ready) -> None:
    """And which setting keeps one."""
    ran = run("--ready-file", ready, "--har", f"{world['admin']['url']}/journal")
    assert (ran.code, ran.out) == (2, "")
    assert "journal_megabytes" in ran.first


@pytest.mark.parametrize("limits", ["obey", "show"])
def test_limits_are_obeyed_or_shown(ready: str, run: Run, limits: str) -> None:
    """Starter's five calls a minute are waited for, or seen as what they refuse."""
    ran = run(
        "--ready-file", ready, "--through", "starter", *SMOKE, "--limits", limits,
        "--report", "json=told.json",
    )  # fmt: skip
    assert ran.code == 0, ran.out
    told = json.loads(Path("told.json").read_text())
    counts = {entry["name"]: entry["count"] for entry in told["allowed"]}
    assert (counts["the gateway keeps its limits"] > 20) is (limits == "show")


def test_limits_that_are_shown_are_differences_unless_allowed(ready: str, run: Run) -> None:
    """Whoever allows nothing sees the limit as what the gateway refuses."""
    ran = run(
        "--ready-file", ready, "--through", "starter", *SMOKE, "--limits", "show",
        "--allowed", "none",
    )  # fmt: skip
    assert ran.code == 1
    assert "429 Rate limit is exceeded" in ran.out


@pytest.mark.long
def test_a_prediction_that_does_not_come_true_is_reported(ready: str, run: Run) -> None:
    """A full run that never meets an expected entry says so, and fails for nothing else."""
    Path("own.yaml").write_text(
        "version: 1\nallowed:\n  - {name: a prediction, reason: r, source: s, path: nowhere,"
        " expected: true}\n"
    )
    ran = run("--ready-file", ready, "--allowed", "howto", "--allowed", "own.yaml")
    assert ran.code == 1
    assert ran.first.startswith("contracts: different: 1 predicted and not seen (")
    assert "Predicted and not seen: a prediction" in ran.out


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (
            ("--candidate-api-key", "another-wrong-key"),
            "the candidate: the service refuses the API key (401)",
        ),
        (
            ("--candidate-subscription-key", "0f1e2d3c4b5a"),
            "the candidate: the gateway refuses the subscription key (401)",
        ),
        (("--primary-api-key", "another-wrong-key"), "the service refuses the API key (401)"),
        (("--candidate-service", "0" * 32), "is not there (404)"),
        (("--candidate", "http://127.0.0.1:9"), "cannot be reached"),
        (("--har", "missing.har"), "missing.har is no HAR file"),
        (("--against", "missing"), "missing cannot be read"),
        (("--report", "json=folder"), "folder is a folder"),
        (("--learn", "folder"), "a file cannot be written"),
        (("--max-time", "0"), "the time of 0 s was over"),
    ],
)
def test_without_a_verdict_the_code_is_two(
    ready: str, run: Run, more: tuple[str, ...], complaint: str
) -> None:
    """One clear line says why nothing can be said; nothing is compared then."""
    Path("folder").mkdir()
    ran = run("--ready-file", ready, *SMOKE, *more)
    assert ran.code == 2
    assert complaint in ran.first
    assert ran.first.startswith("contracts: could not judge: ")
