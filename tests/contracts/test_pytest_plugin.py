"""Does each check become a test of a class that has the mark, and say what it should?"""

import importlib.metadata
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpcore  # noqa: F401  an inner run forgets what it imports first, and httpx does not
import pytest

from contracts import piecewise, pytest_plugin
from contracts.catalogue import all_checks
from mockserver.ready_file import Ready
from tests.contracts.broken_servers.proxy import Answer, Call, Memory, Send, broken_server

pytest_plugins = ["pytester"]

MINE = """
import pytest

@pytest.mark.contracts({arguments})
class {name}:
    {body}
"""
SMOKE = "ready_file='ready.json', profile='smoke'"
QUIET = tuple(
    f"-pno:{plugin}"
    for plugin in ("randomly", "cacheprovider", "xdist", "schemathesis", "hypothesispytest")
)
"""Inner runs start sooner without these; those that are about the order of tests have them all."""


def mine(arguments: str, body: str = "pass", name: str = "TestMine") -> str:
    return MINE.format(arguments=arguments, body=body, name=name)


@pytest.fixture
def ready_file(world: Ready, pytester: pytest.Pytester) -> Path:
    """Write the ready file of a running emulator where the inner tests run."""
    path = pytester.path / "ready.json"
    path.write_text(json.dumps(world), encoding="utf-8")
    return path


def talkative(call: Call, send: Send, _: Memory) -> Answer:
    """Say more than was promised where a key is refused."""
    answer = send(call)
    return answer.with_json({**answer.json, "more": 1}) if answer.status == 401 else answer


@pytest.fixture
def breaking(world: Ready, pytester: pytest.Pytester) -> Iterator[Path]:
    """Write the ready file of a service whose refusals have a member too many."""
    with broken_server(world["services"]["url"], talkative) as url:
        changed = {**world, "services": {**world["services"], "url": url}}
        path = pytester.path / "ready.json"
        path.write_text(json.dumps(changed), encoding="utf-8")
        yield path


PAIR = "only=['wrong_key_is_refused', 'response_schema_conformance']"
"""One check that calls and is content, and the judge that sees what its replies hold."""


def ran(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run the inner tests in a process of their own: they patch, and load modules anew."""
    return pytester.runpytest_subprocess(*QUIET, *arguments)


@pytest.mark.usefixtures("ready_file")
def test_every_check_is_an_item(pytester: pytest.Pytester) -> None:
    """Checks pass or are skipped with their reason, beside the class's own tests."""
    pytester.makepyfile(mine(SMOKE, "def test_own(self): assert True"))
    result = ran(pytester, "-v", "-rs")
    assert result.ret == pytest.ExitCode.OK
    shown = result.stdout.str()
    assert "test_every_check_is_an_item.py::TestMine::test_own PASSED" in shown
    assert "test_every_check_is_an_item.py::TestMine::howto_request_is_scored PASSED" in shown
    assert "missing_subscription_key_is_refused SKIPPED" in shown
    assert "needs a gateway in front (--subscription-key)" in shown
    assert "pytest_plugin.py" not in shown


def test_a_broken_promise_is_a_failure(
    pytester: pytest.Pytester, breaking: Path, world: Ready
) -> None:
    """A judge fails for what another item's call got, with curl, and without the key."""
    assert breaking.is_file()
    pytester.makepyfile(mine(f"ready_file='ready.json', {PAIR}"))
    result = ran(pytester, "-v")
    result.assert_outcomes(passed=1, failed=1)
    shown = result.stdout.str()
    assert "::wrong_key_is_refused PASSED" in shown
    assert "::response_schema_conformance FAILED" in shown
    assert "   promised  The body of every reply fits" in shown
    assert "   again     curl -i -X POST" in shown
    assert "Bearer wrong[key]" in shown
    assert world["services"]["primary_key"] not in shown
    assert "Traceback" not in shown


@pytest.mark.usefixtures("breaking")
def test_a_judge_alone_makes_the_smoke_probes(pytester: pytest.Pytester) -> None:
    """Picked by -k it has replies to look at, for it asks for some."""
    pytester.makepyfile(mine("ready_file='ready.json', only='response_schema_conformance'"))
    pytester.makeconftest(
        """
        from contracts.run import Run
        perform = Run.perform

        def told(self, check):
            print("performs", check.name)
            return perform(self, check)

        Run.perform = told
        """
    )
    result = ran(pytester, "-s", "-k", "response_schema_conformance")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*performs wrong_key_is_refused"])


@pytest.mark.parametrize("seed", [1, 2])
def test_judges_stand_last_in_any_order(pytester: pytest.Pytester, seed: int) -> None:
    """A plugin that shuffles the items does not put a judge before what it judges."""
    pytester.makepyfile(mine(SMOKE, "def test_own(self): pass"), test_other=mine(SMOKE))
    result = pytester.runpytest_subprocess("--collect-only", "-q", f"--randomly-seed={seed}")
    assert result.ret == pytest.ExitCode.OK
    checks = all_checks()
    for module in ("test_judges_stand_last_in_any_order.py", "test_other.py"):
        ids = [line.split("::") for line in result.outlines if line.startswith(module)]
        kinds = [checks[name].judge is not None for *_, name in ids if name in checks]
        assert kinds == sorted(kinds)
        assert True in kinds
        assert False in kinds


def test_collecting_makes_no_call(pytester: pytest.Pytester) -> None:
    """Names are shown although nothing runs yet, the ready file included."""
    pytester.makepyfile(mine(SMOKE))
    result = ran(pytester, "--collect-only", "-q")
    assert result.ret == pytest.ExitCode.OK
    assert "::TestMine::howto_request_is_scored" in result.stdout.str()


NO_VERDICT = {
    "ready_file='nowhere.json'": "*could not judge: nowhere.json cannot be read*",
    "url='http://127.0.0.1:1'": "*could not judge: --workspace is missing*",
    "url='http://127.0.0.1:1', workspace='w', service='s', api_key='abcdef'": (
        "*could not judge: http://127.0.0.1:1 cannot be reached*"
    ),
    "ready_file='ready.json', api_key='not-this-key'": (
        "*could not judge: the service refuses the API key (401)"
    ),
    "ready_file='ready.json', max_time=0": "*could not judge: the time of 0 s was over",
}


@pytest.mark.usefixtures("ready_file")
def test_what_cannot_be_judged_is_an_error(pytester: pytest.Pytester) -> None:
    """It is no failure of the target, and one clear line says why."""
    classes = [
        mine(f"{arguments}, {PAIR}", name=f"Test{number}")
        for number, arguments in enumerate(NO_VERDICT)
    ]
    pytester.makepyfile("".join(classes))
    result = ran(pytester)
    result.assert_outcomes(errors=2 * len(NO_VERDICT))
    for line in NO_VERDICT.values():
        result.stdout.fnmatch_lines_random([line])
    assert "Traceback" not in result.stdout.str()
    assert "not-this-key" not in result.stdout.str()


WRONG_MARKS = {
    "argument": (mine("urll='x'"), "TestMine: *: urll is not known; there are *"),
    "check": (mine("only='nothing'"), "TestMine: *: there is no check 'nothing'*"),
    "position": (mine("'x'"), "TestMine: the mark `contracts` takes its arguments by name"),
    "unittest": (
        "import pytest, unittest as u\n@pytest.mark.contracts()\nclass TestU(u.TestCase): pass",
        "TestU: the mark `contracts` is for plain classes",
    ),
}


def test_a_wrong_mark_is_named(pytester: pytest.Pytester) -> None:
    """Nothing runs, and one line says what is to be mended."""
    pytester.makepyfile(**{f"test_{name}": source for name, (source, _) in WRONG_MARKS.items()})
    result = ran(pytester)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    for _, line in WRONG_MARKS.values():
        result.stdout.fnmatch_lines_random([line])


def test_a_mark_of_a_function_is_named(pytester: pytest.Pytester) -> None:
    """It would have no effect, so nothing runs."""
    pytester.makepyfile("import pytest\n@pytest.mark.contracts()\ndef test_it(): pass")
    result = ran(pytester)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*::test_it: the mark `contracts` is for classes"])


def test_without_the_extra_one_line_says_so(pytester: pytest.Pytester) -> None:
    """The plugin is loaded by every pytest beside it; only the mark needs the judge's libraries."""
    pytester.makeconftest(f"import sys; sys.modules[{piecewise.__name__!r}] = None")
    pytester.makepyfile(mine(SMOKE), test_other="def test_other(): pass")
    result = ran(pytester, "--continue-on-collection-errors")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["TestMine: *needs pip install 'mockserver[[]contracts]' (*)"])


FORMS = {
    "staticmethod": """
    @staticmethod
    def contracts_target():
        print("asked")
        return READY
""",
    "generator": """
    @classmethod
    def contracts_target(cls):
        print("asked")
        yield READY
        print("ended")
""",
    "fixture": """
    @pytest.fixture(scope="class")
    @classmethod
    def contracts_target(cls):
        print("asked")
        yield {"ready_file": "ready.json"}
        print("ended")
""",
    "target": """
    @staticmethod
    def contracts_target():
        print("asked")
        from contracts.options import target_of, values_of
        return target_of(values_of(READY))
""",
}


@pytest.mark.usefixtures("ready_file")
def test_a_class_may_start_its_own_server(pytester: pytest.Pytester) -> None:
    """Its `contracts_target` is asked once, whatever form it has, and ended after the last item."""
    head = "import json, pathlib\nREADY = json.loads(pathlib.Path('ready.json').read_text())\n"
    classes = [mine(PAIR, body.strip(), f"Test_{form}") for form, body in FORMS.items()]
    pytester.makepyfile(head + "".join(classes))
    result = ran(pytester, "-v", "-s")
    result.assert_outcomes(passed=2 * len(FORMS))
    begin, items, end = ["asked"], ["PASSED"] * 2, ["ended"]
    plain, yielding = [*begin, *items], [*begin, *items, *end]
    told = re.findall("asked|ended|PASSED", result.stdout.str())
    assert told == [*plain, *yielding, *yielding, *plain]


@pytest.mark.usefixtures("ready_file")
def test_a_wrong_target_is_an_error(pytester: pytest.Pytester) -> None:
    """What is no target is told in one line."""
    number = mine(PAIR, "contracts_target = staticmethod(lambda: 5)", "TestNumber")
    empty = mine(PAIR, "contracts_target = staticmethod(lambda: {'services': {}})", "TestEmpty")
    pytester.makepyfile(number + empty)
    result = ran(pytester)
    result.assert_outcomes(errors=4)
    for line in (
        "*contracts_target gives int, not *",
        "*contracts_target is no ready file of an emulator, it lacks 'url'",
    ):
        result.stdout.fnmatch_lines_random([line])


@pytest.mark.slow
@pytest.mark.usefixtures("breaking")
@pytest.mark.parametrize(
    ("way", "failed"),
    [
        ("load", {"wrong_key_is_refused", "response_schema_conformance"}),
        ("loadscope", {"response_schema_conformance"}),
    ],
)
def test_no_worker_hides_what_it_saw(pytester: pytest.Pytester, way: str, failed: set[str]) -> None:
    """Where the judges may sit in another process, the item that got the reply fails for it."""
    pytester.makepyfile(mine(f"ready_file='ready.json', {PAIR}"))
    result = pytester.runpytest_subprocess(
        "-p", "no:cacheprovider", "-p", "no:randomly", "-n", "2", "--dist", way, "-rf"
    )
    lines = [line for line in result.outlines if line.startswith("FAILED")]
    assert {line.partition("::TestMine::")[2].split("@")[0].split()[0] for line in lines} == failed


def test_loading_the_plugin_imports_no_judge() -> None:
    """Who does not use the mark does not pay for it."""
    program = "import sys, contracts.pytest_plugin; print(*(n.split('.')[0] for n in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    heavy = {"schemathesis", "hypothesis", "httpx", "requests", "rich", "msgspec", "yaml", "azure"}
    assert "pytest" in done.stdout.split()
    assert heavy.isdisjoint(done.stdout.split())


def test_pytest_finds_the_plugin() -> None:
    """It is an entry point, so that nobody has to name it."""
    (found,) = importlib.metadata.entry_points(group="pytest11", name="contracts")
    assert found.value == pytest_plugin.__name__
