"""Can a user at a shell make an API of the gateway from an OpenAPI file?"""

import argparse
import errno
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from typing_extensions import override

from mockserver import gateway_commands
from mockserver.backend.swagger import swagger_document
from mockserver.gateway.declaration import ApiDeclaration, GatewayDeclaration
from mockserver.gateway.openapi_import import document as document_module
from mockserver.workspace.configuration import load_configuration
from mockserver.workspace.model import Published
from tests.conftest import TOP
from tests.end_to_end.server_process import COMMAND

Shell = Callable[..., tuple[int, str, str]]

TINY = """\
openapi: 3.0.3
info: {title: Tiny}
servers:
  - url: https://web.example
paths:
  /foo:
    get:
      responses:
        200: {description: fine}
"""


@pytest.fixture
def shell(capfdbinary: pytest.CaptureFixture[bytes]) -> Shell:
    """Return a function that runs `mockserver gateway import ...`: exit code, output, errors."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        parser = argparse.ArgumentParser()
        gateway_commands.add_gateway_parser(parser.add_subparsers(required=True))
        options = parser.parse_args(["gateway", "import", *map(str, arguments)])
        code = gateway_commands.run(options)
        output = capfdbinary.readouterr()
        return code, output.out.decode(), output.err.decode()

    return run


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Return a small document."""
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    return path


def pasted(text: str) -> ApiDeclaration:
    """Read what was printed as the gateway's part of a configuration."""
    (api,) = GatewayDeclaration.model_validate(yaml.safe_load(text)["gateway"]).apis
    return api


def test_our_own_contract_is_printed_ready_to_paste(shell: Shell) -> None:
    """What is printed loads as a gateway, and says where its suffix comes from."""
    code, output, errors = shell(TOP / "openapi.yaml")
    assert (code, errors) == (0, "")
    assert "# `path` is made of the title: azure-ml-studio-classic-web-services." in output
    api = pasted(output)
    assert len(api.operations) == 6
    assert len(api.schemas) > 20


def test_a_service_s_own_document_is_imported(shell: Shell, tmp_path: Path) -> None:
    """The swagger.json of the how-to's service becomes an API whose templates pin the version."""
    (workspace,) = load_configuration(None).workspaces
    (service,) = workspace.services
    published = Published(workspace, service, service.endpoints[0])
    file = tmp_path / "swagger.json"
    file.write_text(json.dumps(swagger_document(published, "127.0.0.1:8080")), encoding="utf-8")
    api = pasted(shell(file)[1])
    assert api.service_url.startswith("http://127.0.0.1:8080/workspaces/")
    assert api.operations[1].url_template == "/execute?api-version=2.0&format=swagger"
    assert api.operations[1].request[0].schema_ == "ExecutionRequest"


def test_flags_win_over_the_document(shell: Shell, tiny: Path) -> None:
    """Each flag sets what it is called."""
    flags = ["--id=i", "--name=N", "--path=a/b", "--service-url=http://z:1/y"]
    output = shell(tiny, *flags)[1]
    api = pasted(output)
    found = (api.id, api.name, api.path, api.service_url)
    assert found == ("i", "N", "a/b", "http://z:1/y")
    assert "made of the title" not in output


def test_required_parameters_may_stay_out_of_templates(shell: Shell) -> None:
    """`--required-query query` leaves the paths as they are."""
    api = pasted(shell(TOP / "openapi.yaml", "--required-query", "query")[1])
    assert not any("?" in each.url_template for each in api.operations)


def test_an_existing_file_is_kept_unless_forced(shell: Shell, tiny: Path, tmp_path: Path) -> None:
    """`--output` writes a new file and says so; `--force` replaces an old one."""
    file = tmp_path / "api.yaml"
    told = f"wrote {file}: 1 operation under /tiny\n"
    assert shell(tiny, "--output", file) == (0, told, "")
    written = file.read_bytes()
    file.write_bytes(b"mine")
    code, output, errors = shell(tiny, "--output", file)
    assert (code, output) == (2, "")
    assert errors == f"mockserver: {file} exists; --force overwrites it\n"
    assert file.read_bytes() == b"mine"
    assert shell(tiny, "--output", file, "--force")[0] == 0
    assert file.read_bytes() == written
    assert pasted(written.decode()).operations[0].id == "get-foo"


def test_files_that_are_not_there_are_told(shell: Shell, tiny: Path, tmp_path: Path) -> None:
    """A missing file, a folder, a folder that is missing: one line and exit code 2 each."""
    gone = tmp_path / "gone" / "a.yaml"
    for arguments, told in (
        ([gone], f"{gone}: No such file or directory"),
        ([tmp_path], f"{tmp_path}: Is a directory"),
        (["a\0b"], "a b: embedded null byte"),
        ([tiny, "--output", gone], f"{gone}: No such file or directory"),
    ):
        assert shell(*arguments) == (2, "", f"mockserver: {told}\n")


YAML_MISTAKES: list[tuple[str | bytes, str]] = [
    ("", ": there is nothing in it"),
    ("a: b: c", ":1: not YAML: mapping values are not allowed in this context"),
    ("a: b\nc: !!python/name:os.system", ":2: not a value that JSON knows: tag:yaml.org,2002:py"),
    ("a: !!int x", ":1: not a value of its type: x"),
    ("a: " + "9" * 5000, ":1: not a value of its type: 99"),
    ("? [a]\n: b", ":1: a key must be a text"),
    ("a: 1\nb: 2\na: 3\n", ":3: 'a' is given twice"),
    ("200: a\n'200': b", ":2: '200' is given twice"),
    ("a: &a\n  b: *a", ":1: an alias stands within what it stands for"),
    ("<<: 5", ":1: `<<` takes a mapping, or a list of mappings"),
    ("[" * 46, ":1: nested too deeply"),
    ("[" * 100_000, ":1: nested too deeply"),
    ("a: b\nc: \xff".encode("latin-1"), ":2: not UTF-8: invalid start byte"),
    (b"a: \x01", ":1: not YAML: "),
    ("swagger: '2.0'", ": OpenAPI 2.0 is imported from JSON only, not YAML"),
    ("swagger: 2.0", ": OpenAPI 2.0 is imported from JSON only, not YAML"),
    ("{a: 1,\n a: 2}", ":2: 'a' is given twice"),
    ("just text", ": this is no OpenAPI document; 2.0, 3.0 and 3.1 are"),
    ("openapi: 3.0.0\ninfo: {title: T}\npaths:\n  foo: {}", ": none of its servers begins"),
    (TINY.replace("/foo", "foo"), ":6: paths.foo: a path begins with a slash"),
    (TINY.replace("200", "600"), ":9: paths./foo.get.responses.600: '600' is no status"),
    (TINY.replace("3.0.3", "3.2.0"), ":1: openapi: version 3.2.0 is not imported"),
    (TINY.replace("title: Tiny", "title: [T]"), ":2: info.title: must be a text"),
    (
        TINY + "      parameters: [{$ref: '#/x'}]\n",
        ":10: paths./foo.get.parameters[0].$ref: nothing is at '#/x'",
    ),
]


@pytest.mark.parametrize(("text", "told"), YAML_MISTAKES)
def test_a_mistake_is_told_with_its_line(
    shell: Shell, tmp_path: Path, text: str | bytes, told: str
) -> None:
    """A file with a mistake: a line that begins with its name, exit code 2, nothing printed."""
    file = tmp_path / "a.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    code, output, errors = shell(file)
    assert (code, output) == (2, "")
    assert errors.startswith(f"mockserver: {file}{told}")


JSON_MISTAKES: list[tuple[str | bytes, str]] = [
    ("", ":1: not JSON: Expecting value"),
    ('{"a": 1,\n "a": 2}', ":2: 'a' is given twice"),
    ('{"a": 1,\t\n"a":\t"\\ud83d\\ude00\\/"}', "'a' is given twice"),
    ('{"a": NaN}', ": NaN is not JSON"),
    ('{"a": ' + "9" * 5000 + "}", ": Exceeds the limit"),
    ('{"a": "\\ud800"}', ": not Unicode: half of a surrogate pair"),
    ("[" * 46 + "]" * 46, ": nested too deeply"),
    ("[" * 100_000, ": nested too deeply"),
    (b'{"a":\n"\xff"}', ":2: not UTF-8: invalid start byte"),
    (b'{"a": 1}\xff', ":1: not UTF-8"),
    ("openapi: 3.0.3", ":1: not JSON: Expecting value"),
    (
        '{"swagger": "2.0", "info": {"title": "T"}, "host": "a",\n"paths": {\n"foo": {}}}',
        ":3: paths.foo: a path begins with a slash",
    ),
]


@pytest.mark.parametrize(("text", "told"), JSON_MISTAKES)
def test_a_mistake_in_json_is_told(
    shell: Shell, tmp_path: Path, text: str | bytes, told: str
) -> None:
    """What JSON does not allow is told, with its line where that is known."""
    file = tmp_path / "a.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    code, output, errors = shell(file)
    assert (code, output, errors.count("\n")) == (2, "", 1)
    assert errors.startswith(f"mockserver: {file}")
    assert told in errors


def test_every_mistake_has_its_line(shell: Shell, tiny: Path) -> None:
    """Several mistakes are told at once, and control characters do not reach the terminal."""
    tiny.write_text(TINY.replace("/foo", '"\\e[31m\\nfoo"') + "  bar: {}\n", encoding="utf-8")
    code, _, errors = shell(tiny)
    assert code == 2
    assert [line.rpartition(": ")[0] for line in errors.splitlines()] == [
        f"mockserver: {tiny}:6: paths. [31m foo",
        f"mockserver: {tiny}:10: paths.bar",
    ]


def test_yaml_is_read_as_openapi_means_it(shell: Shell, tmp_path: Path) -> None:
    """Dates and `no` are texts, `<<` merges, aliases are written out; JSON may stand in braces."""
    file = tmp_path / "a.yaml"
    example = "{when: 2017-03-01, answer: no, clock: 12:30:45, number: 010, big: 1e3, none: ~}"
    text = TINY.replace("description: fine", f"content: {{text/plain: {{example: {example}}}}}")
    text += "x-shared: &shared {a: 1, b: {$ref: '#/c'}}\n"
    text += "components: {schemas: {A: {default: {<<: *shared, a: 2}}, B: {default: *shared}}}\n"
    file.write_text(text, encoding="utf-8-sig")
    output = shell(file)[1]
    api = pasted(output)
    (representation,) = api.operations[0].responses[0].representations
    assert json.loads(representation.example or "") == {
        "when": "2017-03-01",
        "answer": "no",
        "clock": "12:30:45",
        "number": 10,
        "big": 1000.0,
        "none": None,
    }
    assert api.schemas["A"] == {"default": {"a": 2, "b": {"$ref": "#/c"}}}
    assert api.schemas["B"] == {"default": {"a": 1, "b": {"$ref": "#/c"}}}
    assert "*" not in output
    assert "&" not in output
    braces = '{"openapi": "3.0.3", "info": {"title": "T\\ud83d\\ude00"}, "paths": {}, '
    file.write_text(braces + '"servers": [{"url": "https:\\/\\/a"}]}', encoding="utf-8")
    assert pasted(shell(file)[1]).name == "T\U0001f600"


@pytest.mark.parametrize("kind", ["[*{0}, *{0}, *{0}, *{0}]", "{{<<: [*{0}, *{0}], {1}: *{0}}}"])
def test_aliases_cannot_unfold_without_end(shell: Shell, tmp_path: Path, kind: str) -> None:
    """A few lines that stand for billions of values are refused."""
    names = [f"a{number}" for number in range(40)]
    lines = [f"{names[0]}: &{names[0]} {{x: 1}}"]
    lines += [f"{b}: &{b} " + kind.format(a, b) for a, b in pairwise(names)]
    file = tmp_path / "a.yaml"
    file.write_text("\n".join(lines), encoding="utf-8")
    code, output, errors = shell(file)
    assert (code, output, errors.count("\n")) == (2, "", 1)
    assert errors.endswith("its aliases unfold into too much\n")


def test_a_document_has_no_more_than_4_mb(
    shell: Shell, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One byte more is refused, before anything is read."""
    size = tiny.stat().st_size
    monkeypatch.setattr(document_module, "MOST_BYTES", size)
    assert shell(tiny)[0] == 0
    monkeypatch.setattr(document_module, "MOST_BYTES", size - 1)
    told = f"mockserver: {tiny}: larger than 4 MB, the most that is imported\n"
    assert shell(tiny) == (2, "", told)


def test_output_that_cannot_be_written_is_told(
    shell: Shell, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, and streams that are closed: one line each."""

    class Full(io.BytesIO):
        @override
        def write(self, _: Any) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(Full()))
    assert shell(tiny)[::2] == (2, "mockserver: output: No space left on device\n")
    monkeypatch.setattr(sys, "stdout", None)
    assert shell(tiny)[::2] == (2, "mockserver: output: it is closed\n")
    monkeypatch.setattr(sys, "stdin", None)
    assert shell("-")[::2] == (2, "mockserver: standard input: it is closed\n")


def command(*arguments: str, text: str = "") -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    return subprocess.run(
        [*COMMAND, "gateway", "import", *arguments],
        input=text.encode(),
        capture_output=True,
        timeout=60,
        check=False,
        env=environment,
    )


def test_the_program_has_the_command() -> None:
    """`mockserver gateway import -` reads a pipe and prints UTF-8, whatever the terminal speaks."""
    done = command("-", "--path", "p", text=TINY.replace("Tiny", "Übung"))
    assert (done.returncode, done.stderr) == (0, b"")
    assert pasted(done.stdout.decode()).name == "Übung"
    done = command("-", text="openapi: 3.0.3\nopenapi: 3.0.3\n")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"mockserver: standard input:2: 'openapi' is given twice\n"


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    """As in `mockserver gateway import openapi.yaml | head -1`."""
    script = '"$@" | true; exit ${PIPESTATUS[0]}'
    done = subprocess.run(
        ["bash", "-c", script, "bash", *COMMAND, "gateway", "import", str(TOP / "openapi.yaml")],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr
    assert done.returncode in (0, 2)
