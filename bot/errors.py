"""What can go wrong, as values: one problem an author can act on, and the two exceptions a caller can catch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in authored content: where it is, what is wrong, and the rule that found it.

    `line` and `col` count from 1; 0 means the file as a whole. `severity` is "error" (the content cannot be used) or
    "warning" (it can, and should be mended).

    >>> str(Problem("intents/compare.yaml", 12, 5, "'subjct' is no slot here; did you mean 'subject'?", "unknown-slot"))
    "intents/compare.yaml:12:5: 'subjct' is no slot here; did you mean 'subject'? [unknown-slot]"
    """

    file: str
    line: int
    col: int
    message: str
    rule: str
    severity: str = "error"

    def __str__(self) -> str:
        mark = "" if self.severity == "error" else f" {self.severity}:"
        return f"{self.file}:{self.line}:{self.col}:{mark} {self.message} [{self.rule}]"


class BotError(Exception):
    """Base of every exception this package raises on purpose."""


class ContentError(BotError):
    """The authored content cannot be used; `problems` holds every mistake found, sorted by place."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class StateError(BotError):
    """A stored session state cannot be resumed: wrong shape, or written by another version."""
