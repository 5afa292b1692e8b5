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
    if kind in ("block", "statements", "unchecked"):
        return any(map(always_ends, tree.children))
    if kind == "if_else":
        _, _, first, _, second = tree.children
        return always_ends(first) and always_ends(second)
    if kind in ("choose", "attempt", "attempt_finally"):
        return _switch_ends(tree) if kind == "choose" else _try_ends(tree)
    return _loop_ends(tree)


def _loop_ends(tree: Any) -> bool:
    kind = tree.data
    if kind == "while_loop":
        return _is_true(tree.children[1]) and not _breaks(tree.children[2])
    if kind == "for_loop":
        return tree.children[2].children[0] is None and not _breaks(tree.children[4])
    if kind in ("do_loop", "using"):
        return always_ends(tree.children[1 if kind == "do_loop" else -1])
    return False


def _switch_ends(tree: Any) -> bool:
    sections = tree.children[2:]
    labels = [child for section in sections for child in section.children if child.data == "label"]
    has_default = any(len(label.children) == 1 for label in labels)
    return has_default and all(any(map(always_ends, section.children)) for section in sections)


def _try_ends(tree: Any) -> bool:
    parts = [child for child in tree.children if not (child is None or isinstance(child, Token))]
    blocks = [part.children[-1] if part.data == "catch" else part for part in parts]
    if tree.data == "attempt_finally":
        return always_ends(blocks[-1]) or all(map(always_ends, blocks[:-1]))
    return all(map(always_ends, blocks))


def _is_true(tree: Any) -> bool:
    return bool(
        tree.data == "postfix" and len(tree.children) == 1 and tree.children[0].data == "true"
    )


def _breaks(tree: Any) -> bool:
    return any(True for _ in tree.find_data("leave"))
