"""Which intents, answers and facts a set of conversations touched, and which none did, by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from bot.api import Bot
from bot.authoring.workspace import STATEMENT, Workspace, fact_nodes
from bot.types import Trace

SORTS = ("intent", "answer", "statement", "fact")


class Place(msgspec.Struct, frozen=True, order=True):
    """Something authored that a test may touch: `sort` is one of SORTS."""

    file: str
    line: int
    sort: str
    name: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sort} {self.name}"


class Reach(msgspec.Struct, frozen=True):
    """Everything that tests can touch, and what of it none did, by file and line."""

    places: tuple[Place, ...]
    untouched: tuple[Place, ...]

    def shares(self) -> Iterator[tuple[str, int, int]]:
        """Yield each sort with how many are touched and how many there are."""
        for sort in SORTS:
            total = sum(p.sort == sort for p in self.places)
            yield sort, total - sum(p.sort == sort for p in self.untouched), total


def reach(bot: Bot, traces: Iterable[Trace]) -> Reach:
    """Return the coverage of the bot's own content (the base is left out) by the traces of its tests."""
    touched: set[tuple[str, str]] = set()
    for trace in traces:
        for step in trace.steps:
            intent = step.decision.intent
            statement = intent.startswith(STATEMENT)
            touched.add(("statement", intent.removeprefix(STATEMENT)) if statement else ("intent", intent))
            touched.update(("answer", place) for place in step.answers)
            touched.update(("fact", fact) for fact in step.cited)
    keyed = list(_places(Workspace(bot.folders, bot.compiled.content, date.min)))
    untouched = sorted(place for place, key in keyed if key not in touched)
    return Reach(tuple(sorted(place for place, _ in keyed)), tuple(untouched))


def _places(workspace: Workspace) -> Iterator[tuple[Place, tuple[str, str]]]:
    for file, (intent, _) in workspace.intents.items():
        yield Place(file, 1, "intent", intent.name), ("intent", intent.name)
        for answer in intent.answers:
            line = int(answer.place.rpartition(":")[2])
            yield Place(file, line, "answer", f"of {intent.name}"), ("answer", answer.place)
    for file, id, node in workspace.records("statement"):
        yield Place(file, node.line, "statement", id), ("statement", id)
    for id, file in workspace.homes.items():
        root = workspace.root(file)
        for _, name, (line, _), _ in fact_nodes(root) if root is not None else ():
            yield Place(file, line, "fact", f"{id}.{name}"), ("fact", f"{id}.{name}")
