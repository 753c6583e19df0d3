"""Fill an intent's slots from a clause: its names, what the talk is about, the rest of the message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from bot import leaning, lists
from bot import text as text_
from bot.choice import TWO, Background, Slots
from bot.compiled import Compiled
from bot.text import PRONOUNS
from bot.types import Intent, Mention, Reading, Slot, State
from bot.understand import Lookup, leftover


def leans(reading: Reading, words: Sequence[str]) -> bool:
    """Whether the clause points back: a pronoun, or no subject of its own."""
    return not reading.unknown_names and (not reading.mentions or bool(PRONOUNS & set(words)))


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
    return kept if len({m.entity for m in kept}) == TWO else fitting


_SUCH_AS = frozenset({"like", "as", "eg", "say"})


def _before_purpose(fitting: list[Mention], reading: Reading) -> list[Mention]:
    """Return the things to be compared without what they are wanted for ("Copilot or ChatGPT for somebody in Excel")."""
    words = [t.word for t in text_.tokenize(reading.clause.text)]
    purpose = words.index("for") + reading.clause.start if "for" in words else 0
    before = [m for m in fitting if m.start < purpose]
    return before if len({m.entity for m in before}) >= TWO else fitting


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
