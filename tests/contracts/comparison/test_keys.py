"""Does a key of one side never reach the other, in whatever form?"""

import pytest

from contracts.comparison.keys import Keys
from tests.contracts.comparison.made import KEY, OTHER, target

STORAGE = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=abcdefghijkl+/==;"


def carried(text: str, theirs: Keys, ours: Keys) -> str:
    """Return a text with the keys of the other side."""
    return ours.put_in(theirs.taken_out(text))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (f"Bearer {KEY}", f"Bearer {OTHER}"),
        (KEY * 2, OTHER * 2),
        (KEY[: len(KEY) // 2], OTHER[: len(KEY) // 2]),
        ("!" + KEY[1:], "!" + OTHER[1:]),
        (KEY.swapcase(), OTHER.swapcase()),
        ("wrong" + KEY[::-1], "wrong" + OTHER[::-1]),
        (KEY.replace("/", "%2F").replace("+", "%2B").replace("=", "%3D"), None),
        ("nothing of the kind", "nothing of the kind"),
    ],
)
def test_whatever_is_made_of_a_key_is_made_of_ours(given: str, wanted: str | None) -> None:
    """Pieces, repetitions and other cases of a key become those of the other side's."""
    there = carried(given, Keys(target()), Keys(target(api_key=OTHER)))
    assert KEY[:8] not in there
    assert there == (wanted or OTHER.replace("/", "%2F").replace("+", "%2B").replace("=", "%3D"))


def test_storage_is_carried_whole() -> None:
    """A connection string becomes the other side's, and so does the key in it alone."""
    theirs = Keys(target(storage=STORAGE))
    ours = Keys(target(storage=STORAGE.replace("abcdefghijkl", "zyxwvutsrqpo")))
    assert carried(f'{{"c": "{STORAGE}"}}', theirs, ours).count("zyxwvutsrqpo") == 1
    assert carried("abcdefghijkl+/==", theirs, ours) == "zyxwvutsrqpo+/=="


def test_what_the_other_side_lacks_stays_a_name() -> None:
    """Without a key for a name, the name stands there, and is no key of anybody."""
    theirs = Keys(target(other_api_key=OTHER, storage=STORAGE))
    there = carried(f"{OTHER} {STORAGE}", theirs, Keys(target()))
    assert OTHER[:8] not in there
    assert "abcdefgh" not in there
    assert "[[other_api_key plain 0:]]" in there


def test_tokens_are_signed_anew() -> None:
    """A token that was made for a blob is made again by the other side."""
    theirs, ours = Keys(target()), Keys(target())
    theirs.tokens["?sv=1&sig=old"] = "/c/blob.csv"
    ours.sign = lambda place: f"?signed={place}"
    assert carried('"?sv=1&sig=old"', theirs, ours) == '"?signed=/c/blob.csv"'


def test_without_keys_nothing_is_touched() -> None:
    """A target without keys takes nothing out, and puts in only what is named."""
    assert Keys().taken_out("whatever it is") == "whatever it is"
    assert Keys().put_in("[[1, 2]] [[api_key plain 0:]]") == "[[1, 2]] [[api_key plain 0:]]"
