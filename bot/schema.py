"""Read records from YAML nodes: unknown keys with a did-you-mean, wrong types with a way out, all problems at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from bot.errors import Problem
from bot.yamlfile import Node

_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
YES = {"yes": True, "true": True, "no": False, "false": False}


def nearest(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the closest known word, or an empty string.

    >>> nearest("exmaples", ["examples", "answers"])
    "; did you mean 'examples'?"
    """
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""


class Reader:
    """Reads one mapping node; every complaint goes to `problems` with its place, and reading goes on."""

    def __init__(self, node: Node, file: str, problems: list[Problem], known: Iterable[str], what: str) -> None:
        self.file = file
        self.problems = problems
        self.node = node
        self.what = what
        self._map: dict[str, Node] = node.value if isinstance(node.value, dict) else {}
        if not isinstance(node.value, dict):
            self.complain(node, f"{what} must be a mapping (key: value lines)", "wrong-type")
            return
        names = list(known)
        for key in self._map:
            if key not in names:
                line, col = node.keys[key]
                self.problems.append(Problem(file, line, col, f"'{key}' is no key of {what}{nearest(key, names)}", "unknown-key"))

    def complain(self, node: Node, message: str, rule: str, severity: str = "error") -> None:
        """Add a problem at the node's place."""
        self.problems.append(Problem(self.file, node.line, node.col, message, rule, severity))

    def has(self, key: str) -> bool:
        """Whether the key is given."""
        return key in self._map

    def get(self, key: str) -> Node | None:
        """Return the key's node, or None."""
        return self._map.get(key)

    def place(self, key: str = "") -> str:
        """Return `file:line` of the key's value, or of the record."""
        node = self._map.get(key, self.node)
        return f"{self.file}:{node.line}"

    def text(self, key: str, required: bool = False) -> str:
        """Return the key's text, one line or a block with its line breaks folded; "" when missing."""
        node = self._map.get(key)
        if node is None:
            if required:
                self.complain(self.node, f"{self.what} needs '{key}'", "missing-key")
            return ""
        if not isinstance(node.value, str):
            self.complain(node, f"'{key}' must be text; put a `|` block or quotes around it", "wrong-type")
            return ""
        if required and not node.value.strip():
            self.complain(node, f"'{key}' is empty", "empty-value")
        return fold(node.value)

    def yes(self, key: str, default: bool) -> bool:
        """Return a yes/no key."""
        node = self._map.get(key)
        if node is None:
            return default
        if not isinstance(node.value, str) or node.value.lower() not in YES:
            self.complain(node, f"'{key}' must be yes or no", "wrong-type")
            return default
        return YES[node.value.lower()]

    def choice(self, key: str, options: Iterable[str], default: str = "") -> str:
        """Return the key's text, which must be one of the options."""
        node = self._map.get(key)
        if node is None:
            return default
        names = list(options)
        if node.value not in names:
            shown = str(node.value)[:40]
            self.complain(node, f"'{shown}' must be one of {', '.join(names)}{nearest(shown, names)}", "unknown-choice")
            return default
        return str(node.value)

    def date(self, key: str, required: bool = False) -> str:
        """Return a date as YYYY, YYYY-MM or YYYY-MM-DD."""
        text = self.text(key, required)
        if text and not _DATE.fullmatch(text):
            self.complain(self._map[key], f"'{text[:20]}' is no date; write YYYY, YYYY-MM or YYYY-MM-DD", "bad-date")
        return text

    def texts(self, key: str, required: bool = False) -> tuple[str, ...]:
        """Return a list of texts; a single text counts as a list of one."""
        return tuple(fold(str(n.value)) for n in self.nodes(key, required))

    def nodes(self, key: str, required: bool = False) -> list[Node]:
        """Return the text nodes of a list (or of a single text)."""
        node = self._map.get(key)
        if node is None:
            if required:
                self.complain(self.node, f"{self.what} needs '{key}'", "missing-key")
            return []
        items = node.value if isinstance(node.value, list) else [node]
        good = [n for n in items if isinstance(n.value, str)]
        for n in items:
            if not isinstance(n.value, str):
                self.complain(n, f"'{key}' must be a list of texts", "wrong-type")
        return good

    def lines(self, key: str) -> list[tuple[str, int, int]]:
        """Return the lines of a `|` block with the line and column of each; blank lines and # comments are left out."""
        node = self._map.get(key)
        if node is None:
            return []
        if isinstance(node.value, list):
            return [(str(n.value).strip(), n.line, n.col) for n in node.value if isinstance(n.value, str)]
        if not isinstance(node.value, str):
            self.complain(node, f"'{key}' must be a `|` block, one example a line", "wrong-type")
            return []
        found = []
        for i, row in enumerate(node.value.split("\n")):
            text = row.strip()
            if text and not text.startswith("#"):
                found.append((text, node.line + i, node.col + len(row) - len(row.lstrip())))
        return found


def fold(text: str) -> str:
    """Return a block's text as prose: single line breaks become spaces, blank lines stay as paragraph breaks."""
    if "\n" not in text:  # nearly all of them: a reload reads each text there is
        return " ".join(text.split())
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(p if _table(p) else " ".join(p.split()) for p in paragraphs)


def _table(paragraph: str) -> bool:
    rows = paragraph.strip().splitlines()
    return len(rows) > 1 and all(row.lstrip()[:1] in "-|*" for row in rows)


def is_date(text: str) -> bool:
    """Whether the text is a date as content writes it."""
    return bool(_DATE.fullmatch(text))
