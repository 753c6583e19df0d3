"""Read YAML as nodes that know their place. The only door to the YAML library.

Every scalar is kept as the text the author wrote (`3.10` stays "3.10", `no` stays "no"); duplicate keys are refused.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from bot.errors import Problem

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Node:
    """A YAML value with its place: `value` is text, a list of nodes, or a dict of key text to node."""

    __slots__ = ("col", "keys", "line", "value")

    def __init__(self, value: str | list[Node] | dict[str, Node], line: int, col: int) -> None:
        self.value = value
        self.line = line
        self.col = col
        self.keys: dict[str, tuple[int, int]] = {}

    def items(self) -> Iterator[tuple[str, Node]]:
        """Yield key and node of a mapping; nothing for other values."""
        if isinstance(self.value, dict):
            yield from self.value.items()


def read(path: Path, shown: str, problems: list[Problem]) -> Node | None:
    """Return the root node of a YAML file, or None with the reason added to `problems`.

    `shown` is the file's name in messages. Invalid UTF-8, bad syntax, duplicate keys and an empty file are problems.
    """
    return _parsed(path.read_bytes(), shown, problems)


class Memory:
    """Reads files as `read` does, and those that have not changed since from memory."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[bytes, Node | None, list[Problem]]] = {}

    def read(self, path: Path, shown: str, problems: list[Problem]) -> Node | None:
        """Return the root node of a YAML file, or None with the reason added to `problems`."""
        data = path.read_bytes()
        known = self._known.get(shown)
        if known is None or known[0] != data:
            own: list[Problem] = []
            known = self._known[shown] = (data, _parsed(data, shown, own), own)
        problems += known[2]
        return known[1]


def _parsed(data: bytes, shown: str, problems: list[Problem]) -> Node | None:
    try:
        text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8").read()  # as a text file: any line ending is "\n"
    except UnicodeDecodeError as error:
        problems.append(Problem(shown, 1, 1, f"not UTF-8 text (byte {error.start}); save the file as UTF-8", "encoding"))
        return None
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, col = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        hint = _hint(text, line)
        problems.append(Problem(shown, line, col, f"{error.problem or 'not valid YAML'}{hint}", "yaml"))
        return None
    except (yaml.YAMLError, RecursionError) as error:
        problems.append(Problem(shown, 1, 1, f"not valid YAML: {str(error).splitlines()[0]}", "yaml"))
        return None
    if root is None:
        problems.append(Problem(shown, 1, 1, "the file is empty", "empty-file"))
        return None
    return _node(root, shown, problems, 0, text.split("\n"))


_PLAIN = re.compile(r"[^\W_](?:[^\n:#\[\]{},\"'|>&*!%@`]*[^\s:#\[\]{},\"'|>&*!%@`])?")


def scalar(text: str) -> str:
    """Return a text as one line of YAML that reads back as the same text, in quotes only where they are needed.

    >>> print(scalar("who makes it?"), scalar("what: a tool"))
    who makes it? "what: a tool"
    """
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _hint(text: str, line: int) -> str:
    lines = text.splitlines()
    # The parser notices an unquoted colon or brace one line late now and then: look at both.
    near = " ".join(lines[max(0, line - 2) : line])
    if lines[line - 1 : line] and "\t" in lines[line - 1]:
        return "; indent with spaces, not tabs"
    if "{" in near or ": " in near.split(":", 1)[-1]:
        return "; text with a colon, brace or quote needs a `|` block or quotes around it"
    return ""


def _node(raw: yaml.Node, shown: str, problems: list[Problem], depth: int, rows: list[str]) -> Node:
    line, col = raw.start_mark.line + 1, raw.start_mark.column + 1
    if depth > 20:
        problems.append(Problem(shown, line, col, "nested too deeply", "yaml"))
        return Node("", line, col)
    if isinstance(raw, yaml.ScalarNode):
        if raw.style in ("|", ">"):
            # The text of a block starts on the line after its `|`, as far in as its first line that is not blank.
            inside = next((row for row in rows[line:] if row.strip()), "")
            return Node(str(raw.value), line + 1, len(inside) - len(inside.lstrip(" ")) + 1)
        return Node(str(raw.value), line, col)
    if isinstance(raw, yaml.SequenceNode):
        return Node([_node(item, shown, problems, depth + 1, rows) for item in raw.value], line, col)
    mapping: dict[str, Node] = {}
    node = Node(mapping, line, col)
    for key, value in raw.value if isinstance(raw, yaml.MappingNode) else ():
        name = str(key.value)
        place = (key.start_mark.line + 1, key.start_mark.column + 1)
        if name in mapping:
            problems.append(Problem(shown, *place, f"'{name}' is given twice; keep one", "duplicate-key"))
            continue
        mapping[name] = _node(value, shown, problems, depth + 1, rows)
        node.keys[name] = place
    return node
