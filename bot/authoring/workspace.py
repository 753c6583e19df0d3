"""Content folders as a linter needs them: the records, and beside them where each authored line and key stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path

import msgspec

from bot import content as content_
from bot.content import KINDS, Content
from bot.errors import Problem
from bot.schema import Reader
from bot.types import Intent
from bot.yamlfile import Node, read

STATEMENT = "statement:"


class Authored(msgspec.Struct, frozen=True):
    """One authored line: who it belongs to (an intent, or `statement:ID`), its role, its text and its place."""

    owner: str
    role: str
    text: str
    file: str
    line: int
    col: int

    @property
    def place(self) -> str:
        """The place as `file:line`."""
        return f"{self.file}:{self.line}"

    @property
    def shipped(self) -> bool:
        """Whether the line stands in the base that is always loaded, which no author edits."""
        return self.file.startswith("base/")


class Workspace:
    """The folders' content and the YAML it was read from; `today` is what the age of facts is told by."""

    def __init__(self, folders: Sequence[Path], content: Content, today: date) -> None:
        self.folders = tuple(folders)
        self.content = content
        self.today = today
        self.paths = {shown: path for path, shown in content_.files(folders)}
        self._roots: dict[str, Node | None] = {}

    def root(self, file: str) -> Node | None:
        """Return the root node of a file, or None where it cannot be read."""
        if file not in self._roots:
            self._roots[file] = read(self.paths[file], file, [])
        return self._roots[file]

    @cached_property
    def homes(self) -> dict[str, str]:
        """Entity id -> the file it stands in."""
        return {p.stem: shown for shown, p in self.paths.items() if p.parent.name in KINDS}

    @cached_property
    def intents(self) -> dict[str, tuple[Intent, Node]]:
        """The intents an author may edit, by file, with their root nodes."""
        found = {}
        for intent in self.content.intents.values():
            file = intent.place.rpartition(":")[0]
            node = self.root(file)
            if node is not None and not file.startswith("base/"):
                found[file] = (intent, node)
        return found

    def records(self, folder: str) -> Iterator[tuple[str, str, Node]]:
        """Yield (file, id, node) of every record in the files of one folder ("source", "statement", …)."""
        for shown, path in self.paths.items():
            if path.parent.name == folder:
                root = self.root(shown)
                for id, node in root.items() if root else ():
                    yield shown, id, node

    def problem(self, file: str, node: Node | tuple[int, int], message: str, rule: str, severity: str = "warning") -> Problem:
        """Return a problem at a node or at a (line, column)."""
        line, col = node if isinstance(node, tuple) else (node.line, node.col)
        return Problem(file, line, col, message, rule, severity)

    @cached_property
    def lines(self) -> tuple[Authored, ...]:
        """Every authored line by which a question is known: of intents (of the base too) and of statements."""
        return tuple(self._lines())

    def _lines(self) -> Iterator[Authored]:
        for intent in self.content.intents.values():
            if intent.act != "system":
                file = intent.place.rpartition(":")[0]
                root = self.root(file)
                yield from _of(root, file, intent.name, ("examples",)) if root else ()
        for file, id, node in self.records("statement"):
            yield from _of(node, file, STATEMENT + id, ("question", "asks", "claims"))


def _of(node: Node, file: str, owner: str, keys: Sequence[str]) -> Iterator[Authored]:
    reader = Reader(node, file, [], (), "")
    for key in keys:
        for text, line, col in reader.lines(key):
            yield Authored(owner, key, text, file, line, col)


def fact_nodes(root: Node) -> Iterator[tuple[Node, str, tuple[int, int], Node]]:
    """Yield (group of facts, property, the place of its key, its value) of an entity's file."""
    facts = root.value["facts"] if isinstance(root.value, dict) and "facts" in root.value else None
    for group in facts.value if facts is not None and isinstance(facts.value, list) else ():
        says = dict(group.items()).get("says")
        for name, value in says.items() if says else ():
            assert says is not None
            yield group, name, says.keys[name], value


def written_names(root: Node) -> Iterator[tuple[str, str, Node]]:
    """Yield (key, name, node) of every way an entity's file writes its name."""
    table = dict(root.items())
    for key in ("name", "long", "plural", "aliases"):
        node = table.get(key)
        if node is None:
            continue
        for item in node.value if isinstance(node.value, list) else [node]:
            if isinstance(item.value, str):
                yield key, item.value, item
