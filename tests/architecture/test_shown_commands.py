"""Can every command of the judge that a page shows be given as it is shown?"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.__main__ import parser
from tests.conftest import TOP

PAGES = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]
LEFT_OUT = "…"


def commands(page: Path) -> Iterator[list[str]]:
    """Yield the arguments of each `contracts` command in a page's console blocks."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"^ *```console\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE):
        lines = block.replace("\\\n", " ").splitlines()
        for line in lines:
            found = re.match(r" *\$ (?:\.venv/bin/)?contracts (.*)", line)
            if found:
                yield list(_given(shlex.split(found[1])))


def _given(words: list[str]) -> Iterator[str]:
    """Leave out what stands for more arguments, not what stands for the value of a flag."""
    for before, word in zip(["", *words], words, strict=False):
        if word != LEFT_OUT or (before.startswith("--") and "=" not in before):
            yield word


SHOWN = [(page.name, words) for page in PAGES for words in commands(page)]


@pytest.mark.parametrize(("page", "words"), SHOWN, ids=[f"{p}-{' '.join(w)}" for p, w in SHOWN])
def test_a_shown_command_can_be_given(page: str, words: list[str]) -> None:
    """Its flags are there, with values of their kind."""
    del page
    assert parser().parse_args(words).command in {"check", "compare", "list"}


def test_both_commands_are_shown() -> None:
    """So there is something to look at."""
    assert {words[0] for _, words in SHOWN} >= {"check", "compare"}
    assert {"README.md", "comparing.md"} <= {page for page, _ in SHOWN}
