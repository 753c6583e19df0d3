"""Recognise forms of asking that say more than their words: for a trade, between two, a kind or less, which for that."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot import leaning
from bot import text as text_
from bot.choice import STATEMENT, SURE_TRADE, TWO, Choice
from bot.compiled import Compiled
from bot.knowledge import CHATBOT
from bot.types import Decision, Reading, State
from bot.understand import Heard, without_leadin


def for_trade(compiled: Compiled, heard: Heard, reading: Reading, found: Sequence[Choice]) -> list[Choice]:
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
    sure = max(min(SURE_TRADE, max(own, sum(each))), *each, 0.0)
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


def between(compiled: Compiled, heard: Heard, reading: Reading, found: Sequence[Choice]) -> list[Choice]:
    """Read a choice between two named things, for no stated need, as asking how they differ ("an LLM or generative AI?")."""
    ids = tuple(dict.fromkeys(m.entity for m in reading.mentions))
    intents = compiled.content.intents
    if (
        len(ids) != TWO
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
    told = [w for w in reading.masked if w[:1] != "@" and w not in text_.STOP | _MEANT]
    if not counterpart or len(ones) != 1 or len(reading.mentions) > 1 or not things or state.age or told:
        return None
    slots = (("company", (ones[0].entity,)), ("subject", (things[0],)))
    return Decision("answer", "the maker's one", counterpart, slots, confidence=0.9)


_MEANT = frozenset({"one", "ones", "meant", "mean", "no", "not", "sorry", "ok", "what", "about", "how", "and"})


def recommending(compiled: Compiled) -> str:
    """Return the name of the intent that chooses a tool, "" where the content has none."""
    return next((i.name for i in compiled.content.intents.values() if i.act == "recommend"), "")


def versus(compiled: Compiled, heard: Heard, reading: Reading, found: Sequence[Choice]) -> list[Choice]:
    """Read "vLLM or Ollama for 50 users" as setting the two side by side, unless an answer speaks of both."""
    ids = tuple(dict.fromkeys(m.entity for m in reading.mentions))
    if len(reading.mentions) != TWO or len(ids) != TWO or "compare" not in compiled.content.intents:
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


def better_of_two(compiled: Compiled, state: State, reading: Reading, found: Sequence[Choice]) -> list[Choice]:
    """Read "which is better for beginners" after two things as asking of the two, not for any tool.

    "Which one do I pick if our articles change weekly" after two techniques asks so whatever task it names.
    """
    words = set(reading.masked)
    of_them = reading.masked[:2] in _OF_THEM and words & (_BETTER | _PICKING)
    picking = of_them or (reading.masked[:1] == ("which",) and words & _BETTER and not reading.tasks)
    if not picking or reading.mentions or (state.tasks and not of_them) or state.age >= compiled.settings.memory:
        return []
    best = max(found, key=lambda c: c.confidence, default=None)
    two = leaning.several(compiled, ("model", "product"), state) or leaning.several(compiled, ("concept",), state)
    if best is None or best.intent not in (recommending(compiled), "compare") or len(two) != TWO:
        return []
    if best.slots and not of_them:
        return []
    return [Choice("compare", best.confidence + _TRADE, (("things", two),), "", "which of the two")]


_OF_THEM = {("which", "one"), ("which", "of"), ("which", "do"), ("which", "should"), ("which", "would")}
_PICKING = frozenset({"pick", "choose", "take", "use", "prefer", "need", "want", "sensible", "suitable", "go"})
_BETTER = frozenset({"better", "best", "easier", "nicer", "simpler", "safer"})


def need_alone(compiled: Compiled, state: State, reading: Reading) -> list[Choice]:
    """Read a need named alone after an answer for a trade ("social media posts mostly") as asking what to take for it."""
    statement = compiled.content.statements.get(state.intent.removeprefix(STATEMENT))
    words = [w for w in reading.masked if w not in compiled.look.lexicon.fillers | _MOSTLY]
    if statement is None or not statement.trade or state.age or words != ["#task"] or not recommending(compiled):
        return []
    return [Choice(recommending(compiled), 0.6, (), "", "a need alone")]


_MOSTLY = frozenset({"mostly", "mainly", "only", "just", "and", "for", "also", "maybe", "perhaps", "a", "the", "my", "our"})


def kind_or_less(compiled: Compiled, heard: Heard, reading: Reading, found: Sequence[Choice]) -> list[Choice]:
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


def which_for_that(compiled: Compiled, heard: Heard, reading: Reading) -> list[Choice]:
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


def asked_whether(compiled: Compiled, reading: Reading, found: Sequence[Choice]) -> list[Choice]:
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


def _by_trade(compiled: Compiled, choice: Choice) -> bool:
    """Whether a choice is the general question of use: no task of its own, nothing but a field or a chatbot as its subject."""
    intent = compiled.content.intents.get(choice.intent)
    if intent is None or not intent.by_trade:
        return False
    ids = [id for _, filled in choice.slots for id in filled]
    return all(id in compiled.look.lexicon.fields or compiled.knowledge.belongs(id, CHATBOT) for id in ids)


# The fewest words that make a request about the last reply unmistakable: "say that again".
_REQUEST = 3


def asked_first(compiled: Compiled, reading: Reading) -> list[Choice]:
    """Read an authored request about the last reply, word for word at the start, whatever reason follows it."""
    if reading.mentions:
        return []
    if reading.masked[:2] == ("why", "not") and len(reading.masked) > TWO:
        # "Why not, it writes lyrics": what follows is a doubt, not what is asked.
        name = next((i.name for i in compiled.content.intents.values() if i.act == "why"), "")
        opens = set(reading.masked[2:3]) & (text_.PRONOUNS | text_.AUX)
        return [Choice(name, 0.8, (), "", "why first")] if name and opens else []
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
