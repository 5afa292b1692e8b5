"""How do policies run one after the other, and what does a failure learn on its way?"""

import asyncio
from collections.abc import Callable

import pytest
from typing_extensions import override

from mockserver.gateway.call import Call
from mockserver.gateway.errors import (
    ExpressionFailed,
    Finished,
    GatewayFailure,
    LastError,
    internal,
)
from mockserver.gateway.message import BodyTooLarge, Response
from mockserver.gateway.policy import Given, Place, Policy, run_all
from mockserver.gateway.values import Value
from tests.mockserver.gateway.policy_calls import Stage


class Scripted(Policy):
    """Does what a test says."""

    name = "scripted"

    def __init__(self, act: Callable[[], object], path: str = "scripted[1]") -> None:
        self._act = act
        self.place = Place("api", "inbound", path, "my-id")

    @override
    async def run(self, call: Call) -> None:
        self._act()


def raising(error: Exception) -> Callable[[], object]:
    def act() -> None:
        raise error

    return act


def failed(*policies: Policy) -> GatewayFailure:
    """Return what running these policies fails with."""
    with pytest.raises(GatewayFailure) as caught:
        asyncio.run(run_all(policies, Stage().call()))
    return caught.value


def test_policies_run_in_their_order_until_one_fails() -> None:
    """What comes behind it does not run."""
    done: list[int] = []
    failure = internal("x", "Y", "z")
    policies = [
        Scripted(lambda: done.append(1)),
        Scripted(raising(failure)),
        Scripted(lambda: done.append(2)),
    ]
    assert failed(*policies) is failure
    assert done == [1]


def test_a_failure_learns_where_it_was() -> None:
    """Scope, section, path and id of the policy."""
    error = failed(Scripted(raising(internal("x", "Y", "z")))).error
    assert error == LastError("x", "Y", "z", "api", "inbound", "scripted[1]", "my-id")


def test_a_failure_that_knows_its_place_keeps_it() -> None:
    """What is within choose knows more than choose."""
    failure = internal("x", "Y", "z")
    failure.locate("operation", "outbound", "choose[1]/when[2]/x[1]", "")
    error = failed(Scripted(raising(failure))).error
    assert (error.scope, error.section, error.path) == (
        "operation",
        "outbound",
        "choose[1]/when[2]/x[1]",
    )


def test_an_expression_that_threw_is_an_internal_failure() -> None:
    """The client learns nothing, LastError the reason and where."""
    failure = failed(Scripted(raising(ExpressionFailed("told"))))
    assert (failure.status, failure.told) == (500, "Internal server error")
    assert failure.error.reason == "ExpressionValueEvaluationFailure"
    assert (failure.error.source, failure.error.message) == ("scripted", "told")
    assert failure.error.path == "scripted[1]"


def test_a_body_that_is_too_large_is_an_internal_failure() -> None:
    """Whichever policy asked for it."""
    failure = failed(Scripted(raising(BodyTooLarge())))
    assert (failure.status, failure.error.reason) == (500, "BodyTooLarge")
    assert failure.error.path == "scripted[1]"


@pytest.mark.parametrize("error", [Finished(Response(200)), ValueError("a defect")])
def test_anything_else_is_for_the_pipeline(error: Exception) -> None:
    """It passes as it is."""
    with pytest.raises(type(error)) as caught:
        asyncio.run(run_all([Scripted(raising(error))], Stage().call()))
    assert caught.value is error


def test_attributes_that_were_given() -> None:
    """Left out, fixed, number or flag."""
    given = Given({"a": Value("text"), "b": None, "n": Value(" 7 "), "f": Value("TRUE")})
    assert (given.text("a"), given.text("b"), given.get("b")) == ("text", "", None)
    assert (given.whole("n"), given.flag("f"), given["a"].known) == (7, True, "text")


def test_a_policy_says_itself_how_it_is_read_and_run() -> None:
    """The class that all share can do neither."""
    with pytest.raises(NotImplementedError):
        asyncio.run(Policy().run(Stage().call()))
