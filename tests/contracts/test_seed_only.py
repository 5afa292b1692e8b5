"""Does nothing but the seed decide what Hypothesis draws?"""

import random
from pathlib import Path

import hypothesis
import pytest
from hypothesis import configuration
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from contracts.seed_only import drawn, quiet, seed_only

VALUES = st.lists(st.integers() | st.text(), min_size=2)


def test_the_seed_decides() -> None:
    """The same values for the same seed, others for another; as many as were asked for."""
    first = drawn(VALUES, 20, "1")
    assert drawn(VALUES, 20, "1") == first
    assert drawn(VALUES, 20, "2") != first
    assert len(first) == 20


def test_loaded_modules_do_not_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Constants in the source of some module are not mixed in, nor is what was drawn before."""
    first = drawn(VALUES, 20, "1")
    constants = Constants(integers={123_456_789}, strings={"of a module"})
    monkeypatch.setattr(providers, "_get_local_constants", lambda: constants)
    hypothesis.settings(max_examples=20, database=None)(hypothesis.given(VALUES)(lambda _: None))()
    assert drawn(VALUES, 20, "1") == first
    assert providers._get_local_constants() is constants


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder, the caller's chance, and Hypothesis' own home as it was."""
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    before = configuration.storage_directory(intent_to_write=False).home_directory
    configuration.set_hypothesis_home_dir(home)
    try:
        random.seed(7)
        drawn(VALUES, 20, "1")
        with pytest.raises(KeyError), seed_only():
            raise KeyError
        assert random.random() == random.Random(7).random()
        after = configuration.storage_directory(intent_to_write=False).home_directory
    finally:
        configuration.set_hypothesis_home_dir(before)
    assert after == home
    assert list(tmp_path.iterdir()) == []


def test_settings_are_quiet() -> None:
    """No database that could bring back older cases, no deadline that time decides."""
    settings = quiet(3, stateful_step_count=5)
    assert (settings.database, settings.deadline, settings.max_examples) == (None, None, 3)
    assert settings.stateful_step_count == 5
    assert not settings.print_blob
