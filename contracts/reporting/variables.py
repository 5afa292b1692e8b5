"""What stands for a key in a command that is shown? A variable of the reader's environment.

They are the variables that `contracts check` itself reads. Checks also send keys encoded, in
another case, or in part; those are made from the same variables, so that a command still runs.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from contracts.exchange import Header
from contracts.target import Target

_LONG_ENOUGH = 8
"""A shorter text is found where no key is meant."""


@dataclass(frozen=True)
class Variable:
    """A text that is not shown, and what stands for it in a shell and in Python."""

    text: str
    shell: str
    python: str


def variables(target: Target) -> list[Variable]:
    """Return what stands for the keys of a target, the longest first."""
    known = {
        "CONTRACTS_STORAGE": target.storage,
        "CONTRACTS_API_KEY": target.api_key,
        "CONTRACTS_SUBSCRIPTION_KEY": target.subscription_key,
        "CONTRACTS_OTHER_API_KEY": target.other_api_key,
    }
    found = {}
    for name, key in known.items():
        for variable in reversed(_forms(name, key)) if key else ():
            found[variable.text] = variable
    return sorted(found.values(), key=lambda variable: -len(variable.text))


def header_variable(target: Target, header: Header) -> Variable | None:
    """Return what stands for the value of a header that the user adds to each call."""
    if header not in target.headers or header[1] not in target.secrets:
        return None
    name = "CONTRACTS_HEADER_" + re.sub(r"\W", "_", header[0]).upper()
    return _plain(name, header[1])


def _plain(name: str, key: str) -> Variable:
    return Variable(key, f'"${name}"', f'os.environ["{name}"]')


def _forms(name: str, key: str) -> list[Variable]:
    """Return a key as it is, and what checks make of it."""
    plain, middle = _plain(name, key), len(key) // 2
    forms = [
        plain,
        _made(name, key, "urllib.parse.quote_plus({})", quote_plus),
        _made(name, key, 'urllib.parse.quote({}, safe="")', lambda text: quote(text, safe="")),
        _made(name, key, "json.dumps({})[1:-1]", lambda text: json.dumps(text)[1:-1]),
    ]
    is_sent_alone = name != "CONTRACTS_STORAGE" and key.isascii()
    if is_sent_alone and len(key) >= _LONG_ENOUGH:
        forms.append(_made(name, key, "{}.swapcase()", str.swapcase))
        forms.append(Variable(key[1:], f'"${{{name}#?}}"', f"{plain.python}[1:]"))
    if is_sent_alone and middle >= _LONG_ENOUGH:
        shell = f'"$(printf %.{middle}s "${name}")"'
        forms.append(Variable(key[:middle], shell, f"{plain.python}[:{middle}]"))
    return forms


def _made(name: str, key: str, expression: str, change: Callable[[str], str]) -> Variable:
    """Return a form that a shell cannot make by itself."""
    python = expression.format(f'os.environ["{name}"]')
    program = f'import json, os, urllib.parse; print({python}, end="")'
    return Variable(change(key), f"\"$(python3 -c '{program}')\"", python)
