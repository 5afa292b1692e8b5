"""How does a request go with other keys? Those of one target are taken out by name, others put in.

Checks send altered keys as well: half of one, twice, reversed, in another case. Whatever is a piece
of a key is taken out, so that no recording holds one, and no side sees the keys of another.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from contracts.target import Target

SHORTEST = 8
"""So many characters in a row that stand in a key are a piece of it."""

_MARK = re.compile(r"\[\[(\w+) (\w+) (\d+):(\d*)\]\]")
_TOKEN_MARK = re.compile(r"\[\[token ([^\]]+)\]\]")
_ACCOUNT_KEY = re.compile(r"(?:^|;)AccountKey=([^;]+)")
_FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "quoted": lambda text: quote(text, safe=""),
    "path": quote,
    "escaped": lambda text: text.replace("/", "\\/"),
    "swapped": str.swapcase,
    "reversed": lambda text: text[::-1],
    "upper": str.upper,
    "lower": str.lower,
}


@dataclass(frozen=True)
class _Place:
    """A piece of a key in one of its forms."""

    name: str
    form: str
    start: int


class Keys:
    """The keys of a target, by their names, and how to sign the address of a blob."""

    def __init__(self, target: Target | None = None) -> None:
        self._storage = target.storage if target else None
        self._texts = dict(_texts(target)) if target else {}
        self._places: dict[str, list[_Place]] = {}
        for (name, form), text in self._texts.items():
            for start in range(len(text) - SHORTEST + 1):
                place = _Place(name, form, start)
                self._places.setdefault(text[start : start + SHORTEST], []).append(place)
        # Only where enough of their characters stand in a row is it worth looking: bodies are long.
        characters = re.escape("".join(sorted(set("".join(self._texts.values())))))
        self._runs = re.compile(f"[{characters}]{{{SHORTEST},}}" if characters else "(?!)")
        self.tokens: dict[str, str] = {}
        """Tokens that we made for blobs, and where each of these lies."""
        self.sign: Callable[[str], str] = lambda location: f"[[token {location}]]"
        """Make a token for the blob at a place."""

    def taken_out(self, text: str) -> str:
        """Return a text with names where keys and tokens stand."""
        for token, location in self.tokens.items():
            text = text.replace(token, f"[[token {location}]]")
        if self._storage:
            text = text.replace(self._storage, "[[storage plain 0:]]")
        return self._runs.sub(lambda run: "".join(self._without_pieces(run[0])), text)

    def put_in(self, text: str) -> str:
        """Return a text with keys and tokens where their names stand; unknown names stay."""
        if "[[" not in text:
            return text
        text = _TOKEN_MARK.sub(lambda mark: self.sign(mark[1]), text)
        return _MARK.sub(self._piece, text)

    def _piece(self, mark: re.Match[str]) -> str:
        name, form, start, stop = mark.groups()
        if name == "storage":
            return self._storage or mark[0]
        text = self._texts.get((name, form))
        return mark[0] if text is None else text[int(start) : int(stop) if stop else None]

    def _without_pieces(self, text: str) -> Iterator[str]:
        done = at = 0
        while at <= len(text) - SHORTEST:
            places = self._places.get(text[at : at + SHORTEST])
            if places is None:
                at += 1
                continue
            length, place = max(
                ((self._reach(text, at, place), place) for place in places), key=lambda it: it[0]
            )
            yield text[done:at]
            stop = place.start + length
            whole = stop == len(self._texts[place.name, place.form])
            yield f"[[{place.name} {place.form} {place.start}:{'' if whole else stop}]]"
            at += length
            done = at
        yield text[done:]

    def _reach(self, text: str, at: int, place: _Place) -> int:
        """Return how many characters go on as the key does."""
        key = self._texts[place.name, place.form]
        length = SHORTEST
        while (
            at + length < len(text)
            and place.start + length < len(key)
            and text[at + length] == key[place.start + length]
        ):
            length += 1
        return length


def _texts(target: Target) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield every form of every key; forms that are the same only once."""
    account_key = _ACCOUNT_KEY.search(target.storage or "")
    known = {
        "api_key": target.api_key,
        "other_api_key": target.other_api_key,
        "subscription_key": target.subscription_key,
        "account_key": account_key[1] if account_key else None,
    }
    for name, key in known.items():
        for form, turn in _FORMS.items() if key else ():
            yield (name, form), turn(str(key))
