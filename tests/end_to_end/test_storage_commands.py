"""Can a user at a shell put a file into storage, get it back, and see what is there?"""

import argparse
import errno
import json
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mockserver import storage_commands
from mockserver.embedded import running_emulator
from mockserver.ready_file import Ready
from tests.end_to_end.server_process import COMMAND

Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def ready() -> Iterator[Ready]:
    """Run the how-to's world with its storage on a free port."""
    with running_emulator(storage_port=0) as addresses:
        yield addresses


@pytest.fixture
def shell(ready: Ready, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Return a function that runs `mockserver storage ...`: exit code, output, errors."""
    environment = {"AZURE_STORAGE_CONNECTION_STRING": ready["storage"]["connection_string"]}

    def run(
        *arguments: str | Path, environment: dict[str, str] = environment
    ) -> tuple[int, str, str]:
        parser = argparse.ArgumentParser()
        storage_commands.add_storage_parser(parser.add_subparsers(required=True))
        code = storage_commands.run(
            parser.parse_args(["storage", *map(str, arguments)]), environment
        )
        output = capsys.readouterr()
        return code, output.out, output.err

    return run


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """Return a small file."""
    path = tmp_path / "reviews.csv"
    path.write_bytes(b"Col1,Col2\r\n5,This is a good day\r\n")
    return path


def test_a_file_goes_up_and_comes_back(shell: Shell, reviews: Path, tmp_path: Path) -> None:
    """`put` tells the RelativeLocation, `ls` shows the blob, `get` brings the same bytes."""
    code, output, errors = shell("put", reviews)
    assert (code, errors) == (0, "")
    assert output == '33 bytes in "RelativeLocation": "/demo/reviews.csv"\n'
    assert " 33 " in shell("ls", "demo/rev")[1]
    copy = tmp_path / "copy.csv"
    assert shell("get", "demo/reviews.csv", copy) == (0, f"33 bytes in {copy}\n", "")
    assert copy.read_bytes() == reviews.read_bytes()
    assert copy.stat().st_mode == reviews.stat().st_mode
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.csv", "reviews.csv"]


@pytest.mark.parametrize(
    ("place", "location"),
    [
        ("other/in.csv", "/other/in.csv"),
        ("/other/in.csv", "/other/in.csv"),
        ("brand-new-1/a/b.csv", "/brand-new-1/a/b.csv"),
        ("brand-new-2/", "/brand-new-2/reviews.csv"),
        ("other/Übung 1%.csv", "/other/Übung 1%.csv"),
    ],
)
def test_a_blob_goes_where_it_is_told(
    shell: Shell, reviews: Path, place: str, location: str
) -> None:
    """A missing container is made, a folder gets the file's name, any name comes back as it is."""
    code, output, _ = shell("put", reviews, place)
    assert (code, output) == (0, f'33 bytes in "RelativeLocation": "{location}"\n')
    container, _, name = location[1:].partition("/")
    assert f"{container}/\n" in shell("ls")[1]
    assert shell("ls", f"{container}/{name}")[1].endswith(f"  {container}/{name}\n")


def test_an_existing_blob_is_replaced(shell: Shell, reviews: Path, tmp_path: Path) -> None:
    """The last file put there is the one that is got, into a folder under the blob's own name."""
    shell("put", reviews, "again/a.csv")
    reviews.write_bytes(b"")
    assert shell("put", reviews, "again/a.csv")[1].startswith("0 bytes in ")
    assert shell("get", "again/a.csv", tmp_path)[0] == 0
    assert (tmp_path / "a.csv").read_bytes() == b""


def test_a_blob_can_go_to_standard_output(ready: Ready, reviews: Path, tmp_path: Path) -> None:
    """As commands of the program: `put --ready-file`, then `get ... -` writes the bytes."""
    ready_file = tmp_path / "ready.json"
    ready_file.write_text(json.dumps(ready), "utf-8")
    for arguments, output in (
        (("put", str(reviews), "piped/a.csv"), b'33 bytes in "RelativeLocation": "/piped/a.csv"\n'),
        (("get", "piped/a.csv", "-"), reviews.read_bytes()),
    ):
        done = subprocess.run(
            [*COMMAND, "storage", *arguments, "--ready-file", str(ready_file)],
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout == output


def test_a_device_is_written_to_and_stays_a_device(shell: Shell, reviews: Path) -> None:
    """What is no ordinary file is not replaced by one."""
    shell("put", reviews)
    assert shell("get", "demo/reviews.csv", os.devnull)[0] == 0
    assert not Path(os.devnull).is_file()


def test_an_address_will_do(shell: Shell, ready: Ready, reviews: Path) -> None:
    """--url means the development account; MOCKSERVER_STORAGE_PORT moves the usual address."""
    url = ready["storage"]["url"]
    assert shell("put", reviews, "urls/a.csv", "--url", url)[0] == 0
    assert "urls/a.csv" in shell("ls", "urls", "--url", f"{url}/devstoreaccount1/")[1]
    port = {"MOCKSERVER_STORAGE_PORT": url.rpartition(":")[2]}
    assert "urls/a.csv" in shell("ls", "urls", environment=port)[1]


def test_without_any_word_it_is_the_usual_address() -> None:
    """The development account at 127.0.0.1:10000, unless the environment names another storage."""
    nothing = argparse.Namespace(connection_string=None, ready_file=None, url=None)
    usual = storage_commands.connection_string(nothing, {})
    assert "AccountName=devstoreaccount1;" in usual
    assert usual.endswith("BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;")
    variable = {"AZURE_STORAGE_CONNECTION_STRING": "AccountName=x"}
    assert storage_commands.connection_string(nothing, variable) == "AccountName=x"


def test_what_is_missing_is_one_line(shell: Shell, tmp_path: Path) -> None:
    """A missing blob, container, file or folder: exit code 2, one line that names it, no file."""
    for arguments, told in (
        (("get", "demo/none.csv", tmp_path), "demo/none.csv: there is no such blob (BlobNotFound)"),
        (("get", "none/a.csv", tmp_path), "none/a.csv: there is no such blob (ContainerNotFound)"),
        (("ls", "none"), "none: there is no such container (ContainerNotFound)"),
        (("put", tmp_path / "none"), f"{tmp_path / 'none'}: No such file or directory"),
        (("put", tmp_path), f"{tmp_path}: Is a directory"),
        (("get", "demo"), "demo: a blob is named as CONTAINER/BLOB"),
        (("ls", "--ready-file", tmp_path / "none"), f"{tmp_path / 'none'}: No such file"),
    ):
        code, output, errors = shell(*arguments)
        assert (code, output) == (2, ""), errors
        assert errors.startswith(f"mockserver: {told}")
        assert errors.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(shell: Shell, reviews: Path, tmp_path: Path) -> None:
    """The file is named that cannot be written."""
    shell("put", reviews)
    code, _, errors = shell("get", "demo/reviews.csv", tmp_path / "none" / "a.csv")
    assert code == 2
    assert "none" in errors
    assert errors.endswith(": No such file or directory\n")


def test_a_server_that_is_not_there_is_told_at_once(shell: Shell, reviews: Path) -> None:
    """One line names the address and asks whether the emulator runs; nothing is tried again."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # taken, and nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        for arguments in (("put", reviews), ("get", "demo/a.csv", "-"), ("ls",), ("ls", "demo")):
            code, output, errors = shell(*arguments, "--url", url)
            assert (code, output) == (2, "")
            assert errors == (
                f"mockserver: no answer from {url}/devstoreaccount1/ (is the emulator running?):"
                f" [Errno {errno.ECONNREFUSED}] {os.strerror(errno.ECONNREFUSED)}\n"
            )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nonsense", "the connection string cannot be used: "),
        ("", "the connection string cannot be used: "),
        (
            "AccountName=a;AccountKey=abcde;BlobEndpoint=http://127.0.0.1:1/a",
            "http://127.0.0.1:1/a/ refuses the account key or token: ",
        ),
    ],
    ids=["no pairs", "empty", "a key that is no base64"],
)
def test_a_connection_string_that_is_none_is_told(shell: Shell, text: str, told: str) -> None:
    """It is one line, and no secret is repeated."""
    code, output, errors = shell("ls", "--connection-string", text)
    assert (code, output) == (2, "")
    assert errors.startswith(f"mockserver: {told}")
    assert errors.count("\n") == 1
    assert "abcde" not in errors


def test_a_wrong_key_is_told(shell: Shell, ready: Ready) -> None:
    """Who has another key learns that, and which storage said so."""
    storage = ready["storage"]
    wrong = storage["connection_string"].replace(storage["key"], "d3Jvbmc=")
    code, _, errors = shell("ls", "--connection-string", wrong)
    assert code == 2
    assert errors == (
        f"mockserver: {storage['url']}/devstoreaccount1/ refuses the account key or token:"
        " AuthenticationFailed\n"
    )


def test_a_ready_file_without_storage_is_told(shell: Shell, tmp_path: Path) -> None:
    """A file of something else is named."""
    path = tmp_path / "ready.json"
    for content in ("{}", "[]", "no json", '{"storage": null}'):
        path.write_text(content, "utf-8")
        code, _, errors = shell("ls", "--ready-file", path)
        assert (code, errors) == (2, f"mockserver: {path}: not a ready file with a storage\n")


@pytest.mark.parametrize("action", ["put", "get", "ls"])
def test_help_says_which_storage_is_meant(
    action: str, shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each command explains its arguments and the three ways to name a storage."""
    with pytest.raises(SystemExit) as ended:
        shell(action, "--help")
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert all(flag in text for flag in ("--connection-string", "--ready-file", "--url"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the limit on memory is Linux's")
def test_a_large_file_does_not_fill_memory(ready: Ready, tmp_path: Path) -> None:
    """256 MB go up and come down in a process that may not have half as much for its data."""
    large, copy = tmp_path / "large.csv", tmp_path / "copy.csv"
    with large.open("wb") as file:
        for number in range(64):
            file.write(number.to_bytes(1, "big") * (4 << 20))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (128 << 20, 128 << 20))

    url = ready["storage"]["url"]
    for arguments in (("put", str(large), "big/a.csv"), ("get", "big/a.csv", str(copy))):
        subprocess.run(
            [*COMMAND, "storage", *arguments, "--url", url],
            check=True,
            timeout=300,
            preexec_fn=limit,
        )
    assert copy.stat().st_size == large.stat().st_size
    with large.open("rb") as one, copy.open("rb") as other:
        while piece := one.read(1 << 20):
            assert other.read(1 << 20) == piece
