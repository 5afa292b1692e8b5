"""Which checks are there? Whatever stands in a file of `checks/`."""

import importlib
import pkgutil
from functools import cache

from contracts import checks
from contracts.check import HOLDER, Check


@cache
def all_checks() -> dict[str, Check]:
    """Return every check by its name: judges by their order, then the others by folder and file."""
    found: list[Check] = []
    for module in pkgutil.walk_packages(checks.__path__, "contracts.checks."):
        content = vars(importlib.import_module(module.name))
        found += [
            getattr(value, HOLDER)
            for value in content.values()
            if getattr(value, "__module__", "") == module.name and hasattr(value, HOLDER)
        ]
    found.sort(key=lambda check: (check.judge is None, check.order, check.group, check.name))
    return {check.name: check for check in found}
