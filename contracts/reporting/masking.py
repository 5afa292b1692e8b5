"""How is a secret kept out of everything that is shown?

A target may say a key back in any encoding, and checks send keys in another case, or parts of them.
Text is masked before a report escapes it, so that only the target's own escapes are to be known.
"""

import base64
import re
from collections.abc import Iterator
from html.entities import html5

from contracts.target import Target

MASK = "[key]"
_PART = 16
"""A secret of so many characters is one of which parts are secret too."""
_CORE = 6
"""Fewer characters of base64 would be found in texts that have nothing to do with it."""

_SIGNATURE = re.compile(r"(\bsig=)(?!\[key\])[^&\s\"'<>\\]+", re.IGNORECASE)
"""What makes the token of a blob valid: whoever reads the report could read the blob."""

_NAMES: dict[str, list[str]] = {}
for _name, _character in html5.items():
    if _name.endswith(";"):
        _NAMES.setdefault(_character, []).append(_name)


class Masking:
    """Replaces every key of some targets, in each form in which it may appear."""

    def __init__(self, *targets: Target) -> None:
        forms: dict[str, str] = {}
        for target in targets:
            for secret in target.secrets:
                forms |= dict.fromkeys(_spellings(secret, has_parts=secret != target.storage), "")
                forms |= dict.fromkeys(_in_base64(secret), r"[\w+/-]?={0,2}")
        longest_first = sorted(forms.items(), key=lambda item: (-len(item[0]), item[0]))
        self._patterns = [
            (_plain_run(form), re.compile(_pattern(form) + rest, re.IGNORECASE))
            for form, rest in longest_first
        ]

    def __call__(self, text: str) -> str:
        """Return a text without the keys."""
        lowered = text.lower()
        for run, pattern in self._patterns:
            if run in lowered:  # most texts hold no key, and this is fast
                text = pattern.sub(MASK, text)
        return _SIGNATURE.sub(rf"\g<1>{MASK}", text) if "sig=" in lowered else text

    def bytes(self, content: bytes) -> bytes:
        """Return any bytes without the keys."""
        text = content.decode("utf-8", "surrogateescape")
        return self(text).encode("utf-8", "surrogateescape")


def _spellings(secret: str, *, has_parts: bool) -> Iterator[str]:
    """Yield what gives a secret away; patterns see to case and encoding."""
    yield from (secret, secret[::-1])
    if has_parts and len(secret) >= _PART:
        middle = len(secret) // 2
        yield from (secret[1:], secret[:-1], secret[:middle], secret[middle:])


def _in_base64(secret: str) -> Iterator[str]:
    """Yield the characters of base64 that are the secret's alone, wherever in a text it begins."""
    content = secret.encode()
    for before in range(3):
        coded = base64.b64encode(bytes(before) + content).decode()
        first, last = -(-before * 8 // 6), (before + len(content)) * 8 // 6
        if last - first >= _CORE:
            yield coded[first:last]


def _plain_run(form: str) -> str:
    """Return the longest part of a form that no encoding changes."""
    runs: list[str] = re.findall(r"[0-9a-z]*", form.lower())
    return max(runs, key=len)


def _pattern(form: str) -> str:
    return "".join(map(_any_encoding, form))


def _any_encoding(character: str) -> str:
    """Return a pattern of a character as it is, and percent-encoded, or escaped in JSON or HTML.

    Encoded twice is covered: `%252F`, `&amp;#x2F;`, and more than one backslash.
    """
    if character.isascii() and character.isalnum():
        return character
    percent = "".join(f"%(?:25){{0,4}}{byte:02x}" for byte in character.encode())
    units = character.encode("utf-16-be").hex()
    unicode = "".join(rf"\\{{1,8}}u{units[at : at + 4]}" for at in range(0, len(units), 4))
    names = "".join(f"|{re.escape(name)}" for name in sorted(_NAMES.get(character, [])))
    entity = f"&(?:amp;){{0,4}}(?:#0{{0,6}}{ord(character)};|#x0{{0,6}}{ord(character):x};{names})"
    plain = [rf"\\{{0,8}}{re.escape(character)}", *_ALSO.get(character, [])]
    return f"(?:{'|'.join([percent, unicode, entity, *plain])})"


_ALSO = {" ": [r"\+"], "+": ["-"], "/": ["_"], "\\": [r"\\{1,8}"]}
"""A space in a query; and the alphabet of base64 that addresses use."""
