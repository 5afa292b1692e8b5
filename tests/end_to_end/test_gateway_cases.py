"""Does the gateway do on the wire what every case file says, and refuse what it must refuse?"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.end_to_end.case import CASES
from tests.end_to_end.gateway_case import (
    FILES,
    GatewayCase,
    read_gateway_case,
    stem_of,
)
from tests.end_to_end.gateway_refusal import refusal
from tests.end_to_end.gateway_stage import (
    GatewayStage,
    findings,
    running_stage,
)
from tests.end_to_end.recording_backend import BackendAnswer

README = {
    f"readme-{number}": text
    for number, text in enumerate(
        re.findall(
            r"^```yaml gateway\n(.*?)^```$",
            (CASES / "README.md").read_text(encoding="utf-8"),
            re.DOTALL | re.MULTILINE,
        )
    )
}


@cache
def read(stem: str) -> GatewayCase:
    """Read one case, given by the name of its file. Raises ValidationError, YAMLError."""
    text = README.get(stem)
    if text is None:
        text = (CASES / "gateway" / f"{stem}.yaml").read_text(encoding="utf-8")
    return read_gateway_case(text)


def readable() -> dict[str, GatewayCase]:
    """Return every case that can be read; one that cannot fails its own test only."""
    cases = {}
    for stem in (*map(stem_of, FILES), *README):
        try:
            cases[stem] = read(stem)
        except Exception:  # noqa: BLE001 - whatever it is, its own test says it
            continue
    return cases


@pytest.fixture(scope="module")
def stage_of() -> Iterator[Callable[[str], GatewayStage]]:
    """Run one emulator for all cases, and for a while one for each that changes the service."""
    cases = {stem: case for stem, case in readable().items() if case.refused is None}
    apart = {s for s, case in cases.items() if case.gateway is not None and case.gateway.service}
    with ExitStack() as stack:

        @cache
        def common() -> GatewayStage:
            together = {stem: case for stem, case in cases.items() if stem not in apart}
            return stack.enter_context(running_stage(together))

        def stage_of(stem: str) -> GatewayStage:
            if stem not in apart:
                return common()
            return stack.enter_context(running_stage({stem: cases[stem]}))

        yield stage_of


@pytest.mark.parametrize("stem", [*map(stem_of, FILES), *README])
def test_the_gateway_does_what_the_case_says(
    stem: str, stage_of: Callable[[str], GatewayStage], tmp_path: Path
) -> None:
    """A case's request gets its answer, its backend sees what it must; a refusal is worded so."""
    case = read(stem)
    if case.refused is not None:
        wanted = [case.refused] if isinstance(case.refused, str) else case.refused
        assert refusal(case, tmp_path) == wanted, case.title
        return
    case, outcome = stage_of(stem).play(stem, case)
    assert not (found := findings(case, outcome)), "\n".join([case.title, *found])


@pytest.mark.parametrize("stem", [*map(stem_of, FILES), *README])
def test_a_case_file_is_complete(stem: str) -> None:
    """A case has the known fields only, a sentence for a title, and says where it is from."""
    case = read(stem)
    assert re.fullmatch(r"\S.*\.", case.title)
    assert case.source
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", stem)


def test_no_two_cases_say_the_same() -> None:
    """Every title is there once, so that a case is found by it."""
    titles = [case.title for stem, case in readable().items() if stem not in README]
    assert sorted(titles) == sorted(set(titles))
    assert len(titles) == len(FILES)
    assert README


SOUND = """
title: A call goes to the backend.
evidence: published
source: the page on policies
gateway: {}
request: {method: GET, target: '{suffix}/a', headers: {Ocp-Apim-Subscription-Key: '{case key}'}}
expect: {status: 200, body: {ok: true}}
"""


@pytest.mark.parametrize(
    ("sound", "wrong"),
    [
        ("title:", "tilte:"),
        ("evidence: published", "evidence: guessed"),
        ("gateway: {}", "gateway: {polcy: <policies/>}"),
        ("gateway: {}", "backend: null"),
        ("gateway: {}", "answers: [{status: 500}]"),
        ("gateway: {}", "gateway: {}\nanswers: [{stauts: 500}]"),
        ("gateway: {}", "gateway: {}\nanswers: [{then: explode}]"),
        ("gateway: {}", "gateway: {}\nbackend: {methods: GET}"),
        ("gateway: {}", "gateway: {}\nrefused: no"),
        ("gateway: {}", "gateway: {}\nbefore: [{}]"),
        ("gateway: {}", "gateway: {}\nbefore: [{advance: 1, freeze: '2026-01-01T00:00:00Z'}]"),
        ("gateway: {}", "gateway: {}\nbefore: [{call: {time: 5}}]"),
        ("expect:", "expects:"),
        ("status: 200, ", ""),
        ("body:", "bodies:"),
    ],
)
def test_a_wrong_case_file_is_noticed(sound: str, wrong: str) -> None:
    """A field that is missing, unknown or of the wrong kind is refused."""
    read_gateway_case(SOUND)
    assert sound in SOUND
    with pytest.raises(msgspec.ValidationError):
        read_gateway_case(SOUND.replace(sound, wrong, 1))


@pytest.fixture(scope="module")
def sound_stage() -> Iterator[GatewayStage]:
    """Run an emulator for the sound case alone, beside one that cannot be declared."""
    broken = SOUND.replace("gateway: {}", "gateway: {policy: <policies><inbund/></policies>}")
    cases = {"sound": read_gateway_case(SOUND), "broken": read_gateway_case(broken)}
    with running_stage(cases) as stage:
        yield stage


@pytest.mark.parametrize(
    ("sound", "wrong", "finding"),
    [
        ("", "", ""),
        ("status: 200", "status: 201", "status 200"),
        ("{ok: true}", "null", """body b'{"ok":true}', not b''"""),
        ("expect:", "backend: null\nexpect:", "the backend got GET /a"),
        ("expect:", "backend: {count: 2}\nexpect:", "the backend got 1 requests, not 2"),
        ("expect:", "backend: [{}, {}]\nexpect:", "the backend got 1 requests, not 2"),
        ("expect:", "backend: {method: PUT}\nexpect:", "backend's request 1: method 'GET', "),
        ("expect:", "backend: {target: /b}\nexpect:", "backend's request 1: target '/a', "),
        ("expect:", "backend: {body: b}\nexpect:", "backend's request 1: body b'', not b'b'"),
        (
            "expect:",
            "backend: {headers: {Host: b}}\nexpect:",
            "backend's request 1: Host is ['127.0.0.1:",
        ),
        (
            "expect:",
            "backend: {headers_absent: [host]}\nexpect:",
            "backend's request 1: host is there",
        ),
        (
            "expect:",
            "backend: {only_headers: [host]}\nexpect:",
            "backend's request 1: headers ['host', ",
        ),
        (
            "status: 200",
            "status: 200, headers: {Content-Type: a}",
            "Content-Type is ['application/json'], not ['a']",
        ),
        ("status: 200", "status: 200, headers_absent: [Date]", "Date is there"),
        ("status: 200", "status: 200, only_headers: [Date]", "headers ['content-length', "),
        ("status: 200", "status: 200, closes: true", "the next request on the connection got 404"),
        ("status: 200", "status: 200, log: {method: PUT}", "log: method is 'GET', not 'PUT'"),
    ],
)
def test_a_wrong_expectation_is_reported(
    sound: str, wrong: str, finding: str, sound_stage: GatewayStage
) -> None:
    """What a case expects and does not find is said, and nothing else is."""
    assert sound in SOUND
    case, outcome = sound_stage.play("sound", read_gateway_case(SOUND.replace(sound, wrong, 1)))
    found = findings(case, outcome)
    assert len(found) == bool(finding)
    assert "".join(found).startswith(finding)


def test_a_case_that_cannot_be_declared_fails_alone(sound_stage: GatewayStage) -> None:
    """Its declaration is left out of the emulator, and its own test says why."""
    with pytest.raises(AssertionError, match="'inbund' is no section of <policies>"):
        sound_stage.play("broken", read_gateway_case(SOUND))


def test_an_earlier_call_with_another_status_is_an_error(sound_stage: GatewayStage) -> None:
    """A case whose past is not as it says is not played on."""
    text = SOUND.replace("request:", "before: [{call: {status: 429}}]\nrequest:", 1)
    with pytest.raises(AssertionError, match="earlier call 1 got 200"):
        sound_stage.play("sound", read_gateway_case(text))


def test_a_body_that_breaks_off_is_noticed(sound_stage: GatewayStage) -> None:
    """Half a body is reported where a whole one is expected."""
    answers: list[Any] = [{"body": "0123456789" * 20_000, "sends": "half", "then": "close"}]
    case = msgspec.structs.replace(
        read_gateway_case(SOUND), answers=msgspec.convert(answers, list[BackendAnswer])
    )
    found = findings(*sound_stage.play("sound", case))
    assert "the body was broken off" in found
