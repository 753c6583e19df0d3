"""Answer a list of questions and show what became of each, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from bot.api import Bot
from bot.authoring.report import printable

_QUESTION, _ANSWER = 44, 60  # characters of a column


class Row(msgspec.Struct, frozen=True):
    """One question and its reply; `confidence` is a probability, 0 to 1."""

    question: str
    status: str
    intent: str
    confidence: float
    text: str


def questions(text: str) -> list[str]:
    """Return the questions of a file: one a line; blank lines and lines that start with # are left out.

    >>> questions("what is tea?\\n\\n# next\\nwho makes it?\\n")
    ['what is tea?', 'who makes it?']
    """
    lines = (line.strip().lstrip("\ufeff") for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def run(bot: Bot, asked: Sequence[str]) -> list[Row]:
    """Return one row a question, each asked by itself."""
    rows = []
    for question in asked:
        reply = bot.ask(question)
        rows.append(Row(question, reply.status, reply.intent, reply.confidence, reply.text))
    return rows


def table(rows: Sequence[Row], full: bool = False) -> Iterator[str]:
    """Yield the rows as aligned lines and, last, how many were answered; `full` puts each whole answer below its row."""
    intents = max([6, *(len(r.intent) for r in rows)])
    questions_ = min(_QUESTION, max([8, *(len(r.question) for r in rows)]))
    head = f"{'status':9} {'conf':4} {'intent':{intents}} {'question':{questions_}} "
    yield (head + ("" if full else "answer")).rstrip()
    for r in rows:
        shown = f"{r.status:9} {r.confidence:4.2f} {r.intent:{intents}} {_cut(r.question, questions_):{questions_}} "
        yield (shown + ("" if full else _cut(r.text, _ANSWER))).rstrip()
        if full:
            yield from (f"    {printable(line)}" for line in r.text.split("\n"))
    count = {s: sum(r.status == s for r in rows) for s in ("answered", "clarify", "abstain")}
    yield f"{len(rows)} question(s): {count['answered']} answered, {count['clarify']} asked back, {count['abstain']} abstained"


def _cut(text: str, width: int) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= width else line[: width - 1] + "…"
