"""A build that answers with new content before it is trained: new names count, and new lines are known word for word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from bot import compiled as compiled_
from bot import pattern, retrieval, train, understand, vectors
from bot.compiled import Compiled
from bot.content import Content
from bot.ranker import ROWS, Ranker, fingerprint
from bot.text import features, tokenize
from bot.types import Intent, Statement
from bot.understand import Lookup

# Below every threshold: an intent that nothing has been learned of is chosen word for word or not at all.
_UNLEARNED = -3.0


def provisional(trained: Compiled, content: Content, build: str) -> Compiled | None:
    """Return the trained build with other content, or None where what it has learned speaks of things that are gone."""
    before = trained.content
    gone = (before.intents.keys() - content.intents.keys()) | (before.statements.keys() - content.statements.keys())
    if gone or trained.labels is not None:
        return None
    look = compiled_.lookup(content)
    edited = [i for n, i in content.intents.items() if _lines(i) != _lines(before.intents.get(n)) and i.act != "none"]
    told = [s for n, s in content.statements.items() if _asks(s) != _asks(before.statements.get(n))]
    exact = _without(trained.index.exact, {s.id for s in told})
    for statement in told:
        for key in _statement_prints(statement, look):
            exact.setdefault(key, statement.id)
    index = msgspec.structs.replace(trained.index, exact=exact)
    ranker = _knowing(trained.ranker, edited, look)
    return msgspec.structs.replace(trained, build=build, content=content, look=look, ranker=ranker, index=index)


def _lines(intent: Intent | None) -> object:
    return intent and ([line.text for line in intent.examples], intent.slots)


def _asks(statement: Statement | None) -> object:
    return statement and (statement.question, statement.asks, statement.claims)


def _without(exact: Mapping[str, str], owners: set[str]) -> dict[str, str]:
    return {key: owner for key, owner in exact.items() if owner not in owners}


def _statement_prints(statement: Statement, look: Lookup) -> Iterable[str]:
    for ask in (statement.question, *statement.asks, *statement.claims):
        for sentence in pattern.expand(ask, train.EVERY):
            words = understand.without_leadin([t.word for t in tokenize(sentence, look.lexicon)], look)
            yield retrieval.fingerprint(words, look.lexicon)


def _knowing(ranker: Ranker, edited: Iterable[Intent], look: Lookup) -> Ranker:
    """Return the ranker with the edited intents' lines, and no others of theirs, known word for word."""
    edited = list(edited)
    ranker = _with_names(ranker, [i.name for i in edited if i.name not in ranker.intents])
    exact = dict(ranker.exact)
    for intent in edited:
        number = ranker.intents.index(intent.name)
        lines = [train.masked_sentences(line.text, intent, look, train.EVERY) for line in intent.examples]
        prints = {fingerprint(features(masked, look.lexicon)) for found in lines for masked, _ in found}
        exact = {key: n for key, n in exact.items() if n != number or key in prints}
        for key in sorted(prints):
            exact.setdefault(key, number)
    return msgspec.structs.replace(ranker, exact=exact)


def _with_names(ranker: Ranker, names: list[str]) -> Ranker:
    """Return the ranker with more intents, of which it has learned nothing."""
    if not names:
        return ranker
    return msgspec.structs.replace(
        ranker,
        intents=(*ranker.intents, *names),
        weights=_wider(ranker.weights, ROWS, len(names)),
        senses=_wider(ranker.senses, vectors.DIMENSIONS, len(names)),
        bias=(*ranker.bias, *(_UNLEARNED for _ in names)),
    )


def _wider(table: bytes, rows: int, more: int) -> bytes:
    """Return a row-major int8 table with columns of zeros added."""
    width = len(table) // rows
    return b"".join(table[r * width : (r + 1) * width] + bytes(more) for r in range(rows)) if width else table
