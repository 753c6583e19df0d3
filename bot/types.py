"""The records everything else speaks in. All are frozen; sequences are tuples; text is `str` in Unicode."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

STATE_VERSION = 1
Status = Literal["answered", "clarify", "abstain"]
Role = Literal["question", "claim", "context"]


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of all records: immutable, comparable, readable and writable as JSON or MessagePack."""


# ------------------------------------------------------------------------------------------------ knowledge


class Source(Record, frozen=True):
    """A page whose text was read: `read` is the day (YYYY-MM-DD); `reader` is "brief" where an earlier brief read it."""

    id: str
    title: str
    publisher: str
    url: str
    read: str
    reader: str = ""


class Fact(Record, frozen=True):
    """One property of one thing, with the sources that say so. Dates are YYYY, YYYY-MM or YYYY-MM-DD."""

    property: str
    values: tuple[str, ...]
    sources: tuple[str, ...]
    as_of: str = ""
    valid_from: str = ""
    valid_to: str = ""


class Entity(Record, frozen=True):
    """A thing the bot knows: a model, product, company, concept or dataset.

    `also`: names that another thing goes by as well, each with the words beside which it is this one.
    """

    id: str
    kind: str
    name: str
    long: str = ""
    plural: str = ""
    countable: bool = True
    aliases: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    described: tuple[str, ...] = ()
    also: tuple[tuple[str, tuple[str, ...]], ...] = ()
    facts: tuple[Fact, ...] = ()


class Property(Record, frozen=True):
    """The type of a fact. `label` is its name in a sentence; `shelf_life` the days it stays fresh (0: for good)."""

    name: str
    type: str
    label: str
    of: tuple[str, ...] = ()
    inherit: bool = False
    shelf_life: int = 0


class Statement(Record, frozen=True):
    """An authored answer to an open question or claim. `verdict` (yes, no, partly) holds for its `asks` and `claims`.

    `declines`: it says that the bot cannot know and who can; such a reply counts as abstaining. `trade`: the words of the
    trade it speaks for ("hotel", "law firm"); it answers what use AI is to who names one.
    """

    id: str
    question: str
    asks: tuple[str, ...]
    say: str
    about: tuple[str, ...]
    sources: tuple[str, ...]
    claims: tuple[str, ...] = ()
    verdict: str = ""
    more: str = ""
    as_of: str = ""
    declines: bool = False
    trade: tuple[str, ...] = ()
    place: str = ""


class Contrast(Record, frozen=True):
    """An authored comparison of two or more things; `table` maps a dimension to one cell for each of them."""

    id: str
    between: tuple[str, ...]
    say: str
    short: str
    sources: tuple[str, ...]
    same: str = ""
    choose: str = ""
    more: str = ""
    table: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Task(Record, frozen=True):
    """Something people want done: the words they use for it, the kind of AI that suits, tools, and a prompt that shows how.

    `general`: what is meant where a model is wanted on conditions, for no stated need.
    """

    id: str
    name: str
    cues: tuple[str, ...]
    suits: str
    say: str
    tools: tuple[str, ...]
    sources: tuple[str, ...]
    makes: str = ""
    needs: str = ""
    caution: str = ""
    variants: tuple[tuple[str, str], ...] = ()
    weak: tuple[str, ...] = ()
    prompt: str = ""
    general: bool = False


class Constraint(Record, frozen=True):
    """A condition people put on a choice (privacy, budget, …): its cue words and what it changes."""

    id: str
    name: str
    cues: tuple[str, ...]
    say: str


# ------------------------------------------------------------------------------------------------ intents


class Slot(Record, frozen=True):
    """A role a mention plays in an intent. `kinds` are entity kinds or "task"; `ask` is the question when it is missing.

    Of `many` things those of one sort are taken where the text names several; `mixed` takes models and concepts together.
    """

    name: str
    kinds: tuple[str, ...]
    ask: str = ""
    optional: bool = False
    many: bool = False
    default: str = ""
    mixed: bool = False


class Answer(Record, frozen=True):
    """A template and the condition under which it is said. `status` other than "answered" marks an honest hole."""

    say: str
    when: str = ""
    status: Status = "answered"
    place: str = ""
    when_place: str = ""


class Line(Record, frozen=True):
    """One authored line (a pattern) and its place, `file:line`."""

    text: str
    place: str


class Intent(Record, frozen=True):
    """A kind of question: how it is asked (`examples`), what it is not (`unlike`), and what is said.

    `act` names the dialogue rule that answers instead of a template (for instance "shorter", "sources"). `by_trade`: what
    use AI is; where the message names a trade, the statement that speaks for it answers.
    """

    name: str
    question: str
    slots: tuple[Slot, ...] = ()
    examples: tuple[Line, ...] = ()
    unlike: tuple[Line, ...] = ()
    answers: tuple[Answer, ...] = ()
    act: str = ""
    by_trade: bool = False
    place: str = ""


# ------------------------------------------------------------------------------------------------ understanding


class Token(Record, frozen=True):
    """A word of the text: `word` as normalised, `start` and `end` as character offsets into the cleaned text."""

    word: str
    start: int
    end: int
    title: bool = False


class Mention(Record, frozen=True):
    """An entity found in tokens `start` to `end` (exclusive). `score` is 1 for an exact match, lower for a fuzzy one.

    `owner`: something of the entity's is meant ("OpenAI's", "the one from Google").
    """

    entity: str
    text: str
    start: int
    end: int
    score: float = 1.0
    sure: bool = True
    owner: bool = False


class Clause(Record, frozen=True):
    """A part of the message with one role. `negative` is its polarity; offsets are token positions."""

    text: str
    role: Role
    start: int
    end: int
    negative: bool = False


class Candidate(Record, frozen=True):
    """An intent or statement that may be meant; `confidence` is a fitted probability, 0 to 1."""

    intent: str
    confidence: float


class Reading(Record, frozen=True):
    """One clause as understood: masked words, mentions, tasks, and what is not known in it."""

    clause: Clause
    masked: tuple[str, ...]
    mentions: tuple[Mention, ...]
    tasks: tuple[str, ...]
    unknown_names: tuple[str, ...]
    coverage: float


class Option(Record, frozen=True):
    """One choice offered when the bot asks back: the question shown, and what choosing it means."""

    label: str
    intent: str
    slots: tuple[tuple[str, tuple[str, ...]], ...] = ()


class State(Record, frozen=True):
    """What a conversation remembers: JSON-safe, versioned, owned by the caller."""

    version: int = STATE_VERSION
    turn: int = 0
    focus: tuple[str, ...] = ()
    recent: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    intent: str = ""
    slots: tuple[tuple[str, tuple[str, ...]], ...] = ()
    question: str = ""
    said: str = ""
    sources: tuple[str, ...] = ()
    pending: tuple[Option, ...] = ()
    pending_slot: str = ""
    age: int = 0


class Decision(Record, frozen=True):
    """What the bot does about a clause: `action` is answer, clarify, ask, act or abstain; `rule` names why."""

    action: str
    rule: str
    intent: str = ""
    slots: tuple[tuple[str, tuple[str, ...]], ...] = ()
    options: tuple[Option, ...] = ()
    missing: str = ""
    confidence: float = 0.0
    text: str = ""


class Settings(Record, frozen=True):
    """Every threshold, in one home. Probabilities are 0 to 1; each says how it was set."""

    # Set on labelled questions by strangers that are no examples: `python -m bot.authoring.fit tests/questions/labelled.jsonl`.
    answer: float = 0.28
    clarify: float = 0.15
    margin: float = 0.05
    # Sure enough of an intent that lacks a piece to ask for it at once.
    ask_back: float = 0.45
    # An emergency text is out of place wherever it is not one, so it must be all but certain.
    alarm: float = 0.80
    statement_clarify: float = 0.20
    # Share of a sentence's weight that must be words the content knows; below it the subject is likely another.
    coverage: float = 0.45
    # Lowest normalised similarity at which a misspelt name still counts; .80 keeps "midjurny", drops "Cloudy".
    fuzzy: float = 0.78
    # How much unknown words, and words that no example has, take from small talk: confidence * (1 - weight * share).
    cover_aside: float = 0.6
    leftover_aside: float = 0.3
    # What a sure name of ours leaves of the share for "none of ours".
    none_named: float = 0.4
    # Content whose intents are labels: most answers that may be wrong (share), the confidence of that bound, and how often a
    # list that asks back must hold the true intent. Its answer threshold is fitted to them when it is compiled.
    risk: float = 0.05
    level: float = 0.95
    listed: float = 0.90
    # Turns without a mention of it after which a subject is no longer "it".
    memory: int = 6


# ------------------------------------------------------------------------------------------------ replies


class Reply(Record, frozen=True):
    """What the bot says. `str(reply)` is the text; `answered` is False when it asked back or abstained."""

    text: str
    status: Status
    intent: str = ""
    confidence: float = 0.0
    entities: tuple[Mention, ...] = ()
    sources: tuple[Source, ...] = ()
    alternatives: tuple[str, ...] = ()
    build: str = ""

    @property
    def answered(self) -> bool:
        """Whether the question was answered."""
        return self.status == "answered"

    def to_dict(self) -> dict[str, Any]:
        """Return the reply as plain JSON-safe data, all fields present."""
        return {
            "text": self.text,
            "status": self.status,
            "answered": self.answered,
            "intent": self.intent,
            "confidence": round(self.confidence, 4),
            "entities": [msgspec.to_builtins(m) for m in self.entities],
            "sources": [msgspec.to_builtins(s) for s in self.sources],
            "alternatives": list(self.alternatives),
            "build": self.build,
        }

    def __str__(self) -> str:
        return self.text


class Contribution(Record, frozen=True):
    """How much one feature of the text spoke for an intent."""

    feature: str
    weight: float


class Step(Record, frozen=True):
    """One clause's way through the bot: how it was read, what competed, what was decided, cited and said.

    `answers` are the places (`file:line`) of the templates that were said.
    """

    reading: Reading
    ranking: tuple[Candidate, ...]
    contributions: tuple[Contribution, ...]
    decision: Decision
    cited: tuple[str, ...]
    text: str
    answers: tuple[str, ...] = ()


class Trace(Record, frozen=True):
    """Everything that led to a reply: the same object in the API, JSON and the terminal."""

    text: str
    clauses: tuple[Clause, ...]
    steps: tuple[Step, ...]
    reply: Reply
    state: State
