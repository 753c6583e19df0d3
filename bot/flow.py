"""From a typed message to a reply: the file to read first.

`respond` is pure: the same compiled bot, state and text give the same trace. It hears the message, splits it into
clauses, asks `dialogue` for the ways to read each, and says the first one whose answer is on record.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import msgspec

from bot import dialogue, doubts, forms, labels, leaning, templates, turns
from bot import text as text_
from bot.acts import ACTS, Scene, context, lead
from bot.choice import STATEMENT, Background, Choice, background
from bot.compiled import Compiled
from bot.enumerated import spelled_out
from bot.labels import Labels
from bot.templates import MissingError, Recorder, render
from bot.types import (
    Candidate,
    Clause,
    Contribution,
    Decision,
    Mention,
    Option,
    Reading,
    Reply,
    Source,
    State,
    Statement,
    Step,
    Trace,
)
from bot.understand import Heard, hear, leftover, read

MOST_UNITS = 4
BRIEF = 50  # words that each of several answers in one reply may have
MOST_QUESTION = 300  # characters of a question remembered
PIECE = 3  # words up to which a fragment is the piece that a question lacks: "by whom"
TOPIC = 3  # words up to which a clause that asks nothing only names what the others are about
NO_BACKGROUND = Background()
MOST_FOCUS = 6  # things that "it" may be
MOST_RECENT = 8  # things the talk was about, the last first: "compare the two"
_WHOLE = 70  # words up to which a message is also read as one piece
OWN_CLAUSE = 1.25  # how much the clause that asks is favoured over what surrounds it
# Words up to which a clause that found no answer is read together with the question before it.
FRAGMENT = 14
# From here on a clause is taken as it stands.
SURE = 0.75
# How much surer a clause must be with a name in place of its pronoun, to be read so before it is read as it stands.
NAMED_LEAD = 0.15
# How sure a reply that is small talk must be.
CHATTY = 0.34
# How sure one of several questions in a message must be, and each of the others: half an answer fails who asked for both.
SEVERAL = 0.36
BESIDE = 0.27


class Said(msgspec.Struct, frozen=True):
    """One clause answered: its step in the trace, what it cited and listed, and how sure we were."""

    step: Step
    status: str
    sources: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    focus: tuple[str, ...] = ()
    scene_tasks: tuple[str, ...] = ()
    chat: bool = False
    parts: int = 1  # things the same question was answered for, one after another


def respond(compiled: Compiled, state: State, text: str) -> Trace:
    """Return the trace of answering `text` after `state`; never raises on any text."""
    heard = hear(text, compiled.look, compiled.settings.fuzzy, on_topic=bool(state.focus) and state.age < 2)
    if row := spelled_out(heard, compiled.look.lexicon):
        heard = hear(row, compiled.look, compiled.settings.fuzzy, on_topic=True)
    whole = heard.whole
    picked = turns.pending_choice(compiled, state, heard) if heard.tokens else None
    if picked:
        reading = read(heard, heard.clauses[0] if heard.clauses else whole, compiled.look)
        said_one = say(compiled, state, heard, reading, picked, ())
        if said_one:
            return _finish(compiled, state, heard, [said_one])
    special = _special(compiled, heard)
    if special:
        said = [_system(compiled, state, heard, whole, special)]
        return _finish(compiled, state, heard, said)
    if compiled.labels is not None:
        return _finish(compiled, state, heard, [_labelled(compiled, compiled.labels, state, heard, whole)])
    alarm = _alarm(compiled, state, heard, whole)
    said = [alarm] if alarm else _answer_all(compiled, state, heard, whole)
    return _finish(compiled, state, heard, said)


def _alarm(compiled: Compiled, state: State, heard: Heard, whole: Clause) -> Said | None:
    """Return what an alarm intent says (an emergency), wherever in the message it shows; None otherwise."""
    for clause in (*heard.clauses, whole):
        reading = read(heard, clause, compiled.look)
        best = compiled.ranker.rank(
            dialogue.ranker_features(compiled, heard, reading), dialogue.masked_meaning(reading.masked), 1
        )[0]
        intent = compiled.content.intents.get(best.intent)
        if intent and intent.act == "alarm" and best.confidence >= compiled.settings.alarm:
            decision = Decision("abstain", "alarm", intent.name, confidence=best.confidence)
            return say(compiled, state, heard, reading, decision, (best,))
    return None


def _labelled(compiled: Compiled, deciding: Labels, state: State, heard: Heard, whole: Clause) -> Said:
    """Answer where intents are labels: the whole message is one question, and a fitted probability decides."""
    reading = read(heard, whole, compiled.look)
    verdict = labels.decide(deciding, compiled.ranker, compiled.look, heard.words)
    intents = compiled.content.intents
    if verdict.action == "answer":
        decision = Decision("answer", "ranked", verdict.intent, confidence=verdict.sure)
        said = say(compiled, state, heard, reading, decision, verdict.ranking)
        if said:
            return said
    if verdict.action == "clarify":
        options = tuple(Option(intents[name].question, name) for name in verdict.options)
        return _which(compiled, heard, reading, options, verdict.sure, verdict.ranking)
    return _system(compiled, state, heard, whole, "abstain", verdict.ranking)


def _special(compiled: Compiled, heard: Heard) -> str:
    """Return the system intent for a message that is no English sentence, or an empty string."""
    if not heard.tokens:
        return "empty" if not heard.text else "gibberish"
    if heard.mentions and len(heard.tokens) <= 3:
        return ""
    letters = [c for c in heard.text if c.isalpha()]
    latin = sum("LATIN" in unicodedata.name(c, "") for c in letters)
    if letters and latin < 0.5 * len(letters):
        return "language"
    covered = {p for m in heard.mentions for p in range(m.start, m.end)}
    words = [(t.word, w) for i, (t, w) in enumerate(zip(heard.tokens, heard.words, strict=True)) if i not in covered]
    plain = [(raw, w) for raw, w in words if raw.isalpha() and len(raw) > 1]
    english = sum(compiled.look.gazetteer.known(w) for _, w in plain)
    english += sum(text_.stem(w) in compiled.look.core for raw, w in words if not raw.isalpha())  # "eli5"
    typed = sum(compiled.look.gazetteer.known(raw) for raw, _ in plain)
    common = sum(raw in text_.STOP for raw, _ in plain)
    if len(plain) >= 4 and (typed < 0.5 * len(plain) and common <= 0.25 * len(plain)):
        return "language"
    foreign = sum(raw in compiled.look.lexicon.foreign for raw, _ in plain)
    if foreign >= 2 and 2 * foreign > len(plain) and foreign > common:
        return "language"
    if not plain and not english and not heard.mentions:
        return "gibberish"
    if plain and not english and not heard.mentions:
        return "gibberish"
    return ""


# ------------------------------------------------------------------------------------------------ units


def _answer_all(compiled: Compiled, state: State, heard: Heard, whole: Clause) -> list[Said]:
    """Answer every question in the message, in order; context clauses only inform the others.

    One question may lie in its own clause, in the clause before ("RAG … what is it?") or in the whole message: the
    surest reading wins, the question's own clause a little ahead.
    """
    asking = [c for c in heard.clauses if c.role == "question" and not _urges(heard, c)]
    asking = [c for c in asking if not _introduces(heard, c)] or asking
    asked = bool(asking)
    asking = asking or [c for c in heard.clauses if c.role == "claim"]
    if len(heard.clauses) > 1 and len(asking) > 1:
        said = _several(compiled, state, heard, asking[:MOST_UNITS])
        if len(said) > 1:
            return said
    # A topic named before the question ("AlphaGo: …") is no question of its own.
    others = [c for c in heard.clauses if c not in asking and not (asked and c.end - c.start <= TOPIC)]
    naming = {c for c in asking for m in heard.mentions if c.start <= m.start < c.end}
    variants = [(c, OWN_CLAUSE if c in naming or not heard.mentions else 1.0) for c in asking] + [(c, 1.0) for c in others]
    variants += [(opening, OWN_CLAUSE) for c in asking if (opening := _opening_question(compiled, heard, c))]
    if not variants or (len(heard.clauses) > 1 and len(heard.tokens) <= _WHOLE):
        variants.append((whole, 1.0))
    best: tuple[float, Said] | None = None
    for clause, favour in variants:
        one = _answer(compiled, state, heard, clause, background(heard, clause))
        if clause in asking and asked and _recommends(compiled, one):
            favour = OWN_CLAUSE  # "… do I need another kind, and which?" asks for what the rest has told
        rank = one.step.decision.confidence * favour + {"answered": 1.0, "clarify": 0.5}.get(one.status, 0.0)
        if one.chat and one.status == "answered":
            # A thank-you beside a question is not what to reply to.
            beside = heard.mentions or any(c.role == "question" and c != clause for c in heard.clauses)
            rank -= 1.4 if beside and len(heard.clauses) > 1 else 0.6
            if one.step.decision.intent == HELP and _says_more(heard, clause):
                continue  # "the printer blinks red, what do I do?" does not ask for the bot's help page
        if best is None or rank > best[0] + 1e-9:
            best = (rank, one)
    if best is None:
        return [_system(compiled, state, heard, whole, "abstain", ())]
    return [best[1]]


def _recommends(compiled: Compiled, said: Said) -> bool:
    intent = compiled.content.intents.get(said.step.decision.intent)
    return intent is not None and intent.act == "recommend"


def _opening_question(compiled: Compiled, heard: Heard, clause: Clause) -> Clause | None:
    """Return the part of a clause before its first comma where that is an authored question and the rest only chats on.

    "What's an AI agent, everybody keeps saying agentic" asks what an agent is.
    """
    tokens = heard.tokens
    for i in range(clause.start + 2, clause.end - _CHATTING):
        if "," not in heard.text[tokens[i - 1].end : tokens[i].start]:
            continue
        part = Clause(heard.text[tokens[clause.start].start : tokens[i - 1].end], clause.role, clause.start, i, clause.negative)
        masked = read(heard, part, compiled.look).masked
        chats = heard.words[i] not in text_.WH | text_.AUX and all(m.start != i for m in heard.mentions)
        told = compiled.ranker.told(text_.features(masked, compiled.look.lexicon)) if chats else ""
        return part if told and any(w[:1] in "@#" for w in masked) else None
    return None


_CHATTING = 3  # words after the comma at least


def _urges(heard: Heard, clause: Clause) -> bool:
    """Whether a clause beside others is one word that asks nothing ("Embeddings. They said it nine times. Go.")."""
    word = heard.words[clause.start]
    named = any(clause.start <= m.start < clause.end for m in heard.mentions)
    return len(heard.clauses) > 1 and clause.end - clause.start == 1 and not named and word not in text_.WH


def _introduces(heard: Heard, clause: Clause) -> bool:
    """Whether a clause only says who asks ("I am a nurse. What is a prompt?")."""
    words = heard.words[clause.start : clause.end]
    asks = "?" in heard.text[heard.tokens[clause.end - 1].end :][:2] or bool(text_.WH & set(words))
    return len(words) > 1 and words[0] in _SELF and words[1] in _BEING and not asks


_SELF = frozenset({"i", "we"})
_BEING = frozenset({"am", "are", "run", "work", "teach", "own", "study", "was", "were"})

HELP = "help"


def _says_more(heard: Heard, clause: Clause) -> bool:
    """Whether the message tells something beside the clause."""
    rest = [w for i, w in enumerate(heard.words) if not clause.start <= i < clause.end]
    return len(text_.content_words(rest)) >= _TELLING


_TELLING = 3  # content words


def _several(compiled: Compiled, state: State, heard: Heard, asking: Sequence[Clause]) -> list[Said]:
    """Answer two or more questions in turn through the same state; keep those that have an answer."""
    said: list[Said] = []
    turn = state
    bold = msgspec.structs.replace(compiled, settings=msgspec.structs.replace(compiled.settings, answer=BESIDE))
    for clause in asking:
        one = _answer(bold, turn, heard, clause, background(heard, clause))
        if one.status != "answered" and turn is not state:
            one = _of_the_same(bold, turn, heard, clause) or one
        if one.status == "answered":
            turn = _advance(compiled, turn, heard, [one], one.step.text)
        said.append(one)
    kept = [s for s in said if s.status == "answered" and not s.chat and s.step.decision.confidence >= BESIDE]
    if not any(s.step.decision.confidence >= SEVERAL for s in kept):
        return []
    unique: dict[str, Said] = {}
    for s in kept:
        unique.setdefault(s.step.text, s)
    return list(unique.values())


def _of_the_same(compiled: Compiled, turn: State, heard: Heard, clause: Clause) -> Said | None:
    """Answer a second question that names nothing, asked of what the first was about ("… and in what sizes")."""
    reading = read(heard, clause, compiled.look)
    if reading.mentions or not turn.focus:
        return None
    text = f"{clause.text} {compiled.content.entities[turn.focus[0]].name}"
    return _as_asked(compiled, turn, reading, text, "asked of the same")


# ------------------------------------------------------------------------------------------------ one clause


def _answer(compiled: Compiled, state: State, heard: Heard, clause: Clause, background: Background) -> Said:
    """Answer one clause: what leans on the last turn first, then the likeliest reading whose answer is on record."""
    reading = _pointed(compiled, state, heard, read(heard, clause, compiled.look))
    again = leaning.narrowed(compiled, state, heard, reading, _excluded(compiled, heard, reading))
    again = again or forms.the_makers_one(compiled, state, heard, reading)
    again = again or turns.ellipsis(compiled, state, heard, reading)
    if again:
        said = say(compiled, state, heard, reading, again, ())
        if said and said.status == "answered":
            return said
    elif turns.is_fragment(compiled, state, heard, reading):
        text = leaning.with_other_name(compiled, state, reading)
        renamed = _as_asked(compiled, state, reading, text, "the last question of another thing")
        if renamed:
            return renamed
    if reading.masked[:1] in _BESIDE_LAST or (
        reading.masked[:1] == ("in",) and len(reading.masked) <= _PLACE and not reading.mentions
    ):
        joined = _with_last_question(compiled, state, reading, False)
    else:
        joined = _as_asked(compiled, state, reading, leaning.corrected(state, heard, reading), "the last question corrected")
    if joined:
        return joined
    versioned = leaning.other_version(compiled, state, heard, reading)
    joined = _as_asked(compiled, state, reading, versioned, "the last question of another version")
    if joined:
        return joined
    found, ranking = dialogue.choices(compiled, state, heard, reading, background)
    settings = compiled.settings
    spelt = leaning.fronted(compiled, heard, reading) or leaning.with_names(compiled, state, heard, reading)
    named = _as_asked(compiled, state, reading, spelt, "a name for the pronoun")
    if named and found and found[0].confidence < SURE and named.step.decision.confidence > found[0].confidence + NAMED_LEAD:
        return named
    unknown = _unknown_name(compiled, heard, reading, found)
    if unknown:
        return _system(compiled, state, heard, clause, "unknown_name", ranking)
    tried: list[Choice] = []
    hole: Said | None = None
    for choice in found[:6]:
        if choice.missing or choice.confidence < settings.answer:
            continue
        if dialogue.is_chat(compiled, choice) and choice.confidence < CHATTY:
            continue  # a polite word too many is worse than none: "never?" is no thanks
        if choice.rule == "the other way round" and not choice.slots:
            turned = _as_asked(compiled, state, reading, leaning.swapped(compiled, state), choice.rule)
            if turned:
                return turned
        decision = Decision("answer", choice.rule, choice.intent, choice.slots, confidence=choice.confidence)
        said = say(compiled, state, heard, reading, decision, ranking, background)
        tried.append(choice)
        if said and (said.status == "answered" or said.chat):
            return said
        if said and choice.confidence >= SURE and dialogue.is_aside(compiled, choice):
            return said  # "how so?" asks for a reason; where there is none, nothing else is meant
        if said and said.status == "clarify" and choice.confidence >= settings.ask_back:
            return said  # the question is clear and lacks a piece: asking for it beats a less likely reading
        hole = hole or said
        other = _of_other_focus(compiled, state, heard, reading, decision, ranking) if said else None
        if other:
            return other
    if state.tasks and found and found[0].missing and doubts.asks_which(reading):
        chosen = Decision("answer", "which for the task in talk", forms.recommending(compiled), confidence=0.7)
        said = say(compiled, state, heard, reading, chosen, ranking) if chosen.intent else None
        if said and said.status == "answered":
            return said
    piece = leaning.missing_piece(compiled, state, reading)
    said = say(compiled, state, heard, reading, piece, ranking) if piece else None
    if said and said.status == "answered":
        return said
    joined = named or _with_last_question(compiled, state, reading, bool(found) and bool(found[0].missing))
    if joined:
        return joined
    general = _of_chatbots(compiled, state, heard, reading)
    if general:
        return general
    asked = _ask(compiled, state, heard, reading, found, tried, ranking)
    if hole and (not asked or not tried or tried[0].confidence > 0.6):
        return hole
    return asked or _system(compiled, state, heard, clause, "abstain", ranking, _suggestions(compiled, reading, found))


def _of_chatbots(compiled: Compiled, state: State, heard: Heard, reading: Reading) -> Said | None:
    """Answer what is asked of an "it" nobody has named ("can it be wrong") as of chatbots, where a statement surely does."""
    clause = reading.clause
    words = list(heard.words[clause.start : clause.end])
    if state.focus or heard.mentions or heard.unknown or "it" not in words:
        return None
    at = words.index("it")
    said = _as_asked(compiled, state, reading, " ".join([*words[:at], "chatgpt", *words[at + 1 :]]), "of chatbots")
    sure = said and said.step.decision.intent.startswith(STATEMENT) and said.step.decision.confidence >= _OF_CHATBOTS
    return said if sure else None


_OF_CHATBOTS = 0.6


def _of_other_focus(
    compiled: Compiled, state: State, heard: Heard, reading: Reading, decision: Decision, ranking: Sequence[Candidate]
) -> Said | None:
    """Say a question that names nothing of the next thing the talk is about, where the first has no answer on record.

    "How often?" after "does ChatGPT make things up" is asked of making things up.
    """
    intent = compiled.content.intents.get(decision.intent)
    if intent is None or len(intent.slots) != 1 or intent.slots[0].many or reading.mentions or reading.tasks:
        return None
    slot, tried = intent.slots[0], dict(decision.slots).get(intent.slots[0].name, ())
    for id in state.focus:
        if id in tried or tried[:1] == () or compiled.look.kinds[id] not in slot.kinds:
            continue
        said = say(compiled, state, heard, reading, msgspec.structs.replace(decision, slots=((slot.name, (id,)),)), ranking)
        if said and said.status == "answered":
            return said
    return None


def _with_last_question(compiled: Compiled, state: State, reading: Reading, lacking: bool) -> Said | None:
    """Answer a fragment ("and in America?") read together with the question before it; None where that finds nothing new.

    Only statements are looked up so, for what an intent lacks is filled from the talk's focus already; where the likeliest
    intent is still `lacking` a piece, another intent may be the one ("by whom").
    """
    narrows = (
        reading.masked[0] in _NARROWING or reading.masked[:1] in _BESIDE_LAST or "mean" in reading.clause.text.lower().split()
    )
    words = narrows or text_.content_words(reading.masked)
    if not state.question or state.age or reading.unknown_names or not words or len(reading.masked) > FRAGMENT:
        return None
    if reading.masked[0] in _DOING:
        return None  # "draft me a clause" is a job, not the rest of a question
    if doubts.asks_which(reading):
        return None  # one of the things the talk is about: no answer about others will do
    text = f"{state.question.rstrip('.?! ')} {reading.clause.text}"
    said = _as_asked(compiled, state, reading, text, "with the last question")
    intent = said.step.decision.intent if said else ""
    if intent == state.intent:
        if narrows:
            # "In the US, I mean" narrows the question: what was said is said again rather than nothing.
            return said if intent.startswith(STATEMENT) else None
        # The question before weighs most in the two together; what else they ask is what is new.
        said = _as_asked(compiled, state, reading, text, "with the last question", state.intent)
        intent = said.step.decision.intent if said else ""
    short = len(reading.masked) <= PIECE
    return said if (lacking and short) or intent.startswith(STATEMENT) else None


_DOING = frozenset({"draft", "write", "make", "create", "compose", "translate", "summarise", "summarize", "calculate", "design"})
# A clause that opens so is the rest of the question before it: "compared to a web search?"
_PLACE = 4  # words: "in America specifically"
_BESIDE_LAST = {("compared",), ("versus",), ("than",), ("against",)}
_NARROWING = frozenset({"in", "for", "at", "on", "specifically", "especially"})


def _as_asked(compiled: Compiled, state: State, reading: Reading, text: str, rule: str, said_already: str = "") -> Said | None:
    """Return the answer to a clause completed to `text`, a question that needs no turn before it; None where that has none.

    `said_already` is the intent whose answer is no news.
    """
    if not text:
        return None
    heard = hear(text, compiled.look, compiled.settings.fuzzy, on_topic=True)
    whole = msgspec.structs.replace(heard.whole, role=reading.clause.role, negative=reading.clause.negative)
    complete = read(heard, whole, compiled.look)
    found, ranking = dialogue.choices(compiled, State(), heard, complete, NO_BACKGROUND)
    best = next((c for c in found if c.intent != said_already), None)
    if best is None or best.missing or best.confidence < compiled.settings.answer or dialogue.is_aside(compiled, best):
        return None
    decision = Decision("answer", rule, best.intent, best.slots, confidence=best.confidence)
    said = say(compiled, state, heard, complete, decision, ranking)
    return said if said and said.status == "answered" else None


def _pointed(compiled: Compiled, state: State, heard: Heard, reading: Reading) -> Reading:
    """Put the thing an ordinal points at ("the second one") where a mention would be."""
    if reading.mentions and any(compiled.look.kinds[m.entity] in ("model", "product") for m in reading.mentions):
        return reading
    id = turns.listed_choice(state, heard, reading.clause)
    if not id and text_.PRONOUNS & set(heard.words[reading.clause.start : reading.clause.end]):
        # "We'll take the second one. Is it free?"
        earlier = [c for c in heard.clauses if c.start < reading.clause.start]
        id = next((found for c in earlier if (found := turns.listed_choice(state, heard, c))), "")
        shown = tuple("@s" if w in ("it", "that", "this") else w for w in reading.masked)
        reading = msgspec.structs.replace(reading, masked=shown) if id else reading
    if not id:
        return reading
    pointed = Mention(id, "", reading.clause.start, reading.clause.start)
    masked = " ".join(reading.masked)
    masked = re.sub(r"(?:the )?(?:first|second|third|last|former|latter)(?: one| thing| model| tool)?", "@s", masked, count=1)
    return msgspec.structs.replace(reading, mentions=(pointed, *reading.mentions), masked=tuple(masked.split()))


def _unknown_edition(compiled: Compiled, heard: Heard, reading: Reading) -> bool:
    """Whether a known name goes on with a proper name and a number that no one of ours has ("Claude Leviathan 9")."""
    tokens, words = heard.tokens, heard.words
    vocabulary = compiled.look.gazetteer.vocabulary
    return any(
        compiled.look.kinds[m.entity] in ("model", "product")
        and m.end + 1 < len(words)
        and tokens[m.end].title
        and words[m.end] not in vocabulary
        and (words[m.end + 1][:1].isdigit() or words[m.end + 1] in _EDITIONS)
        for m in reading.mentions or heard.mentions
    )


_EDITIONS = frozenset({"pro", "max", "ultra", "mini", "plus", "turbo", "lite", "nano", "xl", "flash"})


def _unknown_ware(compiled: Compiled, heard: Heard, reading: Reading, found: Sequence[Choice]) -> bool:
    """Whether a company is named only as the maker of something that is not on record ("tell me about OpenAI Thunderbird")."""
    if not found or found[0].intent != "define":
        return False
    names = [m for m in reading.mentions if compiled.look.kinds[m.entity] == "company"]
    last = reading.clause.end
    return len(names) == len(reading.mentions) == 1 and any(
        m.end < last and heard.tokens[m.end].title and heard.words[m.end] not in compiled.look.gazetteer.vocabulary for m in names
    )


def _unknown_name(compiled: Compiled, heard: Heard, reading: Reading, found: Sequence[Choice]) -> bool:
    """Whether the question is about a name we do not know: an unknown name stands where a slot should be filled."""
    if _unknown_edition(compiled, heard, reading):
        return True
    if _unknown_ware(compiled, heard, reading, found):
        return True
    if not reading.unknown_names:
        return _unknown_elsewhere(compiled, heard, reading)
    positions = [i for i in heard.unknown if reading.clause.start <= i < reading.clause.end]
    shaped = [i for i in positions if any(c.isdigit() for c in heard.words[i]) or (heard.tokens[i].title and i > 0)]
    best = found[0] if found else None
    if best is None:
        return False
    # A version that a known family does not have ("GPT-17"): whatever is asked of it, we know nothing.
    gazetteer = compiled.look.gazetteer
    family = [i for i in positions if any(c.isdigit() for c in heard.words[i]) and i and heard.words[i - 1] in gazetteer.names]
    if any(gazetteer.names[heard.words[i - 1]] not in gazetteer.unversioned for i in family):
        return True
    typed = [c for c in found if not c.intent.startswith(STATEMENT)]
    lacks = bool(typed) and bool(typed[0].missing) and typed[0].confidence > 0.1
    subjects = [m for m in reading.mentions if compiled.look.kinds[m.entity] in ("model", "product")]
    if lacks and not subjects:
        return True
    return bool(shaped) and not subjects and not best.intent.startswith(STATEMENT) and best.confidence > 0.15


def _unknown_elsewhere(compiled: Compiled, heard: Heard, reading: Reading) -> bool:
    """Whether the clause points back ("What's its context length?") at an unknown name in the clause before."""
    words = set(heard.words[reading.clause.start : reading.clause.end])
    if not words & {"it", "its", "they", "their", "that"}:
        return False
    kinds = compiled.look.kinds
    if any(kinds[m.entity] in ("model", "product") for m in heard.mentions):
        return False
    return sum(1 for i in heard.unknown if i < reading.clause.start and heard.tokens[i].title and len(heard.words[i]) > 4) >= 1


def say(
    compiled: Compiled,
    state: State,
    heard: Heard,
    reading: Reading,
    decision: Decision,
    ranking: Sequence[Candidate],
    background: Background = NO_BACKGROUND,
) -> Said | None:
    """Return the decision put into words, or None where no answer applies (a fact it needs is not on record)."""
    recorder = Recorder()
    if decision.intent.startswith(STATEMENT):
        return _say_statement(compiled, heard, reading, decision, ranking, recorder)
    intent = compiled.content.intents[decision.intent]
    slots = dict(decision.slots)
    single = [s.name for s in intent.slots if not s.many and len(slots.get(s.name, ())) > 1 and "task" not in s.kinds]
    groups: list[dict[str, tuple[str, ...]]] = [slots]
    if single:
        groups = [{**slots, single[0]: (id,)} for id in slots[single[0]][:3]]
    texts, status = [], "answered"
    scene = None
    for group in groups:
        scene = _scene(compiled, state, heard, reading, background, {**group, "_intent": (intent.name,)}, recorder)
        rendered = _rendered(compiled, scene, intent.name)
        if rendered is None:
            return None
        texts.append(_brief(rendered[0], BRIEF // 2) if len(groups) > 1 else rendered[0])
        status = rendered[1] if rendered[1] != "answered" else status
    assert scene is not None
    step = _step(compiled, heard, reading, decision, ranking, recorder, " ".join(texts))
    focus = tuple(
        dict.fromkeys(
            i for s in intent.slots for i in scene.slots.get(s.name, slots.get(s.name, ())) if i in compiled.content.entities
        )
    )
    focus = focus or tuple(scene.slots.get("subject", ()))
    if single:
        focus = slots[single[0]]
    focus = tuple(dict.fromkeys((*scene.found, *focus)))
    chat = intent.act in ("chat", "system", "alarm")
    return Said(step, status, tuple(recorder.sources), scene.listed, focus, scene.tasks, chat, len(groups))


def _scene(
    compiled: Compiled,
    state: State,
    heard: Heard,
    reading: Reading,
    background: Background,
    slots: dict[str, tuple[str, ...]],
    recorder: Recorder,
) -> Scene:
    intent = compiled.content.intents[slots["_intent"][0]]
    tasks = tuple(id for id in slots.get("task", ()) if id in compiled.content.tasks)
    constraints = tuple(dict.fromkeys(id for _, _, id in heard.constraints))
    excluded = _excluded(compiled, heard, reading)
    if intent.act == "recommend":
        own = slots.get("task", ())
        tasks = tuple(dict.fromkeys((*own, *reading.tasks, *background.tasks))) or state.tasks
        if state.intent == intent.name and state.age < 3:
            constraints = tuple(dict.fromkeys((*constraints, *state.constraints)))
            excluded = tuple(dict.fromkeys((*excluded, *state.excluded)))
    return Scene(compiled, state, heard, reading, dict(slots), recorder, (), tasks, constraints, excluded)


_EXCLUDING = frozenset(["not", "nothing", "besides", "except", "without", "excluding", "apart"])


def _excluded(compiled: Compiled, heard: Heard, reading: Reading) -> tuple[str, ...]:
    """Return the tools and makers the message rules out ("not Runway", "besides CapCut", "nothing by OpenAI")."""
    found = []
    for m in heard.mentions:
        before = heard.words[max(0, m.start - 3) : m.start]
        if compiled.look.kinds[m.entity] in ("model", "product", "company") and (
            _EXCLUDING & set(before) or before[-2:] == ("other", "than")
        ):
            found.append(m.entity)
    return tuple(found)


def _rendered(compiled: Compiled, scene: Scene, name: str) -> tuple[str, str] | None:
    """Return (text, status) of the first answer that applies."""
    intent = compiled.content.intents[name]
    try:
        extra = ACTS[intent.act](scene) if intent.act in ACTS else {}
    except MissingError:
        extra = {"nothing": True}
    values: dict[str, Any] = {s.name: None for s in intent.slots}
    values |= context(scene) | dict(extra)
    values.setdefault("nothing", False)
    for answer in intent.answers:
        before = (dict(scene.recorder.sources), dict(scene.recorder.facts))
        try:
            if templates.holds(answer.when, values):
                text = render(answer.say, values)
                scene.recorder.answers[answer.place] = None
                return _ARTICLE.sub(r"\1The \2", text), answer.status
        except MissingError:
            pass
        scene.recorder.sources, scene.recorder.facts = before
    return None


# A name with its article ("the Gemini app") where a sentence begins.
_ARTICLE = re.compile(r"(^|(?<!\.g)(?<!\.e)[.!?]\s)the ([A-Z])")


def _say_statement(
    compiled: Compiled,
    heard: Heard,
    reading: Reading,
    decision: Decision,
    ranking: Sequence[Candidate],
    recorder: Recorder,
) -> Said | None:
    statement = compiled.content.statements[decision.intent.removeprefix(STATEMENT)]
    recorder.cite(statement.id, "say", statement.sources)
    opening = ""
    if statement.verdict:
        opening = _opening(compiled, heard, reading, statement)
    text = (opening + statement.say).strip()
    step = _step(compiled, heard, reading, decision, ranking, recorder, text)
    named = tuple(m.entity for m in reading.mentions)
    return Said(step, "answered", statement.sources, (), tuple(dict.fromkeys((*named, *statement.about))))


# Words with which a sentence claims something else: what holds of some does not hold of all, nor with of without.
_QUANTIFIERS = (
    frozenset({"only", "just", "solely", "exclusively"}),
    frozenset({"all", "every", "always", "each", "everything", "everyone"}),
    frozenset({"no", "without", "none", "nothing", "nobody"}),
)
# What is "yes" of one of these is "no" of the others: "is it dangerous", "is it safe".
_ADVERSE = frozenset(
    ["dangerous", "danger", "risky", "risk", "unsafe", "harmful", "harm", "bad", "worse", "illegal", "forbidden"]
)
_ADVERSE |= frozenset(["banned", "prohibited", "impossible", "useless", "pointless", "crime", "criminal", "insecure", "problem"])
_TRUTH = frozenset({"right", "true", "correct", "false", "wrong"})


def _opening(compiled: Compiled, heard: Heard, reading: Reading, statement: Statement) -> str:
    """Return "Yes. ", "No. " or "Partly. " where the clause asks or claims just what the nearest authored line does.

    With another polarity, or another "only", "all" or "without" in it, it asks something else, and the answer has to
    speak for itself. So it does where nothing is asked that yes or no answers.
    """
    clause = reading.clause
    words = heard.words[clause.start : clause.end]
    if not _asks_yes_or_no(clause, reading.masked, words):
        return ""
    hits = compiled.index.search(dialogue.statement_query(compiled, State(), heard, reading), 20)
    row = next((hit.row for hit in hits if hit.owner == statement.id), None)
    if row is None:
        return ""
    line = compiled.index.lines[row].lower().translate(_PLAIN).split()
    if not _as_asked_there(words, line, reading.coverage):
        return ""
    if line[0] in text_.WH and not _TRUTH & set(line):
        return ""
    if any(bool(q & set(words)) != bool(q & set(line)) for q in _QUANTIFIERS):
        return ""
    if ("should" in words[:2]) != ("should" in line):
        return ""  # "should I see a doctor" is not "can it replace a doctor"
    if clause.negative != bool(compiled.index.negative[row]):
        return ""
    if bool(_ADVERSE & set(words)) != bool(_ADVERSE & set(statement.question.lower().translate(_PLAIN).split())):
        return ""
    return lead(statement.verdict, clause.role == "claim", False) + " "


def _as_asked_there(words: Sequence[str], line: Sequence[str], coverage: float) -> bool:
    """Whether a clause has enough in common with an authored line to be given its yes or no."""
    asked = {text_.stem(w) for w in text_.content_words(words)}
    there = {text_.stem(w) for w in text_.content_words(line)}
    if not asked:
        return True
    return coverage > 0 and len(asked & there) >= len(asked) / _ALIKE


_ALIKE = 3  # at least one in so many content words

_PLAIN = str.maketrans("()|[]?,.", "        ")


def _asks_yes_or_no(clause: Clause, masked: Sequence[str], words: Sequence[str]) -> bool:
    """Whether yes or no would answer: a claim, an auxiliary first, or "right?" at the end."""
    first = next((w for w in masked if w not in text_.JOINING and w != "so"), "")
    return clause.role == "claim" or first in text_.AUX or bool(_TRUTH & set(words))


# ------------------------------------------------------------------------------------------------ asking back, abstaining


def _ask(
    compiled: Compiled,
    state: State,
    heard: Heard,
    reading: Reading,
    found: Sequence[Choice],
    tried: Sequence[Choice],
    ranking: Sequence[Candidate],
) -> Said | None:
    """Ask for a missing slot, or which of two or three close readings is meant; None where neither is likely enough."""
    settings = compiled.settings
    if not found or reading.coverage < settings.coverage:
        return None
    best = found[0]
    whole = max((c.confidence for c in found if not c.missing and c not in tried), default=0.0)
    # What is named but fits no slot ("are GANs dead?") makes a question for the missing slot a strange one.
    fits = bool(best.slots) or not reading.mentions
    # Nor where the clause is about something else: "how does blockchain mining work".
    fits = fits and leftover(reading.masked, best.intent, compiled.look) <= _ABOUT_ELSE
    if best.missing and fits and best.confidence >= max(settings.clarify * 0.8, whole):
        intent = compiled.content.intents[best.intent]
        slot = next(s for s in intent.slots if s.name == best.missing)
        if slot.ask:
            decision = Decision("ask", "missing slot", best.intent, best.slots, (), best.missing, best.confidence, slot.ask)
            return Said(_step(compiled, heard, reading, decision, ranking, Recorder(), slot.ask), "clarify")
    close = [c for c in found if c.confidence >= settings.clarify and not c.missing and c not in tried]
    close = [c for c in close if _offered(compiled, c)][:3]
    close = [c for c in close if label(compiled, c)]
    if not close or not (reading.mentions or reading.tasks or best.confidence >= settings.statement_clarify):
        return None
    asked = {label(compiled, c): c for c in reversed(close)}  # the likelier of two that read alike
    options = tuple(Option(text, c.intent, c.slots) for text, c in reversed(asked.items()))
    return _which(compiled, heard, reading, options, best.confidence, ranking)


_ABOUT_ELSE = 0.5


def _which(
    compiled: Compiled,
    heard: Heard,
    reading: Reading,
    options: tuple[Option, ...],
    sure: float,
    ranking: Sequence[Candidate],
) -> Said:
    """Ask which of the options is meant."""
    listing = "\n".join(f"{i}. {o.label}" for i, o in enumerate(options, 1))
    head = "Did you mean this?" if len(options) == 1 else "Which of these do you mean?"
    text = f"{head}\n{listing}"
    decision = Decision("clarify", "close readings", "", (), options, "", sure, text)
    return Said(_step(compiled, heard, reading, decision, ranking, Recorder(), text), "clarify")


def label(compiled: Compiled, choice: Choice) -> str:
    """Return the canonical question of a choice, its slots filled with names."""
    if choice.intent.startswith(STATEMENT):
        return compiled.content.statements[choice.intent.removeprefix(STATEMENT)].question
    text = compiled.content.intents[choice.intent].question
    for name, ids in choice.slots:
        names = [_named(compiled, name, i) for i in ids]
        text = text.replace("{" + name + "}", templates.join_and(names))
    if "{" not in text:
        return text
    if len(text.split(" {")[0].split()) < _TELLING:
        return ""  # "Which …?" tells nothing without what is missing
    return re.sub(r"(?: (?:for|of|at|by|from|in|about|is|does))+$", "", text.split(" {")[0].rstrip(",")) + "?"


def _named(compiled: Compiled, slot: str, id: str) -> str:
    """Return a thing's name as a question about it has it: "an LLM", "RAG", "ChatGPT"."""
    entity = compiled.content.entities.get(id)
    if entity is None:
        return compiled.content.tasks[id].name
    takes_article = entity.kind == "concept" and entity.countable and slot != "category"
    return templates.a(entity.name) if takes_article else entity.name


def _offered(compiled: Compiled, choice: Choice) -> bool:
    """Whether a choice may be offered as a question: small talk and replies about the last reply may not."""
    intent = compiled.content.intents.get(choice.intent)
    return intent is None or intent.act not in ("chat", "last", "more", "why", "reverse", "alarm", "which_of")


def _suggestions(compiled: Compiled, reading: Reading, found: Sequence[Choice]) -> tuple[str, ...]:
    """Return up to three nearest questions the bot can answer, where the clause is about its subject at all."""
    if reading.coverage < compiled.settings.coverage and not reading.mentions:
        return ()
    near = [c for c in found if c.confidence >= 0.12 and not c.missing and _offered(compiled, c)]
    return tuple(dict.fromkeys(said for c in near[:3] if (said := label(compiled, c))))


def _system(
    compiled: Compiled,
    state: State,
    heard: Heard,
    clause: Clause,
    name: str,
    ranking: Sequence[Candidate] = (),
    suggestions: Sequence[str] = (),
) -> Said:
    """Return what a system intent of the base says (abstain, unknown name, gibberish, another language, nothing)."""
    reading = read(heard, clause, compiled.look) if heard.tokens else Reading(clause, (), (), (), (), 0.0)
    intent = compiled.content.intents[name]
    values = {"suggestions": list(suggestions), "as_of": compiled.content.as_of}
    text, status = "", "abstain"
    recorder = Recorder()
    for answer in intent.answers:
        try:
            if templates.holds(answer.when, values):
                text, status = render(answer.say, values), answer.status
                recorder.answers[answer.place] = None
                break
        except MissingError:
            continue
    options = ()
    decision = Decision("abstain", name, name, (), options, "", 0.0, text)
    return Said(_step(compiled, heard, reading, decision, ranking, recorder, text), status, chat=True)


def _step(
    compiled: Compiled,
    heard: Heard,
    reading: Reading,
    decision: Decision,
    ranking: Sequence[Candidate],
    recorder: Recorder,
    text: str,
) -> Step:
    contributions: tuple[Contribution, ...] = ()
    if decision.intent in compiled.content.intents and heard.tokens:
        contributions = compiled.ranker.contributions(dialogue.ranker_features(compiled, heard, reading), decision.intent)[:12]
    return Step(reading, tuple(ranking), contributions, decision, tuple(recorder.facts), text, tuple(recorder.answers))


# ------------------------------------------------------------------------------------------------ finishing


def _finish(compiled: Compiled, state: State, heard: Heard, said: Sequence[Said]) -> Trace:
    """Return the trace: the clauses' texts as one reply, and the state after it."""
    texts = [_brief(s.step.text, BRIEF * s.parts) if len(said) > 1 else s.step.text for s in said]
    text = ("\n\n" if any("\n" in t for t in texts) else " ").join(texts)
    answered = [s for s in said if s.status == "answered"]
    status = "answered" if answered else said[0].status
    if answered and all(_declines(compiled, s) for s in answered):
        status = "abstain"
    ids = list(dict.fromkeys(id for s in said for id in s.sources))
    sources: tuple[Source, ...] = tuple(compiled.content.sources[i] for i in ids if i in compiled.content.sources)
    lead_step = said[0].step
    suggestions = tuple(o.label for s in said for o in s.step.decision.options) or tuple(
        line[2:] for line in text.split("\n") if status == "abstain" and line.startswith("- ")
    )
    reply = Reply(
        text=text,
        status=status,  # type: ignore[arg-type]
        intent=lead_step.decision.intent,
        confidence=round(lead_step.decision.confidence, 4),
        entities=heard.mentions,
        sources=sources,
        alternatives=suggestions,
        build=compiled.build,
    )
    after = _advance(compiled, state, heard, said, text)
    return Trace(heard.text, heard.clauses, tuple(s.step for s in said), reply, after)


def _declines(compiled: Compiled, said: Said) -> bool:
    """Whether what is said is an authored "that I cannot know", with who can."""
    statement = compiled.content.statements.get(said.step.decision.intent.removeprefix(STATEMENT))
    return statement is not None and statement.declines


def _brief(text: str, most: int) -> str:
    """Return the first sentences of one of several answers, at most about so many words; a list or table stays whole."""
    if "\n" in text:
        return text
    kept: list[str] = []
    for sentence in templates.sentences(text):
        said = " ".join(kept).split()
        # A bare "Yes." has not said anything yet.
        if len(said) > 1 and len(said) + len(sentence.split()) > most:
            break
        kept.append(sentence)
    return " ".join(kept)


def _advance(compiled: Compiled, state: State, heard: Heard, said: Sequence[Said], text: str) -> State:
    """Return the state after the turn: focus, list and last question move on only where something was answered."""
    last = said[-1]
    decision = last.step.decision
    pending = tuple(o for s in said for o in s.step.decision.options)
    changes: dict[str, Any] = {"turn": state.turn + 1, "pending": pending, "pending_slot": decision.missing}
    content = [s for s in said if s.status == "answered" and not s.chat]
    if last.status == "clarify" and decision.intent and not dialogue.is_aside(compiled, Choice(decision.intent, 1.0)):
        # It asked for a piece of the question: what comes next may be that piece.
        changes |= {"intent": decision.intent, "slots": decision.slots}
    if not content:
        mentioned = tuple(dict.fromkeys(m.entity for m in heard.mentions))
        if mentioned and last.status != "answered":
            # What the talk was about before stays at hand, behind what was named: "it" may still be that.
            focus = (*mentioned, *(id for id in state.focus if id not in mentioned))[:MOST_FOCUS]
            changes |= {"focus": focus, "listed": mentioned if len(mentioned) > 1 else state.listed, "age": 0}
        return turns.advance(state, **changes, **({} if "age" in changes else {"age": state.age + (not last.chat)}))
    intents = compiled.content.intents
    own = [
        s
        for s in content
        if not (s.step.decision.intent in intents and intents[s.step.decision.intent].act in ("last", "more", "why"))
    ]
    cited = tuple(dict.fromkeys(i for s in content for i in s.sources))
    if not own:
        # The same answer put otherwise rests on the same sources.
        return turns.advance(state, **changes, said=text, sources=cited or state.sources)
    changes |= {"said": text, "sources": cited}
    final = own[-1]
    changes["question"] = final.step.reading.clause.text[:MOST_QUESTION]
    focus = tuple(dict.fromkeys(i for s in own for i in (*s.focus, *(m.entity for m in s.step.reading.mentions))))
    constraints = tuple(dict.fromkeys(id for _, _, id in heard.constraints))
    changes |= {
        "intent": final.step.decision.intent,
        "slots": final.step.decision.slots,
        "focus": focus or state.focus,
        "recent": tuple(dict.fromkeys((*focus, *state.focus, *state.recent)))[:MOST_RECENT],
        "listed": next((s.listed for s in reversed(own) if s.listed), focus if len(focus) > 1 else state.listed),
        "tasks": final.scene_tasks or state.tasks,
        "constraints": tuple(dict.fromkeys((*constraints, *state.constraints)))[:6],
        "excluded": tuple(dict.fromkeys((*_excluded(compiled, heard, final.step.reading), *state.excluded)))[:8],
        "age": 0,
    }
    return turns.advance(state, **changes)
