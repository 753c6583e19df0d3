"""Decide what to do about a clause: pure functions of the compiled bot, the state and the reading. Renders no text."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot import described, doubts, forms, joint, leaning, retrieval, vectors
from bot import text as text_
from bot.choice import STATEMENT, TWO, Background, Choice, Seen, Slots
from bot.compiled import Compiled
from bot.confidence import Evidence, confidences
from bot.ranker import intent_evidence, probability, statement_evidence
from bot.slots import fill, leans
from bot.text import PRONOUNS, STOP
from bot.types import Candidate, Intent, Reading, State
from bot.understand import FIELD, UNKNOWN, Heard, leftover, without_leadin

# Intents weighed for a clause, and how likely the ranker must hold one at least.
MOST_INTENTS, LEAST_OWN = 14, 0.01
NONE = "none"

# Confidence of a sentence that an author wrote for this very intent, names aside.
EXACT = 0.97

# Content words from which a clause with a pronoun in it may describe a thing all the same: "the dial that makes it wilder".
DESCRIBING = 4


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
    seen = Seen(none, len(_content(compiled, heard, reading)), len(heard.constraints), nearest, told, query, shares, told_of)
    asides = _asks_of_last(state, heard)
    found = [
        choice
        for c in ranking
        if asides or not _leans_on_last(compiled, c.intent)
        for choice in _typed(compiled, state, reading, background, c, seen)
    ]
    found += _statements(compiled, state, heard, reading, seen)
    found += forms.asked_first(compiled, reading)
    found = doubts.in_talk(compiled, state, reading, doubts.in_focus(compiled, state, heard, reading, _judged(found)))
    found = doubts.of_attribute(compiled, state, reading, doubts.of_what_is_named(compiled, reading, found))
    found = doubts.no_person(compiled, reading, doubts.compared(compiled, found))
    found = doubts.no_ware(compiled, heard, doubts.not_of_many(compiled, found, reading), reading)
    found = doubts.no_order(compiled, found, reading)
    found = [*doubts.no_statement(found, reading, seen), *_bare(compiled, state, heard, reading)]
    for choice in forms.for_trade(compiled, heard, reading, found):
        found = [*(c for c in found if c.intent != choice.intent), choice]
    found += forms.between(compiled, heard, reading, found)
    found += forms.asked_whether(compiled, reading, found)
    found += forms.which_for_that(compiled, heard, reading)
    found += forms.kind_or_less(compiled, heard, reading, found)
    found += forms.versus(compiled, heard, reading, found)
    found += forms.better_of_two(compiled, state, reading, found)
    found += forms.need_alone(compiled, state, reading)
    chat = next((c for c in found if is_chat(compiled, c) and c.confidence >= 0.5), None)
    if chat and not reading.mentions:
        # "Thank you, most helpful": small talk is not looked up unless a statement is far surer.
        found = [c for c in found if c is chat or c.confidence > chat.confidence + 0.3 or not c.intent.startswith(STATEMENT)]
    # A statement's own line, word for word, says more than a pattern that fits any name.
    # What is named beats what is only described.
    found.sort(key=lambda c: (_GUESS * (c.rule == "described") - c.confidence, not c.intent.startswith(STATEMENT), c.intent))
    return found, ranking


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


def _leans_on_last(compiled: Compiled, name: str) -> bool:
    intent = compiled.content.intents.get(name)
    return intent is not None and intent.act in ("why", "reverse")


def _asks_of_last(state: State, heard: Heard) -> bool:
    """Whether "why?" can be about the last answer: there is one, and the message tells nothing else it could be about."""
    return bool(state.said) and sum(c.end - c.start > 2 for c in heard.clauses) <= 1


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


def is_chat(compiled: Compiled, choice: Choice) -> bool:
    """Whether a choice is small talk."""
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
    if len(ids) == 1 and ids[0] in compiled.look.lexicon.fields and _after_topic(compiled, heard, reading):
        return []  # "Automated valuation of houses. LLM?" asks whether it is one, and of that thing we know nothing
    if before and doubts.of_it(compiled, heard, reading):
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


def _after_topic(compiled: Compiled, heard: Heard, reading: Reading) -> bool:
    """Whether a clause before tells of something, names nothing of ours and asks nothing."""
    told = [c for c in heard.clauses if c.start < reading.clause.start]
    named = any(m.start < reading.clause.start for m in heard.mentions)
    words = [w for c in told for w in heard.words[c.start : c.end] if w not in compiled.look.lexicon.fillers]
    asks = any("?" in c.text or text_.WH & set(heard.words[c.start : c.end]) for c in told)
    return not named and not asks and len(text_.content_words(words)) >= _TOPICAL


_TOPICAL = 2  # content words


def _told_about(heard: Heard, reading: Reading) -> bool:
    """Whether a clause opens the message and the others only tell of it ("Embeddings. They said it nine times.")."""
    if reading.clause.start != heard.core[0]:
        return False
    others = [c for c in heard.clauses if c.start != reading.clause.start]
    named = any(c.start <= m.start < c.end for c in others for m in heard.mentions)
    return not named and all(c.role != "question" or c.end - c.start == 1 for c in others)


# Intents that questions are not labelled with: what they weigh is set by hand below.
_ASIDES = frozenset({"chat", "last", "more", "why", "reverse", "which_of", "alarm", "system"})

_ARTICLES = frozenset({"the", "a", "an"})


def _typed(
    compiled: Compiled, state: State, reading: Reading, background: Background, candidate: Candidate, seen: Seen
) -> list[Choice]:
    intent = compiled.content.intents.get(candidate.intent)
    if intent is None or intent.act == "none":
        return []
    if intent.act == "which_of" and not state.listed and len(state.recent) < TWO:
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


def _with_slots(evidence: Evidence, slots: Slots, reading: Reading, background: Background, seen: Seen) -> Evidence:
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


def _described(compiled: Compiled, intent: Intent, state: State, reading: Reading, slots: Slots, seen: Seen) -> list[Slots]:
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


def _names_surely(compiled: Compiled, filled: Sequence[str], named: Sequence[str], seen: Seen) -> bool:
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


def _statements(compiled: Compiled, state: State, heard: Heard, reading: Reading, seen: Seen) -> list[Choice]:
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
