"""What the bot knows, as questions one can ask of it: facts, kinds, verdicts, contrasts, lists, timelines.

Open-world: what is not recorded is unknown, never false; "no" needs a stated fact or disjoint kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from bot.content import Content
from bot.types import Contrast, Entity, Fact

LLM = "llm"
CHATBOT = "chatbot"
GENERATIVE = "generative-ai"
# What a kind of generator must put out; used to tell that an image tool is no music generator.
MADE_BY_KIND = {
    "language-model": "text",
    "image-generator": "image",
    "video-generator": "video",
    "music-generator": "music",
    "speech-synthesizer": "speech",
    "three-d-generator": "3d",
    "text-to-image": "image",
    "text-to-video": "video",
    "text-to-speech": "speech",
    "music-generation": "music",
}
# What a medium is recorded as more broadly: that settles neither yes nor no.
_BROADER = {
    "music": {"audio"},
    "speech": {"audio"},
    "code": {"text"},
    "image": set(),
    "video": set(),
    "3d": set(),
    "audio": set(),
}
# What a medium is recorded as more narrowly: that is a yes.
_NARROWER = {"audio": {"music", "speech"}, "text": {"code"}}


def _answers(recorded: set[str], medium: str) -> str:
    """Return yes, no or unknown: is a medium among those recorded?

    >>> _answers({"music", "audio"}, "speech"), _answers({"video"}, "audio"), _answers({"image"}, "number")
    ('unknown', 'no', 'unknown')
    """
    if medium not in _BROADER and medium not in _NARROWER:
        return "unknown"
    if recorded & ({medium} | _NARROWER.get(medium, set())):
        return "yes"
    return "unknown" if not recorded or recorded & _BROADER.get(medium, set()) else "no"


class Knowledge:
    """Read-only answers over content. Thread-safe; results are cached for the life of the object."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.entities = content.entities
        self._facts = {id: {f.property: f for f in reversed(e.facts)} for id, e in content.entities.items()}
        self._contrasts = {frozenset(c.between): c for c in reversed(list(content.contrasts.values()))}
        self.ancestors: Callable[[str], tuple[str, ...]] = lru_cache(maxsize=None)(self._ancestors)
        self.members: Callable[[str], tuple[str, ...]] = lru_cache(maxsize=None)(self._members)

    def fact(self, id: str, property: str) -> Fact | None:
        """Return the fact, or None where it is not on record."""
        return self._facts.get(id, {}).get(property)

    def values(self, id: str, property: str) -> tuple[str, ...]:
        """Return the values of a fact, or an empty tuple."""
        fact = self.fact(id, property)
        return fact.values if fact else ()

    def value(self, id: str, property: str) -> str:
        """Return the first value of a fact, or an empty string."""
        values = self.values(id, property)
        return values[0] if values else ""

    def _ancestors(self, id: str) -> tuple[str, ...]:
        """Return everything the thing is, nearest first, itself left out."""
        found: dict[str, None] = {}
        level = [id]
        while level:
            level = [p for child in level for p in self.values(child, "is_a") if p not in found and p != id]
            found.update(dict.fromkeys(level))
        return tuple(found)

    def _members(self, category: str) -> tuple[str, ...]:
        """Return the models and products that are of the category, by release date."""
        ids = [e for e in self.entities if self.entities[e].kind in ("model", "product") and self.belongs(e, category)]
        return tuple(sorted(ids, key=lambda e: (self.value(e, "released") or "9", e)))

    def belongs(self, id: str, category: str) -> bool:
        """Whether a thing is of a category by stated facts."""
        if category == LLM and self.fact(id, "llm"):
            return self.value(id, "llm") == "yes"
        if category == GENERATIVE and self.fact(id, "generative"):
            return self.value(id, "generative") == "yes"
        return category in self.ancestors(id)

    def inherited(self, id: str, property: str) -> tuple[str, Fact] | None:
        """Return the nearest thing that has the property (itself or a kind of which it is) and the fact."""
        own = self.fact(id, property)
        if own:
            return id, own
        runs_on = tuple(p for p in self.values(id, "powered_by"))
        for other in (*self.ancestors(id), *runs_on, *(a for r in runs_on for a in self.ancestors(r))):
            fact = self.fact(other, property)
            if fact:
                return other, fact
        if self.value(id, "llm") in ("yes", "uses") and self.fact(LLM, property):
            return LLM, self._facts[LLM][property]
        if self.value(id, "generative") == "yes" and self.fact(GENERATIVE, property):
            return GENERATIVE, self._facts[GENERATIVE][property]
        return None

    def verdict(self, subject: str, category: str) -> str:
        """Return yes, no, runs_on, partly, inverse, same, apart or unknown: is the subject a kind of the category?"""
        if subject == category:
            return "same"
        for special, property in ((LLM, "llm"), (GENERATIVE, "generative"), ("generative-model", "generative")):
            stated = self.value(subject, property) if category == special else ""
            if stated:
                return "runs_on" if stated == "uses" else stated
        if category in self.ancestors(subject):
            return "yes"
        if category == "language-model" and self.entities[subject].kind != "concept" and self.value(subject, "llm"):
            return self.verdict(subject, LLM)
        if subject in self.ancestors(category):
            return "inverse"
        if any(self.belongs(p, category) for p in self.values(subject, "powered_by")):
            return "runs_on"
        if self._excluded(subject, category):
            return "no"
        # Both are placed in the taxonomy and neither lies under the other: two different things, as far as recorded.
        return "apart" if self.ancestors(subject) and self.entities[category].kind == "concept" else "unknown"

    def _excluded(self, subject: str, category: str) -> bool:
        mine = {subject, *self.ancestors(subject)}
        theirs = {category, *self.ancestors(category)}
        for a in mine:
            if theirs & set(self.values(a, "disjoint_with")):
                return True
        for b in theirs:
            if mine & set(self.values(b, "disjoint_with")):
                return True
        kind, wanted = self.entities[subject].kind, self.entities[category].kind
        if kind == "company" and wanted == "concept":
            return category not in ("ai-platform",)
        if wanted in ("model", "product") and kind in ("model", "product", "company"):
            return True
        made = MADE_BY_KIND.get(category)
        outputs = set(self.values(subject, "outputs"))
        return bool(made and outputs and kind in ("model", "product") and _answers(outputs, made) == "no")

    def contrast(self, ids: Iterable[str]) -> Contrast | None:
        """Return the authored contrast of exactly these things, or None."""
        return self._contrasts.get(frozenset(ids))

    def makes(self, id: str, output: str) -> str:
        """Return yes, no or unknown: does the thing put out text, images, …? Its recorded outputs decide."""
        return _answers(set(self.values(id, "outputs")), output)

    def takes(self, id: str, medium: str) -> str:
        """Return yes, no or unknown: does the thing read text, images, …? Its recorded inputs decide."""
        return _answers(set(self.values(id, "inputs")), medium)

    def by_maker(self, company: str) -> tuple[str, ...]:
        """Return what a company made, newest first."""
        ids = [e for e in self.entities if company in self.values(e, "maker")]
        return tuple(sorted(ids, key=lambda e: (self.value(e, "released") or "0", e), reverse=True))

    def rows(self, ids: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
        """Return comparison rows: (label, one cell per thing), only where at least two have the fact and it differs."""
        found = []
        for property, label in _ROWS:
            cells = tuple(self._cell(id, property) for id in ids)
            alike = len(set(cells)) == 1 and property not in _ALWAYS  # says nothing about how they differ
            if sum(bool(c) for c in cells) >= 2 and not alike:
                found.append((label, tuple(c or "not on record" for c in cells)))
        return found

    def _cell(self, id: str, property: str) -> str:
        values = self.values(id, property)
        if property == "maker":
            return ", ".join(self.entities[v].name for v in values)
        if property in ("llm", "generative", "open_weights") and values:
            return {"uses": "runs on one"}.get(values[0], values[0])
        return ", ".join(values)

    def entity(self, id: str) -> Entity:
        """Return the entity; KeyError where the id is not known."""
        return self.entities[id]


_ALWAYS = ("maker", "released")
_ROWS = (
    ("maker", "Maker"),
    ("released", "Released"),
    ("llm", "LLM"),
    ("inputs", "Takes in"),
    ("outputs", "Produces"),
    ("architecture", "Architecture"),
    ("parameters", "Parameters"),
    ("context_window", "Context window"),
    ("licence", "Licence"),
    ("open_weights", "Open weights"),
    ("introduced", "Introduced"),
)
