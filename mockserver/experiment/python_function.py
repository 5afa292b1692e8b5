"""How does a user's own Python function become an experiment?

The function takes rows and returns rows. A row is a dict of column name to typed value: str, float,
int, bool, datetime, or None for a missing value. With one input it gets the list of that input's
rows, with several a dict of input name to rows; with declared parameters it gets, as its second
argument, a dict of their typed values. It returns a list of rows for one output, a dict of output
name to rows for several.
"""

import importlib
import inspect
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from mockserver.evidence import Evidence, Fact
from mockserver.experiment.cells import write_cell
from mockserver.experiment.failures import ModuleFailed
from mockserver.experiment.tables import Cell, Parameter, Rows, Schema, ScoredTable, Text

FACTS = (
    Fact(
        "An exception in a script is ModuleExecutionError with module error 0085 and its message.",
        Evidence.ASSUMED,
        "the number is the published one of script errors; the exact text was not captured",
    ),
)

MODULE = "Execute Python Script"
_SCRIPT_ERROR = 85
_LONGEST_MESSAGE = 2000

Row = Mapping[str, Any]
Function = Callable[..., Any]


class FunctionNotUsable(Exception):
    """The named function cannot be imported or called as declared."""


def import_function(path: str, folder: Path) -> Function:
    """Import `package.module:function`, looking in `folder` first.

    Raises FunctionNotUsable, whatever the module does when it is imported.
    """
    module_name, _, name = path.partition(":")
    if not module_name or not name:
        raise FunctionNotUsable(f"{path!r} is not of the form package.module:function")
    _look_first_in(folder)
    try:
        function = getattr(importlib.import_module(module_name), name)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise FunctionNotUsable(f"cannot import {path}: {_describe(error)}") from error
    if not callable(function):
        raise FunctionNotUsable(f"{path} is not a function")
    if inspect.iscoroutinefunction(function):
        raise FunctionNotUsable(f"{path} is a coroutine; a plain function is needed")
    return function  # type: ignore[no-any-return]  # getattr knows no type


def _look_first_in(folder: Path) -> None:
    """Let imports find `folder` first, also modules whose namesakes another folder has loaded.

    Whoever holds functions of the other folder keeps them; what they import only when called is
    looked up in the folder that was used last.
    """
    if str(folder) in sys.path:
        sys.path.remove(str(folder))
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    here = {path.stem for path in folder.glob("*.py")}
    here |= {path.parent.name for path in folder.glob("*/__init__.py")}
    here -= {"__main__", "mockserver"}
    kept = [folder, *map(Path, sysconfig.get_paths().values())]
    for name, module in list(sys.modules.items()):
        place = getattr(module, "__file__", None)
        if place is None or name.partition(".")[0] not in here:
            continue
        if not any(Path(place).is_relative_to(root) for root in kept):
            del sys.modules[name]


def check_signature(function: Function, arguments: int) -> None:
    """Raise FunctionNotUsable if `function` cannot be called with so many positional arguments."""
    try:
        inspect.signature(function).bind(*range(arguments))
    except TypeError as error:
        wanted = "(rows, parameters)" if arguments > 1 else "(rows)"
        raise FunctionNotUsable(f"it is called with {wanted}: {error}") from error
    except ValueError:  # a built-in without a readable signature: the call will tell
        return


@dataclass(frozen=True, slots=True)
class PythonFunction:
    """An experiment whose one module is the user's function."""

    function: Function
    inputs: Mapping[str, Schema]
    outputs: Mapping[str, Schema]
    parameters: Mapping[str, Parameter]
    rows_per_call: int = 10_000

    inline_bytes = -1

    def score(
        self, inputs: Mapping[str, Rows], parameters: Mapping[str, Cell]
    ) -> Mapping[str, ScoredTable]:
        tables = {
            name: [dict(zip(schema.names, row, strict=True)) for row in inputs[name]]
            for name, schema in self.inputs.items()
        }
        rows: Any = next(iter(tables.values())) if len(tables) == 1 else tables
        arguments = (rows, dict(parameters)) if self.parameters else (rows,)
        try:
            result = self.function(*arguments)
            if len(self.outputs) == 1:
                result = {next(iter(self.outputs)): result}
            # A generator runs the function's code only now.
            returned = {name: list(result[name]) for name in self.outputs}
        except BaseException as error:  # noqa: BLE001  sys.exit() must not end the server either
            _fail(_describe(error), error)
        try:
            return {
                name: ScoredTable(schema, _written(name, returned[name], schema))
                for name, schema in self.outputs.items()
            }
        except Exception as error:  # noqa: BLE001  cells are objects of the user's
            _fail(f"the returned value does not fit the declared outputs: {_text_of(error)}", error)


def _written(name: str, rows: Sequence[Row], schema: Schema) -> list[list[Text]]:
    written = []
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise TypeError(f"{name}, row {number} is {type(row).__name__}, not a dict")
        if row.keys() != set(schema.names):
            raise ValueError(f"{name}, row {number} has columns {sorted(map(str, row))}")
        written.append([_text(row[column.name], column.type) for column in schema.columns])
    return written


def _text(value: Any, kind: Any) -> Text:
    # numpy and pandas scalars come out of models; item() is their own way to a Python value.
    text = write_cell(value.item() if hasattr(value, "item") else value, kind)
    if text is not None:
        text.encode()  # a lone surrogate is a string in Python, but no text
    return text


def _describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {_text_of(error)}"


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  an exception of the user's may fail even at this
        return "(its text cannot be read)"


def _fail(message: str, error: BaseException) -> NoReturn:
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None:
        frames = frames.tb_next
    place = f"{frames.tb_frame.f_code.co_filename}:{frames.tb_lineno}" if frames else ""
    text = (
        "The following error occurred during script evaluation,"
        f" please view the output log for more information: {message[:_LONGEST_MESSAGE]}"
    )
    raise ModuleFailed(
        _SCRIPT_ERROR, text, target=MODULE, reason=f"{message} at {place}"
    ) from error
