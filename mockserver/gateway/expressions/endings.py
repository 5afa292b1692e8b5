"""Does every way through a block end with a return? C# refuses it otherwise."""

from typing import Any

from lark import Token


def always_ends(tree: Any) -> bool:
    """Say whether what follows this statement is never reached."""
    if isinstance(tree, Token) or tree is None:
        return False
    kind = tree.data
    if kind in ("give", "throw"):
        return True
    if kind in ("block", "statements"):
        return any(map(always_ends, tree.children))
    if kind == "if_else":
        _, _, first, _, second = tree.children
        return always_ends(first) and always_ends(second)
    return _loop_or_other(tree)


def _loop_or_other(tree: Any) -> bool:
    kind = tree.data
    if kind == "while_loop":
        return _is_true(tree.children[1]) and not _breaks(tree.children[2])
    if kind == "for_loop":
        return tree.children[2].children[0] is None and not _breaks(tree.children[4])
    if kind in ("do_loop", "using"):
        return always_ends(tree.children[1 if kind == "do_loop" else -1])
    if kind == "choose":
        sections = tree.children[2:]
        has_default = any(
            len(c.children) == 1 for s in sections for c in s.children if c.data == "label"
        )
        return has_default and all(any(map(always_ends, section.children)) for section in sections)
    if kind in ("attempt", "attempt_finally"):
        parts = [c for c in tree.children if c is not None and not isinstance(c, Token)]
        blocks = [c.children[-1] if c.data == "catch" else c for c in parts]
        if kind == "attempt_finally":
            return always_ends(blocks[-1]) or all(map(always_ends, blocks[:-1]))
        return all(map(always_ends, blocks))
    return False


def _is_true(tree: Any) -> bool:
    return bool(
        tree.data == "postfix" and len(tree.children) == 1 and tree.children[0].data == "true"
    )


def _breaks(tree: Any) -> bool:
    return any(True for _ in tree.find_data("leave"))
