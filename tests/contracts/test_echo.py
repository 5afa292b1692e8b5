"""Are rows made that tell what a service did with them, and is what cannot tell left alone?"""

import itertools
import json
from typing import Any

import pytest

from contracts.echo import echoed, numbered, scored_the_same, texts, with_texts
from contracts.exchange import Exchange, Reply, Request
from contracts.findings import NotJudged
from contracts.gateway import GatewayRules
from contracts.profiles import AMOUNTS, Profile
from contracts.service import Service
from contracts.session import Session
from contracts.spec import Contract
from contracts.target import Hashing, Target
from contracts.wire import Wire

TARGET = Target("http://127.0.0.1:1", "w", "s", "key")
CONTRACT = Contract()
SAMPLE = {"Inputs": {"input1": {"ColumnNames": ["n", "t"], "Values": [[1, "one"]]}}}
COLUMNS = {"n": "integer", "t": "string"}


def session_of(
    outputs: tuple[str, ...] = ("t",), hashing: Hashing | None = None, answers: Any = ("same",)
) -> Session:
    """Return a session with a service, whose answers come one after the other, again and again."""
    session = Session(
        TARGET, CONTRACT, Wire(TARGET), GatewayRules(TARGET, CONTRACT), AMOUNTS[Profile.CI], 1
    )
    session.service = Service({"input1": COLUMNS}, SAMPLE, ("o",), {"o": outputs}, hashing)
    coming = itertools.cycle(answers)

    def send(request: Request, *_: object, **__: object) -> Exchange:
        body = json.dumps({"Results": {"o": next(coming)}}).encode()
        return Exchange(1, request, Reply(200, body=body))

    session.send = send  # type: ignore[method-assign]  # in place of a target
    return session


def test_a_text_column_that_comes_back_is_found() -> None:
    """By its name, where it went in and where it comes out; a number is no text."""
    echo = echoed(session_of(("x", "n", "t")))
    assert (echo.input_place, echo.output_place) == (1, 2)
    for outputs in ((), ("n",), ("x",)):
        with pytest.raises(NotJudged, match="no text column"):
            echoed(session_of(outputs))


def test_rows_are_like_the_sample() -> None:
    """But for the column that tells them apart."""
    session = session_of(hashing=Hashing("t", 3))
    assert numbered(session, 2, 1) == [[1, "row 0"], [1, "row 1"]]
    assert with_texts(session, ["a", "b"]) == [[1, "a"], [1, "b"]]
    made = texts(session, 20)
    assert made == texts(session, 20)
    assert len({row[1] for row in made}) > 10
    assert all(row[0] == 1 and row[1].strip() for row in made)


def test_what_is_hashed_must_be_a_column_of_the_input() -> None:
    """Else nothing can be told."""
    for hashing in (None, Hashing("elsewhere", 3)):
        with pytest.raises(NotJudged, match="no column of the first input"):
            with_texts(session_of(hashing=hashing), ["a"])


def test_only_what_repeats_can_be_compared() -> None:
    """A service that answers anew each time is not judged, but for one that hashes."""
    _, results = scored_the_same(session_of(), [[1, "a"]])
    assert results == {"o": "same"}
    with pytest.raises(NotJudged, match="same answer twice"):
        scored_the_same(session_of(answers=("one", "other")), [[1, "a"]])
    hashing = session_of(hashing=Hashing("t", 3), answers=("one", "other"))
    assert scored_the_same(hashing, [[1, "a"]])[1] == {"o": "one"}
