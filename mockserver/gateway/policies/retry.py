"""`<retry>`: its policies run once, and again as long as a condition is true."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.answers import answer
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import GatewayFailure, LastError
from mockserver.gateway.policy import Given, Policy, Reader, run_all
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "The policies run once and then, while the condition is true, at most `count` times more."
        " The waits: `interval`; with `delta` longer by that each time; with `max-interval` too,"
        " interval + (2^n - 1) * random(0.8 * delta, 1.2 * delta), n from 0, but never more.",
        Evidence.PUBLISHED,
        "the page on retry; that n begins at 0 follows from its example (10, 20, 40, 80 s)",
    ),
    Fact(
        "A failure within does not end it: the condition is computed with the response that the"
        " client would get for it (a timeout: status 500). If it is false or the attempts are used"
        " up, the failure goes on.",
        Evidence.CAPTURED,
        "a trace of a forward-request that timed out, Azure-Samples/openai-apim-lb issue 25: its"
        " condition got as far as it does with a status from 500 on",
    ),
    Fact(
        "With first-fast-retry the first retry does not wait; the second waits as a second one.",
        Evidence.ASSUMED,
        "the page says the former; the waits of a live gateway would settle the latter",
    ),
    Fact(
        "`max-interval` without `delta` is refused.",
        Evidence.ASSUMED,
        "the page names three algorithms, none of which has these two alone",
    ),
)

_MOST_ATTEMPTS = 50
_LEAST_JITTER, _MOST_JITTER = 0.8, 1.2
_SEED = 1


@dataclass(frozen=True, slots=True)
class Waits:
    """How long to wait before a retry, in seconds."""

    interval: float
    delta: float = 0.0
    longest: float | None = None
    """None: the waits grow by `delta` each time, otherwise they double up to this."""

    def before(self, retry: int, random: Random) -> float:
        """Return the wait before a retry, counted from 0."""
        if self.longest is None:
            return self.interval + retry * self.delta
        jitter = random.uniform(_LEAST_JITTER * self.delta, _MOST_JITTER * self.delta)
        return min(self.interval + (2.0**retry - 1) * jitter, self.longest)


class Retry(Policy):
    """The attributes are computed when it begins, the condition after each attempt."""

    attributes = (
        Attribute(name="condition", kind="boolean", required=True, expressions=True),
        Attribute(
            name="count",
            kind="whole",
            required=True,
            least=1,
            most=_MOST_ATTEMPTS,
            expressions=True,
        ),
        Attribute(name="interval", kind="whole", required=True, expressions=True),
        Attribute(name="max-interval", kind="whole", expressions=True),
        Attribute(name="delta", kind="whole", expressions=True),
        Attribute(name="first-fast-retry", kind="boolean", default="false", expressions=True),
    )
    children = ("*",)

    def __init__(self, given: Given, policies: Sequence[Policy]) -> None:
        self._given = given
        self.within = policies
        """The policies that it holds."""

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        if not element.children:
            raise PolicyNotUsable("a policy is needed within")
        if given.get("max-interval") is not None and given.get("delta") is None:
            raise PolicyNotUsable("'max-interval' needs 'delta'")
        return cls(given, reader.policies(element.children))

    @override
    async def run(self, call: Call) -> None:
        given = self._given
        count = await given["count"].whole(call)
        waits = Waits(
            await given["interval"].whole(call),
            await _seconds(given.get("delta"), call) or 0.0,
            await _seconds(given.get("max-interval"), call),
        )
        is_fast = await given["first-fast-retry"].boolean(call)
        error = call.last_error
        for retry in range(count):
            if not await self._attempt(call, error):
                return
            if retry or not is_fast:
                await call.runtime.sleep(waits.before(retry, self._random(call)))
        await run_all(self.within, call)
        call.last_error = error

    async def _attempt(self, call: Call, error: LastError | None) -> bool:
        """Run the policies; return whether to do so again. Raises GatewayFailure if not.

        What the condition sees of a failure, the policies of the next round see as well: one of
        them may choose another backend. `error` is what there was before the first.
        """
        try:
            await run_all(self.within, call)
        except GatewayFailure as failure:
            call.response, call.last_error = answer(failure, call.id), failure.error
            if not await self._given["condition"].boolean(call):
                raise
            return True
        call.last_error = error
        return await self._given["condition"].boolean(call)

    def _random(self, call: Call) -> Random:
        """Return what the waits are spread by: the same in each run of the emulator."""
        kept = call.runtime.memory[self]
        if "random" not in kept:
            kept["random"] = Random(_SEED)  # noqa: S311  waits, no secrets
        random: Random = kept["random"]
        return random


async def _seconds(value: Value | None, call: Call) -> float | None:
    return None if value is None else float(await value.whole(call))


POLICY = Retry
