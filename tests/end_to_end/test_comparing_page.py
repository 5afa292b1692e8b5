"""Does `docs/comparing.md` lead from the report to the policy?"""

import json
import re
from pathlib import Path

import pytest

from contracts.__main__ import main
from contracts.comparison.allowed import read_allowed
from mockserver.embedded import running_emulator
from mockserver.workspace.configuration import DEMO
from tests.conftest import TOP

PAGE = (TOP / "docs" / "comparing.md").read_text(encoding="utf-8")
POLICY, ALLOWED = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
PLACE = "      # Policy XML, here"


def test_the_cache_is_found_as_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Command, number of kinds, and the difference that the page opens."""
    config, ready_file, report = (tmp_path / n for n in ("m.yaml", "ready.json", "report.json"))
    text = DEMO.read_text(encoding="utf-8")
    assert text.count(PLACE) == 1
    config.write_text(text.replace(PLACE, POLICY + PLACE), encoding="utf-8")
    with running_emulator(config, poll_wait_seconds=60) as ready:
        ready_file.write_text(json.dumps(ready), encoding="utf-8")
        arguments = ["--ready-file", str(ready_file), "--only", "result_opens_with_its_token"]
        code = main(["compare", *arguments, "--report", f"json={report}"])
    printed = capsys.readouterr().out
    assert code == 1
    assert "contracts compare --ready-file ready.json --only result_opens_with_its_token" in PAGE
    kinds = re.search(r"^contracts: different: \d+ kinds of difference", printed, re.MULTILINE)
    assert kinds is not None
    assert kinds[0] in PAGE
    assert "$.StatusCode changed" in printed
    assert "responseCode 200, backendResponseCode None" in printed


def test_the_file_of_the_page_is_read(tmp_path: Path) -> None:
    """What it shows as an entry is one."""
    file = tmp_path / "allowed.yaml"
    file.write_text(ALLOWED, encoding="utf-8")
    (entry,) = read_allowed(file)
    assert entry.kind == "lost"
