"""One way to read a clause, with its evidence, and what all the ways to read it share."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from functools import cached_property

import msgspec

from bot import described
from bot.confidence import Evidence
from bot.types import Clause, Mention
from bot.understand import Heard

STATEMENT = "statement:"

# Answers that are read whatever ranker and retrieval say, as the likeliest of all beside each other.
MOST_JOINT = 5

Slots = tuple[tuple[str, tuple[str, ...]], ...]


class Background(msgspec.Struct, frozen=True):
    """What the rest of the message says: the back-story's mentions and tasks, used where the question names none."""

    mentions: tuple[Mention, ...] = ()
    tasks: tuple[str, ...] = ()


def background(heard: Heard, clause: Clause) -> Background:
    """Return what the other clauses tell: the back-story, not the other questions.

    A question that names nothing may mean what one before it names: "prompt injection, could it hit us? what is it".
    """
    others = [c for c in heard.clauses if c.role == "question" and c.start != clause.start]
    own = {m.entity for m in heard.mentions if clause.start <= m.start < clause.end}
    earlier = {m.entity for c in others for m in heard.mentions if c.start <= m.start < c.end and c.start < clause.start}
    if not own and len(earlier) == 1:
        others = [c for c in others if c.start > clause.start]
    asked = {i for c in others for i in range(c.start, c.end)}
    inside = {*range(clause.start, clause.end), *asked}
    mentions = tuple(m for m in heard.mentions if m.start not in inside)
    tasks = tuple(dict.fromkeys(t for s, _, t in heard.tasks if s not in inside))
    return Background(mentions, tasks)


class Choice(msgspec.Struct, frozen=True):
    """One way to read a clause, with its confidence (0 to 1) and what is still missing."""

    intent: str
    confidence: float
    slots: Slots = ()
    missing: str = ""
    rule: str = ""
    evidence: Evidence | None = None


SURE_TRADE = 0.9


class Seen(msgspec.Struct, frozen=True, dict=True):
    """What all readings of a clause share: how likely it is none of ours, its content words, the message's constraints,
    each intent's nearest line, the intent of which it is an authored sentence, word for word, the retrieval query, and
    each answer's share where all are weighed against each other, and how likely each thing is what the clause describes."""

    none: float
    length: int
    constraints: int
    nearest: Mapping[str, float]
    told: str
    query: dict[str, float]
    shares: Mapping[str, float]
    described: dict[str, float]

    @cached_property
    def proposed(self) -> list[str]:
        """The things the clause may describe, the likeliest first."""
        return described.likeliest(self.described)

    @cached_property
    def best(self) -> tuple[str, ...]:
        """The likeliest answers by their share, best first."""
        return tuple(heapq.nlargest(MOST_JOINT, self.shares, key=lambda a: self.shares[a]))

    def rival(self, answer: str) -> float:
        """Return the greatest share of another answer."""
        return next((self.shares[a] for a in self.best if a != answer), 0.0)


TWO = 2
