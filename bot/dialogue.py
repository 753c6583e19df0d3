"""Decide what to do about a clause: pure functions of the compiled bot, the state and the reading. Renders no text."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise

import msgspec

from bot import described, joint, leaning, lists, retrieval, vectors
from bot import text as text_
from bot.compiled import Compiled
from bot.confidence import Evidence, confidences
from bot.knowledge import CHATBOT
from bot.ranker import intent_evidence, probability, statement_evidence
from bot.text import AUX, PRONOUNS, STOP, WH
from bot.types import Candidate, Clause, Decision, Intent, Mention, Option, Reading, Slot, State
from bot.understand import FIELD, UNKNOWN, Heard, Lookup, leftover, without_leadin

STATEMENT = "statement:"
CONTRAST = "contrast:"
NONE = "none"
# Confidence of a sentence that an author wrote for this very intent, names aside.
EXACT = 0.97
# Intents weighed for a clause, and how likely the ranker must hold one at least.
MOST_INTENTS, LEAST_OWN = 14, 0.01
# Answers that are read whatever ranker and retrieval say, as the likeliest of all beside each other.
MOST_JOINT = 5
# Content words from which a clause with a pronoun in it may describe a thing all the same: "the dial that makes it wilder".
DESCRIBING = 4
# Words that carry a fragment along ("ok and Gemini?") without saying anything themselves.
_GLUE = STOP - WH | frozenset(
    [
        "ok",
        "okay",
        "and",
        "what",
        "about",
        "how",
        "so",
        "now",
        "then",
        "also",
        "or",
        "but",
        "the",
        "a",
        "an",
        "same",
        "for",
        "too",
        "instead",
        "add",
        "again",
    ]
)
_ORDINALS = {
    "first": 0,
    "second": 1,
    "third": 2,
    "fourth": 3,
    "last": -1,
    "1": 0,
    "2": 1,
    "3": 2,
    "4": 3,
    "former": 0,
    "latter": -1,
    "1st": 0,
    "2nd": 1,
    "3rd": 2,
    "one": 0,
    "two": 1,
    "three": 2,
}
_CHOOSING = frozenset(
    ("the", "number", "option", "choice", "no", "answer", "take", "i", "mean", "meant", "want", "please", "that", "thing")
)
_YES = frozenset(["yes", "yeah", "yep", "yup", "sure", "ok", "okay", "please", "y"])

Slots = tuple[tuple[str, tuple[str, ...]], ...]


class Background(msgspec.Struct, frozen=True):
    """What the rest of the message says: the back-story's mentions and tasks, used where the question names none."""

    mentions: tuple[Mention, ...] = ()
    tasks: tuple[str, ...] = ()


def background(heard: Heard, clause: Clause) -> Background:
    """Return what the other clauses tell: the back-story, not the other questions.

    A question that names nothing may mean what one before it names: "prompt injection, could it hit us? what is it".
    """
    others = [c for c in heard.clauses if c.role == "question" and c.start != clause.start]
    own = {m.entity for m in heard.mentions if clause.start <= m.start < clause.end}
    earlier = {m.entity for c in others for m in heard.mentions if c.start <= m.start < c.end and c.start < clause.start}
    if not own and len(earlier) == 1:
        others = [c for c in others if c.start > clause.start]
    asked = {i for c in others for i in range(c.start, c.end)}
    inside = {*range(clause.start, clause.end), *asked}
    mentions = tuple(m for m in heard.mentions if m.start not in inside)
    tasks = tuple(dict.fromkeys(t for s, _, t in heard.tasks if s not in inside))
    return Background(mentions, tasks)


class Choice(msgspec.Struct, frozen=True):
    """One way to read a clause, with its confidence (0 to 1) and what is still missing."""

    intent: str
    confidence: float
    slots: Slots = ()
    missing: str = ""
    rule: str = ""
    evidence: Evidence | None = None


def ranker_features(compiled: Compiled, heard: Heard, reading: Reading) -> dict[str, float]:
    """Return the ranker's features of a reading: masked words, and the cue words that masks hide."""
    return joint.masked(heard, reading, compiled.look.lexicon)


def masked_meaning(masked: Sequence[str]) -> bytes:
    """Return the meaning of a masked utterance's plain words."""
    return vectors.meaning(w for w in masked if w[:1] not in "@#")


def choices(
    compiled: Compiled, state: State, heard: Heard, reading: Reading, background: Background
) -> tuple[list[Choice], tuple[Candidate, ...]]:
    """Return every way to read the clause, most confident first, and the ranker's own ranking."""
    features = ranker_features(compiled, heard, reading)
    ranking = compiled.ranker.rank(features, masked_meaning(reading.masked), MOST_INTENTS)
    odds = {c.intent: c.confidence for c in ranking}
    nearest: dict[str, float] = {}
    for hit in compiled.near.search({f: v for f, v in features.items() if ".." not in f}, 40):
        nearest[hit.owner] = hit.score
    none = odds.get(NONE, 0.0)
    if any(m.sure for m in reading.mentions) and nearest.get(NONE, 0.0) < 0.6:
        # A name of ours makes "none of ours" less likely than the everyday words around it say.
        none *= compiled.settings.none_named
    told = _told(compiled, reading)
    query = statement_query(compiled, state, heard, reading)
    shares = compiled.joint.shares(joint.rows(query, features), joint.meaning(heard, reading, compiled.look.lexicon))
    if told and told not in odds:
        ranking = (*ranking, Candidate(told, 0.0))  # an authored sentence is read, however little the ranker thinks of it
    told_of = described.shares(compiled.described, heard, reading, compiled.look.lexicon)
    seen = _Seen(none, len(_content(compiled, heard, reading)), len(heard.constraints), nearest, told, query, shares, told_of)
    asides = _asks_of_last(state, heard)
    found = [
        choice
        for c in ranking
        if asides or not _leans_on_last(compiled, c.intent)
        for choice in _typed(compiled, state, reading, background, c, seen)
    ]
    found += _statements(compiled, state, heard, reading, seen)
    found += _asked_first(compiled, reading)
    found = _in_talk(compiled, state, reading, _in_focus(compiled, state, heard, reading, _judged(found)))
    found = _of_attribute(compiled, state, reading, _of_what_is_named(compiled, reading, found))
    found = _no_person(compiled, reading, _compared(compiled, found))
    found = _no_ware(compiled, heard, _not_of_many(compiled, found, reading), reading)
    found = _no_order(compiled, found, reading)
    found = [*_no_statement(found, reading, seen), *_bare(compiled, state, heard, reading)]
    for choice in _for_trade(compiled, heard, reading, found):
        found = [*(c for c in found if c.intent != choice.intent), choice]
    found += _between(compiled, heard, reading, found)
    found += _asked_whether(compiled, reading, found)
    found += _which_for_that(compiled, heard, reading)
    found += _kind_or_less(compiled, heard, reading, found)
    found += _versus(compiled, heard, reading, found)
    chat = next((c for c in found if _is_chat(compiled, c) and c.confidence >= 0.5), None)
    if chat and not reading.mentions:
        # "Thank you, most helpful": small talk is not looked up unless a statement is far surer.
        found = [c for c in found if c is chat or c.confidence > chat.confidence + 0.3 or not c.intent.startswith(STATEMENT)]
    # A statement's own line, word for word, says more than a pattern that fits any name.
    # What is named beats what is only described.
    found.sort(key=lambda c: (_GUESS * (c.rule == "described") - c.confidence, not c.intent.startswith(STATEMENT), c.intent))
    return found, ranking


def _of_what_is_named(compiled: Compiled, reading: Reading, found: list[Choice]) -> list[Choice]:
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


def _of_attribute(compiled: Compiled, state: State, reading: Reading, found: list[Choice]) -> list[Choice]:
    """Read "how big is Claude's" as asking for what the talk is about, where that is asked of things ("a context window")."""
    asked = state.focus[0].replace("-", "_") if state.focus and state.age < compiled.settings.memory else ""
    is_size = asked in compiled.content.intents and state.focus[0] in compiled.look.lexicon.attributes
    if not is_size or reading.masked[:2] not in _HOW_BIG:
        return found
    return [msgspec.structs.replace(c, intent=asked) if c.intent == "parameters" else c for c in found if c.intent != asked]


_HOW_BIG = {("how", w) for w in ("big", "large", "long", "much", "many")}


def _no_person(compiled: Compiled, reading: Reading, found: list[Choice]) -> list[Choice]:
    """Return the choices with what is asked of things doubted where "he" or "she" is meant and nothing is named."""
    if reading.mentions or not {"he", "she", "him", "her", "his"} & set(reading.masked):
        return found
    return [
        msgspec.structs.replace(c, confidence=c.confidence * _ELSEWHERE)
        if c.slots and c.intent in compiled.content.intents
        else c
        for c in found
    ]


def _told(compiled: Compiled, reading: Reading) -> str:
    """Return the intent of which the clause is an authored sentence, word for word; "" where none is.

    Lines that set things side by side name two of a kind: "is ChatGPT like Google" is one of them all the same.
    """
    lexicon = compiled.look.lexicon
    told = compiled.ranker.told(text_.features(tuple("@s" if w == UNKNOWN else w for w in reading.masked), lexicon))
    if told or not {"@s", "@o"} <= set(reading.masked):
        return told
    told = compiled.ranker.told(text_.features(tuple("@s" if w in ("@o", UNKNOWN) else w for w in reading.masked), lexicon))
    intent = compiled.content.intents.get(told)
    return told if intent and any(s.many for s in intent.slots) else ""


_GUESS = 0.03


def _compared(compiled: Compiled, found: list[Choice]) -> list[Choice]:
    """Let the ways to set the same things side by side speak for each other: "is it cheaper than X" is one question."""
    intents = compiled.content.intents
    alike: dict[Slots, list[Choice]] = {}
    for c in found:
        many = c.intent in intents and [s.many for s in intents[c.intent].slots] == [True]
        if many and len(c.slots) == 1 and len(c.slots[0][1]) == _TWO:
            alike.setdefault(c.slots, []).append(c)
    for slots, group in alike.items():
        best = max(group, key=lambda c: c.confidence)
        together = min(_SURE_TRADE, sum(c.confidence for c in group))
        if len(group) > 1 and together > best.confidence:
            found = [c for c in found if c.slots != slots or c is best]
            found[found.index(best)] = msgspec.structs.replace(best, confidence=together, evidence=None)
    return found


def _not_of_many(compiled: Compiled, found: list[Choice], reading: Reading) -> list[Choice]:
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


def _no_order(compiled: Compiled, found: list[Choice], reading: Reading) -> list[Choice]:
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


def _no_ware(compiled: Compiled, heard: Heard, found: list[Choice], reading: Reading) -> list[Choice]:
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


def _no_statement(found: list[Choice], reading: Reading, seen: _Seen) -> list[Choice]:
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


def _for_trade(compiled: Compiled, heard: Heard, reading: Reading, found: Sequence[Choice]) -> list[Choice]:
    """Read what use AI is, where the message names a trade, as asking about it ("I'm a florist. What can I do with it?")."""
    if not heard.trades:
        return []
    open_ = [c for c in found if _by_trade(compiled, c)]
    name = STATEMENT + heard.trades[0]
    own = max((c.confidence for c in found if c.intent == name), default=0.0)
    if _asks_for_use(compiled, reading):
        own = max(own, _USE)
    elif not open_:
        return []
    # All of them ask for the same: what use it is to such people.
    each = {c.intent: c.confidence for c in open_}.values()
    sure = max(min(_SURE_TRADE, max(own, sum(each))), *each, 0.0)
    return [Choice(name, sure + _TRADE, (), "", "trade")]


def _asks_for_use(compiled: Compiled, reading: Reading) -> bool:
    """Whether a clause asks what AI is good for, in whatever words ("where do law firms get value out of this stuff")."""
    fields = {m.entity for m in reading.mentions} <= set(compiled.look.lexicon.fields)
    return (
        fields
        and bool({"what", "where", "how"} & set(reading.masked))
        and bool(_USEFUL & {text_.stem(w) for w in reading.masked})
    )


# How sure it is that who names a trade and asks for use means the use in that trade.
_USE = 0.45
_USEFUL = frozenset({"use", "help", "save", "valu", "benefit", "gain", "profit", "plate", "worth"})


def _between(compiled: Compiled, heard: Heard, reading: Reading, found: Sequence[Choice]) -> list[Choice]:
    """Read a choice between two named things, for no stated need, as asking how they differ ("an LLM or generative AI?")."""
    ids = tuple(dict.fromkeys(m.entity for m in reading.mentions))
    intents = compiled.content.intents
    if (
        len(ids) != _TWO
        or "or" not in heard.words
        or len({compiled.look.kinds[id] for id in ids}) != 1
        or "compare" not in intents
    ):
        return []
    differ = {"difference", "different", "differ", "differences"} & set(reading.masked)
    open_ = [c for c in found if c.intent in intents and not c.slots and intents[c.intent].act == "recommend"]
    sure = max((c.confidence for c in found if differ or c in open_), default=0.0)
    return [Choice("compare", sure + _TRADE, (("things", ids),), "", "between two")] if sure else []


def the_makers_one(compiled: Compiled, state: State, heard: Heard, reading: Reading) -> Decision | None:
    """Read "no, I meant the OpenAI one" as asking for that maker's counterpart to what the talk is about."""
    counterpart = next((i.name for i in compiled.content.intents.values() if i.act == "counterpart"), "")
    kinds, words = compiled.look.kinds, heard.words
    ones = [m for m in reading.mentions if kinds[m.entity] == "company" and "one" in words[m.end : m.end + 1]]
    things = [id for id in state.focus[:1] if kinds[id] in ("model", "product")]
    if not counterpart or len(ones) != 1 or len(reading.mentions) > 1 or not things or state.age:
        return None
    slots = (("company", (ones[0].entity,)), ("subject", (things[0],)))
    return Decision("answer", "the maker's one", counterpart, slots, confidence=0.9)


def recommending(compiled: Compiled) -> str:
    """Return the name of the intent that chooses a tool, "" where the content has none."""
    return next((i.name for i in compiled.content.intents.values() if i.act == "recommend"), "")


def _versus(compiled: Compiled, heard: Heard, reading: Reading, found: Sequence[Choice]) -> list[Choice]:
    """Read "vLLM or Ollama for 50 users" as setting the two side by side, unless an answer speaks of both."""
    ids = tuple(dict.fromkeys(m.entity for m in reading.mentions))
    if len(reading.mentions) != _TWO or len(ids) != _TWO or "compare" not in compiled.content.intents:
        return []
    first, second = reading.mentions
    joined = list(heard.words[first.end : second.start]) in (["or"], ["vs"], ["versus"])
    things = all(compiled.look.kinds[id] in ("model", "product") for id in ids)
    if not joined or not things or first.start != reading.clause.start or not found:
        return []
    best = max(found, key=lambda c: c.confidence)
    statement = compiled.content.statements.get(best.intent.removeprefix(STATEMENT))
    if statement is None or set(ids) <= set(statement.about):
        return []
    return [Choice("compare", best.confidence + _TRADE, (("things", ids),), "", "versus")]


def _kind_or_less(compiled: Compiled, heard: Heard, reading: Reading, found: Sequence[Choice]) -> list[Choice]:
    """Read "Grok, a real LLM or just a search toy?" as asking whether it is one, whatever the rest reminds of."""
    words, start = heard.words, reading.clause.start
    fields = set(compiled.look.lexicon.fields)
    for m in reading.mentions:
        after = tuple(words[m.end : reading.clause.end])
        least = next((i for i, w in enumerate(after[:4]) if w == "or"), None)
        if m.entity not in fields or least is None or after[least + 1 : least + 2] not in _LESS:
            continue
        things = [s.entity for s in reading.mentions if start <= s.start < m.start and compiled.look.kinds[s.entity] != "concept"]
        if len(set(things)) == 1 and found and "verdict" in compiled.content.intents:
            slots = (("subject", (things[0],)), ("category", (m.entity,)))
            return [Choice("verdict", max(c.confidence for c in found) + _TRADE, slots, "", "a kind or less")]
    return []


_LESS = {(w,) for w in ("just", "only", "merely", "simply", "nothing", "purely", "plain", "some")}


def _which_for_that(compiled: Compiled, heard: Heard, reading: Reading) -> list[Choice]:
    """Read "which AI?" after a story as asking which to take for it, not for a list of them."""
    told = sum(c.end - c.start for c in heard.clauses if c.start != reading.clause.start)
    fields = {m.entity for m in reading.mentions} <= set(compiled.look.lexicon.fields)
    recommend = recommending(compiled)
    if reading.masked not in _WHICH or not fields or told < _STORY or not recommend:
        return []
    return [Choice(recommend, 1.0, (), "", "which for that")]


_WHICH = {
    ("which", "@c"),
    ("what", "@c"),
    ("any", "@c"),
    *((what, can, who, "use") for what in ("what", "which") for can in ("can", "could", "should", "do") for who in ("i", "we")),
}
_STORY = 4  # words


def _asked_whether(compiled: Compiled, reading: Reading, found: Sequence[Choice]) -> list[Choice]:
    """Read a choice of tools as asking whether it can be done at all, where it is asked so ("can AI write a poem")."""
    intents = compiled.content.intents
    opens = [w for w in reading.masked[:3] if w not in ("a", "an", "the")]
    if opens[:1] not in _ABLE or opens[1:2] != ["@c"] or not reading.tasks or "capability" not in intents:
        return []
    open_ = [c.confidence for c in found if c.intent in intents and intents[c.intent].act == "recommend"]
    able = [c for c in found if c.intent == "capability" and not c.missing and c.rule == "ranked"]
    if not able:
        return []
    # Both readings are answered by the same words, so each speaks for the other.
    return [msgspec.structs.replace(able[0], confidence=min(0.9, max(open_, default=0.0) + able[0].confidence), evidence=None)]


_ABLE = (["can"], ["could"], ["does"], ["do"], ["will"])


# How much surer it is that a trade's own answer is meant than the general one.
_TRADE = 0.02
_SURE_TRADE = 0.9


def _by_trade(compiled: Compiled, choice: Choice) -> bool:
    """Whether a choice is the general question of use: no task of its own, nothing but a field or a chatbot as its subject."""
    intent = compiled.content.intents.get(choice.intent)
    if intent is None or not intent.by_trade:
        return False
    ids = [id for _, filled in choice.slots for id in filled]
    return all(id in compiled.look.lexicon.fields or compiled.knowledge.belongs(id, CHATBOT) for id in ids)


def _leans_on_last(compiled: Compiled, name: str) -> bool:
    intent = compiled.content.intents.get(name)
    return intent is not None and intent.act in ("why", "reverse")


def _asks_of_last(state: State, heard: Heard) -> bool:
    """Whether "why?" can be about the last answer: there is one, and the message tells nothing else it could be about."""
    return bool(state.said) and sum(c.end - c.start > 2 for c in heard.clauses) <= 1


# The fewest words that make a request about the last reply unmistakable: "say that again".
_REQUEST = 3


def _asked_first(compiled: Compiled, reading: Reading) -> list[Choice]:
    """Read an authored request about the last reply, word for word at the start, whatever reason follows it."""
    if reading.mentions:
        return []
    for n in range(len(reading.masked) - 1, _REQUEST - 1, -1):
        words = without_leadin(list(reading.masked[:n]), compiled.look)
        name = compiled.ranker.told(text_.features(words, compiled.look.lexicon))
        intent = compiled.content.intents.get(name)
        if intent and intent.act == "last":
            # "Say it again but brief": what is added to the request says how.
            rest = without_leadin(list(reading.masked[n:]), compiled.look)
            how = compiled.ranker.told(text_.features(rest, compiled.look.lexicon)) if rest else ""
            added = compiled.content.intents.get(how)
            return [Choice(how if added and added.act == "last" else name, 0.8, (), "", "request first")]
    return []


# What is left of a statement's confidence where a pronoun points at something it is not about.
_ELSEWHERE = 0.5


def _in_focus(compiled: Compiled, state: State, heard: Heard, reading: Reading, found: list[Choice]) -> list[Choice]:
    """Return the choices with statements doubted that are about other things than the pronoun in the clause points at."""
    # "Which one" is one of the things themselves, not of what they are.
    which = asks_which(reading)
    pointed = {m.entity for m in reading.mentions if m.start == m.end}
    if pointed:
        return _doubting_others(compiled, found, pointed)
    pointing = bool(PRONOUNS & set(reading.masked)) or which or _of_it(compiled, heard, reading)
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


def _of_it(compiled: Compiled, heard: Heard, reading: Reading) -> bool:
    """Whether what everything has is named with "the": "can I download the weights"."""
    asked = [m for m in reading.mentions if m.entity in compiled.look.lexicon.attributes]
    return bool(asked) and any(m.start > 0 and heard.words[m.start - 1] == "the" for m in asked)


def _in_talk(compiled: Compiled, state: State, reading: Reading, found: list[Choice]) -> list[Choice]:
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


class _Seen(msgspec.Struct, frozen=True, dict=True):
    """What all readings of a clause share: how likely it is none of ours, its content words, the message's constraints,
    each intent's nearest line, the intent of which it is an authored sentence, word for word, the retrieval query, and
    each answer's share where all are weighed against each other, and how likely each thing is what the clause describes."""

    none: float
    length: int
    constraints: int
    nearest: Mapping[str, float]
    told: str
    query: dict[str, float]
    shares: Mapping[str, float]
    described: dict[str, float]

    @cached_property
    def proposed(self) -> list[str]:
        """The things the clause may describe, the likeliest first."""
        return described.likeliest(self.described)

    @cached_property
    def best(self) -> tuple[str, ...]:
        """The likeliest answers by their share, best first."""
        return tuple(heapq.nlargest(MOST_JOINT, self.shares, key=lambda a: self.shares[a]))

    def rival(self, answer: str) -> float:
        """Return the greatest share of another answer."""
        return next((self.shares[a] for a in self.best if a != answer), 0.0)


def _content(compiled: Compiled, heard: Heard, reading: Reading) -> list[str]:
    """Return the clause's words outside names that say something."""
    covered = {p for m in heard.mentions for p in range(m.start, m.end)}
    words = [heard.words[i] for i in range(reading.clause.start, reading.clause.end) if i not in covered]
    return [w for w in words if w not in STOP and w not in compiled.look.lexicon.fillers]


def _judged(found: Sequence[Choice]) -> list[Choice]:
    """Return the choices with their confidence: each weighed against the likeliest of the others."""
    weighed = [c.evidence for c in found if c.evidence is not None]
    sure = iter(confidences(weighed))
    return [
        c if c.evidence is None else msgspec.structs.replace(c, confidence=next(sure) * (0.55 if c.missing else 1.0))
        for c in found
    ]


def is_aside(compiled: Compiled, choice: Choice) -> bool:
    """Whether a choice is small talk or a reply about the last reply: no question about the subject."""
    intent = compiled.content.intents.get(choice.intent)
    return intent is not None and intent.act in _ASIDES


def _is_chat(compiled: Compiled, choice: Choice) -> bool:
    intent = compiled.content.intents.get(choice.intent)
    return intent is not None and intent.act == "chat"


_SIDE_BY_SIDE = frozenset({"versus", "or", "and"})
_BESIDE_BARE = text_.JOINING | {"a", "an", "the", "versus"}


def _bare(compiled: Compiled, state: State, heard: Heard, reading: Reading) -> list[Choice]:
    """Read a name and nothing else ("RLHF?") as asking what it is, and two as asking to compare them."""
    covered = {p for m in heard.mentions for p in range(m.start, m.end)}
    rest = [heard.words[i] for i in range(reading.clause.start, reading.clause.end) if i not in covered]
    rest = [w for w in rest if w not in compiled.look.lexicon.fillers and w not in _BESIDE_BARE]
    if len(reading.masked) == 1 and reading.masked[0][:1] == "@":
        rest = []  # "bias in LLMs" has nothing but the name and its field
    ids = tuple(dict.fromkeys(m.entity for m in reading.mentions))
    makers = {maker for id in ids for maker in compiled.knowledge.values(id, "maker")}
    if "versus" not in heard.words:
        ids = tuple(id for id in ids if id != FIELD) or ids  # "hallucination AI"
        ids = tuple(id for id in ids if id not in makers)  # "Hailuo MiniMax" is one thing and who makes it
    intents = compiled.content.intents
    if rest or not ids or reading.unknown_names:
        return []
    before = state.focus[:1] if state.age < compiled.settings.memory else ()
    if (
        len(ids) == 1
        and before
        and ids[0] not in before
        and heard.words[reading.clause.start] == "versus"
        and "compare" in intents
    ):
        return [Choice("compare", 0.95, (("things", (*before, *ids)),), "", "bare names")]
    if before and _of_it(compiled, heard, reading):
        return []  # "and the context window?" is asked of what the talk is about
    if len(ids) == 1 and "define" in intents:
        # Beside other clauses a lone name is more likely a part of them ("who owns it, OpenAI? Adobe??").
        sure = 0.98 if len(heard.clauses) == 1 else 0.85 if _told_about(heard, reading) else 0.4
        return [Choice("define", sure, (("subject", ids),), "", "bare name")]
    kinds = {compiled.look.kinds[i] == "concept" for i in ids}
    # Of one sort they are to be compared; a model and a concept are more likely a model and what is asked of it.
    joined = bool(_SIDE_BY_SIDE & set(heard.words)) or "," in heard.text or "/" in heard.text
    sure = 0.4 if len(heard.clauses) > 1 else 0.9 if joined or not any(kinds) else 0.35
    return [Choice("compare", sure, (("things", ids[:4]),), "", "bare names")] if "compare" in intents and len(kinds) == 1 else []


def _told_about(heard: Heard, reading: Reading) -> bool:
    """Whether a clause opens the message and the others only tell of it ("Embeddings. They said it nine times.")."""
    if reading.clause.start != heard.core[0]:
        return False
    others = [c for c in heard.clauses if c.start != reading.clause.start]
    named = any(c.start <= m.start < c.end for c in others for m in heard.mentions)
    return not named and all(c.role != "question" or c.end - c.start == 1 for c in others)


# Intents that questions are not labelled with: what they weigh is set by hand below.
_ASIDES = frozenset({"chat", "last", "more", "why", "reverse", "which_of", "alarm", "system"})


_TWO = 2
_ARTICLES = frozenset({"the", "a", "an"})


def _typed(
    compiled: Compiled, state: State, reading: Reading, background: Background, candidate: Candidate, seen: _Seen
) -> list[Choice]:
    intent = compiled.content.intents.get(candidate.intent)
    if intent is None or intent.act == "none":
        return []
    if intent.act == "which_of" and not state.listed and len(state.recent) < _TWO:
        return []  # nothing to choose from
    if intent.act in ("last", "more", "why", "reverse") and any(m.sure for m in reading.mentions):
        return []  # names something: no reply about the last reply
    near = seen.nearest.get(intent.name, 0.0)
    own = probability(compiled.ranker.calibration, intent_evidence(candidate.confidence, seen.none, near))
    if intent.act == "reverse":
        turned = leaning.turned(compiled, state)
        sure = EXACT if seen.told == intent.name else own
        return [Choice(state.intent if turned else intent.name, sure, turned, "", "the other way round")]
    slots, missing = fill(compiled, intent, state, reading, background)
    # Names alone say nothing of what is asked: "few-shot / in-context learning".
    if seen.told == intent.name and any(w[:1] not in "@#" and w not in _ARTICLES for w in reading.masked):
        return [Choice(intent.name, EXACT * (0.55 if missing else 1.0), slots, missing, "ranked")]
    if own < LEAST_OWN and intent.name not in seen.best:
        return []
    left = leftover(reading.masked, intent.name, compiled.look)
    if intent.act in _ASIDES:
        settings = compiled.settings
        sure = own * (1 - settings.cover_aside * (1 - reading.coverage)) * (1 - settings.leftover_aside * left)
        # A name in it speaks against small talk, unless it is asked of us: "are you an LLM?".
        named = bool(reading.mentions) and intent.act != "which_of" and not {"you", "your"} & set(reading.masked)
        other = 0.6 if named else 0.5 if reading.tasks else 1.0
        return [Choice(intent.name, sure * other, slots, missing, "ranked")]
    evidence = Evidence(
        False,
        own,
        score=near,
        left=left,
        constraints=seen.constraints if intent.act == "recommend" else 0,
        coverage=reading.coverage,
        none=seen.none,
        length=seen.length,
        names=len(reading.mentions),
        unknown=bool(reading.unknown_names),
        claim=reading.clause.role == "claim",
        recommends=intent.act == "recommend",
        joint=seen.shares.get(intent.name, 0.0),
        joint_rival=seen.rival(intent.name),
        joint_none=seen.shares.get(NONE, 0.0),
    )
    found = [Choice(intent.name, 0.0, slots, missing, "ranked", _with_slots(evidence, slots, reading, background, seen))]
    for proposal in _described(compiled, intent, state, reading, slots, seen):
        weighed = _with_slots(evidence, proposal, reading, background, seen)
        found.append(Choice(intent.name, 0.0, proposal, "", "described", msgspec.structs.replace(weighed, guessed=True)))
    return found


def _with_slots(evidence: Evidence, slots: Slots, reading: Reading, background: Background, seen: _Seen) -> Evidence:
    """Return the evidence with what the filled slots add to it."""
    used = {id for _, ids in slots for id in ids}
    named = {m.entity for m in reading.mentions}
    told = {m.entity for m in background.mentions} | set(background.tasks)
    return msgspec.structs.replace(
        evidence,
        beside=sum(m.entity not in used for m in reading.mentions),
        filled=sum(bool(set(ids) & (named | set(reading.tasks))) for _, ids in slots),
        elsewhere=len(used & told - named),
        apt=max((seen.described.get(id, 0.0) for id in slots[0][1]), default=0.0) if slots else 0.0,
    )


def _described(compiled: Compiled, intent: Intent, state: State, reading: Reading, slots: Slots, seen: _Seen) -> list[Slots]:
    """Return the intent's slots with things in its first that the clause may describe, where it names none surely."""
    required = [s for s in intent.slots if not s.optional]
    single = [s for s in required if not s.many and "task" not in s.kinds]
    named = [m.entity for m in reading.mentions]
    if not single or reading.unknown_names or single[0] is not required[0]:
        return []
    if set(text_.content_words(reading.masked)) <= _KINDS and not state.age:
        return []  # "of which company" describes none
    if {"these", "those"} & set(reading.masked):
        return []
    if PRONOUNS & set(reading.masked) and (seen.length < DESCRIBING or (state.focus and state.age < compiled.settings.memory)):
        return []  # "it" is what the talk is about
    rest = {name: ids for name, ids in slots if name != single[0].name}
    if len(single) > 1:
        # "Is that Go-playing computer generative AI?" names the kind alone.
        # A maker may be part of the description: "the lady in the Amazon box".
        things = [id for id in named if compiled.look.kinds[id] != "company"]
        if len(set(things)) != 1 or compiled.look.kinds[things[0]] not in single[1].kinds:
            return []
        rest[single[1].name] = (things[0],)
    elif _names_surely(compiled, dict(slots).get(single[0].name, ()), named, seen):
        return []
    if any(s.name not in rest for s in required[1:]):
        return []
    kinds = compiled.look.kinds_for(single[0])
    fitting = [id for id in seen.proposed if id not in named and kinds[id] in single[0].kinds]
    if any("task" in s.kinds for s in required):
        fitting = [id for id in fitting if kinds[id] != "concept"]  # what does a task is a thing
    return [
        tuple((s.name, (id,) if s is single[0] else rest[s.name]) for s in intent.slots if s is single[0] or s.name in rest)
        for id in fitting
    ]


_KINDS = frozenset({"company", "companies", "firm", "tool", "tools", "app", "apps", "model", "models", "one", "maker"})

# From here on a description is believed against a concept named in it: "that junk of AI pictures".
_PLAIN_DESCRIPTION = 0.3


def _names_surely(compiled: Compiled, filled: Sequence[str], named: Sequence[str], seen: _Seen) -> bool:
    """Whether what fills a slot was named in the clause and is no mere part of a description."""
    lexicon, kinds = compiled.look.lexicon, compiled.look.kinds
    clear = bool(seen.proposed) and seen.described[seen.proposed[0]] >= _PLAIN_DESCRIPTION
    return any(
        id in named
        and id not in lexicon.fields
        and id not in lexicon.attributes
        and not (clear and kinds[id] in ("concept", "company"))
        for id in filled
    )


def _statements(compiled: Compiled, state: State, heard: Heard, reading: Reading, seen: _Seen) -> list[Choice]:
    query = seen.query
    meaning = joint.meaning(heard, reading, compiled.look.lexicon)
    asked = retrieval.Asked(compiled.index, query)
    hits = {h.owner: h for h in compiled.index.search(query, 40, meaning=meaning, asked=asked)}
    found = []
    likely = [a.removeprefix(STATEMENT) for a in seen.best if a.startswith(STATEMENT)]
    for share, id in compiled.statements.shares(asked, meaning, also=likely):
        hit = hits.get(id)
        score, sense = (hit.score, hit.sense) if hit else (0.0, 0.0)
        about = set(compiled.content.statements[id].about)
        named = {m.entity for m in reading.mentions}
        evidence = Evidence(
            True,
            probability(compiled.statement_calibration, statement_evidence(share, score, sense)),
            score=score,
            sense=sense,
            left=compiled.index.left(query, id),
            beside=len(named - about),
            about=len(about - named) / max(1, len(about)),
            coverage=reading.coverage,
            none=seen.none,
            length=seen.length,
            names=len(reading.mentions),
            unknown=bool(reading.unknown_names),
            claim=reading.clause.role == "claim",
            joint=seen.shares.get(STATEMENT + id, 0.0),
            joint_rival=seen.rival(STATEMENT + id),
            joint_none=seen.shares.get(NONE, 0.0),
        )
        found.append(Choice(STATEMENT + id, 0.0, (), "", "statement", evidence))
    clause = reading.clause
    plain = without_leadin(list(heard.words[clause.start : clause.end]), compiled.look)
    told = compiled.index.exact.get(retrieval.fingerprint(plain, compiled.look.lexicon))
    if told:
        found = [c for c in found if c.intent != STATEMENT + told] + [Choice(STATEMENT + told, EXACT, (), "", "statement")]
    return found


def statement_query(compiled: Compiled, state: State, heard: Heard, reading: Reading) -> dict[str, float]:
    """Return the retrieval query: the clause's own words, its entities, and what a pronoun in it stands for."""
    lexicon = compiled.look.lexicon
    covered = {p for m in heard.mentions for p in range(m.start, m.end)}
    pointing = leans(reading, joint.own_words(heard, reading, lexicon, covered)) and state.age < compiled.settings.memory
    return joint.named(heard, reading, lexicon, compiled.knowledge.ancestors, state.focus[:2] if pointing else ())


def leans(reading: Reading, words: Sequence[str]) -> bool:
    """Whether the clause points back: a pronoun, or no subject of its own."""
    return not reading.unknown_names and (not reading.mentions or bool(PRONOUNS & set(words)))


# ------------------------------------------------------------------------------------------------ slots


def fill(compiled: Compiled, intent: Intent, state: State, reading: Reading, background: Background) -> tuple[Slots, str]:
    """Return (filled slots, the first missing required slot or "").

    Order and kind decide which mention goes where; then the back-story, the talk's focus, the default. A name-like
    unknown word forbids filling from anywhere but the text: the question is about something we do not know.
    """
    kinds = compiled.look.kinds
    left = list(reading.mentions)
    slots: list[tuple[str, tuple[str, ...]]] = []
    missing = ""
    pointed = _pronoun_first(intent, state, reading, kinds, background)
    for slot in intent.slots:
        ids: tuple[str, ...] = ()
        if slot.name != pointed:
            needed = sum(not s.optional for s in intent.slots if s.name not in dict(slots))
            ids = _from_text(slot, left, reading, compiled.look, needed)
        if slot.many and len(ids) > 1 and slot.name not in ("category", "options"):
            ids = _theirs(compiled, ids, reading.mentions)
        if slot.many and len(ids) > 2 and not _enumerated(ids, reading):
            # "Is Gemini the AI that is built into Gmail": what one of the things is, is no third thing.
            own = tuple(id for id in ids if not any(id in compiled.knowledge.ancestors(other) for other in ids if other != id))
            ids = own if len(own) > 1 else ids
        if not ids and not reading.unknown_names:
            used = [i for _, v in slots for i in v]
            # "He" is no model, product, company or concept.
            person = bool(_PERSON & set(reading.masked))
            ids = () if person else _from_elsewhere(compiled, intent, slot, state, reading, background, used)
            if ids and slots and not reading.mentions and not slot.optional and state.intent != intent.name:
                ids = ()  # "it's always right": one thing may be "it", a second one would be guessed
        if slot.many and len(ids) == 1 and not slot.optional:
            ids = _joined(compiled, slot.kinds, ids, state, reading)
        if ids and not (slot.many and len(ids) < 2 and not slot.optional):
            slots.append((slot.name, ids))
        elif not slot.optional and not missing:
            missing = slot.name
    return tuple(slots), missing


_PERSON = frozenset({"he", "she", "him", "his", "her"})


def _pronoun_first(intent: Intent, state: State, reading: Reading, kinds: Mapping[str, str], background: Background) -> str:
    """Return the slot a pronoun stands for where the text has one name for two slots ("was it an LLM?")."""
    required = [s for s in intent.slots if not s.optional and "task" not in s.kinds]
    fitting = [m for m in reading.mentions if any(kinds[m.entity] in s.kinds for s in required)]
    told = any(kinds[m.entity] != "concept" for m in background.mentions)
    if len(required) < 2 or len(fitting) != 1 or not (state.focus or told):
        return ""
    before = {w.lower().strip(",.?!'\"") for w in reading.clause.text.split()} | set(reading.masked)
    if before & {"it", "that", "this", "they", "these", "those", "its"} and kinds[fitting[0].entity] in required[1].kinds:
        return required[0].name
    return ""


def _enumerated(ids: Sequence[str], reading: Reading) -> bool:
    """Whether the things stand side by side in the text ("AI, ML, deep learning and GenAI")."""
    spans = [m for m in reading.mentions if m.entity in ids]
    return all(later.start - earlier.end <= 1 for earlier, later in pairwise(spans))


def _theirs(compiled: Compiled, ids: tuple[str, ...], mentions: Sequence[Mention]) -> tuple[str, ...]:
    """Return the things with a company that stands for its own one of the kind replaced ("Midjourney or OpenAI's")."""
    kinds, knowledge = compiled.look.kinds, compiled.knowledge
    owners = {m.entity for m in mentions if m.owner and kinds[m.entity] == "company"} - compiled.look.sold
    if not owners & set(ids):
        return ids
    named = [m.entity for m in mentions if m.entity not in owners]
    found = (lists.offered(knowledge, id, named) if id in owners else id for id in ids)
    theirs = tuple(dict.fromkeys(new or old for new, old in zip(found, ids, strict=True)))
    # "OpenAI's and Anthropic's chatbot" are two, and "OpenAI's ChatGPT" is one thing.
    theirs = tuple(id for id in theirs if not any(id in knowledge.ancestors(other) for other in theirs))
    return theirs if len(theirs) > 1 else ids


def _from_text(slot: Slot, left: list[Mention], reading: Reading, look: Lookup, needed: int) -> tuple[str, ...]:
    """Return what the text puts into a slot, taken out of `left`; `needed` slots must still be filled, this one included."""
    kinds, fields, compared_by = look.kinds_for(slot), look.lexicon.fields, look.lexicon.attributes
    alone = needed <= 1
    if "task" in slot.kinds and reading.tasks:
        return reading.tasks if slot.many else reading.tasks[:1]
    fitting = [m for m in left if kinds[m.entity] in slot.kinds]
    # "When did OpenAI release GPT-4.5" is about the model: a company counts where nothing else fits.
    if not slot.many:
        # Not where both are needed: "is ElevenLabs an LLM?".
        fitting = [m for m in fitting if kinds[m.entity] != "company" or not (alone or len(fitting) > needed)] or fitting
    if not fitting:
        return ()
    if alone and not slot.many:
        # "When an ML engineer says 'inference'": a whole field named beside the subject is only where it belongs.
        # "The training data of LLMs" is asked of LLMs.
        asked = [m for m in fitting if m.entity not in compared_by]
        fitting = [m for m in asked if m.entity not in fields] or asked or fitting
    if slot.many and len(fitting) > 2:
        fitting = _no_examples(fitting, reading)
        fitting = [m for m in fitting if m.entity not in fields or _beside(m, reading)] or fitting
        # "How do X and Y differ in training data": what they are compared by is no third thing.
        fitting = [m for m in fitting if m.entity not in compared_by] or fitting
        fitting = _before_purpose(fitting, reading)
    if slot.many and any(kinds[m.entity] in ("model", "product") for m in fitting):
        kinds = {**kinds, **dict.fromkeys(look.sold, "product")}  # "Sora, Runway or Veo"
    taken = _alike(fitting, kinds, slot.mixed) if slot.many else _coordinated(fitting, reading)
    for m in taken:
        left.remove(m)
    return tuple(dict.fromkeys(m.entity for m in taken))


def _no_examples(fitting: list[Mention], reading: Reading) -> list[Mention]:
    """Return the things to be compared without what only illustrates one of them ("an LLM and a search engine like Google")."""
    words = [t.word for t in text_.tokenize(reading.clause.text)]
    start = reading.clause.start
    shown = [m for m in fitting if m.start > start and words[m.start - start - 1] in _SUCH_AS]
    kept = [m for m in fitting if m not in shown]
    return kept if len({m.entity for m in kept}) == _TWO else fitting


_SUCH_AS = frozenset({"like", "as", "eg", "say"})


def _before_purpose(fitting: list[Mention], reading: Reading) -> list[Mention]:
    """Return the things to be compared without what they are wanted for ("Copilot or ChatGPT for somebody in Excel")."""
    words = [t.word for t in text_.tokenize(reading.clause.text)]
    purpose = words.index("for") + reading.clause.start if "for" in words else 0
    before = [m for m in fitting if m.start < purpose]
    return before if len({m.entity for m in before}) >= _TWO else fitting


def _beside(mention: Mention, reading: Reading) -> bool:
    """Whether a name is one of a row: joined to another, or first ("AI, ML and deep learning"), not "pre-training an LLM"."""
    words = [t.word for t in text_.tokenize(reading.clause.text)]
    start, end = mention.start - reading.clause.start, mention.end - reading.clause.start
    before = [w for w in words[max(0, start - 2) : start] if w not in ("a", "an", "the")][-1:]
    after = words[end : end + 1]
    return not before or bool(_ROW & {*before, *after}) or "," in reading.clause.text


_ROW = frozenset({"and", "or", "versus", "vs", "between", "to", "from", "than", "with", "v"})


def _alike(fitting: Sequence[Mention], kinds: Mapping[str, str], mixed: bool) -> list[Mention]:
    """Return the mentions that are of one sort where two or more are: "Firefly or Midjourney, given copyright"."""
    things = ("model", "product", "dataset")
    # A company beside a thing made the thing.
    sorts = ((*things, "concept"), ("company",)) if mixed else (things, ("company",), ("concept",))
    if mixed and any(kinds[m.entity] in things for m in fitting):
        fitting = [m for m in fitting if kinds[m.entity] != "company"]
    for sort in sorts:
        same = [m for m in fitting if kinds[m.entity] in sort]
        if len({m.entity for m in same}) >= 2:
            return same
    return list(fitting)


def _coordinated(fitting: Sequence[Mention], reading: Reading) -> list[Mention]:
    """Return the first mention and those joined to it ("Mistral 7B and Phi-2")."""
    words = [t.word for t in text_.tokenize(reading.clause.text)]
    start = reading.clause.start
    run = [fitting[0]]
    for m in fitting[1:]:
        between = words[run[-1].end - start : m.start - start]
        if between in (["and"], ["plus"]) or (not between and any(c in reading.clause.text for c in ",&")):
            run.append(m)
        else:
            break
    return run


_THEIRS = frozenset({"they", "their", "them"})

# Words that ask of everything named before, not of the last.
_EACH = frozenset({"each", "both", "all", "they", "them", "their", "these", "those"})


def _from_elsewhere(
    compiled: Compiled,
    intent: Intent,
    slot: Slot,
    state: State,
    reading: Reading,
    background: Background,
    used: Sequence[str],
) -> tuple[str, ...]:
    kinds = compiled.look.kinds_for(slot)
    if "task" in slot.kinds:
        return background.tasks[:3] if background.tasks else ()
    told = tuple(dict.fromkeys(m.entity for m in background.mentions if kinds[m.entity] in slot.kinds and m.entity not in used))
    # "They say Grammarly isn't AI. Is it …": a whole field named beside a thing is not what is asked about.
    told = tuple(id for id in told if id not in compiled.look.lexicon.fields) or told
    if slot.many and len(told) > 1:
        told = _theirs(compiled, told, background.mentions)
    if told:
        every = bool(_EACH & set(reading.masked))
        return told if slot.many or every else told[-1:]
    if state.age < compiled.settings.memory:
        things = [id for id in state.focus if kinds.get(id) != "company"][:1]
        makers = compiled.knowledge.values(things[0], "maker") if slot.kinds == ("company",) and things else ()
        if makers and _THEIRS & set(reading.masked):
            return makers[:1]  # "What else do they make?" after a thing they made
        before = dict(state.slots).get(slot.name, ()) if state.intent == intent.name else ()
        focus = before or tuple(id for id in state.focus if kinds.get(id) in slot.kinds and id not in used)
        if slot.many and not slot.optional:
            focus = before or leaning.several(compiled, slot.kinds, state) or focus
        focus = focus or tuple(id for id in state.recent if kinds.get(id) in slot.kinds and id not in used)[:1]
        # What the talk is about is a thing before it is a kind of thing: "who makes it?" after "is GPT-4 multimodal?".
        focus = tuple(sorted(focus, key=lambda id: kinds.get(id) == "company"))
        if focus:
            every = len(focus) > 1 and bool(_EACH & set(reading.masked))
            return focus if slot.many or every else focus[:1]
    # What nobody has named is the usual thing only where it is pointed at: "how do they train these things".
    pointed = bool(PRONOUNS & set(reading.masked)) and leftover(reading.masked, intent.name, compiled.look) <= _SAYS_ELSE
    return (slot.default,) if slot.default and slot.default != "focus" and pointed else ()


# Share of a clause's words, by rarity, from which it asks of something else than the usual thing.
_SAYS_ELSE = 0.34


def _joined(compiled: Compiled, wanted: Sequence[str], ids: tuple[str, ...], state: State, reading: Reading) -> tuple[str, ...]:
    """Return one named thing with the one the talk is about ("… between that and Claude")."""
    kinds = compiled.look.kinds
    others = [id for id in (*state.focus, *state.recent) if kinds.get(id) in wanted and id not in ids]
    # "Is it better than Udio?": the like of what is named before what it is a kind of.
    others = [*leaning.alike((*ids, *others), kinds, wanted)[len(ids) :], *others]
    if reading.unknown_names or not others or state.age >= compiled.settings.memory:
        return ids
    return (others[0], *ids)


# ------------------------------------------------------------------------------------------------ what leans on the last turn


def pending_choice(compiled: Compiled, state: State, heard: Heard) -> Decision | None:
    """Return the decision for an option of a pending question that the text picks and nothing else, or None."""
    words = [w for w in heard.words if w not in compiled.look.lexicon.fillers]
    if not state.pending or len(words) > 8:
        return None
    options = state.pending
    plain = [w for w in words if w not in _CHOOSING]
    if len(plain) == 2 and plain[1] == "one":
        plain = plain[:1]  # "the second one"
    if len(plain) == 1 and plain[0] in _ORDINALS:
        n = _ORDINALS[plain[0]]
        if -1 <= n < len(options):
            return _option(options[n])
    if not [w for w in plain if w not in _YES] and len(options) == 1 and words:
        return _option(options[0])
    named = {m.entity for m in heard.mentions}
    fits = [o for o in options if named and named <= {i for _, ids in o.slots for i in ids}]
    if len(fits) == 1 and not set(words) & (WH | AUX):
        return _option(fits[0])
    return None


def _option(option: Option) -> Decision:
    return Decision("answer", "pending choice", option.intent, option.slots, confidence=1.0)


def ellipsis(compiled: Compiled, state: State, heard: Heard, reading: Reading) -> Decision | None:
    """Return the last question asked of a new thing ("and Midjourney?", "what about images?"), or None."""
    if not state.intent or not is_fragment(compiled, state, heard, reading):
        return None
    if reading.tasks and not reading.mentions and state.tasks and not _takes_task(compiled, state.intent):
        # "And for the cover?" after questions about the choice: the choice again.
        again = next((i.name for i in compiled.content.intents.values() if i.act == "recommend"), "")
        return Decision("answer", "ellipsis", again, (("task", reading.tasks),), confidence=0.9) if again else None
    return _replaced(compiled, state, reading, leaning.corrects(_beside_names(compiled, heard, reading)))


def is_fragment(compiled: Compiled, state: State, heard: Heard, reading: Reading) -> bool:
    """Whether the clause is nothing but a name or a task and the words that carry it: it asks the last question again."""
    if state.age >= compiled.settings.memory or reading.unknown_names or not (reading.mentions or reading.tasks):
        return False
    asked = [m for m in reading.mentions if m.entity in compiled.look.lexicon.attributes]
    if asked and len(asked) < len(reading.mentions):
        return False  # "parameters of Mixtral" says what is asked
    rest = _beside_names(compiled, heard, reading)
    if leaning.corrects(rest):
        return True
    # A choice asked again for another task may say more about it: "what about a jingle for the radio?"
    intent = compiled.content.intents.get(state.intent)
    choosing = bool(state.tasks) or (intent is not None and intent.act == "recommend")
    carried = choosing and reading.tasks and _CARRYING & set(rest[:2])
    pointed = any(m.start == m.end for m in reading.mentions)
    said = [w for w in rest if w not in _GLUE and not (pointed and w in _POINTING)]
    if len(said) > (2 if carried else 0):
        return False
    if {"it", "they"} & set(rest) and {"is", "are", "was", "were"} & set(rest):
        return False  # "so it's generative AI then": the thing is "it"
    # "What is Claude?" is glue and a name too, but a whole question of its own.
    if rest[:1] and rest[0] in WH and not ({"about", "and"} & set(rest)):
        return False
    return not (rest and rest[0] in AUX)


def _takes_task(compiled: Compiled, name: str) -> bool:
    intent = compiled.content.intents.get(name)
    return intent is not None and any("task" in s.kinds for s in intent.slots)


_CARRYING = frozenset({"about", "and", "for"})
_POINTING = frozenset(_ORDINALS) | {"one", "thing", "model", "tool"}


def _beside_names(compiled: Compiled, heard: Heard, reading: Reading) -> list[str]:
    """Return the clause's words outside names, tasks and fillers."""
    clause = reading.clause
    covered = {p for m in reading.mentions for p in range(m.start, m.end)}
    covered |= {p for s, e, _ in heard.tasks for p in range(s, e)}
    rest = [heard.words[i] for i in range(clause.start, clause.end) if i not in covered]
    return [w for w in rest if w not in compiled.look.lexicon.fillers]


def _replaced(compiled: Compiled, state: State, reading: Reading, correcting: bool) -> Decision | None:
    intent = compiled.content.intents.get(state.intent)
    if intent is None:
        return None
    kinds = compiled.look.kinds
    slots = dict(state.slots)
    changed = False
    for m in reading.mentions:
        for slot in intent.slots:
            if kinds[m.entity] not in slot.kinds:
                continue
            if slot.many and not slot.optional:
                before = slots.get(slot.name, ())
                slots[slot.name] = tuple(dict.fromkeys((*(before[:-1] if correcting else before), m.entity)))[-3:]
            else:
                slots[slot.name] = (m.entity,)
            changed = True
            break
    if reading.tasks and not reading.mentions:
        for slot in intent.slots:
            if "task" in slot.kinds:
                slots[slot.name] = reading.tasks
                changed = True
    if not changed:
        return None
    return Decision("answer", "ellipsis", intent.name, tuple(slots.items()), confidence=0.9)


def listed_choice(state: State, heard: Heard, clause: Clause) -> str:
    """Return the thing an ordinal points at ("is the first one generative AI"), or an empty string."""
    pool = state.listed or state.focus
    words = heard.words[clause.start : clause.end]
    for i, w in enumerate(words):
        n = _ORDINALS.get(w)
        if n is None or w in ("one", "two", "three", "1", "2", "3", "4"):
            continue
        after = words[i + 1] if i + 1 < len(words) else ""
        if not after and i and words[i - 1] not in ("the", "former", "latter"):
            continue  # "which came first"
        if (after in ("one", "thing", "model", "tool", "of", "") or w in ("former", "latter")) and len(pool) > max(n, 0):
            return pool[n]
    return ""


def advance(state: State, **changes: object) -> State:
    """Return the state after a turn, with changes."""
    return msgspec.structs.replace(state, **changes)
