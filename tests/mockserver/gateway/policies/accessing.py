"""How do the tests of access and validation let a policy see a call?"""

import asyncio

from mockserver.gateway.call import Call
from mockserver.gateway.policy import SectionName
from tests.mockserver.gateway.policy_calls import read


def run_section(call: Call, text: str, section: SectionName = "inbound") -> None:
    """Run policies that stand in a section. Raises what they raise, as they raise it."""

    async def run() -> None:
        for policy in read(**{section.replace("-", "_"): text})[section]:
            await policy.run(call)

    asyncio.run(run())
