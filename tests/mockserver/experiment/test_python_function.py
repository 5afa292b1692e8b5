"""Does a user's function become a service, and stay harmless when it fails?"""

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from mockserver.experiment.failures import ModuleFailed
from mockserver.experiment.python_function import (
    FunctionNotUsable,
    PythonFunction,
    check_signature,
    import_function,
)
from mockserver.experiment.tables import Column, ColumnType, Parameter, Schema

IN = Schema((Column("n", ColumnType.DOUBLE),))
OUT = Schema((Column("label", ColumnType.STRING), Column("p", ColumnType.DOUBLE)))


def scored(function: Callable[..., Any], rows: list[list[Any]] | None = None) -> Any:
    experiment = PythonFunction(function, {"input1": IN}, {"output1": OUT}, {})
    return experiment.score({"input1": rows or [[1.0], [None]]}, {})["output1"].rows


def test_rows_go_in_and_come_out() -> None:
    """The function gets typed rows, its values are written as the service writes them."""
    seen: list[Mapping[str, Any]] = []

    def function(rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        seen.extend(rows)
        return [{"p": row["n"], "label": row["n"] == 1} for row in rows]

    assert scored(function) == [["True", "1"], ["False", None]]
    assert seen == [{"n": 1.0}, {"n": None}]


def test_several_inputs_and_outputs_are_dicts_by_name() -> None:
    """With more than one table on a side, that side is a dict of tables; parameters come second."""

    def function(inputs: Any, parameters: Any) -> Any:
        return {"o1": [{"n": len(inputs["b"])}], "o2": [{"n": parameters["k"]}]}

    parameter = {"k": Parameter("k", ColumnType.INT32)}
    experiment = PythonFunction(function, {"a": IN, "b": IN}, {"o1": IN, "o2": IN}, parameter)
    tables = experiment.score({"a": [], "b": [[1], [2]]}, {"k": 7})
    assert [tables[name].rows for name in ("o1", "o2")] == [[["2"]], [["7"]]]


class Silent(Exception):
    """An exception whose text cannot be had."""

    @override
    def __str__(self) -> str:
        raise RuntimeError("no text")


class Vector:
    """What a tensor of two elements does when it is taken for one value."""

    def item(self) -> float:
        raise RuntimeError("only one element tensors can be converted")


class Scalar:
    """What numpy returns from a model, as far as it matters here."""

    def item(self) -> float:
        return 0.25


def test_scalars_of_numeric_libraries_are_accepted() -> None:
    """A value with `item()` is taken for what it holds."""
    assert scored(lambda _: [{"label": "x", "p": Scalar()}]) == [["x", "0.25"]]


def raising(error: BaseException) -> Callable[..., Any]:
    def function(_: Any) -> Any:
        raise error

    return function


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (raising(ValueError("sad model")), "ValueError: sad model"),
        (raising(SystemExit(3)), "SystemExit: 3"),
        (raising(KeyboardInterrupt()), "KeyboardInterrupt: "),
        (raising(StopIteration()), "StopIteration: "),
        (raising(Silent()), "Silent: (its text cannot be read)"),
        (raising(ValueError("file \udcff")), "ValueError: file \\udcff"),
        (lambda _: [{"label": "x", "p": Vector()}], "only one element tensors"),
        (lambda _: None, "'NoneType' object is not iterable"),
        (lambda rows: ({"label": 1 / 0} for _ in rows), "ZeroDivisionError: division by zero"),
        (lambda _: [{"label": "x", "p": 10**400}], "outputs: 1000000"),
        (lambda _: [{"label": "x"}], "output1, row 0 has columns ['label']"),
        (lambda _: [["x", 1]], "output1, row 0 is list, not a dict"),
        (lambda _: [{"label": "x", "p": "abc"}], "abc"),
        (lambda _: [{"label": "x", "p": {}}], "{}"),
        (lambda _: [{"label": "x", "p": datetime(2020, 1, 1)}], "2020-01-01"),  # noqa: DTZ001
        (lambda _: [{"label": "\ud800", "p": 1}], "surrogates not allowed"),
    ],
)
def test_whatever_a_function_does_is_a_module_error(
    function: Callable[..., Any], message: str
) -> None:
    """An exception, even one meant to end the process, and a misfit result are error 0085."""
    with pytest.raises(ModuleFailed) as caught:
        scored(function)
    assert caught.value.number == 85
    assert caught.value.arguments[0].startswith("Error 0085: ")
    assert message in caught.value.arguments[0]
    assert caught.value.target == "Execute Python Script"


def test_where_a_function_failed_is_for_the_log_only() -> None:
    """The client is told the message; the file and line go to the log."""
    with pytest.raises(ModuleFailed) as caught:
        scored(raising(ValueError("x")))
    assert __file__ not in caught.value.arguments[0]
    assert __file__ in caught.value.reason


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good_model.py").write_text(
        "def score(rows): return rows\nasync def later(r): ...\n"
    )
    (tmp_path / "bad_model.py").write_text("raise SystemExit('no')\n")
    return tmp_path


def test_a_function_is_imported_from_the_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`module:function` is looked up beside the configuration file."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert import_function("good_model:score", folder)([1]) == [1]


def test_folders_with_modules_of_one_name_do_not_mix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two worlds in one process may each have a `model.py`, and each its own `helper.py`."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    found = []
    for name in ("one", "two", "one"):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "twin_helper.py").write_text(f"NAME = {name!r}\n")
        (folder / "twin_model.py").write_text(
            "import twin_helper\ndef score(rows): return twin_helper.NAME\n"
        )
        found.append(import_function("twin_model:score", folder))
    assert [function([]) for function in found] == ["one", "two", "one"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("good_model", "not of the form"),
        ("good_model:nothing", "AttributeError"),
        ("good_model:__name__", "is not a function"),
        ("good_model:later", "is a coroutine"),
        ("bad_model:score", "SystemExit: no"),
        ("no_such_model:score", "No module named"),
    ],
)
def test_an_unusable_function_is_told_at_load(
    path: str, message: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is wrong with the path or the module is one clear error."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(FunctionNotUsable, match=message):
        import_function(path, folder)


def test_modules_of_python_and_of_the_program_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder with files of such names takes nothing away from the running process."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    names = ("__main__", "sys", "mockserver")
    before = [sys.modules[name] for name in names]
    for name in (*names, "plain_model"):
        (tmp_path / f"{name}.py").write_text("def score(rows): return rows\n")
    assert import_function("plain_model:score", tmp_path)([1]) == [1]
    assert [sys.modules.get(name) for name in names] == before


def test_ctrl_c_is_not_swallowed_at_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever stops the emulator while a model loads has stopped it."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "slow_model.py").write_text("raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        import_function("slow_model:score", tmp_path)


def test_the_signature_is_checked_at_load() -> None:
    """A function that cannot take what it will be given is refused; a built-in is believed."""
    check_signature(lambda rows: rows, 1)
    check_signature(max, 2)
    with pytest.raises(FunctionNotUsable, match="called with"):
        check_signature(lambda rows: rows, 2)
