"""Write content as labelled questions, Rasa NLU YAML or CSV: the inverse of `importer`.

Patterns become the sentences they stand for, slots the names of things; a statement is the intent `faq/ID`, as Rasa names
answers to single questions. What comes from the base stays out: another system has its own.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from bot import pattern, yamlfile
from bot.authoring.importer import OUTSIDE
from bot.content import Content
from bot.types import Intent

FORMATS = ("rasa", "csv")
MOST = 16  # sentences of one pattern, unless told: a few long patterns would drown the rest
_SLOT = re.compile(r"\{(\w+)\}")


class Labelled(msgspec.Struct, frozen=True):
    """A question, its intent, and its names: (start, end, kind, slot, the entity's own name)."""

    text: str
    intent: str
    names: tuple[tuple[int, int, str, str, str], ...] = ()

    @property
    def marked(self) -> str:
        """The question with its names marked as Rasa marks them."""
        out, at = "", 0
        for start, end, kind, slot, _ in self.names:
            out += f'{self.text[at:start]}[{self.text[start:end]}]{{"entity": "{kind}", "role": "{slot}"}}'
            at = end
        return out + self.text[at:]


def questions(content: Content, most: int = MOST) -> list[Labelled]:
    """Return the content's questions, at most `most` of each authored line, in the order they are authored in."""
    names = _names(content)
    found: dict[Labelled, None] = {}
    for intent in content.intents.values():
        if not intent.place.startswith("base/"):
            found.update(dict.fromkeys(_of_intent(intent, names, most)))
    for statement in content.statements.values():
        for ask in dict.fromkeys((statement.question, *statement.asks, *statement.claims)):
            found.update((Labelled(text, f"faq/{statement.id}"), None) for text in pattern.expand(ask, most))
    return list(found)


def _names(content: Content) -> dict[str, list[str]]:
    """Return kind -> names that can stand in a slot."""
    found: dict[str, list[str]] = {}
    for entity in content.entities.values():
        found.setdefault(entity.kind, []).append(entity.name)
    found["task"] = [pattern.expand(t.cues[0], 1)[0] for t in content.tasks.values() if t.cues]
    return found


def _of_intent(intent: Intent, names: Mapping[str, Sequence[str]], most: int) -> Iterator[Labelled]:
    label = intent.name if intent.act != "none" or intent.name in OUTSIDE else "out_of_scope"
    kinds = {s.name: s.kinds for s in intent.slots}
    turn = 0
    for line in intent.examples:
        for sentence in pattern.expand(line.text, most):
            yield _filled(sentence, label, kinds, names, turn)
            turn += 1


def _filled(
    sentence: str, label: str, kinds: Mapping[str, Sequence[str]], names: Mapping[str, Sequence[str]], turn: int
) -> Labelled:
    """Return the sentence with a name in each slot, another one each turn; "it" where no name is known."""
    text, found, at = "", [], 0
    for number, slot in enumerate(_SLOT.finditer(sentence)):
        text += sentence[at : slot.start()]
        at = slot.end()
        fitting = [(kind, name) for kind in kinds.get(slot[1], ()) for name in names.get(kind, ())]
        kind, name = fitting[(turn + number) % len(fitting)] if fitting else ("", "it")
        if kind:
            found.append((len(text), len(text) + len(name), kind, slot[1], name))
        text += name
    return Labelled(text + sentence[at:], label, tuple(found))


def rasa(found: Sequence[Labelled], content: Content) -> str:
    """Return the questions as a Rasa NLU file (format 3.1), with the aliases of things as synonyms."""
    rows = ['version: "3.1"', "nlu:"]
    by: dict[str, list[str]] = {}
    for question in found:
        by.setdefault(question.intent, []).append(question.marked)
    for intent, marked in by.items():
        rows += _block("intent", intent, marked)
    for entity in content.entities.values():
        if entity.aliases:
            rows += _block("synonym", entity.name, entity.aliases)
    return "\n".join(rows) + "\n"


def _block(key: str, name: str, lines: Iterable[str]) -> list[str]:
    return [f"- {key}: {yamlfile.scalar(name)}", "  examples: |", *(f"    - {line}" for line in lines)]


def table(found: Sequence[Labelled]) -> str:
    """Return the questions as CSV with the columns text and intent."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("text", "intent"))
    writer.writerows((q.text, q.intent) for q in found)
    return out.getvalue()
