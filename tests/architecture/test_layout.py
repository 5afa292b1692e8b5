"""Is the code laid out as ARCHITECTURE.md and the house rules say?"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
MODULES = sorted(
    path for name in ("mockserver", "contracts") for path in (TOP / name).rglob("*.py")
)
OURS = [
    path
    for name in ("mockserver", "contracts", "docs", "tests")
    for path in (TOP / name).rglob("*.py")
]
TEST_FILES = sorted((TOP / "tests").rglob("test_*.py"))
PAGES = [*TOP.glob("*.md"), *(TOP / "docs").rglob("*.md")]
LONGEST = 400
EMPTY_NAMES = {"utils", "helpers", "common", "misc", "manager", "factory", "base"}
MACHINE_PATH = re.compile(r"(?<![\w.}/])/(home|Users|root|tmp|mnt)/|\b[A-Z]:\\")
TABLE_ROW = re.compile(r"^\| (?P<question>.+?) \| `(?P<place>[^`]+)` \|$", re.MULTILINE)


def named(path: Path) -> str:
    """Write a path as it is read from the top of the repository."""
    return path.relative_to(TOP).as_posix()


def where_is_it(page: str) -> list[tuple[str, str]]:
    """Return the rows of the table: a question, and the place that answers it."""
    table = page.split("## Where is it?", 1)[1].split("\n## ", 1)[0]
    return TABLE_ROW.findall(table)


def defined(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
    """Yield the names that a module defines, those within a class as `Class.name`."""
    for node in body:
        match node:
            case ast.ClassDef(name=name, body=inner):
                yield prefix + name
                yield from defined(inner, f"{prefix}{name}.")
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield prefix + name
            case ast.Assign(targets=targets):
                names = (name for target in targets for name in ast.walk(target))
                yield from (prefix + name.id for name in names if isinstance(name, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield prefix + name
            case _:
                continue


def is_there(place: str) -> bool:
    """Say whether a place of the form `path::name`, or a path alone, exists."""
    path, _, name = place.partition("::")
    file = TOP / path
    if not file.is_file():
        return False
    return not name or name in defined(ast.parse(file.read_text(encoding="utf-8")).body)


def undocumented_tests(source: str) -> list[str]:
    """Name the test functions that do not open with a sentence."""
    functions = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
    )
    return [node.name for node in functions if not ast.get_docstring(node)]


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_a_module_opens_with_its_question(module: Path) -> None:
    """Every module of emulator and judge has a docstring."""
    assert ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_a_module_is_not_too_long(module: Path) -> None:
    """No module of emulator or judge has more lines than the house rules allow."""
    assert len(module.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_modules_have_names_that_say_something() -> None:
    """No module and no package has a name that fits anything."""
    assert MODULES
    names = {part for path in OURS for part in path.relative_to(TOP).with_suffix("").parts}
    assert names.isdisjoint(EMPTY_NAMES)


@pytest.mark.parametrize("file", TEST_FILES, ids=named)
def test_every_test_opens_with_a_sentence(file: Path) -> None:
    """Whoever reads a test learns the behaviour from its first line."""
    assert undocumented_tests(file.read_text(encoding="utf-8")) == []


def test_a_test_without_a_sentence_is_noticed() -> None:
    """A bare test function is named, also within a class, so the check above can fail."""
    source = "class TestIt:\n def test_a(self): ...\ndef test_b():\n 'Says it.'\ndef help(): ..."
    assert undocumented_tests(source) == ["test_a"]


ROWS = where_is_it((TOP / "ARCHITECTURE.md").read_text(encoding="utf-8"))


def test_the_table_answers_enough_questions() -> None:
    """The table has twenty rows at least, and asks nothing twice."""
    assert len(ROWS) >= 20
    assert len({question for question, _ in ROWS}) == len(ROWS)


@pytest.mark.parametrize("place", [place for _, place in ROWS])
def test_a_place_in_the_table_exists(place: str) -> None:
    """Each file and each name in the table is there."""
    assert is_there(place)


@pytest.mark.parametrize(
    "place",
    [
        "mockserver/nowhere.py",
        "mockserver/settings.py::Nothing",
        "mockserver/settings.py::Settings.nothing",
        "mockserver/settings.py::overridden",
    ],
)
def test_a_place_that_is_gone_is_noticed(place: str) -> None:
    """A missing file or name is found missing, so the check above can fail."""
    assert not is_there(place)


LINKS = [
    (page, target)
    for page in PAGES
    for target in re.findall(
        r"\]\(([^)#:]+)(?:#[^)]*)?\)",
        re.sub(r"(?<!\[)`[^`\n]*`", "", page.read_text(encoding="utf-8")),  # code holds no links
    )
]


@pytest.mark.parametrize(("page", "target"), LINKS, ids=[f"{named(p)}-{t}" for p, t in LINKS])
def test_a_link_leads_somewhere(page: Path, target: str) -> None:
    """A link from one page to a file of the repository finds it."""
    assert (page.parent / target).exists()


def machine_paths(text: str) -> list[str]:
    """Return what in a text is a path of somebody's machine."""
    found = [match.group() for match in MACHINE_PATH.finditer(text)]
    return found + ([str(TOP)] if str(TOP) in text else [])


def test_no_path_of_a_machine_is_written_down() -> None:
    """Neither emulator nor judge nor the documents name a folder that only one machine has."""
    folders = (TOP / "mockserver", TOP / "contracts")
    suffixes = {".py", ".yaml", ".jinja"}
    sources = [p for folder in folders for p in folder.rglob("*") if p.suffix in suffixes]
    texts = {named(path): path.read_text(encoding="utf-8") for path in [*sources, *PAGES]}
    assert {name: paths for name, text in texts.items() if (paths := machine_paths(text))} == {}


@pytest.mark.parametrize("text", ["see /home/ann/x", "'/tmp/x'", "C:\\x", f"in {TOP}/docs"])
def test_a_path_of_a_machine_is_noticed(text: str) -> None:
    """A home, a temporary folder, a drive, this checkout: each is found."""
    assert machine_paths(text)
