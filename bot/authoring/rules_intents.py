"""Lint rules over an intent's slots and answers: what is never filled, never reached, or fails for some entity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot import pattern, templates
from bot.acts import COMMON, OFFERED
from bot.authoring.reads import Reads, reads_of
from bot.authoring.workspace import Workspace
from bot.errors import Problem
from bot.knowledge import Knowledge
from bot.schema import nearest
from bot.templates import MissingError, Recorder, View
from bot.types import Answer, Intent, Slot
from bot.yamlfile import Node

# What Jinja gives every template.
_GLOBALS = frozenset(["range", "dict", "lipsum", "cycler", "joiner", "namespace", "true", "false", "none", "loop"])
_OF_VIEWS = frozenset(n for n in vars(View) if not n.startswith("_"))
_OF_TASKS = frozenset(("id", "name", "makes", "needs", "suits", "say", "caution", "prompt", "variant", "tools"))
_CALLED = frozenset(("inherited", "holder", "as_of", "variant", "tools"))
# What a view always has: reading it never fails.
_ALWAYS = frozenset(("id", "kind", "name", "an", "plural", "be", "has"))


def slots(w: Workspace) -> Iterator[Problem]:
    """unfilled-slot: no example names the slot, or nothing on record could stand in it."""
    kinds = {e.kind for e in w.content.entities.values()} | ({"task"} if w.content.tasks else set())
    for file, (intent, node) in w.intents.items():
        table = dict(node.items()).get("slots")
        shown = {name for line in intent.examples for name in pattern.slots_of(line.text)}
        for slot in intent.slots:
            place = table.keys[slot.name] if table else (node.line, node.col)
            if not kinds & set(slot.kinds):
                message = f"nothing on record is a {' or '.join(slot.kinds)}, so '{slot.name}' is never filled; add one"
                yield w.problem(file, place, message, "unfilled-slot")
            elif slot.name not in shown and intent.examples and intent.act in ("", "timeline", "list"):
                message = (
                    f"no example has {{{slot.name}}}, so '{slot.name}' is never learned; write it into an example or drop it"
                )
                yield w.problem(file, place, message, "unfilled-slot")


def names(w: Workspace) -> Iterator[Problem]:
    """unknown-name: a template reads a name or a fact that there is not, so its answer never applies."""
    for file, intent, answer, node in answers_of(w):
        known = {s.name for s in intent.slots} | COMMON | OFFERED.get(intent.act, frozenset())
        for key, expression in (("say", False), ("when", True)):
            source, here = (answer.when if expression else answer.say), dict(node.items()).get(key)
            if not source or here is None:
                continue
            reads = reads_of(source, expression)
            for name in sorted(reads.names - known - _GLOBALS):
                line = _line_of(source, name)
                message = f"'{name}' is nothing this answer can read{nearest(name, known)}"
                yield w.problem(file, _at(here, source, line, name), message, "unknown-name", "error")
            yield from _attributes(w, file, intent, here, source, reads)


def _attributes(w: Workspace, file: str, intent: Intent, here: Node, source: str, reads: Reads) -> Iterator[Problem]:
    for slot in intent.slots:
        known = _attributes_of(slot, w)
        for read in reads.attributes:
            if read.name == slot.name and not slot.many and read.attribute not in known:
                message = f"no property '{read.attribute}' in properties.yaml{nearest(read.attribute, known)}"
                yield w.problem(file, _at(here, source, read.line, read.attribute), message, "unknown-name", "error")


def _attributes_of(slot: Slot, w: Workspace) -> frozenset[str]:
    of_entities = _OF_VIEWS | w.content.properties.keys() if set(slot.kinds) - {"task"} else frozenset()
    return of_entities | (_OF_TASKS if "task" in slot.kinds else frozenset())


def _line_of(source: str, word: str) -> int:
    return source[: max(source.find(word), 0)].count("\n") + 1


def _at(here: Node, source: str, line: int, word: str) -> tuple[int, int]:
    """Return the place in the file of a word on a line (from 1) of a template that starts at a node."""
    rows = source.split("\n")
    inside = max(rows[line - 1].find(word), 0) if line <= len(rows) else 0
    return here.line + line - 1, here.col + inside


def answers_of(w: Workspace) -> Iterator[tuple[str, Intent, Answer, Node]]:
    """Yield (file, intent, answer, its node) of every answer an author may edit."""
    for file, (intent, node) in w.intents.items():
        table = dict(node.items()).get("answers")
        items = table.value if table is not None and isinstance(table.value, list) else []
        for answer, item in zip(intent.answers, items, strict=False):
            yield file, intent, answer, item


def unreachable(w: Workspace) -> Iterator[Problem]:
    """unreachable-answer: an answer before it applies whenever it does."""
    before: dict[str, list[tuple[Answer, Node]]] = {}
    for file, intent, answer, node in answers_of(w):
        earlier = before.setdefault(file, [])
        if answer.when and reads_of(answer.when, True).always is False:
            yield w.problem(file, node, "its `when` never holds; mend the condition or drop the answer", "unreachable-answer")
        for other, at in earlier:
            if other.when in ("", answer.when) and _sure(other, intent) <= _needs(answer):
                message = (
                    f"the answer at line {at.line} applies whenever this one does; move this one up, or give that one a `when`"
                )
                yield w.problem(file, node, message, "unreachable-answer")
                break
        earlier.append((answer, node))


def _sure(answer: Answer, intent: Intent) -> frozenset[str]:
    """Return all that may keep an answer from being said: each fact and each name that it reads."""
    reads = reads_of(answer.say)
    single = {s.name for s in intent.slots if not s.optional}
    # What a call hands out hangs on its arguments: two of them are never taken for the same.
    calls = {f"{answer.place}.{r.attribute}" for r in reads.attributes if r.attribute in _CALLED}
    facts = {f"{r.name}.{r.attribute}" for r in reads.attributes if r.attribute not in _ALWAYS or r.name not in single}
    return frozenset(facts | calls | (reads.names - single))


def _needs(answer: Answer) -> frozenset[str]:
    reads = reads_of(answer.say)
    return frozenset({f"{r.name}.{r.attribute}" for r in reads.attributes if r.sure} | reads.names)


def lacking(w: Workspace) -> Iterator[Problem]:
    """lacking-fact: for some entities no answer is left, for each reads a fact that they lack."""
    knowledge = Knowledge(w.content)
    for file, (intent, node) in w.intents.items():
        slot = _only_slot(intent)
        if slot is None:
            continue
        ids = [e.id for e in w.content.entities.values() if e.kind in slot.kinds]
        left = [id for id in ids if not _said(intent, slot, id, knowledge)]
        if left:
            shown = ", ".join(f"'{id}'" for id in left[:3]) + (", …" if len(left) > 3 else "")
            facts = ", ".join(f"'{p}'" for p in _missing(intent, left[0], knowledge)) or "a fact"
            message = (
                f"no answer is left for {len(left)} of {len(ids)} ({shown}): the first lacks {facts}; "
                "add it, or a last answer that reads the name alone, with `status: abstain`"
            )
            yield w.problem(file, node.keys["answers"], message, "lacking-fact", "note")


def _only_slot(intent: Intent) -> Slot | None:
    """Return the one slot all answers turn on, or None where they need a whole conversation to be told."""
    if intent.act or not intent.slots or len([s for s in intent.slots if not s.optional]) != 1:
        return None
    slot = next(s for s in intent.slots if not s.optional)
    names = {s.name for s in intent.slots}
    used = {n for a in intent.answers for n in reads_of(a.say).names | (reads_of(a.when, True).names if a.when else frozenset())}
    return slot if used <= names and not slot.many and "task" not in slot.kinds else None


def _said(intent: Intent, slot: Slot, id: str, knowledge: Knowledge) -> bool:
    view = View(knowledge.entities[id], knowledge, Recorder())
    values: Mapping[str, Any] = {s.name: None for s in intent.slots} | {slot.name: view}
    for answer in intent.answers:
        try:
            if templates.holds(answer.when, values) and templates.render(answer.say, values):
                return True
        except MissingError:
            continue
    return False


def _missing(intent: Intent, id: str, knowledge: Knowledge) -> list[str]:
    read = {r.attribute for a in intent.answers for r in reads_of(a.say).attributes if r.sure}
    return sorted(p for p in read if p in knowledge.content.properties and knowledge.fact(id, p) is None)


RULES = (slots, names, unreachable, lacking)
