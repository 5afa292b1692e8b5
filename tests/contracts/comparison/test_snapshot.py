"""Is a kept run the same when it is read, without any key in it?"""

import gzip
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.comparison.compare import compare
from contracts.comparison.keys import Keys
from contracts.comparison.recording import BlobWritten, Pause
from contracts.comparison.snapshot import NoSnapshot, read, save
from contracts.exchange import Exchange, Reply, Request
from tests.contracts.comparison.made import (
    KEY,
    OTHER,
    exchange,
    gateway,
    recording,
    reply,
    side,
    target,
)

NOISE = Counter({("execute", "header", "date", "changed"): 3})


def text_of(path: Path) -> str:
    """Return what is in a kept run."""
    return gzip.decompress(path.read_bytes()).decode()


def test_a_run_is_kept_whole(tmp_path: Path) -> None:
    """Calls, pauses, files, bytes that are no text, and noise come back."""
    silent = exchange(None, None)
    odd = exchange(Reply(200, (("A", "1"), ("A", "2")), b"\xff\x00"), body=b"\xfe{}")
    made = recording(exchange(reply({"a": "ü"})), Pause(0.5), BlobWritten("1/1.csv", b"a"), odd)
    odd.outputs = {"output1": Reply(200, (), b"a\r\n"), "output2": Reply(0, (), b"\xff")}
    made = replace(made, steps=(*made.steps, silent), storage_url="http://storage", is_full=False)
    save(made, NOISE, tmp_path / "run")
    found = read(tmp_path / "run")
    assert (found.noise, found.storage_url, found.is_full) == (NOISE, "http://storage", False)
    assert found.needs_storage
    assert [type(step) for step in found.steps] == [type(step) for step in made.steps]
    first, kept = found.steps[0], found.steps[3]
    assert isinstance(first, Exchange)
    assert isinstance(kept, Exchange)
    assert first.reply is not None
    assert first.reply.json == {"a": "ü"}
    assert (first.operation, first.label, first.seconds) == ("execute", "a_check", 0.01)
    assert kept.reply == odd.reply
    assert (first.outputs, kept.outputs) == ({}, odd.outputs)
    assert kept.request.body == odd.request.body
    assert [e.trouble for e in found.exchanges][-1] == "ReadError: gone"
    assert found.origin.startswith("run, kept ")


def test_no_key_is_kept(tmp_path: Path) -> None:
    """Neither keys, nor pieces of them, nor tokens, nor headers of the target's own are there."""
    at = target(
        subscription_key="subscription-key",
        other_api_key=OTHER,
        headers=(("X-Own", "our-secret-header"),),
        storage="AccountName=a;AccountKey=abcdefghijkl+/==;",
    )
    body = json.dumps({"c": at.storage, "k": KEY[5:30], "u": "http://s/c/b?sp=r&sig=SIGNATURE"})
    request = Request(
        "POST",
        f"{at.base}/execute?key={KEY.swapcase()}",
        (
            ("Authorization", f"Basic {KEY}{OTHER}"),
            ("X-Own", "our-secret-header"),
            ("Ocp-Apim-Subscription-Key", "subscription-key"),
            ("Content-Length", str(len(body))),
        ),
        body.encode(),
    )
    came = reply({"said": KEY, "u": "http://s/c/b?sp=r&sig=SIGNATURE&st=1"})
    made = replace(recording(Exchange(1, request, came)), target=at, keys=Keys(at))
    save(made, Counter(), tmp_path / "run")
    kept = text_of(tmp_path / "run")
    for secret in (KEY, KEY[5:30], KEY.swapcase(), OTHER, "SIGNATURE", "secret", "abcdefghijkl"):
        assert secret not in kept
    assert "subscription-key" not in kept
    (found,) = read(tmp_path / "run").exchanges
    assert found.request.header("Content-Length") == str(len(found.request.body))
    assert found.reply is not None
    assert found.reply.header("Content-Length") == str(len(found.reply.body))


def test_a_kept_run_is_sent_with_todays_keys(tmp_path: Path) -> None:
    """What stands for a key in a kept run becomes the key of whom it is sent to."""
    save(recording(exchange(reply({"a": 1}))), Counter(), tmp_path / "run")
    sent: list[Request] = []

    def answer(request: Request) -> Reply:
        sent.append(request)
        return reply({"a": 2})

    at = side(answer, gateway(api_key=OTHER))
    result = compare(read(tmp_path / "run"), None, at, [])
    assert sent[0].header("Authorization") == f"Bearer {OTHER}"
    assert [key for key, _ in result.found] == [("execute", "body", "$.a", "changed")]


def test_the_same_run_is_kept_as_the_same_bytes(tmp_path: Path) -> None:
    """But for the moment at which it was kept."""
    contents = []
    for name in ("one", "other"):
        save(recording(exchange(reply({"a": 1}))), NOISE, tmp_path / name)
        content = json.loads(text_of(tmp_path / name))
        del content["made"]
        contents.append(content)
    assert contents[0] == contents[1]


def written(tmp_path: Path, **changes: Any) -> Path:
    """Write a kept run with something else in it."""
    path = tmp_path / "run"
    save(recording(exchange(reply())), Counter(), path)
    content = {**json.loads(text_of(path)), **changes}
    path.write_bytes(gzip.compress(json.dumps(content).encode()))
    return path


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"version": 2}, "has version 2; this one reads version 1"),
        ({"kind": "another"}, "is no kept run"),
        ({"target": {}}, "is damaged"),
        ({"steps": [{}]}, "is damaged"),
        ({"steps": [{"blob": "a", "content": {"base64": "?"}}]}, "is damaged"),
        ({"noise": [[1]]}, "is damaged"),
    ],
)
def test_what_is_no_kept_run_is_refused(
    tmp_path: Path, changes: dict[str, Any], complaint: str
) -> None:
    """Another version, another file or a broken one is told in one line."""
    with pytest.raises(NoSnapshot, match=complaint):
        read(written(tmp_path, **changes))


@pytest.mark.parametrize(
    "content",
    [b"", b"text", gzip.compress(b"{"), gzip.compress(b"x")[:-4]],
    ids=["nothing", "text", "no JSON", "cut off"],  # what is packed tells the time
)
def test_a_file_that_cannot_be_unpacked_is_refused(tmp_path: Path, content: bytes) -> None:
    """Nothing but a whole compressed file is read."""
    path = tmp_path / "run"
    path.write_bytes(content)
    with pytest.raises(NoSnapshot):
        read(path)
    with pytest.raises(NoSnapshot, match="cannot be read"):
        read(tmp_path / "missing")
