"""How is an API written down, ready to be pasted into a configuration?"""

from collections.abc import Iterable
from textwrap import indent
from typing import Any

import yaml
from typing_extensions import override

from mockserver.gateway.declaration import ApiDeclaration

_WIDEST = 1 << 20  # an example stays on its line
_SafeDumper: type[yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_SafeDumper):  # type: ignore[misc, valid-type]
    """Writes a value wherever it stands: anchors and aliases are not for people."""

    @override
    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_yaml(api: ApiDeclaration, notes: Iterable[str] = ()) -> str:
    """Write an API as a file's `gateway`, below notes as comments; indented as `init` does it."""
    content = [api.model_dump(by_alias=True, exclude_unset=True)]
    comments = "".join(f"# {one_line(note)}\n" for note in notes)
    written = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDEST)
    return f"{comments}gateway:\n  apis:\n{indent(written, '    ')}"


def one_line(text: str) -> str:
    """Return a text that stays on its line, whatever a file is called or a document says."""
    return "".join(character if character.isprintable() else " " for character in text)
