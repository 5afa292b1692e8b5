"""How does `mockserver.yaml` become workspaces, and what is wrong with it, on which line?"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError
from typing_extensions import override

from mockserver.gateway.build import GatewayNotUsable, Plan, build_gateway
from mockserver.gateway.declaration import GatewayDeclaration
from mockserver.settings import Settings
from mockserver.workspace.build import (
    DeclarationNotUsable,
    Defaults,
    Place,
    build_workspace,
)
from mockserver.workspace.declaration import BesDeclaration, Declaration, StorageDeclaration
from mockserver.workspace.job_script import JobScript
from mockserver.workspace.model import Workspace

DEMO = Path(__file__).with_name("demo.yaml")
"""The how-to's own world, as a commented file."""

_KINDS = ("feature-hashing", "python", "canned")
_MOST_LEVELS = 50
_LITERAL = re.compile(r":\s*\|[-+0-9]*\s*(#.*)?$")
_SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc, valid-type]
    """A safe loader, in C if there is one, that tells the line of every value it cannot read."""

    @override
    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, KeyError, AttributeError, ArithmeticError) as error:
            problem = f"not a value of its type: {str(node.value)[:50]}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from error


class ConfigurationError(Exception):
    """What is wrong with the file: one line per mistake, each `file:line: field: what`."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = tuple(lines)


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a file, its name in messages, and the folder where its functions are."""

    text: str
    name: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a configuration file declares; `source` is where that was read from."""

    settings: Settings
    workspaces: tuple[Workspace, ...]
    storage: StorageDeclaration
    bes: BesDeclaration
    gateway: Plan | None
    source: Source


def load_configuration(
    path: Path | None, overrides: Mapping[str, Any] | None = None
) -> Configuration:
    """Read `path`, or the how-to's demo world if there is none.

    `overrides` win over the settings of the file. Raises ConfigurationError.
    """
    path = path or DEMO
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError([f"{path}: {error.strerror or error}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError([f"{path}: not UTF-8: {error}"]) from error
    return parse_configuration(text, str(path), path.resolve().parent, overrides or {})


def parse_configuration(
    text: str, name: str, folder: Path, overrides: Mapping[str, Any] | None = None
) -> Configuration:
    """Build what `text` declares; functions are looked up in `folder`, errors say `name`."""
    read = _read(text, name)
    try:
        declared = Declaration.model_validate(_with_workspaces(read.content))
        settings = _override(declared.settings, overrides or {})
        quota = settings.memory_quota_megabytes << 20
        script = JobScript(timing=declared.bes.timing)
        workspaces = tuple(
            build_workspace(workspace, ("workspaces", number), Defaults(folder, quota, script))
            for number, workspace in enumerate(declared.workspaces)
        )
        _refuse_twins(workspaces)
    except ValidationError as error:
        raise read.refused(error) from error
    except DeclarationNotUsable as error:
        raise ConfigurationError([read.line(error.place, str(error))]) from error
    gateway = _gateway(declared, read, folder) if settings.gateway else None
    source = Source(text, name, folder)
    return Configuration(settings, workspaces, declared.storage, declared.bes, gateway, source)


def _with_workspaces(content: Any) -> Any:
    """Add the how-to's services to a file that is about the gateway only."""
    if isinstance(content, dict) and "gateway" in content and "workspaces" not in content:
        demo = _read(DEMO.read_text(encoding="utf-8"), str(DEMO)).content
        return {**content, "workspaces": demo["workspaces"]}
    return content


@dataclass(frozen=True, slots=True)
class _Read:
    """A YAML file: what it holds, and on which line each place of it is."""

    content: Any
    name: str
    lines: Mapping[Place, int]
    text: Sequence[str]
    """Its lines."""

    def line(self, place: Place, message: str) -> str:
        """Word a mistake at a place."""
        return _line(self.name, self.lines, place, message)

    def begins_below(self, place: Place) -> bool:
        """Say whether a text keeps its lines, and begins on the line after its key."""
        return (
            bool(_LITERAL.search(self.text[self.lines[place] - 1]))
            if place in self.lines
            else False
        )

    def refused(self, error: ValidationError, above: Place = ()) -> ConfigurationError:
        """Word everything that pydantic found."""
        return ConfigurationError(
            [self.line((*above, *item["loc"]), item["msg"]) for item in error.errors()]
        )


def _read(text: str, name: str) -> _Read:
    """Read YAML safely. Raises ConfigurationError."""
    lines: dict[Place, int] = {}
    try:
        _check_depth(text)
        loader = _Loader(text)
        node = loader.get_single_node()
        duplicates = list(_positions(node, (), lines, set())) if node else []
        content = loader.construct_document(node) if node else None
    except yaml.YAMLError as error:
        raise ConfigurationError([_yaml_error(error, name)]) from error
    if duplicates:
        raise ConfigurationError([_line(name, lines, place, "given twice") for place in duplicates])
    return _Read(content, name, lines, text.splitlines())


def _gateway(declared: Declaration, read: _Read, folder: Path) -> Plan:
    """Build the gateway that a file declares, names, or leaves to be the how-to's."""
    above: Place = ("gateway",)
    content = declared.gateway
    if content is None:
        read, folder = _read(DEMO.read_text(encoding="utf-8"), str(DEMO)), DEMO.parent
        content = read.content["gateway"]
    elif isinstance(content, str):
        path = folder / content
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, ValueError) as error:
            problem = getattr(error, "strerror", None) or "not UTF-8"
            raise ConfigurationError([read.line(above, f"{path}: {problem}")]) from error
        read, folder, above = _read(text, str(path)), path.resolve().parent, ()
        content = read.content
    try:
        return build_gateway(GatewayDeclaration.model_validate(content), folder)
    except ValidationError as error:
        raise read.refused(error, above) from error
    except GatewayNotUsable as error:
        place = (*above, *error.place)
        if error.file:
            raise ConfigurationError([f"{error.file}:{error.line}: {error}"]) from error
        line = read.line(place, str(error))
        if error.line and read.begins_below(place):
            number = read.lines[place] + error.line
            line = line.replace(f":{read.lines[place]}:", f":{number}:", 1)
        raise ConfigurationError([line]) from error


def _override(settings: Settings, overrides: Mapping[str, Any]) -> Settings:
    try:
        return settings.overridden(overrides)
    except ValidationError as error:
        lines = [f"{item['loc'][0]}: {item['msg']}" for item in error.errors()]
        raise ConfigurationError(lines) from error


def _refuse_twins(workspaces: Sequence[Workspace]) -> None:
    """Refuse an id that is used twice: an address must mean one endpoint."""
    seen: set[str] = set()
    for i, workspace in enumerate(workspaces):
        if workspace.id in seen:
            raise DeclarationNotUsable(("workspaces", i, "id"), f"{workspace.id} is given twice")
        seen.add(workspace.id)
        for j, service in enumerate(workspace.services):
            for k, endpoint in enumerate(service.endpoints):
                if endpoint.id in seen:
                    place = ("workspaces", i, "services", j, "endpoints", k, "id")
                    raise DeclarationNotUsable(place, f"{endpoint.id} is given twice")
                seen.add(endpoint.id)


def _check_depth(text: str) -> None:
    """Refuse what is nested beyond reason, before a recursive reader meets it."""
    depth = 0
    for event in yaml.parse(text, Loader=_SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MOST_LEVELS:
            raise yaml.MarkedYAMLError(
                problem="nested too deeply", problem_mark=cast("Any", event.start_mark)
            )


def _positions(
    node: yaml.Node, place: Place, lines: dict[Place, int], seen: set[int]
) -> Iterator[Place]:
    """Note the line of every place in `lines`; yield the places that are given twice."""
    lines.setdefault(place, node.start_mark.line + 1)
    if id(node) in seen:
        return  # an alias: walked where it was defined
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _positions(item, (*place, number), lines, seen)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*place, str(key.value))
            if inner in lines:
                lines[inner] = key.start_mark.line + 1
                yield inner
            lines[inner] = key.start_mark.line + 1
            yield from _positions(value, inner, lines, seen)


def _line(name: str, lines: Mapping[Place, int], place: Place, message: str) -> str:
    # pydantic names the chosen kind of experiment as a level of its own; the file has none.
    real = tuple(
        part
        for above, part in zip((None, *place), place, strict=False)
        if not (above == "experiment" and part in _KINDS)
    )
    known = real
    while known and known not in lines:
        known = known[:-1]
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in real)
    what = " ".join(message.split())
    return f"{name}:{lines.get(known, 1)}: {field.lstrip('.') or 'the file'}: {what}"


def _yaml_error(error: yaml.YAMLError, name: str) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"{name}:{mark.line + 1 if mark else 1}: {problem}"
