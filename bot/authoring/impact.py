"""Ask two builds the same questions and tell where they differ, by the authored line that was edited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from bot.api import Bot
from bot.authoring import transcripts
from bot.authoring.transcripts import Transcript
from bot.types import Trace

# A change of confidence smaller than this, with the same answer, is not worth an author's time.
SHIFT = 0.05


class Change(msgspec.Struct, frozen=True):
    """A question that two builds treat differently: its place ("" for a logged one) and both traces."""

    question: str
    place: str
    old: Trace
    new: Trace

    @property
    def what(self) -> str:
        """What differs, in a line."""
        old, new = self.old.reply, self.new.reply
        if (old.intent, old.status) != (new.intent, new.status):
            return f"{old.status} {old.intent} {old.confidence:.2f} -> {new.status} {new.intent} {new.confidence:.2f}"
        if old.text != new.text:
            return "says something else"
        return f"confidence {old.confidence:.2f} -> {new.confidence:.2f}"


def differs(old: Trace, new: Trace) -> bool:
    """Whether intent, status, answer or (by SHIFT or more) confidence differ."""
    a, b = old.reply, new.reply
    return (a.intent, a.status, a.text) != (b.intent, b.status, b.text) or abs(a.confidence - b.confidence) >= SHIFT


def changes(old: Bot, new: Bot, talks: Iterable[Transcript], asked: Sequence[str]) -> list[Change]:
    """Return what the builds treat differently: turns of transcripts, each in its talk, and questions by themselves."""
    found = []
    for talk in talks:
        before, after = (transcripts.replay(bot, talk).traces for bot in (old, new))
        for turn, a, b in zip(talk.turns, before, after, strict=True):
            found.append(Change(turn.you, f"{talk.path.as_posix()}:{turn.line}", a, b))
    found += [Change(text, "", old.explain(text), new.explain(text)) for text in asked]
    return [c for c in found if differs(c.old, c.new)]
