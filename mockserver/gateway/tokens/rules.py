"""What do the elements within `<validate-jwt>` ask of a token?"""

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from mockserver.gateway.element import Element
from mockserver.gateway.policy import Reader
from mockserver.gateway.tokens.jwt import SYMMETRIC, Key, key_of_jwk
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

_LISTS = {
    "issuer-signing-keys": "key",
    "audiences": "audience",
    "issuers": "issuer",
    "required-claims": "claim",
}
_PROVIDERS = "openid-config"
CHILDREN = (*_LISTS, _PROVIDERS, "decryption-keys")
_KEY = tuple(Attribute(name=name) for name in ("id", "certificate-id", "n", "e"))
_CLAIM = (
    Attribute(name="name", required=True),
    Attribute(name="match", kind="choice", choices=("all", "any"), default="all"),
    Attribute(name="separator"),
)
_PROVIDER = (
    Attribute(name="url", required=True),
    Attribute(name="validate-connectivity", kind="boolean", default="true"),
)


@dataclass(frozen=True, slots=True)
class RequiredClaim:
    """A claim that must be there, with all or with any of the values."""

    name: str
    needs_all: bool
    separator: str
    values: Sequence[Value]


@dataclass(frozen=True, slots=True)
class Rules:
    """What is asked. `providers` are addresses of OpenID configurations."""

    providers: Sequence[str]
    keys: Sequence[Key]
    audiences: Sequence[Value]
    issuers: Sequence[Value]
    claims: Sequence[RequiredClaim]


def read_rules(element: Element, reader: Reader) -> Rules:
    """Read what is within a `<validate-jwt>`. Raises PolicyNotUsable."""
    if not isinstance(element.text, str) or element.text.strip():
        raise PolicyNotUsable("The element cannot contain text.")
    found: dict[str, list[Element]] = {name: [] for name in CHILDREN}
    for child in element.children:
        if child.name not in found:
            raise PolicyNotUsable(f"The element has invalid child element '{child.name}'.")
        if child.name == "decryption-keys":
            raise PolicyNotUsable("decryption-keys: encrypted tokens are not supported")
        if child.name in _LISTS and found[child.name]:
            raise PolicyNotUsable(f"<{child.name}> is there twice")
        found[child.name].append(child)
    items = {
        name: [item for child in found[name] for item in _items(child, reader)] for name in _LISTS
    }
    return Rules(
        [_provider(child, reader) for child in found[_PROVIDERS]],
        [_key(item, reader) for item in items["issuer-signing-keys"]],
        [_plain(item, reader) for item in items["audiences"]],
        [_plain(item, reader) for item in items["issuers"]],
        [_claim(item, reader) for item in items["required-claims"]],
    )


def _items(element: Element, reader: Reader) -> Sequence[Element]:
    """Return the children of a list, which must be of one name."""
    item = _LISTS[element.name]
    reader.given(element, ())
    if not element.children or any(child.name != item for child in element.children):
        raise PolicyNotUsable(f"<{element.name}> needs <{item}> elements, and no others")
    return element.children


def _plain(element: Element, reader: Reader) -> Value:
    """Return the text of an element without attributes."""
    reader.given(element, ())
    return _text(element, reader)


def _text(element: Element, reader: Reader) -> Value:
    if element.children:
        raise PolicyNotUsable(f"<{element.name}> cannot contain other elements")
    value = reader.value(element.text)
    # Blanks around a text are the layout of the document.
    return value if value.fixed is None else Value(value.fixed.strip())


def _provider(element: Element, reader: Reader) -> str:
    url = reader.given(element, _PROVIDER).text("url")
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise PolicyNotUsable(f"openid-config: '{url[:80]}' is no web address")
    if _text(element, reader).fixed != "":
        raise PolicyNotUsable("<openid-config> cannot contain text")
    return url


def _key(element: Element, reader: Reader) -> Key:
    given = reader.given(element, _KEY)
    text = _text(element, reader).fixed
    if given.get("certificate-id") is not None:
        raise PolicyNotUsable("certificate-id: certificates are not supported; use n and e")
    identifier, modulus, exponent = (given.text(name) for name in ("id", "n", "e"))
    if text is None or bool(text) == bool(modulus) or bool(modulus) != bool(exponent):
        raise PolicyNotUsable("<key> needs either a fixed text in Base64, or n and e")
    if not modulus:
        return Key(_symmetric(text), SYMMETRIC, identifier)
    key = key_of_jwk({"kty": "RSA", "n": modulus, "e": exponent, "kid": identifier})
    if key is None:
        raise PolicyNotUsable("<key>: n and e are no public key of RSA")
    return key


def _symmetric(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise PolicyNotUsable("<key>: not Base64") from None


def _claim(element: Element, reader: Reader) -> RequiredClaim:
    given = reader.given(element, _CLAIM)
    values = [_text(child, reader) for child in reader.leaves(element)]
    needs_all = given.text("match") == "all"
    return RequiredClaim(given.text("name"), needs_all, given.text("separator"), values)
