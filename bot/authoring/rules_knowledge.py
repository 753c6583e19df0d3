"""Lint rules over knowledge: names that collide, facts that are stale, missing or at odds, sources nobody cites."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import combinations

from bot.authoring.workspace import Workspace, fact_nodes, written_names
from bot.compiled import english_words
from bot.entities import squash
from bot.errors import Problem
from bot.knowledge import Knowledge
from bot.text import STOP, tokenize
from bot.types import Source
from bot.yamlfile import Node

# What answers expect of every entity of a kind, in a content where most of the kind have it.
_OF_THINGS = ("what", "summary", "maker", "llm", "generative")
REQUIRED = {
    "model": _OF_THINGS,
    "product": _OF_THINGS,
    "company": ("what", "summary"),
    "concept": ("what", "summary"),
    "dataset": ("what", "summary"),
}
_UNFINISHED = re.compile(r"\b(TODO|FIXME|TBD|XXX)\b")


def aliases(w: Workspace) -> Iterator[Problem]:
    """alias-collision: one written name belongs to two entities, so one of them can never be found by it."""
    seen: dict[str, tuple[str, str]] = {}
    for id, file in sorted(w.homes.items(), key=lambda item: (item[0], item[1])):
        root = w.root(file)
        for _, name, node in written_names(root) if root else ():
            other, place = seen.setdefault(squash(name), (id, f"{file}:{node.line}"))
            if other != id:
                message = f"the name '{name}' is also one of '{other}' ({place}); keep it in one of the two"
                yield w.problem(file, node, message, "alias-collision")


def everyday(w: Workspace) -> Iterator[Problem]:
    """everyday-alias: a name that is also an everyday word is taken for the entity in any sentence."""
    plain, english = _plain_words(w), english_words()
    for id, file in sorted(w.homes.items()):
        root = w.root(file)
        entity = w.content.entities.get(id)
        for _, name, node in written_names(root) if root and entity else ():
            assert entity is not None
            word = name.lower()
            if word in entity.ambiguous or not word.isalpha() or word not in english:
                continue
            where = "a small word of English" if word in STOP else ""
            # A common noun ("kettle") is meant wherever it stands; a proper name ("Falcon") is not.
            if entity.kind not in ("concept", "company") and entity.name[:1].isupper():
                where = where or plain.get(word, "an everyday word of English")
            if where:
                message = f"'{name}' is also {where}; write a common noun in lower case, list a proper name under `ambiguous` too"
                yield w.problem(file, node, message, "everyday-alias")


def _plain_words(w: Workspace) -> dict[str, str]:
    """Return word -> where it stands as a plain word: every example of an intent is a way to ask about all things."""
    found: dict[str, str] = {}
    for line in w.lines:
        if line.role == "examples" and not line.shipped and "{" in line.text:
            words = "".join(" " if c in "()[]|" else c for c in re.sub(r"\{[^}]*\}", " ", line.text))
            for token in tokenize(words):
                found.setdefault(token.word, f"a plain word in an example of '{line.owner}' ({line.place})")
    return found


def required(w: Workspace) -> Iterator[Problem]:
    """missing-property: an entity lacks what most of its kind have and answers expect."""
    entities = w.content.entities
    count = Counter((e.kind, p) for e in entities.values() for p in {f.property for f in e.facts})
    total = Counter(e.kind for e in entities.values())
    for id, file in sorted(w.homes.items()):
        entity, root = entities.get(id), w.root(file)
        if entity is None or root is None:
            continue
        have = {f.property for f in entity.facts}
        expected = [p for p in REQUIRED[entity.kind] if count[entity.kind, p] * 2 > total[entity.kind]]
        lacking = [p for p in expected if p not in have]
        if lacking:
            message = f"'{id}' lacks {', '.join(lacking)}, which most of kind {entity.kind} have; add it, or answers will fail"
            yield w.problem(file, root.keys.get("name", (1, 1)), message, "missing-property")


def unused(w: Workspace) -> Iterator[Problem]:
    """unused-source: a source that nothing cites."""
    used = {s for e in w.content.entities.values() for f in e.facts for s in f.sources}
    for table in (w.content.statements, w.content.contrasts, w.content.tasks):
        used |= {s for record in table.values() for s in record.sources}
    for file, id, node in w.records("source"):
        if id not in used:
            yield w.problem(file, node, f"nothing cites '{id}'; cite it or leave it out", "unused-source")


def stale(w: Workspace) -> Iterator[Problem]:
    """stale-fact: a fact that ages (`shelf_life` in properties.yaml) was last read too long ago."""
    for file in sorted(set(w.homes.values())):
        root = w.root(file)
        for group, name, place, _ in fact_nodes(root) if root else ():
            prop = w.content.properties.get(name)
            read_on = _read_on(w, group)
            if prop is None or not prop.shelf_life or read_on is None or "valid_to" in dict(group.items()):
                continue
            age = (w.today - read_on).days
            if age > prop.shelf_life:
                message = f"'{name}' keeps {prop.shelf_life} days and was read {age} days ago ({read_on}); read its source again"
                yield w.problem(file, place, message, "stale-fact")


def _read_on(w: Workspace, group: Node) -> date | None:
    """Return the latest day on which a group of facts was true by its own word or read at its source."""
    days = []
    table = dict(group.items())
    if "as_of" in table:
        days.append(_day(str(table["as_of"].value)))
    cited = table.get("source")
    ids = [str(n.value) for n in cited.value] if cited and isinstance(cited.value, list) else [str(cited.value)] if cited else []
    sources: list[Source] = [w.content.sources[id] for id in ids if id in w.content.sources]
    days += [_day(s.read) for s in sources]
    return max((d for d in days if d), default=None)


def _day(text: str) -> date | None:
    """Return the last day a date of content may mean: 2024 is the whole year."""
    parts = [int(p) for p in text.split("-")] if re.fullmatch(r"\d{4}(-\d\d){0,2}", text) else []
    if not parts:
        return None
    try:
        return date(parts[0], parts[1] if len(parts) > 1 else 12, parts[2] if len(parts) > 2 else 28)
    except ValueError:
        return None


def disjoint(w: Workspace) -> Iterator[Problem]:
    """disjoint-kinds: a thing is two kinds of which it is said that nothing is both."""
    knowledge = Knowledge(w.content)
    apart = {(a, b) for a in w.content.entities for b in knowledge.values(a, "disjoint_with")}
    for id, file in sorted(w.homes.items()):
        root = w.root(file)
        up = knowledge.ancestors(id) if id in w.content.entities else ()
        for a, b in combinations(sorted(up), 2) if root else ():
            if (a, b) in apart or (b, a) in apart:
                assert root is not None
                place = next((p for _, name, p, _ in fact_nodes(root) if name == "is_a"), (1, 1))
                message = f"'{id}' is both '{a}' and '{b}', which are said to be disjoint; mend is_a here or disjoint_with there"
                yield w.problem(file, place, message, "disjoint-kinds")


def unfinished(w: Workspace) -> Iterator[Problem]:
    """unfinished: a TODO is left in what the bot would say."""
    for shown, path in w.paths.items():
        if shown.startswith("base/"):
            continue
        for number, row in enumerate(path.read_bytes().decode("utf-8", errors="replace").split("\n"), 1):
            found = _UNFINISHED.search(row.partition(" #")[0]) if not row.lstrip().startswith("#") else None
            if found:
                yield w.problem(
                    shown, (number, found.start() + 1), f"'{found.group()}' is left in; finish the line", "unfinished"
                )


RULES = (aliases, everyday, required, unused, stale, disjoint, unfinished)
