"""Turn an answer's template into text: sandboxed Jinja over views that record every fact they hand out.

The only door to Jinja. A fact that is missing makes the answer not apply (`MissingError`), so half sentences are never said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, Undefined, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.errors import Problem
from bot.knowledge import Knowledge
from bot.types import Entity, Intent, Task

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_AN_LETTERS = frozenset("aefhilmnorsx")
_A_WORDS = ("uni", "use", "eu", "one", "ubiq", "ur")


class MissingError(Exception):
    """A template read something that is not on record; the answer does not apply."""


def a(noun: str) -> str:
    """Return the noun with its indefinite article.

    >>> a("LLM"), a("GAN"), a("image generator"), a("unimodal model")
    ('an LLM', 'a GAN', 'an image generator', 'a unimodal model')
    """
    first = noun.split()[0] if noun else ""
    core = first.split("-")[0]
    if (core.isupper() and not re.search("[AEIOU]", core[:2])) or (core.isupper() and len(core) <= 3):
        vowel = core[0].lower() in _AN_LETTERS
    else:
        vowel = first[:1].lower() in "aeiou" and not first.lower().startswith(_A_WORDS)
    return f"{'an' if vowel else 'a'} {noun}"


def in_parameters(size: str) -> str:
    """Return a recorded size with the word for what is counted.

    >>> in_parameters("8 or 70 billion (up to 405)"), in_parameters("7.3 billion parameters"), in_parameters("undisclosed")
    ('8 or 70 billion parameters (up to 405)', '7.3 billion parameters', 'undisclosed')
    """
    if not size:
        raise MissingError
    if "parameter" in size.lower():
        return size
    return re.sub(r"\b(?:million|billion|trillion)\b", r"\g<0> parameters", size, count=1)


def join_and(items: Iterable[Any], word: str = "and") -> str:
    """Return the items as an English list.

    >>> join_and(["Suno"]), join_and(["Suno", "Udio"]), join_and(["text", "images", "audio"])
    ('Suno', 'Suno and Udio', 'text, images and audio')
    """
    names = [str(i) for i in items]
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


# A medium as facts record it -> as a sentence counts it.
_MEDIA = {"image": "images", "pdf": "PDFs", "3d": "3D models", "action": "actions", "vector": "vectors", "song": "songs"}


def media(items: Iterable[str]) -> str:
    """Return what goes in or comes out as an English list.

    >>> media(["text", "image"])
    'text and images'
    """
    return join_and(_MEDIA.get(item, item) for item in items)


def date(text: str) -> str:
    """Return an ISO date in words.

    >>> date("2025-02-27"), date("2022-07"), date("2014")
    ('27 February 2025', 'July 2022', '2014')
    """
    parts = str(text).split("-")
    if len(parts) == 3:
        return f"{int(parts[2])} {_MONTHS[int(parts[1]) - 1]} {parts[0]}"
    if len(parts) == 2:
        return f"{_MONTHS[int(parts[1]) - 1]} {parts[0]}"
    return parts[0]


def on_date(text: str) -> str:
    """Return an ISO date with its preposition.

    >>> on_date("2025-02-27"), on_date("2022-07")
    ('on 27 February 2025', 'in July 2022')
    """
    return f"{'on' if str(text).count('-') == 2 else 'in'} {date(text)}"


def _given(text: Any) -> str:
    """Return the text; a fact that is not on record makes the answer not apply, never a "None"."""
    if text is None or isinstance(text, Undefined):
        raise MissingError
    return str(text)


def cap(text: str) -> str:
    """Return the text with its first letter in upper case."""
    text = _given(text)
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """Return the text as a sentence: a capital first, a full stop last."""
    text = cap(_given(text).strip())
    return text if text[-1:] in ".!?:" else text + "."


def sentences(text: str) -> list[str]:
    """Return the sentences of a text.

    >>> sentences("It is e.g. 3.5 big. Dr. Who made it. Yes!")
    ['It is e.g. 3.5 big.', 'Dr. Who made it.', 'Yes!']
    """
    parts = re.split(
        r"(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bvs\.)(?<!\bv\.)(?<!\bDr\.)(?<!\bMr\.)(?<!\bInc\.)(?<!\bU\.S\.)(?<=[.!?])\s+(?=[A-Z0-9“\"'(])",
        str(text).strip(),
    )
    return [p for p in parts if p]


def first(text: str, count: int = 1) -> str:
    """Return the first sentences of a text."""
    return " ".join(sentences(_given(text))[:count])


def lower_first(text: str) -> str:
    """Return the text with its first letter lowered, unless it starts a name or an abbreviation."""
    text = _given(text)
    word = text.split()[0] if text else ""
    return text if word != word.capitalize() or word == "I" else text[:1].lower() + text[1:]


class Recorder:
    """Collects the sources (in order), facts and answers (places of templates) that a rendering has used."""

    def __init__(self) -> None:
        self.sources: dict[str, None] = {}
        self.facts: dict[str, None] = {}
        self.answers: dict[str, None] = {}

    def cite(self, owner: str, property: str, sources: Sequence[str]) -> None:
        """Note that a fact was handed out."""
        self.facts[f"{owner}.{property}"] = None
        self.sources.update(dict.fromkeys(sources))


class View:
    """An entity as a template sees it: `name`, `an`, `plural`, `kind`, and every property; reading one cites it."""

    __slots__ = ("_e", "_k", "_r")

    def __init__(self, entity: Entity, knowledge: Knowledge, recorder: Recorder) -> None:
        self._e = entity
        self._k = knowledge
        self._r = recorder

    def __str__(self) -> str:
        return self._e.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, View) and other._e.id == self._e.id

    def __hash__(self) -> int:
        return hash(self._e.id)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._k.content.properties:
            raise AttributeError(name)
        return self._value(self._e.id, name)

    def _value(self, id: str, property: str) -> Any:
        fact = self._k.fact(id, property)
        if fact is None:
            return None
        self._r.cite(id, property, fact.sources)
        kind = self._k.content.properties[property].type
        if kind == "entities":
            return tuple(View(self._k.entities[v], self._k, self._r) for v in fact.values)
        return fact.values if kind == "texts" else fact.values[0]

    @property
    def id(self) -> str:
        """The entity's id."""
        return self._e.id

    @property
    def kind(self) -> str:
        """The entity's kind."""
        return self._e.kind

    @property
    def name(self) -> str:
        """The name as written in a sentence."""
        return self._e.name

    @property
    def long(self) -> str:
        """The spelled-out form, or an empty string."""
        return self._e.long

    @property
    def an(self) -> str:
        """The name with an article where it takes one: "a GAN", "RAG", "ChatGPT"."""
        return a(self._e.name) if self._e.kind == "concept" and self._e.countable else self._e.name

    @property
    def plural(self) -> str:
        """The plural of a countable concept, the name of anything else."""
        if self._e.kind != "concept" or not self._e.countable:
            return self._e.name
        name = self._e.plural or self._e.name
        return (
            name if self._e.plural else (name[:-1] + "ies" if name.endswith("y") and name[-2:-1] not in "aeiou" else name + "s")
        )

    @property
    def be(self) -> str:
        """The verb that follows `plural`."""
        return "are" if self._e.kind == "concept" and self._e.countable else "is"

    @property
    def makers(self) -> str:
        """The makers' names as an English list; empty where none is on record."""
        return join_and(self._value(self._e.id, "maker") or ())

    def has(self, property: str) -> bool:
        """Whether the fact is on record; citing nothing."""
        return self._k.fact(self._e.id, property) is not None

    def belongs(self, category: str) -> bool:
        """Whether it is the thing of that id, or a kind of it; false where no such thing is on record."""
        return category in self._k.entities and self._k.belongs(self._e.id, category)

    def as_of(self, property: str) -> str:
        """Return the day a fact was true by its source, or an empty string."""
        fact = self._k.fact(self._e.id, property)
        return fact.as_of if fact else ""

    def inherited(self, property: str) -> Any:
        """Return the property, its own or of the nearest kind it is; None where nobody has it."""
        found = self._k.inherited(self._e.id, property)
        return self._value(found[0], property) if found else None

    def holder(self, property: str) -> View | None:
        """Return the thing whose property `inherited` gives."""
        found = self._k.inherited(self._e.id, property)
        return View(self._k.entities[found[0]], self._k, self._r) if found else None


def _finalize(value: Any) -> Any:
    if value is None or value == "" or value == () or isinstance(value, Undefined):
        raise MissingError
    return value


def environment() -> ImmutableSandboxedEnvironment:
    """Return the sandbox in which all templates run: no attribute that starts with _, no mutation, no loader."""
    env = ImmutableSandboxedEnvironment(undefined=StrictUndefined, finalize=_finalize, autoescape=False)
    env.filters.update(
        a=a,
        join_and=join_and,
        media=media,
        date=date,
        on_date=on_date,
        cap=cap,
        sentence=sentence,
        first=first,
        lower_first=lower_first,
        in_parameters=in_parameters,
    )
    return env


_ENV = environment()


@lru_cache(maxsize=2000)
def _template(source: str) -> Any:
    return _ENV.from_string(source)


@lru_cache(maxsize=2000)
def _condition(source: str) -> Callable[..., Any]:
    return _ENV.compile_expression(source)


def render(source: str, context: Mapping[str, Any]) -> str:
    """Return the rendered text, white space tidied; raise MissingError where it read something not on record."""
    try:
        text = str(_template(source).render(context))
    except (TypeError, UndefinedError) as error:
        raise MissingError from error  # an empty slot was read: this answer is not for the case
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", text)
    # Prose folds; tables and lists (lines starting with | - or digits) keep their lines.
    lines = text.strip().split("\n")
    out: list[str] = []
    for line in lines:
        if not line:
            if out and out[-1] != "":
                out.append("")
        elif out and out[-1] and not _keeps_line(line) and not _keeps_line(out[-1]):
            out[-1] += " " + line
        else:
            out.append(line)
    # A loop leaves an empty line between its items; a list has none.
    out = [
        x for i, x in enumerate(out) if x or not (0 < i < len(out) - 1 and _keeps_line(out[i - 1]) and _keeps_line(out[i + 1]))
    ]
    tidy = "\n".join(out).strip()
    tidy = re.sub(r" +([.,;:?!])", r"\1", re.sub(r" {2,}", " ", tidy))
    return re.sub(r"(?<!\.)\.\.(?!\.)", ".", tidy)  # "… by Midjourney, Inc.." ends once


def _keeps_line(line: str) -> bool:
    return line.startswith(("|", "- ", "• ")) or bool(re.match(r"\d+\. ", line))


def holds(condition: str, context: Mapping[str, Any]) -> bool:
    """Return whether an answer's `when` holds; an empty one always does."""
    if not condition:
        return True
    try:
        return bool(_condition(condition)(**context))
    except (MissingError, TypeError, UndefinedError):
        return False


def problems_of(intents: Iterable[Intent]) -> Iterator[Problem]:
    """Yield every `say` and `when` that Jinja cannot read, at the line of its answer."""
    for intent in intents:
        for answer in intent.answers:
            for source, expression in ((answer.say, False), (answer.when, True)):
                fault = problem_of(source, expression) if source else None
                if fault:
                    file, _, line = (answer.when_place if expression else answer.place).rpartition(":")
                    yield Problem(file, int(line) + fault[0] - 1, 1, f"not a template: {fault[1]}", "template")


def problem_of(source: str, expression: bool) -> tuple[int, str] | None:
    """Return (line, message) of a template or expression that cannot be read, or None."""
    try:
        (_condition if expression else _template)(source)
    except TemplateSyntaxError as error:
        return error.lineno, error.message or "not a template"
    except TemplateError as error:
        return 1, str(error)
    return None


class TaskView:
    """A task as a template sees it; reading its texts cites its sources."""

    def __init__(self, task: Task, knowledge: Knowledge, recorder: Recorder) -> None:
        self._t = task
        self._k = knowledge
        self._r = recorder

    def __str__(self) -> str:
        return self._t.name

    def __getattr__(self, name: str) -> Any:
        if name not in ("id", "name", "makes", "needs", "suits", "say", "caution", "prompt"):
            raise AttributeError(name)
        value = getattr(self._t, name)
        if name in ("say", "caution") and value:
            self._r.cite(self._t.id, name, self._t.sources)
        return value or None

    def variant(self, constraints: Sequence[str]) -> str | None:
        """Return the text for the first constraint this task has words for, or None."""
        table = dict(self._t.variants)
        for constraint in constraints:
            if constraint in table:
                self._r.cite(self._t.id, constraint, self._t.sources)
                return table[constraint]
        return None

    def tools(self, without: Sequence[str] = (), most: int = 4) -> tuple[View, ...]:
        """Return tools for the task, best known first, those left out that are excluded or whose maker is."""
        kept = [t for t in self._t.tools if t not in without and not set(self._k.values(t, "maker")) & set(without)]
        return tuple(View(self._k.entities[t], self._k, self._r) for t in kept)[:most]
