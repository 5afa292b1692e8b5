"""How does a user make an API of the gateway from an OpenAPI document?

`mockserver gateway import FILE` prints what can stand in `mockserver.yaml` as its gateway.
"""

import argparse
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.gateway.openapi_import.document import Document

_STEPS = """\
An operation gets a URL template, and a call must match it. A query parameter that the document
requires is part of the template: a call without it is answered 404. An optional one is not part of
it: calls may have it or not. Look for both in what is printed. It is a gateway of its own; for one
more API in a gateway that is there, paste the item under its `apis:`.

  mockserver openapi | mockserver gateway import - --path imported
"""


class _NotPossible(Exception):
    """What the user has to mend: one line per mistake."""


def add_gateway_parser(commands: Any) -> None:
    """Add `gateway` to the subcommands of a parser."""
    gateway: argparse.ArgumentParser = commands.add_parser(
        "gateway",
        help="make an API of the gateway from an OpenAPI document",
        description="Prepares the gateway's part of a configuration.",
    )
    actions = gateway.add_subparsers(dest="action", required=True, metavar="import")
    parser: argparse.ArgumentParser = actions.add_parser(
        "import",
        help="print an OpenAPI document as an API of the gateway",
        description="Makes an API of an OpenAPI document, by API Management's import rules, and"
        " prints it as YAML.",
        epilog=_STEPS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "file", metavar="FILE", help="OpenAPI 2.0 as JSON; 3.0, 3.1 as JSON or YAML; -: from a pipe"
    )
    parser.add_argument("--id", help="id of the API; default: made of the title")
    parser.add_argument("--name", help="display name of the API; default: the title")
    parser.add_argument(
        "--path", metavar="SUFFIX", help='suffix of its addresses, "" for none; default: as the id'
    )
    parser.add_argument(
        "--service-url", metavar="URL", help="web service behind it; default: first https server"
    )
    parser.add_argument(
        "--required-query",
        choices=("template", "query"),
        default="template",
        help="whether required query parameters are part of templates; default template",
    )
    parser.add_argument("--output", metavar="FILE", type=Path, help="default: standard output")
    parser.add_argument("--force", action="store_true", help="overwrite an existing file")


def run(options: argparse.Namespace) -> int:
    """Do what was asked for; return the exit code: 2, after a line per mistake, if it cannot be."""
    try:
        _import(options)
    except _NotPossible as error:
        from mockserver.gateway.openapi_import.written import one_line

        lines = (f"mockserver: {one_line(line)}\n" for line in error.args)
        sys.stderr.write("".join(lines))
        return 2
    return 0


def _import(options: argparse.Namespace) -> None:
    from mockserver.gateway.openapi_import import DocumentNotImportable, ImportOptions, import_api
    from mockserver.gateway.openapi_import.written import as_yaml

    document = _read(options.file)
    given = ("id", "name", "path", "service_url", "required_query")
    try:
        choices = ImportOptions(**{name: getattr(options, name) for name in given})
        api = import_api(document.content, choices)
    except DocumentNotImportable as error:
        raise _NotPossible(*document.tell(error.mistakes)) from error
    notes = [
        f"Imported from {document.name}.",
        f"For subscribers: add '{api.id}' to the `apis` of a product. Keys for all APIs work now.",
    ]
    if options.path is None:
        notes.append(f"`path` is made of the title: {api.path}. --path sets another one.")
    text = as_yaml(api, notes)
    if options.output is None:
        _print(text)
        return
    _write(options.output, text, force=options.force)
    number = len(api.operations)
    count = f"{number} operation{'' if number == 1 else 's'}"
    _print(f"wrote {options.output}: {count} under /{api.path}\n")


def _read(file: str) -> "Document":
    from mockserver.gateway.openapi_import.document import (
        MOST_BYTES,
        DocumentNotReadable,
        read_document,
    )

    name = "standard input" if file == "-" else file
    try:
        if file == "-" and sys.stdin is None:
            raise _NotPossible(f"{name}: it is closed")
        if file == "-":
            raw = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(file).open("rb") as opened:
                raw = opened.read(MOST_BYTES + 1)
        return read_document(raw, name)
    except OSError as error:
        raise _NotPossible(f"{name}: {error.strerror}") from error
    except ValueError as error:  # a name with a NUL in it
        raise _NotPossible(f"{name}: {error}") from error
    except DocumentNotReadable as error:
        raise _NotPossible(*error.lines) from error


def _write(file: Path, text: str, *, force: bool) -> None:
    try:
        with file.open("w" if force else "x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise _NotPossible(f"{file} exists; --force overwrites it") from None
    except OSError as error:
        raise _NotPossible(f"{file}: {error.strerror}") from error


def _print(text: str) -> None:
    """Print as UTF-8, whatever the terminal's language is; a reader that went away is told."""
    if sys.stdout is None:
        raise _NotPossible("output: it is closed")
    try:
        sys.stdout.buffer.write(text.encode(errors="replace"))
        sys.stdout.buffer.flush()
    except OSError as error:
        with suppress(OSError):
            sys.stdout.close()  # or else the interpreter complains at its end
        raise _NotPossible(f"output: {error.strerror}") from error
