"""Does `contracts check --profile ci` raise an alarm against servers that keep the contract?

Judges the emulator, directly and through its gateway, and the three servers of
`tests/contracts/conforming/`, each with twenty seeds.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from contracts.options import target_of, values_of
from contracts.profiles import Profile
from contracts.run import Plan, judge_target
from mockserver.embedded import running_emulator
from tests.contracts.conforming.chunking_proxy import chunking_proxy
from tests.contracts.conforming.mended_example import mended_example
from tests.contracts.conforming.plain_http import plain_http


@contextmanager
def servers() -> Iterator[dict[str, dict[str, Any]]]:
    """Run all of them; yield what the judge has to be told, by name."""
    with ExitStack() as stack:
        ready = stack.enter_context(running_emulator(poll_wait_seconds=60))
        storage = ready["storage"]["connection_string"]
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        direct = values_of(ready)
        yield {
            "emulator": direct,
            "gateway": values_of(ready, "unlimited"),
            "proxy": {**direct, "url": stack.enter_context(chunking_proxy(direct["url"]))},
            "http.server": stack.enter_context(plain_http(storage)),
            "Starlette": stack.enter_context(mended_example(folder, storage)),
        }


def main() -> int:
    """Print a line for each run; return 1 if there was an alarm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--profile", type=Profile, default=Profile.CI)
    parser.add_argument("--server", action="append", help="only this one")
    options = parser.parse_args()
    is_clean = True
    with servers() as targets:
        for name in options.server or targets:
            for seed in range(1, options.seeds + 1):
                report = judge_target(target_of(targets[name]), Plan(options.profile, seed))
                found = [f"{one.check}: {one.what}" for one in report.findings.found.values()]
                found += [f"{check}: {text}" for check, text in report.trouble.items()]
                found += [report.incomplete] if report.incomplete else []
                is_clean &= not found
                effort = f"{len(report.exchanges):5} calls  {report.seconds:5.1f} s"
                print(f"{name:12} seed {seed:2}  {effort}  {found or 'kept'}")
                sys.stdout.flush()
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
