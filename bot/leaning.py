"""What a message borrows from the turns before: names for its pronouns, "the two" for two names, the last question again.

Pure functions of the compiled bot, the state and the reading. Where wording is completed, the completed question goes the
way of any other: nothing here decides an intent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from bot.compiled import Compiled
from bot.entities import squash
from bot.templates import a, join_and
from bot.text import AUX, WH
from bot.types import Decision, Entity, Mention, Reading, State
from bot.understand import Heard, hear

Slots = tuple[tuple[str, tuple[str, ...]], ...]

# Kinds of things that are compared with one another and take one another's place in a question.
SORTS = (("model", "product", "dataset"), ("company",), ("concept",))
_SINGULAR = frozenset({"it", "he", "she", "him", "her"})
_PLURAL = frozenset({"they", "them", "their"})
_POINTERS = frozenset({"this", "that", "these", "those"})
# "That model" is one pointer; before any other noun "that" points at the noun.
_NOUNS = frozenset(
    [
        "one",
        "ones",
        "model",
        "models",
        "tool",
        "tools",
        "thing",
        "things",
        "bot",
        "app",
        "ai",
        "technique",
        "technology",
        "company",
        "program",
        "system",
    ]
)
# What may follow a "that" which stands for a name; elsewhere it joins clauses ("think that …").
_AFTER = AUX | frozenset(
    [
        "work",
        "works",
        "happen",
        "happens",
        "mean",
        "means",
        "called",
        "with",
        "for",
        "in",
        "on",
        "at",
        "and",
        "or",
        "than",
        "too",
        "also",
        "again",
        "actually",
        "legal",
        "illegal",
        "allowed",
        "forbidden",
        "safe",
        "dangerous",
        "possible",
        "expensive",
        "free",
    ]
)
# Before "that" these make it an action or an opinion, not a thing.
_ACTING = frozenset(["do", "does", "did", "done", "doing", "think", "know", "say", "says", "said", "like", "about", "so"])
_CORRECTING = frozenset(
    [
        "no",
        "nope",
        "not",
        "i",
        "meant",
        "mean",
        "sorry",
        "actually",
        "oops",
        "wait",
        "my",
        "mistake",
        "was",
        "talking",
        "rather",
        "is",
        "wrong",
        "one",
        "that",
        "a",
        "an",
        "the",
        "about",
    ]
)
_MARKS = frozenset({"meant", "mean", "sorry", "oops", "mistake", "rather", "no", "nope", "wrong"})
LONGEST_FRAGMENT = 16


# ------------------------------------------------------------------------------------------------ names for pronouns


def with_names(compiled: Compiled, state: State, heard: Heard, reading: Reading) -> str:
    """Return the clause with its first pronoun replaced by what the talk is about, or "" where it has none.

    "How does it work?" after a question about RAG becomes "how does RAG work".
    """
    if not state.focus or state.age >= compiled.settings.memory or reading.unknown_names:
        return ""
    words = list(heard.words[reading.clause.start : reading.clause.end])
    if state.question.lower().startswith("who") and {"he", "she", "him", "her"} & set(words):
        return ""  # a person
    kinds, attributes = compiled.look.kinds, compiled.look.lexicon.attributes
    held = {p - reading.clause.start for m in reading.mentions for p in range(m.start, m.end)}
    named = {m.entity for m in reading.mentions}
    about = [id for id in state.focus if id not in named and id not in attributes]
    if not about and named - set(attributes):
        about = [id for id in state.focus if id not in named]  # "how long is it in Claude" of a context window
    if not about:
        return ""
    if state.intent.startswith("statement:"):
        # What a statement is about stands in no order: "it" is a thing before it is a kind of thing.
        about.sort(key=lambda id: kinds[id] not in ("model", "product"))
    if _points_at_company(words):
        about = [id for id in about if kinds[id] == "company"]
        if not about:
            return ""
    entity = compiled.content.entities[about[0]]
    if edition := _edition(compiled, entity, words):
        return edition
    together = [i for s in SORTS for i in several(compiled, s, state) if kinds[about[0]] in s]
    they = join_and([compiled.content.entities[i].name for i in together[:3]]) if together else _called(entity, True)
    for i, word in enumerate(words):
        if i in held:
            continue
        if word in _SINGULAR | _PLURAL:
            return " ".join([*words[:i], they if word in _PLURAL else _called(entity, False), *words[i + 1 :]])
        if word in _POINTERS and (taken := _pointing(words, i)):
            return " ".join([*words[:i], they if word in ("these", "those") else _called(entity, False), *words[i + taken :]])
    return ""


def _points_at_company(words: Sequence[str]) -> bool:
    """Whether "that company" stands for something."""
    return any(a in _POINTERS and b == "company" for a, b in pairwise(words))


def fronted(compiled: Compiled, heard: Heard, reading: Reading) -> str:
    """Return a question whose topic stands in front of it as one sentence, or "" where it has none.

    "Suno, is this one for speech?" becomes "is Suno for speech".
    """
    clause = reading.clause
    first = reading.mentions[0] if reading.mentions else None
    if first is None or first.start != clause.start or first.end >= clause.end - 1:
        return ""
    rest = list(heard.words[first.end : clause.end])
    if rest[0] not in AUX | WH or any(m.start > first.end for m in reading.mentions[1:] if m.entity == first.entity):
        return ""
    name = _called(compiled.content.entities[first.entity], False)
    for i, word in enumerate(rest):
        if word in _POINTERS and (taken := _pointing(rest, i) or int(bool(_OPENERS & set(rest[i + 1 : i + 2])))):
            return " ".join([*rest[:i], name, *rest[i + taken :]])
        if word in _SINGULAR | _PLURAL:
            return " ".join([*rest[:i], name, *rest[i + 1 :]])
    return ""


# Words after which "this" before them stood for a thing: "is this a model".
_OPENERS = frozenset({"a", "an", "the", "for", "from", "by", "in", "still", "also", "just", "really", "any", "open", "free"})


def _edition(compiled: Compiled, entity: Entity, words: Sequence[str]) -> str:
    """Return the words with an edition of the thing named in full ("the enterprise version": ChatGPT Enterprise), or ""."""
    names = compiled.look.gazetteer.names
    for i in range(len(words) - 2):
        if words[i] != "the" or words[i + 2] not in _EDITIONS:
            continue
        meant = names.get(squash(f"{entity.name} {words[i + 1]}"), entity.id)
        if meant != entity.id:
            return " ".join([*words[:i], compiled.content.entities[meant].name, *words[i + 3 :]])
    return ""


_EDITIONS = frozenset({"version", "edition", "plan", "variant", "tier", "model", "one"})


def _pointing(words: Sequence[str], i: int) -> int:
    """Return how many words the pointer at `i` takes in ("that", "that model"), 0 where it does not stand for a thing."""
    if i and words[i - 1] in _ACTING:
        return 0
    after = words[i + 1] if i + 1 < len(words) else ""
    if after in _NOUNS:
        return 2
    return 1 if not after or after in _AFTER else 0


def _called(entity: Entity, plural: bool) -> str:
    """Return a thing's name as a question has it: "an LLM", "LLMs", "ChatGPT"."""
    if entity.kind != "concept" or not entity.countable:
        return entity.name
    return (entity.plural or f"{entity.name}s") if plural else a(entity.name)


# ------------------------------------------------------------------------------------------------ several things


def alike(ids: Sequence[str], kinds: Mapping[str, str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of a wanted kind that are of one sort with the first of them."""
    fitting = [id for id in ids if kinds.get(id) in wanted]
    sort = next((s for s in SORTS if fitting and kinds[fitting[0]] in s), ())
    return tuple(id for id in fitting if kinds[id] in sort)


def several(compiled: Compiled, wanted: Sequence[str], state: State) -> tuple[str, ...]:
    """Return the alike things that "the two" or "them" may point at, in the order they were named; () where there are none.

    First what the last question was about, then what the talk turned to one after another, then a short list.
    """
    kinds = compiled.look.kinds
    together = alike(state.focus, kinds, wanted)
    if len(together) >= 2:
        return together[:4]
    apart = alike(state.recent, kinds, wanted)[:2]
    if len(apart) == 2:
        return apart[::-1]
    return alike(state.listed, kinds, wanted) if 2 <= len(state.listed) <= 4 else ()


# ------------------------------------------------------------------------------------------------ the last question again


def missing_piece(compiled: Compiled, state: State, reading: Reading) -> Decision | None:
    """Return the question we asked back about, with the thing now named in its empty slot; None where none fits."""
    intent = compiled.content.intents.get(state.intent)
    slot = next((s for s in intent.slots if s.name == state.pending_slot), None) if intent else None
    if intent is None or slot is None or len(reading.masked) > LONGEST_FRAGMENT:
        return None
    named = tuple(dict.fromkeys(m.entity for m in reading.mentions if compiled.look.kinds[m.entity] in slot.kinds))
    if not named or (slot.many and len(named) < 2 and not slot.optional):
        return None
    slots = {**dict(state.slots), slot.name: named if slot.many else named[:1]}
    return Decision("answer", "the missing piece", intent.name, tuple(slots.items()), confidence=0.8)


def corrects(words: Sequence[str]) -> bool:
    """Whether words around a name take back the name before it ("no, I meant …")."""
    return bool(_MARKS & set(words)) and all(w in _CORRECTING for w in words)


def corrected(state: State, heard: Heard, reading: Reading) -> str:
    """Return the last question with what a correction adds to it ("no, the one for programmers"), "" where none is added."""
    words = heard.words[reading.clause.start : reading.clause.end]
    taken = next((i for i, w in enumerate(words) if w not in _CORRECTING - {"one", "that", "the", "a", "an"}), len(words))
    rest = words[taken:]
    if not state.question or state.age or reading.mentions or not _MARKS & set(words[:taken]) or rest[:2] != ("the", "one"):
        return ""
    return " ".join([state.question.rstrip(".?! "), *rest])


def with_other_name(compiled: Compiled, state: State, reading: Reading) -> str:
    """Return the last question with the clause's one name in place of its own, or "" where nothing can be replaced."""
    names = {m.entity: m for m in reading.mentions}
    if len(names) != 1 or not state.question or state.age:
        return ""
    new = reading.mentions[0]
    before = hear(state.question, compiled.look, compiled.settings.fuzzy, on_topic=True)
    old = _replaceable(before.mentions, new, compiled.look.kinds)
    if old is None:
        return ""
    name = _called(compiled.content.entities[new.entity], False)
    return " ".join([*before.words[: old.start], name, *before.words[old.end :]])


def other_version(compiled: Compiled, state: State, heard: Heard, reading: Reading) -> str:
    """Return the last question asked of another version of its thing ("and 5?" after GPT-4), or "" where none is on record."""
    words = [w for w in heard.words[reading.clause.start : reading.clause.end] if w not in _VERSION_GLUE]
    if len(words) != 1 or not _VERSION.fullmatch(words[0]) or not state.question or state.age:
        return ""
    before = hear(state.question, compiled.look, compiled.settings.fuzzy, on_topic=True)
    for m in before.mentions:
        family = _FAMILY.match(compiled.content.entities[m.entity].name)
        key = squash(f"{family[1]} {words[0]}") if family else ""
        if key in compiled.look.gazetteer.names:
            name = compiled.content.entities[compiled.look.gazetteer.names[key]].name
            return " ".join([*before.words[: m.start], name, *before.words[m.end :]])
    return ""


_VERSION_GLUE = frozenset({"and", "what", "about", "how", "the", "then", "version", "number", "of"})
_VERSION = re.compile(r"v?\d+(?:\.\d+)?[a-z]?")
_FAMILY = re.compile(r"(.*?\D)[ -]?v?\d[\w.]*$")


def _replaceable(mentions: Sequence[Mention], new: Mention, kinds: Mapping[str, str]) -> Mention | None:
    sort = next(s for s in SORTS if kinds[new.entity] in s)
    same = [m for m in mentions if kinds[m.entity] in sort]
    return same[0] if same and new.entity not in {m.entity for m in mentions} else None


def turned(compiled: Compiled, state: State) -> Slots:
    """Return the last question's slots the other way round ("are all LLMs generative AI?"), or () where they do not turn."""
    intent = compiled.content.intents.get(state.intent)
    slots = dict(state.slots)
    if intent is None or state.age >= compiled.settings.memory:
        return ()
    single = [s for s in intent.slots if not s.many and len(slots.get(s.name, ())) == 1]
    if len(single) == 2:
        one, two = single
        kinds = compiled.look.kinds
        if kinds.get(slots[one.name][0]) in two.kinds and kinds.get(slots[two.name][0]) in one.kinds:
            return ((one.name, slots[two.name]), (two.name, slots[one.name]))
    return ()


def swapped(compiled: Compiled, state: State) -> str:
    """Return the last question with its two names in each other's place, or "" where it has not just two."""
    if not state.question or state.age:
        return ""
    before = hear(state.question, compiled.look, compiled.settings.fuzzy, on_topic=True)
    if len({m.entity for m in before.mentions}) != 2 or len(before.mentions) != 2:
        return ""
    one, two = before.mentions
    first, second = before.words[one.start : one.end], before.words[two.start : two.end]
    return " ".join([*before.words[: one.start], *second, *before.words[one.end : two.start], *first, *before.words[two.end :]])


_DROPPING = frozenset({"drop", "remove", "exclude", "skip", "minus", "omit", "without", "except"})


def narrowed(compiled: Compiled, state: State, heard: Heard, reading: Reading, excluded: Sequence[str]) -> Decision | None:
    """Return the last choice or list again where the text only adds a condition ("it has to be free", "not Runway")."""
    intent = compiled.content.intents.get(state.intent)
    if intent is None or intent.act not in ("recommend", "list") or state.age >= compiled.settings.memory:
        return None
    clause = reading.clause
    words = [w for w in heard.words[clause.start : clause.end] if w not in compiled.look.lexicon.fillers]
    opening = next((w for w in words if w not in ("and", "but", "so", "also")), "")
    inside = any(clause.start <= s < clause.end for s, _, _ in heard.constraints)
    if _DROPPING & set(words) and not excluded:
        return None  # "drop the Chinese ones": the condition turned round is none of ours
    if not (inside or excluded) or reading.tasks or len(words) > LONGEST_FRAGMENT or opening in AUX or WH & set(words):
        return None
    if any(compiled.look.kinds[m.entity] != "company" and m.entity not in excluded for m in reading.mentions if m.sure):
        return None
    return Decision("answer", "narrowed", intent.name, state.slots, confidence=0.9)
