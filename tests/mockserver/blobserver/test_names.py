"""Do names of blobs become names of files that are safe, short and different?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.blobserver.errors import Refusal
from mockserver.blobserver.names import check_blob_name, check_container_name, file_stem

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=300)


@given(NAMES, NAMES)
def test_two_names_are_two_files(one: str, other: str) -> None:
    """Also on a file system that does not tell small letters from capitals."""
    assert (file_stem(one).lower() == file_stem(other).lower()) == (one == other)


@given(NAMES)
def test_a_file_is_one_part_of_a_path(name: str) -> None:
    """No separator, nothing special, and short enough for any file system."""
    stem = file_stem(name)
    assert stem.isascii()
    assert stem == stem.lower()
    assert len(stem) <= 202
    assert not set(stem) & set('/\\:*?"<>|\0')


@pytest.mark.parametrize("name", [".", "..", "../../etc/passwd", "con", "a/../b", "A", "é" * 900])
def test_names_with_a_meaning_lose_it(name: str) -> None:
    """Whatever a name means elsewhere, its file begins with a letter of ours."""
    assert file_stem(name)[:2] in ("n-", "h-")


@pytest.mark.parametrize("name", ["abc", "a-b-c", "0" * 63, "a1b"])
def test_names_of_containers(name: str) -> None:
    """Small letters, digits, single hyphens."""
    check_container_name(name)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ab", "OutOfRangeInput"),
        ("a" * 64, "OutOfRangeInput"),
        *((name, "InvalidResourceName") for name in ("aBc", "a--b", "-ab", "ab-", "a_b", "a.b")),
    ],
)
def test_names_that_no_container_has(name: str, code: str) -> None:
    """The length has its own code."""
    with pytest.raises(Refusal) as refused:
        check_container_name(name)
    assert refused.value.code == code


def test_the_longest_name_of_a_blob() -> None:
    """1024 characters, not one more."""
    check_blob_name("é" * 1024)
    with pytest.raises(Refusal):
        check_blob_name("n" * 1025)
