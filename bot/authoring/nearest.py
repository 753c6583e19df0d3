"""Name the authored lines that a question is nearest to: where an author looks first when an answer is wrong."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from bot import dialogue
from bot.authoring.report import printable
from bot.choice import STATEMENT
from bot.compiled import Compiled
from bot.types import Reading, State, Trace
from bot.understand import Heard, hear

_MOST = 5


class Near(msgspec.Struct, frozen=True):
    """An authored line near a question: `score` is a cosine, 0 to 1; `owner` an intent or `statement:ID`."""

    score: float
    owner: str
    place: str
    text: str


def nearest(compiled: Compiled, trace: Trace) -> list[Near]:
    """Return the lines nearest to the trace's clauses, the nearest first: one of each intent and statement."""
    heard = hear(trace.text, compiled.look, compiled.settings.fuzzy)
    best: dict[str, Near] = {}
    for step in trace.steps if heard.tokens else ():
        for near in (*_of_intents(compiled, heard, step.reading), *_of_statements(compiled, heard, step.reading)):
            if near.owner not in best or near.score > best[near.owner].score:
                best[near.owner] = near
    return sorted(best.values(), key=lambda n: (-n.score, n.owner))[:_MOST]


def _of_intents(compiled: Compiled, heard: Heard, reading: Reading) -> Iterator[Near]:
    features = dialogue.ranker_features(compiled, heard, reading)
    for hit in compiled.near.search({f: v for f, v in features.items() if ".." not in f}, _MOST):
        place = compiled.near.lines[hit.row]
        line = next((e for e in compiled.content.intents[hit.owner].examples if e.place == place), None)
        yield Near(hit.score, hit.owner, place, line.text if line else "")


def _of_statements(compiled: Compiled, heard: Heard, reading: Reading) -> Iterator[Near]:
    query = dialogue.statement_query(compiled, State(), heard, reading)
    for hit in compiled.index.search(query, _MOST):
        statement = compiled.content.statements[hit.owner]
        yield Near(hit.score, STATEMENT + hit.owner, statement.place, compiled.index.lines[hit.row])


def describe(lines: list[Near]) -> str:
    """Return the lines as text, one a row."""
    return "\n".join(f"nearest   {n.score:.2f} {n.owner} ({n.place}): {printable(n.text)}" for n in lines)
