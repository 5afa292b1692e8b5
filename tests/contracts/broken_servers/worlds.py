"""What do the broken servers stand in front of?"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from contracts.target import Limit, Target
from mockserver.embedded import running_emulator
from tests.contracts.broken_servers.doors import OTHER_KEY
from tests.contracts.conftest import direct, gated

PEOPLE = Path(__file__).with_name("people.yaml")


@contextmanager
def worlds() -> Iterator[dict[str, Target]]:
    """Run what conforms: the how-to's service, its gateway, and a service with typed columns."""
    with (
        running_emulator(poll_wait_seconds=60) as howto,
        running_emulator(PEOPLE, poll_wait_seconds=60) as people,
    ):
        targets = {
            "howto": direct(howto),
            "gateway": gated(howto),
            "limited": replace(gated(howto, "starter"), promised_limit=Limit.read("5/m")),
            "people": direct(people),
        }
        yield {name: replace(target, other_api_key=OTHER_KEY) for name, target in targets.items()}
