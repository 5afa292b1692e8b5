"""Do the generated pages say what the code says?"""

import re
from pathlib import Path

import pytest

from contracts.__main__ import main as contracts
from contracts.catalogue import all_checks
from docs import generate
from mockserver.__main__ import _FLAGS, _LATER, main
from mockserver.backend.error_codes import CLASSES, CODES, WORDING
from mockserver.evidence import Evidence, Fact
from mockserver.settings import Settings

PAGES = ("contracts.md", "errors.md", "fidelity.md", "settings.md")

CASE = """
title: A workspace that nobody has
expect:
  status: 404
  body:
    error: {code: NotFound, details: [{code: WorkspaceNotFound, message: a text}]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with every page as the code says it."""
    assert generate.main([], tmp_path) == 0
    return tmp_path


def test_the_pages_are_in_step(capsys: pytest.CaptureFixture[str]) -> None:
    """The pages of the repository are what the code prints."""
    assert generate.main(["--check"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("page", PAGES)
def test_a_changed_page_is_noticed(
    page: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page that was edited by hand fails the check and is named, alone; the check leaves it."""
    with (folder / page).open("a", encoding="utf-8") as file:
        file.write("By hand.\n")
    edited = (folder / page).read_text(encoding="utf-8")
    assert generate.main(["--check"], folder) == 1
    assert re.findall(r"\w+\.md", capsys.readouterr().err) == [page]
    assert (folder / page).read_text(encoding="utf-8") == edited


@pytest.mark.parametrize("page", PAGES)
def test_a_missing_page_is_noticed(
    page: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page that is not there fails the check and is named."""
    (folder / page).unlink()
    assert generate.main(["--check"], folder) == 1
    assert page in capsys.readouterr().err


def test_the_pages_are_rewritten_the_same(folder: Path) -> None:
    """A stale page is mended by writing again, and every page begins by saying who writes it."""
    (folder / "errors.md").write_text("stale", encoding="utf-8")
    assert generate.main([], folder) == 0
    assert generate.stale(folder) == []
    for page in PAGES:
        assert "`make docs`" in (folder / page).read_text(encoding="utf-8").splitlines()[0]


def test_every_class_code_and_failure_has_its_place() -> None:
    """The page of errors has a heading for each class, and names each code and each failure."""
    page = generate.pages()["errors.md"]
    assert re.findall(r"^## (\w+)$", page, re.MULTILINE) == list(CLASSES)
    for codes in CODES.values():
        assert all(f"`{code}`" in page for code in codes)
    assert all(f"`{failure.__name__}`" in page for failure in WORDING)


def test_a_case_file_is_named_beside_the_failure_that_it_provokes(tmp_path: Path) -> None:
    """A case is found by the class and the code that it expects, and by nothing else."""
    (tmp_path / "unknown-workspace.yaml").write_text(CASE, encoding="utf-8")
    (tmp_path / "fine.yaml").write_text("expect: {status: 200, body: {Results: {}}}", "utf-8")
    (tmp_path / "broken.yaml").write_text("{", encoding="utf-8")
    page = generate.pages(tmp_path)["errors.md"]
    rows = [line for line in page.splitlines() if ".yaml)" in line]
    assert [row.split(" | ")[0] for row in rows] == ["| `WorkspaceNotFound`"]


def test_an_expected_body_may_be_a_text(tmp_path: Path) -> None:
    """A case that holds its body as JSON, byte by byte, is found as well."""
    body = '{"error":{"code":"NotFound","details":[{"code":"WorkspaceNotFound"}]}}'
    (tmp_path / "exact.yaml").write_text(f"expect: {{body: '{body}'}}", encoding="utf-8")
    (found,) = generate.examples(tmp_path)
    assert found == ("NotFound", "WorkspaceNotFound", tmp_path / "exact.yaml")


def test_every_fact_stands_under_its_grade() -> None:
    """The page of fidelity lists each fact once, below the heading of its grade."""
    page = generate.pages()["fidelity.md"]
    facts = [fact for _, fact in generate.facts()]
    for grade in Evidence:
        section = page.split(f"\n## {grade.capitalize()}\n")[1].split("\n## ")[0]
        stated = [fact.behaviour for fact in facts if fact.evidence is grade]
        assert sorted(re.findall(r"^- (.+)$", section, re.MULTILINE)) == sorted(stated)


def test_the_facts_of_one_file_stand_under_one_heading() -> None:
    """Facts are grouped by file, and the counts stand at the top."""
    fact = Fact("It does so.", Evidence.ASSUMED, "a guess")
    lines = "\n".join(generate.fidelity([("a.py", fact), ("a.py", fact), ("b.py", fact)]))
    assert lines.count("### a.py") == lines.count("### b.py") == 1
    assert "| [assumed](#assumed) | 3 |" in lines


def test_a_surface_that_is_not_served_is_listed_as_coming() -> None:
    """The page of fidelity names as coming what the command line says is not served yet."""
    assert set(generate.NOT_YET) == {*_LATER}


def test_every_setting_has_its_row(capsys: pytest.CaptureFixture[str]) -> None:
    """The page of settings has a row for each, and names a flag only where `serve` has it."""
    page = generate.pages()["settings.md"]
    assert re.findall(r"^\| `(\w+)`", page, re.MULTILINE) == list(Settings.model_fields)
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    known = re.findall(r"--[\w-]+", capsys.readouterr().out)
    flags = re.findall(r"\| `(--[\w-]+)` \|$", page, re.MULTILINE)
    assert len(flags) == len(_FLAGS)
    assert set(flags) <= set(known)


def test_every_check_and_option_of_the_judge_has_its_row(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The page of the judge names each check once, below its folder, and each flag."""
    page = generate.pages()["contracts.md"]
    options, checks = page.split("## Checks")
    rows = re.findall(r"^\| `(\w+)` \|", checks, re.MULTILINE)
    assert sorted(rows) == sorted(all_checks())
    assert {check.group for check in all_checks().values()} == {*re.findall(r"### (\w+)", checks)}
    for command, part in zip(("check", "compare"), options.split("## Options of"), strict=True):
        with pytest.raises(SystemExit):
            contracts([command, "--help"])
        flags = set(re.findall(r"(--[\w-]+)", capsys.readouterr().out)) - {"--help"}
        own = {flag for flag in flags if re.match("--(primary|candidate|secondary)-", flag)}
        assert len(flags - own) >= 20
        told = part if command == "check" else options
        assert {flag for flag in flags - own if f"`{flag}" not in told} == set()
