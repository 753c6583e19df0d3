"""What the bot has to say about each thing it knows: the matrix entity kind x question, and the holes in it.

No question is understood here: each answer is rendered as if the question had been found, so the matrix is about content alone.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from bot import content as content_
from bot import train
from bot.compiled import Compiled, lookup
from bot.content import KINDS, Content
from bot.flow import say
from bot.joint import Joint
from bot.knowledge import GENERATIVE, LLM
from bot.ranker import Ranker
from bot.types import Clause, Decision, Entity, Intent, Settings, State
from bot.understand import hear, read

Outcome = Literal["answered", "abstains", "hole"]
OUTCOMES: tuple[Outcome, ...] = ("answered", "abstains", "hole")
# What everybody asks about anything: to leave one of these open needs a reason, and there is none.
REQUIRED = {
    "define": ("concept", "model", "product", "company", "dataset"),
    "maker": ("model", "product"),
    f"verdict:{LLM}": ("concept", "model", "product"),
    f"verdict:{GENERATIVE}": ("concept", "model", "product"),
}
SHOWN, WIDTH = 8, 100  # things listed a question, characters of an answer
# Verdicts that judge; the others say that nothing is recorded.
_JUDGED = frozenset(("yes", "no", "partly", "runs_on", "inverse"))


class Asked(msgspec.Struct, frozen=True):
    """A kind of question about one thing: `name` is the intent's, with what it is judged by after a colon (verdict:llm)."""

    name: str
    intent: Intent
    subject: str
    slots: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Cell(msgspec.Struct, frozen=True):
    """What becomes of one question about one entity, and what is said ("" for a hole)."""

    entity: str
    kind: str
    question: str
    outcome: Outcome
    text: str = ""


class Coverage(msgspec.Struct, frozen=True):
    """All cells; `named` is how many other records refer to an entity."""

    cells: tuple[Cell, ...]
    named: dict[str, int]


def cover(folders: Sequence[Path], wanted: Callable[[Entity], bool] = lambda entity: True) -> Coverage:
    """Return the coverage of the content for the entities that are wanted; raise ContentError where it cannot be read."""
    bot = _untrained(content_.load(folders))
    content = bot.content
    entities = sorted((e for e in content.entities.values() if wanted(e)), key=lambda e: (KINDS.index(e.kind), e.id))
    cells = tuple(_cell(bot, asked, e) for asked in questions(content) for e in entities if _fits(asked, e))
    return Coverage(cells, _named(content))


def _untrained(content: Content) -> Compiled:
    """Return a bot that can say every answer but finds none by itself: training takes half a minute, and nothing is asked."""
    look = lookup(content)
    empty = train.fit_index(msgspec.structs.replace(content, statements={}), look)
    statements, calibration = train.fit_statements(empty, [], [])
    ranker = Ranker((), b"", b"", b"", (), 1.0)
    return Compiled("", content, look, ranker, empty, empty, statements, calibration, Joint(), Settings())


def questions(content: Content) -> Iterator[Asked]:
    """Yield each kind of question that is about one thing; a verdict once for each category everything is judged by."""
    for intent in content.intents.values():
        needed = [s for s in intent.slots if not s.optional]
        if not needed or intent.act or needed[0].many or not set(KINDS) & set(needed[0].kinds):
            continue
        if len(needed) == 1:
            yield Asked(intent.name, intent, needed[0].name)
        elif len(needed) == 2 and needed[1].kinds == ("concept",) and not needed[1].many:
            for category in (c for c in (LLM, GENERATIVE) if c in content.entities):
                yield Asked(f"{intent.name}:{category}", intent, needed[0].name, ((needed[1].name, (category,)),))


def _fits(asked: Asked, entity: Entity) -> bool:
    kinds = next(s.kinds for s in asked.intent.slots if s.name == asked.subject)
    return entity.kind in kinds and all(entity.id not in ids for _, ids in asked.slots)


def _cell(bot: Compiled, asked: Asked, entity: Entity) -> Cell:
    # Nothing was typed: no word of it may steer an answer to a medium or a row.
    heard = hear("", bot.look, bot.settings.fuzzy)
    reading = read(heard, Clause("", "question", 0, 0), bot.look)
    slots = ((asked.subject, (entity.id,)), *asked.slots)
    decision = Decision("answer", "coverage", asked.intent.name, slots)
    said = say(bot, State(), heard, reading, decision, ())
    if said is None:
        return Cell(entity.id, entity.kind, asked.name, "hole")
    judged = not asked.slots or bot.knowledge.verdict(entity.id, asked.slots[0][1][0]) in _JUDGED
    outcome: Outcome = "answered" if said.status == "answered" and judged else "abstains"
    return Cell(entity.id, entity.kind, asked.name, outcome, said.step.text)


def _named(content: Content) -> dict[str, int]:
    """Return how many statements, contrasts, tasks and other entities refer to each entity: what is named much is well known."""
    count: Counter[str] = Counter()
    for statement in content.statements.values():
        count.update(set(statement.about))
    for contrast in content.contrasts.values():
        count.update(set(contrast.between))
    for task in content.tasks.values():
        count.update(set(task.tools))
    for entity in content.entities.values():
        count.update({v for f in entity.facts for v in f.values if v in content.entities} - {entity.id})
    return {id: count[id] for id in content.entities}


def unexplained(coverage: Coverage) -> list[Cell]:
    """Return the holes in what must not be open (`REQUIRED`), best-known things first.

    To abstain explains a hole elsewhere; whether a thing is generative AI, or who makes it, has an answer.
    """
    open_ = [c for c in coverage.cells if c.outcome != "answered" and c.kind in REQUIRED.get(c.question, ())]
    return sorted(open_, key=lambda c: (-coverage.named[c.entity], c.entity, c.question))


# ------------------------------------------------------------------------------------------------ printing


def matrix(coverage: Coverage, by_name: bool = False) -> Iterator[str]:
    """Yield the matrix as lines: a row a question, a column a kind, each cell "answered/abstains/hole".

    `by_name` adds below it which things leave which question open, best-known first.
    """
    count = Counter((c.question, c.kind, c.outcome) for c in coverage.cells)
    rows = list(dict.fromkeys(c.question for c in coverage.cells))
    kinds = [k for k in KINDS if any(c.kind == k for c in coverage.cells)]
    wide = max([8, *(len(r) for r in rows)])
    yield f"{'question':{wide}}" + "".join(f"{kind:>15}" for kind in kinds)
    for row in rows:
        yield f"{row:{wide}}" + "".join(f"{_counts(count, row, kind):>15}" for kind in kinds)
    total = Counter(c.outcome for c in coverage.cells)
    things = len({c.entity for c in coverage.cells})
    yield f"answered / abstains on purpose / hole: {' / '.join(str(total[o]) for o in OUTCOMES)} for {things} things"

    if by_name:
        yield from (f"hole in {row}: {_listed(coverage, row)}" for row in rows if _listed(coverage, row))


def _listed(coverage: Coverage, row: str) -> str:
    open_ = [c.entity for c in coverage.cells if c.question == row and c.outcome == "hole"]
    open_.sort(key=lambda id: (-coverage.named[id], id))
    more = f" and {len(open_) - SHOWN} more" if len(open_) > SHOWN else ""
    return ", ".join(open_[:SHOWN]) + more


def _counts(count: Counter[tuple[str, str, Outcome]], row: str, kind: str) -> str:
    each = [count[row, kind, o] for o in OUTCOMES]
    return "/".join(map(str, each)) if any(each) else "-"


def holes(coverage: Coverage) -> Iterator[str]:
    """Yield the unexplained holes as lines: each entity with the questions it leaves open and how often it is named."""
    found: dict[str, list[str]] = {}
    for cell in unexplained(coverage):
        found.setdefault(f"{cell.kind}/{cell.entity}", []).append(cell.question)
    for entity, open_ in found.items():
        yield f"  {entity} (named {coverage.named[entity.partition('/')[2]]} times): {', '.join(open_)}"
    yield f"{sum(map(len, found.values()))} unexplained hole(s) in {len(found)} thing(s)"


def detail(coverage: Coverage) -> Iterator[str]:
    """Yield one line a cell: what becomes of the question, and the first words of what is said."""
    for cell in coverage.cells:
        text = " ".join(cell.text.split())
        yield f"{cell.outcome:9} {cell.question:24} {text if len(text) <= WIDTH else text[: WIDTH - 1] + '…'}".rstrip()


def as_json(coverage: Coverage) -> str:
    """Return all cells and the unexplained holes as one JSON object."""
    data = {"cells": msgspec.to_builtins(coverage.cells), "unexplained": msgspec.to_builtins(unexplained(coverage))}
    return json.dumps(data, ensure_ascii=False)
