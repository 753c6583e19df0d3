"""Read a turn in the light of the last one: a choice among options, a fragment, one of the things listed."""

from __future__ import annotations

import msgspec

from bot import leaning
from bot.compiled import Compiled
from bot.text import AUX, STOP, WH
from bot.types import Clause, Decision, Option, Reading, State
from bot.understand import Heard

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
    if "same" in rest and {"is", "are"} & set(rest):
        return False  # "and is that the same as ChatGPT?"
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
        pointing = after in ("one", "thing", "model", "tool", "of", "") or after in WH | AUX or w in ("former", "latter")
        if pointing and len(pool) > max(n, 0):
            return pool[n]
    return ""


def advance(state: State, **changes: object) -> State:
    """Return the state after a turn, with changes."""
    return msgspec.structs.replace(state, **changes)
