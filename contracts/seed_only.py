"""How is Hypothesis used so that nothing but the seed decides, and nothing of it is left behind?

Left to itself it mixes numbers and texts from the source of whatever modules happen to be loaded
into what it draws, and writes caches into the current folder. Neither may decide what we send.
"""

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, configuration
from hypothesis.internal.conjecture import providers
from hypothesis.strategies import SearchStrategy

_GATHERED = "_get_local_constants"
"""What gathers constants from loaded modules. Private, so it may be gone in another version."""


@contextmanager
def seed_only() -> Iterator[None]:
    """Let the seed alone decide what Hypothesis draws; leave no folder and no chance changed."""
    state = random.getstate()
    home = configuration.storage_directory(intent_to_write=False).home_directory
    gather = getattr(providers, _GATHERED, None)
    with tempfile.TemporaryDirectory(prefix="contracts-") as folder:
        configuration.set_hypothesis_home_dir(folder)
        _forget()
        if gather:
            setattr(providers, _GATHERED, _no_constants)
        try:
            yield
        finally:
            if gather:
                setattr(providers, _GATHERED, gather)
            _forget()
            configuration.set_hypothesis_home_dir(home)
            random.setstate(state)


def _forget() -> None:
    """Forget which constants were allowed where."""
    clear = getattr(
        getattr(getattr(providers, "CONSTANTS_CACHE", None), "cache", None), "clear", None
    )
    if clear:
        clear()


def _no_constants() -> Any:
    """Return what gathering constants gives where there is none."""
    from hypothesis.internal.constants_ast import Constants  # older versions gather none

    return Constants()


def quiet(count: int, **more: Any) -> hypothesis.settings:
    """Return settings for `count` cases: no database, no deadline, nothing printed."""
    return hypothesis.settings(
        max_examples=count,
        phases=(Phase.generate, Phase.shrink),
        database=None,
        deadline=None,
        derandomize=False,
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=hypothesis.Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        **more,
    )


def drawn(strategy: SearchStrategy[Any], count: int, seed: str) -> list[Any]:
    """Return some values of a strategy, the same for a seed; the simplest comes first."""
    values: list[Any] = []

    @hypothesis.seed(random.Random(seed).getrandbits(32))  # noqa: S311  nothing secret
    @quiet(count)
    @hypothesis.given(strategy)
    def draw(value: Any) -> None:
        values.append(value)

    with seed_only():
        draw()
    return values
