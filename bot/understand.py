"""From a typed message to readings: words corrected, names found, tasks and constraints seen, masked for the ranker."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property

import msgspec

from bot import text as text_
from bot.entities import Cues, Gazetteer
from bot.text import Lexicon, stem
from bot.types import Clause, Mention, Reading, Slot, Token

MASK = {"model": "@s", "product": "@s", "dataset": "@s", "concept": "@c", "company": "@o", "task": "#task"}
UNKNOWN = "@u"


_MANY = 2000  # stems from which on a content's words tell its subject


class Lookup(msgspec.Struct, frozen=True, dict=True):
    """All that understanding words needs. `core` gives the idf of stems that examples and statements use.

    `kinds` gives each entity's kind; `sold` are companies that go by the name of what they sell (ElevenLabs): products,
    where a product is asked about and no company can be meant.
    """

    gazetteer: Gazetteer
    tasks: Cues
    weak_tasks: Cues
    constraints: Cues
    lexicon: Lexicon
    kinds: Mapping[str, str]
    core: Mapping[str, float]
    intent_words: Mapping[str, frozenset[str]]
    domain: frozenset[str]
    trades: Cues
    sold: frozenset[str] = frozenset()
    shared: dict[str, tuple[tuple[str, frozenset[str]], ...]] = {}

    @cached_property
    def rare(self) -> float:
        """The idf of a stem that a single authored line uses: it says no more of the subject than an unknown one."""
        # In small content most words are of one line.
        return max(self.core.values()) - 1e-6 if len(self.core) >= _MANY else math.inf

    def kinds_for(self, slot: Slot) -> Mapping[str, str]:
        """Return each entity's kind as a slot sees it."""
        if not self.sold or "company" in slot.kinds or "product" not in slot.kinds:
            return self.kinds
        return {**self.kinds, **dict.fromkeys(self.sold, "product")}


class Heard(msgspec.Struct, frozen=True):
    """A whole message as heard: its words (corrected), mentions, unknown names and clauses. Positions are in tokens.

    `trades` are the statements that speak for a trade the message names.
    """

    text: str
    tokens: tuple[Token, ...]
    words: tuple[str, ...]
    mentions: tuple[Mention, ...]
    unknown: tuple[int, ...]
    clauses: tuple[Clause, ...]
    tasks: tuple[tuple[int, int, str], ...]
    constraints: tuple[tuple[int, int, str], ...]
    core: tuple[int, int]
    trades: tuple[str, ...] = ()

    @property
    def whole(self) -> Clause:
        """The message as one clause, without what opens and closes it for politeness alone."""
        start, end = self.core
        text = self.text[self.tokens[start].start : _text_end(self.text, self.tokens, end)] if self.tokens else self.text
        return Clause(text.strip(), "question", start, end, False)


def hear(text: str, look: Lookup, fuzzy: float, on_topic: bool = False) -> Heard:
    """Return the message as heard. `on_topic` says that the talk is about our subject already (a known focus)."""
    cleaned = text_.clean(text)
    tokens = text_.tokenize(cleaned, look.lexicon)
    mentions, unknown = look.gazetteer.find(tokens, fuzzy)
    covered = {p for m in mentions for p in range(m.start, m.end)}
    spelt = look.gazetteer.spelt(tokens, mentions)
    words = tuple(
        spelt.get(i, t.word) if i in covered or (i in unknown and _nameish(t)) else look.gazetteer.corrected(t.word)
        for i, t in enumerate(tokens)
    )
    unknown = [i for i in unknown if not look.gazetteer.known(words[i])]
    titled = frozenset(i for i, t in enumerate(tokens) if t.title and i)
    mentions = _believed([_as_written(m, cleaned, tokens) for m in mentions], words, look, on_topic, titled)
    mentions = _as_family(mentions, look)
    mentions = [_as_meant(_as_owner(m, cleaned, tokens, words), words, look) for m in mentions]
    systems = {p for m in mentions if look.kinds[m.entity] != "concept" for p in range(m.start, m.end)}
    stems = ["" if i in systems else stem(w) for i, w in enumerate(words)]
    tasks = look.tasks.find(stems)
    mentions = _not_tasks(mentions, tasks, look)
    spans = {p for s, e, _ in tasks for p in range(s, e)}
    tasks += [hit for hit in look.weak_tasks.find(stems) if not set(range(hit[0], hit[1])) & spans]
    trades = tuple(dict.fromkeys(id for _, _, id in look.trades.find([stem(w) for w in words])))
    tasks = _not_whom(tasks, words, bool(trades))
    constraints = look.constraints.find([stem(w) for w in words])
    core = _core(cleaned, tokens, words, look.lexicon, bool(mentions or tasks))
    until = cleaned[: _text_end(cleaned, tokens, core[1])]
    parts = text_.clauses(until, tokens[: core[1]], look.lexicon.fillers, core[0])
    told = [[hit for hit in hits if core[0] <= hit[0] < core[1]] for hits in (sorted(tasks), constraints)]
    return Heard(cleaned, tokens, words, tuple(mentions), tuple(unknown), parts, tuple(told[0]), tuple(told[1]), core, trades)


def _text_end(text: str, tokens: Sequence[Token], end: int) -> int:
    """Return where the text of the tokens before `end` ends, the marks after them included."""
    return tokens[end].start if end < len(tokens) else len(text)


def _core(text: str, tokens: Sequence[Token], words: Sequence[str], lexicon: Lexicon, ours: bool) -> tuple[int, int]:
    """Return the span of tokens between what opens and what closes a message for politeness alone.

    "Hi, could you tell me please, what is RAG? Thanks" is about three words; "hi there" is a greeting and stays whole, and
    so does what asks nothing and is not about a thing of `ours`.
    """
    start, end = _opened(words, lexicon), len(words)
    while end > start and (n := _frame(words[start:end], lexicon.closers, -1)):
        end -= n
    for first, last in ((start, end), (start, len(words)), (0, end)):
        inside = words[first:last]
        if all(w in lexicon.fillers for w in inside):
            continue
        asked = bool(inside) and (inside[0] in text_.AUX | text_.IMPERATIVE or bool(text_.WH & set(inside)))
        marked = bool(inside) and "?" in text[tokens[first].start : _text_end(text, tokens, last)]
        if asked or marked or (ours and len(text_.content_words(inside)) >= _TELLING):
            return first, last
    return 0, len(words)


# Content words from which something without a question word or mark still asks or claims something.
_TELLING = 2


def _opened(words: Sequence[str], lexicon: Lexicon) -> int:
    """Return the position after everything that opens a message for politeness alone, fillers between included."""
    start = at = 0
    while at < len(words):
        n = _frame(words[at:], lexicon.openers, 1)
        if not n and words[at] not in lexicon.fillers:
            break
        at += n or 1
        start = at if n else start
    return start


def _frame(words: Sequence[str], frames: frozenset[str], side: int) -> int:
    """Return how many words the longest of the frames takes at the start (`side` 1) or the end (-1) of the words."""
    for n in range(min(_LONGEST_FRAME, len(words)), 0, -1):
        if " ".join(words[:n] if side > 0 else words[-n:]) in frames:
            return n
    return 0


_LONGEST_FRAME = 6


def _as_family(mentions: Sequence[Mention], look: Lookup) -> list[Mention]:
    """Read a term as the family of systems it stands for where other systems are named beside it."""
    families = look.lexicon.families
    if not any(look.kinds[m.entity] in ("model", "product") for m in mentions):
        return list(mentions)
    return [msgspec.structs.replace(m, entity=families.get(m.entity, m.entity)) for m in mentions]


def _as_owner(mention: Mention, text: str, tokens: Sequence[Token], words: Sequence[str]) -> Mention:
    """Mark a name by which something of its owner is meant: "OpenAI's", "the OpenAI one", "the one from Google"."""
    end = tokens[mention.end - 1].end
    after = words[mention.end] if mention.end < len(words) else ""
    before = tuple(words[max(0, mention.start - 2) : mention.start])
    raw = text[tokens[mention.end - 1].start : end + 2].lower().replace("’", "'")
    owner = "'s" in raw or after in _OWNED or before in _OWNED_BY
    return msgspec.structs.replace(mention, owner=True) if owner else mention


_OWNED = frozenset({"one", "ones", "thing", "equivalent", "version", "counterpart"})
_OWNED_BY = frozenset((one, by) for one in ("one", "that", "thing") for by in ("from", "by", "of"))


def _as_meant(mention: Mention, words: Sequence[str], look: Lookup) -> Mention:
    """Read a name that several things share as the one whose words stand beside it ("Copilot or Cursor")."""
    for entity, beside in look.shared.get(mention.text, ()):
        if any(stem(w) in beside for i, w in enumerate(words) if not mention.start <= i < mention.end):
            return msgspec.structs.replace(mention, entity=entity)
    return mention


def _as_written(mention: Mention, text: str, tokens: Sequence[Token]) -> Mention:
    """Believe an everyday word in a name's own capitals ("RAG", "LoRA") where the rest of the message has none."""
    raw = text[tokens[mention.start].start : tokens[mention.end - 1].end]
    if mention.sure or not any(c.isupper() for c in raw[1:]) or text.isupper():
        return mention
    return msgspec.structs.replace(mention, sure=True)


def _not_tasks(mentions: Sequence[Mention], tasks: Sequence[tuple[int, int, str]], look: Lookup) -> list[Mention]:
    """Drop a concept whose words are a task beside a system: "can ChatGPT summarise" is about doing, not the concept."""
    if not any(look.kinds[m.entity] in ("model", "product") for m in mentions):
        return list(mentions)
    busy = {p for s, e, _ in tasks for p in range(s, e)}
    return [m for m in mentions if look.kinds[m.entity] != "concept" or m.start not in busy or (m.sure and m.end - m.start > 1)]


def _not_whom(tasks: list[tuple[int, int, str]], words: Sequence[str], trade: bool) -> list[tuple[int, int, str]]:
    """Drop a task that only says who asks, where another says what is wanted: "we are a choir and need posters".

    So it is where who asks is a trade of its own: "I do bookkeeping. What good is AI to me?"
    """
    kept = [t for t in tasks if not _introduces(words, t[0])]
    return kept if kept or trade else tasks


def _introduces(words: Sequence[str], at: int) -> bool:
    """Whether the words right before a position introduce the asker: "I run a …", "we are a small …"."""
    before = list(words[max(0, at - _INTRODUCTION) : at])
    return any(
        before[i] in ("i", "we") and before[i + 1] in _BEING and not _ENDING & set(before[i + 2 :])
        for i in range(len(before) - 1)
    )


_INTRODUCTION = 6  # words
_BEING = frozenset({"am", "are", "run", "have", "own", "lead", "teach", "sing", "play", "work", "study", "do"})
_ENDING = frozenset({"and", "to", "need", "want", "looking", "who", "but", "so", "for"})


def _nameish(token: Token) -> bool:
    return any(c.isdigit() for c in token.word)


def _believed(
    mentions: Sequence[Mention], words: Sequence[str], look: Lookup, on_topic: bool, titled: frozenset[int]
) -> list[Mention]:
    """Drop names that are everyday words too where nothing else in the sentence speaks of our subject."""
    mentions = [m for m in mentions if m.sure or m.start in titled or not _common_noun(m, words, look, on_topic)]
    if on_topic or all(m.sure for m in mentions) or any(m.sure for m in mentions):
        return list(mentions)
    covered = {p for m in mentions for p in range(m.start, m.end)}
    if len({m.entity for m in mentions if look.kinds[m.entity] == "concept"}) > 1:
        return list(mentions)  # "attention in transformers" speak for each other
    if len({m.entity for m in mentions}) > 1 and any(stem(words[p]) in look.domain for p in covered):
        return list(mentions)
    rest = [stem(w) for i, w in enumerate(words) if i not in covered and w not in text_.STOP and w not in look.lexicon.fillers]
    if any(s in look.domain for s in rest):
        return list(mentions)
    foreign = [s for s in rest if look.core.get(s, math.inf) >= look.rare]
    return list(mentions) if not foreign else [m for m in mentions if m.sure]


# Before a proper name none of these stands: "a short clip" is no CLIP, "my snap" no company.
_DETERMINERS = frozenset(["a", "an", "my", "our", "your", "his", "her", "their", "this", "these", "those", "some", "any", "each"])
_DETERMINERS |= frozenset(["every", "few", "several", "short", "long", "little", "video", "audio"])


def _common_noun(mention: Mention, words: Sequence[str], look: Lookup, on_topic: bool) -> bool:
    """Whether an everyday word that is also a system's name is used as the everyday word."""
    if look.kinds[mention.entity] == "concept" or mention.end - mention.start > 1:
        return False
    word = words[mention.start]
    determined = mention.start > 0 and words[mention.start - 1] in _DETERMINERS
    # In a talk about our subject "claudes" is Claude's.
    return determined or (word == mention.text + "s" and not on_topic)


def read(heard: Heard, clause: Clause, look: Lookup) -> Reading:
    """Return one clause's reading: masked words, mentions and tasks inside it, coverage of its words."""
    named = [m for m in heard.mentions if clause.start <= m.start < clause.end]
    inside = _without_fields(named, heard.words, look)
    narrowing = {p for m in named if m not in inside for p in _phrase(m, heard.words)}
    tasks = [t for t in heard.tasks if clause.start <= t[0] < clause.end]
    masked = mask(heard.words, inside, tasks, heard.unknown, look, clause.start, clause.end, frozenset(narrowing))
    unknown = tuple(heard.words[i] for i in heard.unknown if clause.start <= i < clause.end)
    return Reading(
        clause,
        masked,
        tuple(inside),
        tuple(dict.fromkeys(t for _, _, t in tasks)),
        unknown,
        _coverage(heard, clause, named, look),
    )


def mask(
    words: Sequence[str],
    mentions: Sequence[Mention],
    tasks: Sequence[tuple[int, int, str]],
    unknown: Sequence[int],
    look: Lookup,
    start: int,
    end: int,
    without: frozenset[int] = frozenset(),
) -> tuple[str, ...]:
    """Return the words of a span with names, tasks and unknown names replaced by masks; fillers and `without` left out."""
    pointing = len(mentions) > 1 or bool(_POINTING & set(words[start:end])) or "zqmask" in " ".join(words[start:end])
    at = {m.start: (m.end, _shown(m, look, pointing)) for m in mentions}
    for s, e, _ in tasks:
        at.setdefault(s, (e, MASK["task"]))
    out: list[str] = []
    i = start
    while i < end:
        if i in at:
            i, shown = at[i]
            out.append(shown)
            continue
        if i in unknown:
            if out[-1:] != [UNKNOWN]:
                out.append(UNKNOWN)
        elif words[i] not in look.lexicon.fillers and i not in without:
            out.append(words[i])
        i += 1
    out = without_leadin(out, look)
    while len(out) > 1 and out[-1] in text_.JOINING and out[-2] not in text_.WH:
        out.pop()
    return tuple(out) or tuple(words[start:end])  # "hello" is nothing but filler, and a greeting


_POINTING = frozenset({"it", "its", "their", "they", "that"})


def _shown(mention: Mention, look: Lookup, pointing: bool) -> str:
    """Return a mention's mask; a concept that is asked of another thing in the clause keeps its identity."""
    if pointing and mention.entity in look.lexicon.attributes:
        return "@" + mention.entity
    return MASK[look.kinds[mention.entity]]


def without_leadin(words: list[str], look: Lookup) -> list[str]:
    """Return the words without what only leads in ("i was wondering", as often as one stands there) or out ("i guess")."""
    again = True
    while again:
        again = False
        for n in range(min(6, len(words) - 1), 0, -1):
            if " ".join(words[:n]) in look.lexicon.leadins:
                words, again = words[n:], True
                break
    for n in range(min(5, len(words) - 1), 0, -1):
        if " ".join(words[-n:]) in look.lexicon.leadouts:
            return words[:-n]
    return words


def _without_fields(mentions: list[Mention], words: Sequence[str], look: Lookup) -> list[Mention]:
    """Drop a whole field named beside the subject ("a token in an LLM", "AI tokens", "slop meaning AI")."""
    kept: list[Mention] = []
    for i, m in enumerate(mentions):
        before = [w for w in words[max(0, m.start - 3) : m.start] if w not in ("a", "an", "the")][-1:]
        if kept and m.entity in look.lexicon.fields and before and before[0] in _WITHIN:
            continue
        if m.entity == FIELD and (i + 1 < len(mentions) and _heads(m, mentions[i + 1], look)):
            continue
        kept.append(m)
    return kept


# What comes before a field that is only where a word belongs.
_WITHIN = frozenset({"in", "meaning", "w"})

# The field that is put before any term of it: "AI tokens".
FIELD = "artificial-intelligence"


def _heads(field: Mention, noun: Mention, look: Lookup) -> bool:
    """Whether a field's name is put before a term of the field ("AI tokens", "AI hallucinations")."""
    return noun.start == field.end and look.kinds[noun.entity] == "concept" and noun.entity not in look.lexicon.fields


def _phrase(mention: Mention, words: Sequence[str]) -> range:
    """Return the positions of a mention with its "in (a|an|the)" before it."""
    start = mention.start
    while start > 0 and words[start - 1] in ("a", "an", "the", "in"):
        start -= 1
    return range(start, mention.end)


def _coverage(heard: Heard, clause: Clause, mentions: Sequence[Mention], look: Lookup) -> float:
    """Return the idf-weighted share of a clause's words that the content knows, 0 to 1."""
    covered = {p for m in mentions for p in range(m.start, m.end)}
    known = 2.0 * len(mentions)
    total = known
    for i in range(clause.start, clause.end):
        word = heard.words[i]
        if i in covered or word in text_.STOP or word in look.lexicon.fillers:
            continue
        s = stem(word)
        idf = look.core.get(s)
        known += idf or 0.0
        total += idf or 7.0
    # Nothing but function words ("so it is both?") says nothing against us.
    return known / total if total else 1.0


def leftover(masked: Sequence[str], intent: str, look: Lookup) -> float:
    """Return the share (by rarity, 0 to 1) of a clause's content words that no example of the intent has.

    "Why does ChatGPT struggle with maths" asks more than its limits: "maths" is left over.
    """
    mine = look.intent_words.get(intent, frozenset())
    total = left = 0.0
    for word in masked:
        if word[:1] in "@#" or word in text_.STOP:
            continue
        s = stem(word)
        weight = look.core.get(s, 7.0)
        total += weight
        if s not in mine and look.lexicon.synonyms.get(s, s) not in mine:
            left += weight
    return left / total if total else 0.0


def task_words(heard: Heard, clause: Clause) -> list[str]:
    """Return the words of the task cues in a clause (the mask hides them from the ranker)."""
    return [heard.words[i] for s, e, _ in heard.tasks if clause.start <= s < clause.end for i in range(s, e)]
