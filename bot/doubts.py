"""Doubt readings that do not fit: statements about other things, orders, wares, persons, lists where one thing is named."""

from __future__ import annotations

import msgspec

from bot import text as text_
from bot.choice import STATEMENT, SURE_TRADE, TWO, Choice, Seen, Slots
from bot.compiled import Compiled
from bot.text import PRONOUNS
from bot.types import Reading, State
from bot.understand import Heard


def of_what_is_named(compiled: Compiled, reading: Reading, found: list[Choice]) -> list[Choice]:
    """Return the choices with unsure statements doubted that are about nothing the clause names ("constitutional AI")."""
    lexicon, knowledge = compiled.look.lexicon, compiled.knowledge
    named = {m.entity for m in reading.mentions if m.sure and m.entity not in lexicon.fields | lexicon.attributes}
    if not named:
        return found
    near = {*named, *(up for id in named for up in knowledge.ancestors(id))}

    def of_others(c: Choice) -> bool:
        statement = compiled.content.statements.get(c.intent.removeprefix(STATEMENT)) if c.intent.startswith(STATEMENT) else None
        return statement is not None and c.confidence < _SURE_OF_IT and near.isdisjoint(statement.about)

    return [msgspec.structs.replace(c, confidence=c.confidence * _OTHERS) if of_others(c) else c for c in found]


_SURE_OF_IT = 0.5

_OTHERS = 0.6


def of_attribute(compiled: Compiled, state: State, reading: Reading, found: list[Choice]) -> list[Choice]:
    """Read "how big is Claude's" as asking for what the talk is about, where that is asked of things ("a context window")."""
    asked = state.focus[0].replace("-", "_") if state.focus and state.age < compiled.settings.memory else ""
    is_size = asked in compiled.content.intents and state.focus[0] in compiled.look.lexicon.attributes
    if not is_size or reading.masked[:2] not in _HOW_BIG:
        return found
    return [msgspec.structs.replace(c, intent=asked) if c.intent == "parameters" else c for c in found if c.intent != asked]


_HOW_BIG = {("how", w) for w in ("big", "large", "long", "much", "many")}


def no_person(compiled: Compiled, reading: Reading, found: list[Choice]) -> list[Choice]:
    """Return the choices with what is asked of things doubted where "he" or "she" is meant and nothing is named."""
    if reading.mentions or not {"he", "she", "him", "her", "his"} & set(reading.masked):
        return found
    return [
        msgspec.structs.replace(c, confidence=c.confidence * _ELSEWHERE)
        if c.slots and c.intent in compiled.content.intents
        else c
        for c in found
    ]


def compared(compiled: Compiled, found: list[Choice]) -> list[Choice]:
    """Let the ways to set the same things side by side speak for each other: "is it cheaper than X" is one question."""
    intents = compiled.content.intents
    alike: dict[Slots, list[Choice]] = {}
    for c in found:
        many = c.intent in intents and [s.many for s in intents[c.intent].slots] == [True]
        if many and len(c.slots) == 1 and len(c.slots[0][1]) == TWO:
            alike.setdefault(c.slots, []).append(c)
    for slots, group in alike.items():
        best = max(group, key=lambda c: c.confidence)
        together = min(SURE_TRADE, sum(c.confidence for c in group))
        if len(group) > 1 and together > best.confidence:
            found = [c for c in found if c.slots != slots or c is best]
            found[found.index(best)] = msgspec.structs.replace(best, confidence=together, evidence=None)
    return found


def not_of_many(compiled: Compiled, found: list[Choice], reading: Reading) -> list[Choice]:
    """Return the choices with statements about many things doubted where yes or no is asked of one ("is Qwen Chinese?")."""
    ids = {m.entity for m in reading.mentions}
    opens = reading.masked[:1]
    if len(ids) != 1 or not opens or opens[0] in text_.WH | text_.IMPERATIVE or len(reading.masked) <= _BRIEF:
        return found
    many, intents = compiled.content.statements, compiled.content.intents
    thing = compiled.look.kinds[next(iter(ids))] in ("model", "product")

    def elsewhere(c: Choice) -> bool:
        if c.intent.startswith(STATEMENT):
            return c.evidence is not None and len(many[c.intent.removeprefix(STATEMENT)].about) > _MANY
        return thing and not c.slots and intents[c.intent].act == "list"

    return [msgspec.structs.replace(c, confidence=c.confidence * _ELSEWHERE) if elsewhere(c) else c for c in found]


_MANY = 3


def no_order(compiled: Compiled, found: list[Choice], reading: Reading) -> list[Choice]:
    """Return the choices with a choice of tools doubted where we are told to do the work ourselves ("write me a letter")."""
    told = [w for w in reading.masked[:4] if w not in ("please", "can", "could", "you", "just", "now")]
    ordered = told[:1] in _ORDERS and {"me", "my", "us", "our"} & set(reading.masked[:5])
    # "Is everything an AI draws mine?" asks for yes or no, not for a tool.
    settled = reading.masked[:1] in _SETTLING and not _PICKS & set(reading.masked)
    if not ordered and not settled:
        return found
    intents = compiled.content.intents
    return [
        msgspec.structs.replace(c, confidence=c.confidence * _ELSEWHERE)
        if c.intent in intents and intents[c.intent].act == "recommend"
        else c
        for c in found
    ]


_SETTLING = {("is",), ("are",), ("was",), ("were",)}

_PICKS = frozenset(
    {"there", "which", "what", "best", "better", "suitable", "any", "good", "recommend", "right", "possible", "enough"}
)

_ORDERS = [[w] for w in ("write", "draft", "make", "create", "draw", "translate", "summarise", "compose", "generate", "design")]


def no_ware(compiled: Compiled, heard: Heard, found: list[Choice], reading: Reading) -> list[Choice]:
    """Return the choices with a choice of AI tools doubted where another ware is asked for (a lens for portraits)."""
    clause = reading.clause
    words = [text_.stem(w) for w in heard.words[clause.start : clause.end][:_WARE]]
    named = any(m.entity in compiled.look.lexicon.fields for m in heard.mentions)
    asking = bool({"which", "what", "best", "good"} & set(words[:3]))
    if named or not asking or compiled.look.lexicon.goods.isdisjoint(words):
        return found
    intents = compiled.content.intents
    return [
        msgspec.structs.replace(c, confidence=c.confidence * _ELSEWHERE / 2)
        if c.intent in intents and intents[c.intent].act == "recommend"
        else c
        for c in found
    ]


_WARE = 5  # words in which the ware stands


def no_statement(found: list[Choice], reading: Reading, seen: Seen) -> list[Choice]:
    """Return the choices with statements doubted where the clause has names and nothing else of its own ("who Claude").

    Not what an author wrote word for word: "do they make things up" is nothing but a concept either.
    """
    if seen.length or not 1 <= len(reading.mentions) <= 2:
        return found
    doubt = _ELSEWHERE / 2 if len(reading.mentions) == 1 else _ELSEWHERE
    return [
        msgspec.structs.replace(c, confidence=c.confidence * doubt)
        if c.intent.startswith(STATEMENT) and c.evidence is not None
        else c
        for c in found
    ]


# What is left of a statement's confidence where a pronoun points at something it is not about.
_ELSEWHERE = 0.5


def in_focus(compiled: Compiled, state: State, heard: Heard, reading: Reading, found: list[Choice]) -> list[Choice]:
    """Return the choices with statements doubted that are about other things than the pronoun in the clause points at."""
    # "Which one" is one of the things themselves, not of what they are.
    which = asks_which(reading)
    pointed = {m.entity for m in reading.mentions if m.start == m.end}
    if pointed:
        return _doubting_others(compiled, found, pointed)
    pointing = bool(PRONOUNS & set(reading.masked)) or which or of_it(compiled, heard, reading)
    named = any(m.entity not in compiled.look.lexicon.attributes for m in reading.mentions)
    if named or not state.focus or state.age >= compiled.settings.memory or not pointing:
        return found
    near = {*state.focus, *(up for id in state.focus for up in compiled.knowledge.ancestors(id) if not which)}
    statements = compiled.content.statements
    doubt = _ELSEWHERE / 2 if which and len(state.focus) > 1 else _ELSEWHERE
    return [
        msgspec.structs.replace(c, confidence=c.confidence * doubt)
        if c.intent.startswith(STATEMENT) and near.isdisjoint(statements[c.intent.removeprefix(STATEMENT)].about)
        else msgspec.structs.replace(c, confidence=c.confidence * doubt)
        if which
        and len(state.focus) > 1
        and not reading.tasks
        and c.intent in compiled.content.intents
        and compiled.content.intents[c.intent].act in _OPEN
        else c
        for c in found
    ]


def _doubting_others(compiled: Compiled, found: list[Choice], things: set[str]) -> list[Choice]:
    """Return the choices with statements doubted that are not about the things pointed at ("does the first one run offline")."""
    statements = compiled.content.statements
    return [
        msgspec.structs.replace(c, confidence=c.confidence * _ELSEWHERE)
        if c.intent.startswith(STATEMENT) and things.isdisjoint(statements[c.intent.removeprefix(STATEMENT)].about)
        else c
        for c in found
    ]


# What asks for any thing of a kind, not for one of those the talk is about.
_OPEN = frozenset({"recommend", "list"})


def asks_which(reading: Reading) -> bool:
    """Whether the clause asks for one of the things the talk is about."""
    masked = reading.masked
    if masked[:2] == ("which", "is") and len(masked) <= _BRIEF + 1:
        return True  # "which is cheaper"
    return masked[:1] == ("which",) and (masked[1:2] in {(one,) for one in _ONES} or masked[1:3] in _PICKING)


_PICKING: set[tuple[str, ...]] = {("should", "i"), ("should", "we"), ("do", "you"), ("would", "you")}

_ONES = frozenset({"one", "model", "tool", "app", "program", "product", "system", "of"})


def of_it(compiled: Compiled, heard: Heard, reading: Reading) -> bool:
    """Whether what everything has is named with "the": "can I download the weights"."""
    asked = [m for m in reading.mentions if m.entity in compiled.look.lexicon.attributes]
    return bool(asked) and any(m.start > 0 and heard.words[m.start - 1] == "the" for m in asked)


def in_talk(compiled: Compiled, state: State, reading: Reading, found: list[Choice]) -> list[Choice]:
    """Return the choices with an open choice of tools doubted where a talk is on about something ("any tips?")."""
    if not state.focus or state.age >= compiled.settings.memory or state.tasks or len(reading.masked) > _BRIEF:
        return found
    intents = compiled.content.intents
    return [
        msgspec.structs.replace(c, confidence=c.confidence * _ELSEWHERE)
        if not c.slots and c.intent in intents and intents[c.intent].act == "recommend"
        else c
        for c in found
    ]


_BRIEF = 3
