"""What some intents need beyond their slots: lists, timelines, choices, and replies about the last reply.

An act turns slots and state into what the intent's templates may read; the words stay in the templates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from bot import lists
from bot import text as text_
from bot.compiled import Compiled
from bot.knowledge import CHATBOT, GENERATIVE, LLM
from bot.lists import Filters
from bot.templates import MissingError, Recorder, TaskView, View, date, first, join_and, sentences
from bot.types import Reading, State
from bot.understand import Heard

_EXCEPT = frozenset(["not", "outside", "besides", "except", "excluding", "without", "other", "apart", "minus", "beyond"])
_YEAR = re.compile(r"(19|20)\d\d")
_DATE = re.compile(r"(19|20)\d\d-\d\d(-\d\d)?")
MOST_LISTED = 8
# Dates that a timeline gives at most.
MOST_DATED = 24
MOST_REGIONAL = 3  # tools of the place that was asked for, beside the advice


# What every template may read beside its slots (`context`), and what each act adds: `genai-bot check` knows no other names.
COMMON = frozenset(("verdict", "why", "claim", "negative", "lead", "contrast", "rows", "makes", "takes"))
COMMON |= {
    "choosing",
    "covers",
    "dimension",
    "table",
    "medium",
    "taking",
    "missing",
    "is_kind",
    "as_of",
    "nothing",
    "yesno",
    "placed",
    "shared_maker",
    "mention",
    "talked",
    "several_media",
    "told_able",
    "named",
}
OFFERED = {
    "list": frozenset(["items", "names", "total", "category", "filters", "narrow", "makers", "region"]),
    "timeline": frozenset(["dated", "by_year"]),
    "recommend": frozenset(["task", "tasks", "tools", "variant", "notes", "excluded", "region", "regional"]),
    "which_of": frozenset(["picked", "asked", "subject"]),
    "rank_by": frozenset(["said", "lacking", "best"]),
    "last": frozenset(["said", "short", "cited", "subject"]),
    "more": frozenset(["more"]),
    "counterpart": frozenset(["theirs"]),
    "newest": frozenset(["newest", "before"]),
    "alternatives": frozenset(["names", "narrow", "kind"]),
    "system": frozenset(["suggestions"]),
}


class Scene(msgspec.Struct):
    """All that an act or template may look at: the slots of this decision and what surrounds them."""

    compiled: Compiled
    state: State
    heard: Heard
    reading: Reading
    slots: dict[str, tuple[str, ...]]
    recorder: Recorder
    listed: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    # What the answer names as the one meant: "it" is that from then on.
    found: tuple[str, ...] = ()

    def view(self, id: str) -> View:
        """Return the entity as templates see it."""
        return View(self.compiled.content.entities[id], self.compiled.knowledge, self.recorder)

    def views(self, ids: Sequence[str]) -> tuple[View, ...]:
        """Return the entities as templates see them."""
        return tuple(self.view(id) for id in ids)


def context(scene: Scene) -> dict[str, Any]:
    """Return what every template may read: slots as views, and functions over the knowledge."""
    intent_slots = {name: _slot(scene, name, ids) for name, ids in scene.slots.items() if name != "_intent"}
    knowledge = scene.compiled.knowledge
    claim = scene.reading.clause.role == "claim"
    negative = scene.reading.clause.negative

    def verdict(subject: View, category: View) -> str:
        answer = knowledge.verdict(subject.id, category.id)
        stated = {"llm": ("llm",), "generative-ai": ("generative",), "generative-model": ("generative",)}
        for property in stated.get(category.id, ("is_a",)):
            if answer not in ("unknown", "same") and subject.has(property):
                getattr(subject, property)
        return answer

    def why(subject: View, category: View) -> str | None:
        reasons = {
            "llm": "llm_why",
            "language-model": "llm_why",
            "generative-ai": "generative_why",
            "generative-model": "generative_why",
        }
        property = reasons.get(category.id)
        return getattr(subject, property) if property and subject.has(property) else None

    return {
        **intent_slots,
        "verdict": verdict,
        "why": why,
        "claim": claim,
        "negative": negative and claim,
        "yesno": claim or bool(_first_word(scene) in text_.AUX),
        "lead": lambda answer: lead(answer, claim, negative),
        "contrast": lambda things: _contrast(scene, things),
        "dimension": lambda things: _dimension(scene, things),
        "table": lambda things: _table(scene, things),
        "rows": lambda things: _rows(scene, things),
        "makes": lambda subject, output: knowledge.makes(subject.id, output),
        "covers": lambda task, subject: _covers(scene, task, subject),
        "takes": lambda subject, medium: knowledge.takes(subject.id, medium),
        "medium": _medium(scene),
        "taking": _taking(scene),
        "missing": _missing,
        "choosing": bool(_CHOOSING & set(scene.heard.words)),
        "shared_maker": lambda things: _shared_maker(scene, things),
        "mention": lambda subject, other: _mention(scene, subject, other),
        "several_media": "or" in scene.heard.words and len(_media(scene)) > 1,
        "named": lambda id: any(m.entity == id for m in scene.heard.mentions),
        "told_able": lambda task, subject: _told_able(scene, task, subject),
        "talked": (*scene.reading.tasks, *scene.state.tasks),
        "placed": lambda subject: _placed(scene, subject.id),
        "is_kind": lambda category: bool(knowledge.members(category.id)),
        "as_of": scene.compiled.content.as_of,
    }


def _mention(scene: Scene, subject: View, other: View) -> str | None:
    """Return the sentence on record about a thing that names another ("GPT-4 … reinforcement learning from human feedback")."""
    knowledge, gazetteer = scene.compiled.knowledge, scene.compiled.look.gazetteer
    meant = {other.id, *(id for id in scene.compiled.content.entities if other.id in knowledge.values(id, "is_a"))}
    for property in _TELLS_USE:
        fact = knowledge.fact(subject.id, property)
        for sentence in sentences(fact.values[0]) if fact else ():
            found, _ = gazetteer.find(text_.tokenize(sentence), 2.0)
            if fact and meant & {m.entity for m in found}:
                scene.recorder.cite(subject.id, property, fact.sources)
                return sentence
    return None


# Where it is told what a thing is made with.
_TELLS_USE = (
    "architecture",
    "training",
    "how",
    "powered_by_note",
    "explanation",
    "history",
    "strengths",
    "summary",
    "can",
    "limits",
    "risks",
)


def _told_able(scene: Scene, task: TaskView, subject: View) -> str:
    """Return yes or no where what a thing can or cannot do names the task in its own words, "" where neither does."""
    for property, answer in (("can", "yes"), ("cannot", "no")):
        text = scene.compiled.knowledge.value(subject.id, property)
        stems = [text_.stem(t.word) for t in text_.tokenize(text)]
        if any(id == task.id for _, _, id in scene.compiled.look.tasks.find(stems)):
            return answer
    return ""


def _covers(scene: Scene, task: TaskView, subject: View) -> bool:
    """Whether what suits a task is a kind of the subject; what is to be text or code suits an LLM."""
    if not task.suits:
        return False
    return scene.compiled.knowledge.belongs(task.suits, subject.id) or (subject.id == LLM and task.makes in ("text", "code"))


def _slot(scene: Scene, name: str, ids: tuple[str, ...]) -> Any:
    if ids and ids[0] in scene.compiled.content.tasks and (name == "task" or ids[0] not in scene.compiled.content.entities):
        return TaskView(scene.compiled.content.tasks[ids[0]], scene.compiled.knowledge, scene.recorder)
    views = scene.views(ids)
    intent = scene.compiled.content.intents.get(scene.slots.get("_intent", ("",))[0])
    many = intent is not None and any(s.many for s in intent.slots if s.name == name)
    return views if many else (views[0] if views else None)


def _first_word(scene: Scene) -> str:
    words = [w for w in scene.reading.masked if w not in ("and", "so", "but", "ok", "well")]
    return words[0] if words else ""


def _own_stems(scene: Scene) -> list[str]:
    """Return the stems of the clause's words outside the names of what it is about."""
    clause = scene.reading.clause
    about = {id for ids in scene.slots.values() for id in ids}
    named = {p for m in scene.reading.mentions if m.entity in about for p in range(m.start, m.end)}
    return [text_.stem(scene.heard.words[i]) for i in range(clause.start, clause.end) if i not in named]


def _medium(scene: Scene) -> str:
    """Return the one medium the clause asks about ("can it make sound too": audio), or "" where it is none or several."""
    found = _media(scene)
    return found.pop() if len(found) == 1 else ""


def _media(scene: Scene) -> set[str]:
    media = scene.compiled.look.lexicon.media
    return {media[s] for s in _own_stems(scene) if s in media}


def _taking(scene: Scene) -> bool:
    """Whether the clause asks what goes in, not what comes out."""
    return not scene.compiled.look.lexicon.taking.isdisjoint(_own_stems(scene))


def _missing() -> str:
    raise MissingError


def lead(answer: str, claim: bool, negative: bool) -> str:
    """Return the word an answer opens with, agreeing with how it was put.

    >>> lead("no", True, False), lead("no", True, True), lead("yes", False, True)
    ('No.', 'Right.', 'Yes.')
    """
    if claim and negative:
        return {"yes": "That's not quite right.", "no": "Right.", "partly": "Only partly."}.get(answer, "")
    return {"yes": "Yes.", "no": "No.", "partly": "Partly."}.get(answer, "")


def _contrast(scene: Scene, things: Sequence[View]) -> Any:
    """Return the authored contrast of the things, or of what they are kinds of; None where nobody wrote one."""
    contrast = scene.compiled.knowledge.contrast([t.id for t in things])
    if contrast is None:
        return None
    scene.recorder.cite(contrast.id, "contrast", contrast.sources)
    return contrast


def _dimension(scene: Scene, things: Sequence[View]) -> str | None:
    """Return the row of the authored comparison that the clause asks for ("which is cheaper"), as a sentence."""
    contrast = _contrast(scene, things)
    # "Which should we use" asks for no row of uses.
    asked = {scene.compiled.look.lexicon.dimensions.get(s, s) for s in _own_stems(scene) if s != "use"}
    if contrast is None:
        return None
    for label, cells in contrast.table:
        words = {text_.stem(w) for w in label.lower().split() if w not in text_.STOP}
        if words & asked:
            names = [scene.compiled.content.entities[id].name for id in contrast.between]
            parts = [f"{name}: {cell}" for name, cell in zip(names, cells, strict=True)]
            return f"{label} – " + "; ".join(parts) + "."
    return None


def _table(scene: Scene, things: Sequence[View]) -> str | None:
    """Return the authored comparison as a table, or None where it has none."""
    contrast = _contrast(scene, things)
    if contrast is None or not contrast.table:
        return None
    names = [scene.compiled.content.entities[id].name for id in contrast.between]
    head = "| | " + " | ".join(names) + " |"
    rule = "|---" * (len(names) + 1) + "|"
    return "\n".join([head, rule, *(f"| {label} | " + " | ".join(cells) + " |" for label, cells in contrast.table)])


def _rows(scene: Scene, things: Sequence[View]) -> str | None:
    knowledge = scene.compiled.knowledge
    rows = knowledge.rows([t.id for t in things])
    if not rows:
        return None
    for t in things:
        for property in ("maker", "released", "architecture", "parameters", "context_window", "licence"):
            fact = knowledge.fact(t.id, property)
            if fact:
                scene.recorder.cite(t.id, property, fact.sources)
    head = "| | " + " | ".join(t.name for t in things) + " |"
    rule = "|---" * (len(things) + 1) + "|"
    shown = [(label, [date(c) if _DATE.fullmatch(c) else c for c in cells]) for label, cells in rows]
    return "\n".join([head, rule, *(f"| {label} | " + " | ".join(cells) + " |" for label, cells in shown)])


# ------------------------------------------------------------------------------------------------ acts


def _filters(scene: Scene) -> Filters:
    """Read a list's filters off the clause: makers and exclusions, openness, regions, years."""
    kinds = scene.compiled.look.kinds
    words = scene.heard.words
    makers: list[str] = []
    without: list[str] = []
    not_makers: list[str] = []
    open_: bool | None = None
    for m in scene.reading.mentions:
        before = set(words[max(0, m.start - 4) : m.start])
        excluded = bool(before & _EXCEPT)
        if kinds[m.entity] == "company":
            (not_makers if excluded else makers).append(m.entity)
        elif m.entity in (*lists.OPEN, *lists.CLOSED):
            open_ = (m.entity in lists.OPEN) != excluded
        elif kinds[m.entity] in ("model", "product") and excluded:
            without += [m.entity, *lists.family(scene.compiled.knowledge, m.entity)]
    constraints = [id for s, _, id in scene.heard.constraints]
    places = [(scene.compiled.content.constraints[c].name, at) for at, _, c in scene.heard.constraints if c.startswith("from-")]
    not_regions = [name for name, at in places if (_NOT_A | _EXCEPT) & set(words[max(0, at - 3) : at])]
    regions = [name for name, _ in places if name not in not_regions]
    if ("open" in constraints or "open" in scene.reading.masked) and open_ is None:
        open_ = True
    years = [int(w) for w in words[scene.reading.clause.start : scene.reading.clause.end] if _YEAR.fullmatch(w)]
    since, until = (min(years), max(years)) if years else (0, 0)
    if years and {"since", "after"} & set(words):
        until = 0
    if years and {"before", "until"} & set(words):
        since, until = 0, max(years) - 1
    not_kinds = _negated(scene)
    left_out = (*lists.OPEN, *lists.CLOSED, *not_kinds)
    categories = tuple(c for c in scene.slots.get("category", ()) if c not in left_out)
    if not_kinds and not categories:
        categories = (GENERATIVE,)
    general = all(c in scene.compiled.look.lexicon.fields for c in categories)
    if general and scene.reading.tasks:
        suits = scene.compiled.content.tasks[scene.reading.tasks[0]].suits
        categories = (suits,) if suits in scene.compiled.content.entities else ()
    if len(categories) > 1:  # "a list of AI that makes pictures from text"
        categories = tuple(c for c in categories if c not in ("artificial-intelligence", GENERATIVE)) or categories
    # A list of "AI" is a list of what people use, not of the branches of a field.
    categories = tuple(GENERATIVE if c == "artificial-intelligence" else c for c in categories)
    without += list(scene.excluded)
    return Filters(
        categories,
        tuple(makers),
        tuple(not_makers),
        tuple(regions),
        open_,
        since,
        until,
        tuple(without),
        not_kinds,
        tuple(not_regions),
    )


_NOT_A = frozenset({"not", "no", "non", "without", "except", "besides", "excluding", "never"})


def _placed(scene: Scene, id: str) -> str:
    """Return whether a company, or who makes a thing, is of the place the clause names: yes, no, or "" where it names none."""
    knowledge, content = scene.compiled.knowledge, scene.compiled.content
    clause = scene.reading.clause
    places = [
        content.constraints[c].name
        for at, _, c in scene.heard.constraints
        if c.startswith("from-") and clause.start <= at < clause.end
    ]
    owners = (id,) if content.entities[id].kind == "company" else knowledge.values(id, "maker")
    known = [o for o in owners if knowledge.value(o, "country")]
    if len(set(places)) != 1 or not known:
        return ""
    return "yes" if any(lists.comes_from(knowledge, o, places) for o in known) else "no"


# Words of somebody who wants to know which of two to take.
_CHOOSING = frozenset({"better", "best", "should", "prefer", "recommend", "choose", "pick", "preferable", "stronger"})


def _shared_maker(scene: Scene, things: Sequence[View]) -> View | None:
    """Return who makes all of the things, None where nobody makes them all; without a maker on record there is no answer."""
    makers = [scene.compiled.knowledge.values(t.id, "maker") for t in things]
    if len(things) < 2 or not all(makers):
        raise MissingError
    for t in things:
        _ = t.makers  # cited
    return next((scene.view(m) for m in makers[0] if all(m in others for others in makers)), None)


def _counterpart(scene: Scene) -> Mapping[str, Any]:
    company, subject = scene.slots["company"][0], scene.slots["subject"][0]
    found = lists.offered(scene.compiled.knowledge, company, (subject,))
    scene.found = (found,) if found else ()
    return {"theirs": scene.view(found) if found else None}


def _newest(scene: Scene) -> Mapping[str, Any]:
    """Find the newest of a company's models, or of a model's line, and the two before it."""
    knowledge, subject = scene.compiled.knowledge, scene.slots["subject"][0]
    if scene.compiled.content.entities[subject].kind == "company":
        line = [id for id in knowledge.by_maker(subject) if scene.compiled.content.entities[id].kind == "model"]
    else:
        line = list(lists.family(knowledge, subject))
    dated = [
        id for day, id in reversed(lists.timeline(knowledge, line)) if len(day) > len("2026") and knowledge.value(id, "what")
    ]
    scene.found = tuple(dated[:1])
    return {"newest": scene.view(dated[0]) if dated else None, "before": scene.views(dated[1:3])}


def _alternatives(scene: Scene) -> Mapping[str, Any]:
    """Find what is of the same kind as a thing, by others, and meets the message's constraints."""
    knowledge, subject = scene.compiled.knowledge, scene.slots["subject"][0]
    kinds = knowledge.values(subject, "is_a")
    if not kinds:
        raise MissingError
    regions = tuple(scene.compiled.content.constraints[c].name for c in scene.constraints if c.startswith("from-"))
    filters = Filters(
        (kinds[0],),
        not_makers=knowledge.values(subject, "maker"),
        regions=regions,
        open=True if _ONLY_OPEN & set(scene.constraints) else None,
        without=(subject, *lists.family(knowledge, subject), *scene.excluded),
    )
    oldest = str(int(scene.compiled.content.as_of[:4]) - RECENT)
    found = [
        id
        for id in lists.select(knowledge, filters)
        if not knowledge.value(id, "retired") and (knowledge.value(id, "released") or oldest) >= oldest
    ]
    scene.listed = tuple(found[:MOST_ALTERNATIVES])
    names = [_qualified(scene, view, bool(filters.open)) for view in scene.views(scene.listed)]
    narrow = bool(regions or filters.open)
    return {"names": join_and(names) if names else "", "narrow": narrow, "kind": scene.view(kinds[0])}


MOST_ALTERNATIVES = 5
RECENT = 10  # years; what is older is history and no alternative


def _negated(scene: Scene) -> tuple[str, ...]:
    """Return the concepts a list leaves out ("generative AI that is not an LLM")."""
    kinds, words = scene.compiled.look.kinds, scene.heard.words
    found = []
    for m in scene.reading.mentions:
        before = [w for w in words[max(scene.reading.clause.start, m.start - 4) : m.start] if w not in ("a", "an", "the", "any")]
        if kinds[m.entity] == "concept" and _NOT_A & set(before[-2:]):
            found.append(m.entity)
    return tuple(found)


def _list(scene: Scene) -> Mapping[str, Any]:
    filters = _filters(scene)
    if not filters.categories and not filters.narrow:
        raise MissingError
    if set(filters.not_kinds) - {LLM, GENERATIVE, "language-model", "chatbot"}:
        raise MissingError  # which of them is no transformer is hardly ever on record
    ids = lists.select(scene.compiled.knowledge, filters)
    # What can still be used first, and what is history last unless a time is asked for; the order is kept otherwise.
    ids = tuple(sorted(ids, key=lambda id: _past(scene, id) and not (filters.since or filters.until)))
    shown = ids[:MOST_LISTED]
    scene.listed = shown
    category = scene.view(filters.categories[0]) if filters.categories else None
    items = scene.views(shown)
    for item in items:
        _ = item.what if item.has("what") else None
    return {
        "items": items,
        "names": join_and(_qualified(scene, item, filters.open is True) for item in items),
        "total": len(ids),
        "category": category,
        "filters": filters,
        "narrow": filters.narrow,
        "makers": join_and(scene.views(filters.makers), "or"),
        "region": join_and(filters.regions, "or"),
    }


def _past(scene: Scene, id: str) -> bool:
    """Whether a thing is retired or older than what people look for in a list."""
    knowledge = scene.compiled.knowledge
    oldest = str(int(scene.compiled.content.as_of[:4]) - RECENT)
    return bool(knowledge.value(id, "retired")) or (knowledge.value(id, "released") or oldest) < oldest


def _qualified(scene: Scene, item: View, openly: bool) -> str:
    """Return a thing's name as a list has it: with the year in which it ended, and where only some of it is open."""
    notes = []
    ended = scene.compiled.knowledge.fact(item.id, "retired")
    if openly and scene.compiled.knowledge.value(item.id, "open_weights") == "partly":
        notes.append("some versions")
    if ended is not None:
        scene.recorder.cite(item.id, "retired", ended.sources)
        notes.append(f"until {ended.values[0][:4]}")
    return f"{item.name} ({', '.join(notes)})" if notes else item.name


def _timeline(scene: Scene) -> Mapping[str, Any]:
    knowledge = scene.compiled.knowledge
    ids = scene.slots.get("things", ())
    if len(ids) != 1:
        raise MissingError  # "from GPT-3 to Llama 4" is about something else than these two
    if len(ids) == 1:
        one = ids[0]
        if scene.compiled.look.kinds[one] == "concept":
            ids = tuple(knowledge.values(one, "examples")) or knowledge.members(one)
        elif scene.compiled.look.kinds[one] == "company":
            ids = knowledge.by_maker(one)
        else:
            ids = lists.family(knowledge, one)
    dated = lists.timeline(knowledge, ids)
    if len(dated) < 2:
        raise MissingError
    if len(dated) > MOST_DATED:
        dated = _spread(dated)
    scene.listed = tuple(id for _, id in dated)
    for _, id in dated:
        for property in ("released", "introduced"):
            fact = knowledge.fact(id, property)
            if fact:
                scene.recorder.cite(id, property, fact.sources)
    by_year: dict[str, list[tuple[str, View]]] = {}
    for day, id in dated:
        by_year.setdefault(day[:4], []).append((day, scene.view(id)))
    return {"dated": [(d, scene.view(id)) for d, id in dated], "by_year": list(by_year.items())}


def _spread(dated: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return about MOST_DATED of the dated things, the first of them, the last, and of each year as many in turn."""
    left = {year: [d for d in dated if d[0][:4] == year] for year in dict.fromkeys(d[0][:4] for d in dated)}
    kept: list[tuple[str, str]] = []
    while len(kept) < MOST_DATED and any(left.values()):
        for group in left.values():
            if group and len(kept) < MOST_DATED:
                kept.append(group.pop(0))
    return sorted(kept)


def _recommend(scene: Scene) -> Mapping[str, Any]:
    tasks = scene.tasks or scene.state.tasks or _general(scene)
    if not tasks:
        raise MissingError
    content = scene.compiled.content
    views = [TaskView(content.tasks[t], scene.compiled.knowledge, scene.recorder) for t in tasks[:2]]
    tools = views[0].tools(scene.excluded)
    scene.listed = tuple(t.id for t in tools)
    told = dict(content.tasks[tasks[0]].variants)
    regions = tuple(content.constraints[c].name for c in scene.constraints if c.startswith("from-"))
    kind = content.tasks[tasks[0]].suits
    local = (
        lists.select(scene.compiled.knowledge, Filters((kind,), regions=regions)) if regions and kind in content.entities else ()
    )
    notes = [
        content.constraints[c]
        for c in scene.constraints
        if c in content.constraints and content.constraints[c].say and c not in told
    ]
    return {
        "task": views[0],
        "tasks": views,
        "tools": tools,
        "variant": views[0].variant(scene.constraints),
        "notes": [n.say for n in notes][:1],
        "region": join_and(regions, "or"),
        "regional": scene.views([id for id in local if id not in scene.excluded][:MOST_REGIONAL]),
        "excluded": scene.views([e for e in scene.excluded if e in content.entities]),
    }


def _general(scene: Scene) -> tuple[str, ...]:
    """Return the task of a general assistant where a model is wanted on conditions, for no stated need ("an LLM, offline")."""
    others = [
        m for m in scene.reading.mentions if m.entity not in (LLM, CHATBOT, *lists.OPEN, *scene.compiled.look.lexicon.fields)
    ]
    if others or not _MODELS & set(scene.heard.words):
        return ()
    general = [t for t in scene.compiled.content.tasks.values() if t.general]
    return tuple(t.id for t in general if dict(t.variants).keys() & set(scene.constraints))[:1]


_MODELS = frozenset({"model", "models", "llm", "llms", "chatbot", "assistant"})


def _which_of(scene: Scene) -> Mapping[str, Any]:
    """Pick from what was just listed or compared: by maker, by kind, by openness, or by who uses it."""
    knowledge = scene.compiled.knowledge
    pool = scene.state.listed or scene.state.focus
    if len(pool) < _TWO:
        pool = scene.state.recent[:_TWO]  # "which of the two", after one question about each
    picked: list[str] = []
    for m in scene.reading.mentions:
        kind = scene.compiled.look.kinds[m.entity]
        if kind == "company":
            # What was listed is a choice of the best known: theirs may be further down.
            kin = [x for c in dict(scene.state.slots).get("category", ()) for x in knowledge.members(c)]
            kin += [x for p in pool for c in knowledge.values(p, "is_a") for x in knowledge.members(c)]
            theirs = [p for p in dict.fromkeys((*pool, *kin)) if m.entity in knowledge.values(p, "maker")]
            picked = [p for p in theirs if p in pool] or theirs[:1]
        elif m.entity in lists.OPEN:
            picked = [p for p in pool if knowledge.value(p, "open_weights") in ("yes", "partly")]
        else:
            related = {
                *knowledge.ancestors(m.entity),
                *knowledge.values(m.entity, "see_also"),
                *_named(scene, m.entity),
            }
            picked = [p for p in pool if knowledge.belongs(p, m.entity)] or [p for p in pool if p in related]
        if picked:
            break
    if not scene.reading.mentions:
        picked = _meeting(scene, pool)
    if not picked:
        raise MissingError
    picked = picked[:3]
    scene.listed = scene.state.listed
    scene.slots["subject"] = tuple(picked)
    return {"picked": scene.views(picked), "asked": scene.views([m.entity for m in scene.reading.mentions][:1])}


_TWO = 2

# What only a model that one may download can promise.
_ONLY_OPEN = frozenset({"open", "local", "offline", "private"})


def _meeting(scene: Scene, pool: Sequence[str]) -> list[str]:
    """Return the things of the pool that meet the clause's constraints on openness and place, [] where it has none."""
    openly = bool(_ONLY_OPEN & set(scene.constraints)) or "open" in scene.reading.masked
    open_ = True if openly else None
    regions = tuple(scene.compiled.content.constraints[c].name for c in scene.constraints if c.startswith("from-"))
    filters = Filters(regions=regions, open=open_)
    return [p for p in pool if lists.fits(scene.compiled.knowledge, p, filters)] if filters.narrow else []


def _named(scene: Scene, id: str) -> list[str]:
    """Return the entities that a thing's architecture names: "LLMs are built on the transformer"."""
    text = scene.compiled.knowledge.value(id, "architecture") or scene.compiled.knowledge.value(id, "how")
    from bot.text import tokenize

    found, _ = scene.compiled.look.gazetteer.find(tokenize(text), 2.0)
    return [m.entity for m in found]


def _first(scene: Scene) -> Mapping[str, Any]:
    """Order the compared things by a property the template names by the intent: earliest, largest, longest."""
    knowledge = scene.compiled.knowledge
    things = scene.slots.get("things", ())
    property = {"compare_context": "context_tokens", "compare_size": "parameters_number"}.get(
        scene.slots["_intent"][0], "released"
    )
    shown = {"context_tokens": "context_window", "parameters_number": "parameters"}.get(property, property)
    valued = []
    for id in things:
        value = knowledge.value(id, property) or (knowledge.value(id, "introduced") if property == "released" else "")
        if value:
            valued.append((value if property == "released" else float(value), id))
    views = scene.views(things)
    said = [(v, getattr(v, shown) or v.introduced if shown == "released" else getattr(v, shown)) for v in views]
    order = sorted(valued, key=lambda p: (p[0], p[1]), reverse=property != "released")
    return {
        "said": [(v, s) for v, s in said if s],
        "lacking": [v for v, s in said if not s],
        "best": scene.view(order[0][1]) if len(order) == len(things) > 1 and order[0][0] != order[1][0] else None,
    }


def _last(scene: Scene) -> Mapping[str, Any]:
    """Give templates the last reply: whole, short, its sources and its subject."""
    if not scene.state.said:
        return {"nothing": True, "said": "", "short": "", "cited": []}
    content = scene.compiled.content
    sources = [content.sources[s] for s in scene.state.sources if s in content.sources]
    short = first(scene.state.said, 1)
    if scene.state.intent == "compare":
        things = dict(scene.state.slots).get("things", ())
        contrast = scene.compiled.knowledge.contrast(things)
        short = contrast.short if contrast else short
    if len(short.split()) < _TELLING:  # "An LLM is trained in two stages."
        short = " ".join(sentences(scene.state.said)[:2])
    subject = scene.view(scene.state.focus[0]) if scene.state.focus else None
    return {"said": scene.state.said, "short": short, "cited": sources[:5], "subject": subject}


_TELLING = 9  # words from which a sentence is believed to say something by itself

_MORE = (
    "explanation",
    "how",
    "why",
    "uses",
    "example",
    "strengths",
    "limits",
    "history",
    "can",
    "cannot",
    "known_for",
    "access",
    "misconception",
    "architecture",
)


# What belongs to the property last asked for, and so comes first when more is wanted.
_MORE_OF = {
    "risks": ("limits", "remedy", "misconception"),
    "limits": ("risks", "cannot", "remedy"),
    "strengths": ("uses", "known_for", "limits"),
    "uses": ("example", "strengths"),
    "how_it_works": ("components", "example"),
    "causes": ("remedy", "example"),
    "history": ("introduced", "paper"),
}


def _more(scene: Scene) -> Mapping[str, Any]:
    """Find what has not been said yet about the last statement, contrast or subject."""
    state = scene.state
    content = scene.compiled.content
    said = state.said
    if state.intent.startswith("statement:"):
        statement = content.statements.get(state.intent.partition(":")[2])
        if statement and statement.more and statement.more not in said:
            scene.recorder.cite(statement.id, "more", statement.sources)
            return {"more": statement.more}
    for id in state.focus[:1]:
        view = scene.view(id)
        order = (*_MORE_OF.get(state.intent, ()), *_MORE)
        fresh = [p for p in order if view.has(p) and sentences(str(scene.compiled.knowledge.value(id, p)))[0] not in said]
        if fresh:
            return {"more": " ".join(str(getattr(view, p)) for p in fresh[:2])}
    raise MissingError


def _why(scene: Scene) -> Mapping[str, Any]:
    """Find the reason for the last answer: of a verdict, what causes a thing, what a statement says beyond its first sentence."""
    state, content = scene.state, scene.compiled.content
    if not state.said:
        raise MissingError
    slots = {name: scene.view(ids[0]) for name, ids in state.slots if ids and ids[0] in content.entities}
    reason = {LLM: "llm_why", GENERATIVE: "generative_why"}.get(slots["category"].id) if "category" in slots else None
    if reason and "subject" in slots and slots["subject"].has(reason):
        return {"because": f"{getattr(slots['subject'], reason)} {first(slots['category'].summary, 1)}"}
    subject = scene.view(state.focus[0]) if state.focus else None
    if subject and subject.has("causes") and subject.causes not in state.said:
        return {"because": subject.causes}
    statement = content.statements.get(state.intent.removeprefix("statement:"))
    if statement and statement.more and statement.more not in state.said:
        scene.recorder.cite(statement.id, "more", statement.sources)
        return {"because": statement.more}
    rest = sentences(state.said)[1:]
    if not rest or not state.sources:
        raise MissingError
    scene.recorder.sources.update(dict.fromkeys(state.sources))
    return {"because": " ".join(rest[:2])}


ACTS: dict[str, Callable[[Scene], Mapping[str, Any]]] = {
    "list": _list,
    "counterpart": _counterpart,
    "newest": _newest,
    "alternatives": _alternatives,
    "timeline": _timeline,
    "recommend": _recommend,
    "which_of": _which_of,
    "rank_by": _first,
    "last": _last,
    "more": _more,
    "why": _why,
}
