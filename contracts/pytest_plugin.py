"""How does each check become a test? A test class with the mark `contracts` gets one item each.

@pytest.mark.contracts(url="http://127.0.0.1:8080", workspace="…", service="…", profile="smoke")
class TestMyService:
    pass

Loaded by every pytest that has this package beside it, so the judge itself is imported late.
"""

import inspect
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from unittest import TestCase

import pytest
from typing_extensions import override

if TYPE_CHECKING:
    from contracts.check import Check
    from contracts.piecewise import Outcome, Piecewise

MARK = "contracts"
TARGET = "contracts_target"
KEEPS_CLASSES_TOGETHER = {"each", "loadfile", "loadgroup", "loadscope", "no"}
"""Ways of pytest-xdist in which all items of a class run in one process."""
_WAY = "contracts_dist"


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line(
        "markers",
        f"{MARK}(url, workspace, service, api_key, …, profile, seed, only, skip): every check of"
        " `contracts check` becomes a test of this class; the arguments are those of its command"
        f" line. Whom to judge may also be said by ready_file=…, or by a fixture {TARGET}.",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist how items are spread; it is not told otherwise."""
    node.workerinput[_WAY] = node.config.getoption("dist", "no")


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> Generator[None, Any, Any]:
    """Give a class with the mark a collector of its own."""
    made = yield
    if not isinstance(made, pytest.Class) or _mark_of(made) is None:
        return made
    if isinstance(obj, type) and issubclass(obj, TestCase):
        raise collector.CollectError(f"{name}: the mark `{MARK}` is for plain classes")
    return JudgedClass.from_parent(collector, name=name)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the judges of replies behind all other items of their class, whatever the order is."""
    places: dict[pytest.Item | pytest.Collector, list[int]] = {}
    for place, item in enumerate(items):
        if isinstance(item, CheckItem):
            places.setdefault(item.judged, []).append(place)
        elif any(mark.name == MARK for mark in item.own_markers):
            raise pytest.UsageError(f"{item.nodeid}: the mark `{MARK}` is for classes")
    for taken in places.values():
        ordered = sorted((items[place] for place in taken), key=_is_judge)
        for place, item in zip(taken, ordered, strict=True):
            items[place] = item


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Say that a check was skipped where its class stands, not here."""
    report = yield
    if isinstance(item, CheckItem) and report.skipped and isinstance(report.longrepr, tuple):
        path, line, _ = item.reportinfo()
        report.longrepr = (str(path), (line or 0) + 1, report.longrepr[2])
    return report


def _is_judge(item: pytest.Item) -> bool:
    return isinstance(item, CheckItem) and item.check.judge is not None


def _mark_of(node: pytest.Class) -> pytest.Mark | None:
    """Return the class's own mark; that of a module or of an outer class is not meant for it."""
    node.obj  # noqa: B018  reading it collects the marks
    return next((mark for mark in node.own_markers if mark.name == MARK), None)


class JudgedClass(pytest.Class):
    """A class whose tests are its own, and one for each check."""

    piecewise: "Piecewise"
    arguments: dict[str, Any]

    @override
    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        """Yield the class's own tests, then the checks."""
        yield from super().collect()
        checks = self._planned()
        # A class beneath, so that the user's own is left as it is.
        members = {"__module__": self.obj.__module__, **{check.name: _tell for check in checks}}
        self.obj = type(self.obj.__name__, (self.obj,), members)
        for check in checks:
            yield CheckItem.from_parent(self, name=check.name, check=check)

    def _planned(self) -> "list[Check]":
        mark = _mark_of(self)
        assert mark is not None  # noqa: S101  that is why it is this class
        if mark.args:
            raise self.CollectError(f"{self.name}: the mark `{MARK}` takes its arguments by name")
        self.arguments = dict(mark.kwargs)
        try:
            from contracts.options import Usage
            from contracts.piecewise import Piecewise, plan_from
        except ImportError as error:
            needed = f"pip install 'mockserver[contracts]' ({error})"
            raise self.CollectError(f"{self.name}: the mark `{MARK}` needs {needed}") from error
        try:
            self.piecewise = Piecewise(plan_from(self.arguments))
        except Usage as error:
            raise self.CollectError(f"{self.name}: the mark `{MARK}`: {error}") from error
        return self.piecewise.checks


class CheckItem(pytest.Function):
    """One check."""

    def __init__(self, *, check: "Check", **options: Any) -> None:
        super().__init__(**options)
        self.check = check
        self.extra_keyword_matches.add(check.group)
        has_xdist = self.config.pluginmanager.hasplugin("xdist")
        if has_xdist and not self.get_closest_marker("xdist_group"):
            # Heard by `--dist loadgroup`: the judges must see the calls that the others made.
            self.add_marker(pytest.mark.xdist_group(self.judged.nodeid))

    @property
    def judged(self) -> JudgedClass:
        """The class that it stands in."""
        assert isinstance(self.parent, JudgedClass)  # noqa: S101  it is made there only
        return self.parent

    @override
    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return the place of the class: a check has no line in the user's file."""
        try:
            line = inspect.getsourcelines(self.judged.obj.__mro__[1])[1] - 1
        except (OSError, TypeError):
            line = 0
        return self.path, line, f"{self.judged.name}.{self.name}"


def _tell(_self: object, contracts_outcome: "Outcome") -> None:
    """Pass, skip or fail as the check did. Its calls were made by the fixture."""
    if contracts_outcome.skipped:
        pytest.skip(contracts_outcome.skipped)
    if contracts_outcome.findings:
        pytest.fail("\n\n".join(contracts_outcome.findings), pytrace=False)


@pytest.fixture(scope="class")
def contracts_run(request: pytest.FixtureRequest) -> Iterator["Piecewise"]:
    """Look at the target of a class, once, and keep what is known of it."""
    from contracts.options import Usage
    from contracts.piecewise import NoVerdict, target_from

    judged = request.node
    assert isinstance(judged, JudgedClass)  # noqa: S101  nobody else asks for it
    with ExitStack() as stack:
        try:
            target = target_from(judged.arguments, _given(request, judged, stack))
            stack.enter_context(judged.piecewise.run(target))
        except (Usage, NoVerdict) as error:
            raise _no_verdict(error) from None
        yield judged.piecewise


def _given(request: pytest.FixtureRequest, judged: JudgedClass, stack: ExitStack) -> Any:
    """Return what `contracts_target` says, be it a method of the class or a fixture."""
    from contracts.piecewise import opened

    own = inspect.getattr_static(judged.obj, TARGET, None)
    if isinstance(own, staticmethod | classmethod):
        return stack.enter_context(opened(getattr(judged.obj, TARGET)))
    try:
        return request.getfixturevalue(TARGET)
    except pytest.FixtureLookupError:
        return None


@pytest.fixture
def contracts_outcome(request: pytest.FixtureRequest, contracts_run: "Piecewise") -> "Outcome":
    """Make the check of an item. That it cannot be made is an error, not a failure."""
    from contracts.piecewise import NoVerdict

    item = request.node
    assert isinstance(item, CheckItem)  # noqa: S101  nobody else asks for it
    worker = getattr(request.config, "workerinput", {})
    is_alone = worker.get(_WAY, "no") not in KEEPS_CLASSES_TOGETHER
    try:
        return contracts_run.outcome(item.check, alone=is_alone)
    except NoVerdict as error:
        raise _no_verdict(error) from None


def _no_verdict(error: Exception) -> BaseException:
    """Return what pytest shows as one line, and nothing behind it, for that might name a key."""
    return pytest.fail.Exception(f"contracts: could not judge: {error}", pytrace=False)
