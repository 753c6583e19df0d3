"""Measure what small changes of wording do: `python -m bot.authoring.robust LABELLED.jsonl... [--exceptions]`.

Every question that is answered rightly is asked again with a politeness frame, in another case, without its punctuation,
with one typo in a long word and with a lead-in. Each kind of change should alter neither intent nor entities.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from zlib import crc32

import msgspec

from bot.api import Bot
from bot.authoring.fit import Labelled, is_right, load
from bot.types import Trace

LONG = 7  # letters from which a word survives a typo
_WORD = re.compile(r"[A-Za-z]+")


class Understood(msgspec.Struct, frozen=True):
    """What must not change: the status, the intents (a statement counts as one) and the things named."""

    status: str
    intents: tuple[str, ...]
    entities: frozenset[str]


def framed(before: str, after: str = "") -> Callable[[str], str]:
    """Return the change that puts words before and after a question, whose first word goes on in small letters.

    >>> framed("hi, could you tell me please, ", " thanks")("What is RAG?")
    'hi, could you tell me please, what is RAG? thanks'
    """

    def change(question: str) -> str:
        first = question.split(" ", 1)[0]
        inside = question[:1].lower() + question[1:] if first[1:].islower() and first.isalpha() else question
        return before + inside + after

    return change


def marked(marks: str) -> Callable[[str], str]:
    """Return the change that puts other marks at the end of a question.

    >>> marked(" ???")("Is it free?!")
    'Is it free ???'
    """
    return lambda question: question.rstrip("?!. ") + marks


def mistyped(draw: int = 0) -> Callable[[str], str]:
    """Return the change that drops, doubles or swaps one letter inside one long word.

    Which word, where and how follows from the question and `draw`, so that every run makes the same typos.
    """

    def change(question: str) -> str:
        words = [m for m in _WORD.finditer(question) if len(m.group()) >= LONG]
        if not words:
            return question
        dice = crc32(f"{draw or ''}{question}".encode())
        word = words[dice % len(words)]
        at = word.start() + 2 + dice // 7 % (len(word.group()) - 4)
        a, b = question[at], question[at + 1]
        return question[:at] + (b, a + a + b, b + a)[dice // 3 % 3] + question[at + 2 :]

    return change


CHANGES: dict[str, Callable[[str], str]] = {
    "politeness": framed("hi, could you tell me please, ", " thanks"),
    "lead-in": framed("hey, quick question: "),
    "capitals": str.upper,
    "small letters": str.lower,
    "no marks": marked(""),
    "more marks": marked(" ???"),
    "typo": mistyped(),
}


def understood(bot: Bot, turns: Sequence[str]) -> tuple[Understood, Trace]:
    """Return how the last turn is understood, and its trace."""
    chat = bot.session()
    for turn in turns:
        reply = chat.ask(turn)
    assert chat.last is not None
    intents = tuple(dict.fromkeys(s.decision.intent for s in chat.last.steps))
    return Understood(reply.status, intents, frozenset(m.entity for m in reply.entities)), chat.last


def rightly_answered(bot: Bot, questions: Sequence[Labelled]) -> list[tuple[Labelled, Understood]]:
    """Return the questions whose answer is one of their right ones, with how they are understood."""
    found = []
    for question in questions:
        told, trace = understood(bot, question.turns)
        if told.status == "answered" and any(is_right(s.decision, question.right) for s in trace.steps):
            found.append((question, told))
    return found


def changed(bot: Bot, question: Labelled, change: Callable[[str], str]) -> tuple[str, Understood]:
    """Return the question's last turn as changed, and how that is understood."""
    text = change(question.turns[-1])
    return text, understood(bot, (*question.turns[:-1], text))[0]


def main() -> None:
    """Print, for each kind of change, the share of questions it leaves as they were, and the exceptions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--exceptions", action="store_true", help="print what became of the others")
    args = parser.parse_args()
    bot = Bot()
    asked = rightly_answered(bot, load(args.files))
    for kind, change in CHANGES.items():
        after = [(told, *changed(bot, question, change)) for question, told in asked]
        others = [(told, text, now) for told, text, now in after if now != told]
        print(f"{kind}: {100 * (1 - len(others) / len(asked)):.1f} % of {len(asked)}")
        if args.exceptions:
            for told, text, now in others:
                print(f"    {text}\n        {told.intents} {sorted(told.entities)}")
                print(f"     -> {now.status} {now.intents} {sorted(now.entities)}")


if __name__ == "__main__":
    main()
