"""Lint rules over the wording of answers: facts belong into knowledge, where each has a source and an age."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.acts import COMMON
from bot.authoring.reads import reads_of
from bot.authoring.rules_intents import answers_of
from bot.authoring.workspace import Workspace
from bot.entities import squash
from bot.errors import Problem

# A number, unless it only counts the lines of a list.
_NUMBER = re.compile(r"(?<![\w.])\d[\d.,]*\s?(%|[A-Za-z]+)?")
_LISTED = re.compile(r"\s*\d+\.\s")
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = re.compile(rf"\b(?:{_MONTHS})\s+\d{{1,4}}\b|\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_MONTHS})\b|\b(?:19|20)\d\d\b")
_WORD = re.compile(r"[A-Za-z][\w'’.-]*\w|[A-Za-z]")
# A capital after one of these only starts a sentence.
_OPENS = re.compile(r"(?:^\s*|[.!?:|]['\"”)]?\s+|^\s*[-•*|]\s*|['\"“(])$")
_NO_NAMES = frozenset(("I", "I'm", "I'll", "I'd", "I've", "AI", "OK", "FAQ", "English"))


def typed_in(w: Workspace) -> Iterator[Problem]:
    """typed-in-fact: a number, date or proper name is typed into a template, where it has no source and rots."""
    names = {squash(n) for e in w.content.entities.values() if e.kind != "concept" for n in (e.name, *e.aliases)}
    concepts = {n.lower() for e in w.content.entities.values() if e.kind == "concept" for n in (e.name, e.plural, *e.aliases)}
    for file, intent, answer, node in answers_of(w):
        here = dict(node.items()).get("say")
        if here is None or intent.act in ("alarm", "system"):
            continue
        for number, row in reads_of(answer.say).literals:
            found = _fact_in(row, names, concepts)
            if found:
                what, text = found
                rows = answer.say.split("\n")
                inside = rows[number - 1].find(text) if number <= len(rows) else 0
                message = f"the {what} '{text}' is typed in; make it a fact with a source and read it here: {{{{ … }}}}"
                yield w.problem(file, (here.line + number - 1, here.col + max(inside, 0)), message, "typed-in-fact")


def _fact_in(row: str, names: set[str], concepts: set[str]) -> tuple[str, str] | None:
    """Return (what it is, its text) of the first fact in a line of a template's own words, or None."""
    date = _DATE.search(row)
    if date:
        return "date", date.group()
    number = None if _LISTED.match(row) else _NUMBER.search(row)
    if number:
        return "number", number.group().strip()
    for word in _WORD.finditer(row):
        text = word.group()
        if not text[0].isupper() or text in _NO_NAMES or text.lower() in concepts or text.lower().rstrip("s") in concepts:
            continue
        if squash(text) in names or not _OPENS.search(row[: word.start()]):
            return "name", text
    return None


def unsourced(w: Workspace) -> Iterator[Problem]:
    """unsourced-answer: an answer reads no fact at all, so there is nothing to cite and nothing to keep fresh."""
    for file, intent, answer, node in answers_of(w):
        if intent.act or answer.status != "answered":
            continue
        reads = reads_of(answer.say)
        facts = [r for r in reads.attributes if r.attribute in w.content.properties or r.attribute in ("makers", "inherited")]
        if not facts and not reads.names & (COMMON - {"claim", "negative", "lead"}):
            message = "reads no fact, so it has no source; write it as a statement, or read a fact, or say `status: abstain`"
            yield w.problem(file, node, message, "unsourced-answer", "note")


RULES = (typed_in, unsourced)
