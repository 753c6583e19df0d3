"""Add lines to authored YAML and change nothing else: comments, order, indentation and line ends stay."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot import yamlfile
from bot.errors import ContentError, Problem
from bot.schema import Reader
from bot.yamlfile import Node


def with_lines(text: str, shown: str, keys: Sequence[str], added: Sequence[str], path: Path) -> str:
    """Return a file's text with lines added at the end of the `|` block under a path of keys (`("examples",)`).

    Raises ContentError where there is no such block, with its place. `path` is where the text stands now.
    """
    node = _descend(path, shown, keys)
    rows = text.split("\n")
    head = rows[node.line - 2] if node.line >= 2 else ""
    if "|" not in head or not isinstance(node.value, str):
        message = f"'{keys[-1]}' must be a `|` block, one line each, to be added to; write it as one"
        raise ContentError([Problem(shown, node.line, node.col, message, "wrong-type")])
    last = node.line
    for number in range(node.line, len(rows) + 1):
        row = rows[number - 1]
        if row.strip() and len(row) - len(row.lstrip(" ")) < node.col - 1:
            break
        if row.strip():
            last = number
    end = "\r" if rows[last - 1].endswith("\r") else ""
    rows[last:last] = [f"{' ' * (node.col - 1)}{line}{end}" for line in added]
    return "\n".join(rows) + ("" if rows[-1] == "" else "\n")


def lines_of(path: Path, shown: str, keys: Sequence[str]) -> list[str]:
    """Return the lines of the block under a path of keys."""
    *parents, key = keys
    node = _descend(path, shown, parents)
    return [line for line, *_ in Reader(node, shown, [], (key,), "").lines(key)]


def _descend(path: Path, shown: str, keys: Sequence[str]) -> Node:
    problems: list[Problem] = []
    node = yamlfile.read(path, shown, problems)
    if node is None:
        raise ContentError(problems)
    for key in keys:
        inner = dict(node.items()).get(key)
        if inner is None:
            raise ContentError([Problem(shown, node.line, node.col, f"has no '{key}' to add to", "missing-key")])
        node = inner
    return node
