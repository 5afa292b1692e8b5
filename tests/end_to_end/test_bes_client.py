"""Does the how-to's second sample work offline: upload, submit, start, poll, download?"""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.conftest import TOP
from tests.end_to_end.batch import batch_client
from tests.end_to_end.server_process import served

EXAMPLES = TOP / "examples"
REVIEWS = EXAMPLES / "book-reviews.csv"
SENTENCE = "This is a good day"


def run_client(*arguments: str | Path) -> tuple[int, list[str]]:
    """Run the sample as a process of its own; return exit code and printed lines."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "bes_client.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def table(text: str) -> list[list[str]]:
    """Read a CSV text."""
    return list(csv.reader(io.StringIO(text, newline="")))


def test_the_reviews_are_what_the_clients_need() -> None:
    """A small file of ratings and texts: with commas, quotes, a line break, other scripts."""
    names, *rows = table(REVIEWS.read_text(encoding="utf-8"))
    assert names == ["Col1", "Col2"]
    assert 20 <= len(rows) <= 40
    assert {rating for rating, _ in rows} == set("12345")
    texts = [text for _, text in rows]
    assert SENTENCE in texts
    assert all(text.strip() for text in texts)
    assert len(set(texts)) == len(texts)
    assert all(any(mark in text for text in texts) for mark in (",", '"', "\n"))
    assert not all(text.isascii() for text in texts)


@pytest.mark.slow
def test_the_sample_scores_the_reviews(tmp_path: Path) -> None:
    """Each review comes back with the counts that RRS gives for it, in the order of the file."""
    results = tmp_path / "myresults.csv"
    with served(tmp_path, "--data-dir", str(tmp_path)) as server:
        ready = server.ready()
        code, lines = run_client(REVIEWS, results, "--ready-file", tmp_path / "ready.json")
        services = ready["services"]
        texts = [text for _, text in table(REVIEWS.read_text(encoding="utf-8"))[1:]]
        scored = httpx.post(
            f"{services['url']}/workspaces/{services['workspace']}/services/{services['service']}"
            "/execute?api-version=2.0&details=true",
            headers={"Authorization": f"Bearer {services['primary_key']}"},
            json={"Inputs": {"input1": {"ColumnNames": ["Col2"], "Values": [[t] for t in texts]}}},
            trust_env=False,
        ).json()["Results"]["output1"]["value"]
        assert server.stop() == 0
        assert server.children() == []
    assert code == 0, lines
    names, *rows = table(results.read_text(encoding="utf-8"))
    kept = [names.index(name) for name in scored["ColumnNames"]]
    assert [[row[place] for place in kept] for row in rows] == scored["Values"]
    sentence = next(row for row in rows if SENTENCE in row)
    assert " ".join(sentence[-8:]) == "1 1 2 2 0 2 0 1"
    told = "\n".join(lines)
    assert "Job ID: " in told
    assert "not yet started..." in told or "running..." in told
    assert f"written to the file {results}" in lines[-1]
    assert "  BaseLocation: " + ready["storage"]["url"] in told
    assert "  RelativeLocation: demo/myresultsblob.csv" in lines
    assert "  SasBlobToken: ?sv=" in told


@pytest.mark.slow
def test_the_sample_tells_why_a_job_failed(tmp_path: Path) -> None:
    """A job that fails is told with its details, and nothing is written."""
    results = tmp_path / "myresults.csv"
    with served(tmp_path) as server, batch_client(server.ready()) as batch:
        batch.script(timing="immediate", ending={"fail": "The model ran out of books."})
        code, lines = run_client(REVIEWS, results, "--ready-file", tmp_path / "ready.json")
    assert code == 1
    assert lines[-1] == "Error details: The model ran out of books."
    assert not results.exists()


@pytest.mark.slow
def test_the_sample_tells_a_refusal(tmp_path: Path) -> None:
    """With a wrong key the client prints the status and the envelope."""
    with served(tmp_path) as server:
        ready = server.ready()
        ready["services"]["primary_key"] = "another key"
        other = tmp_path / "other.json"
        other.write_text(json.dumps(ready), encoding="utf-8")
        code, lines = run_client(REVIEWS, tmp_path / "none.csv", "--ready-file", other)
    assert code == 1
    assert "The request failed with status code: 401" in lines
    assert "ScoreRequestUnauthorized" in lines[-1]
