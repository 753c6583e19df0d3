"""Find, read and cross-check `intents/` and `knowledge/`: authored YAML in, one `Content` or all problems out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from bot import pattern, schema
from bot.errors import ContentError, Problem
from bot.schema import Reader, nearest
from bot.text import Lexicon, stem
from bot.types import (
    Answer,
    Constraint,
    Contrast,
    Entity,
    Fact,
    Intent,
    Line,
    Property,
    Record,
    Slot,
    Source,
    Statement,
    Task,
)
from bot.yamlfile import Memory, Node, read

FORMAT = "1"
KINDS = ("model", "product", "company", "concept", "dataset")
VERDICTS = ("yes", "no", "partly", "uses")
TYPES = ("text", "texts", "date", "number", "verdict", "entity", "entities")
BASE = Path(__file__).parent / "base"
# In a wheel the shipped content lies inside the package; in a checkout beside it.
_SHIPPED = BASE.parent / "_content" if (BASE.parent / "_content").is_dir() else BASE.parent.parent
# Everyday sentences that are no question of a subject: what teaches content without a "none" of its own to decline.
GENERIC = _SHIPPED / "intents" / "none.yaml"


class Content(Record, frozen=True):
    """Everything authored, checked: ids are unique, references resolve, texts are folded."""

    properties: dict[str, Property]
    sources: dict[str, Source]
    entities: dict[str, Entity]
    statements: dict[str, Statement]
    contrasts: dict[str, Contrast]
    tasks: dict[str, Task]
    constraints: dict[str, Constraint]
    intents: dict[str, Intent]
    lexicon: Lexicon
    as_of: str = ""


class _Draft:
    """Content while it is read: records and their places, and every problem so far."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.properties: dict[str, Property] = {}
        self.sources: dict[str, Source] = {}
        self.entities: dict[str, Entity] = {}
        self.statements: dict[str, Statement] = {}
        self.contrasts: dict[str, Contrast] = {}
        self.tasks: dict[str, Task] = {}
        self.constraints: dict[str, Constraint] = {}
        self.intents: dict[str, Intent] = {}
        self.rewrites: dict[str, tuple[str, ...]] = {}
        self.fillers: set[str] = set()
        self.synonyms: dict[str, str] = {}
        self.domain: set[str] = set()
        self.leadins: set[str] = set()
        self.leadouts: set[str] = set()
        self.openers: set[str] = set()
        self.closers: set[str] = set()
        self.fields: set[str] = set()
        self.attributes: set[str] = set()
        self.media: dict[str, str] = {}
        self.taking: set[str] = set()
        self.goods: set[str] = set()
        self.families: dict[str, str] = {}
        self.dimensions: dict[str, str] = {}
        self.foreign: set[str] = set()
        self.asked: set[str] = set()
        self.homes: dict[str, str] = {}  # entity id -> file
        # (file, property) -> the places of its keys.
        self.stated: dict[tuple[str, str], list[tuple[int, int]]] = {}
        # (file, node, id, kinds allowed): checked once everything is read.
        self.refs: list[tuple[str, Node, str, tuple[str, ...]]] = []

    def add(self, records: dict[str, Record], id: str, record: Record, reader: Reader) -> None:
        """Keep a record; an id given twice is a problem."""
        if id in records:
            reader.complain(reader.node, f"'{id}' is given twice (ids are unique over all files)", "duplicate-id")
            return
        records[id] = record


def files(folders: Sequence[Path]) -> list[tuple[Path, str]]:
    """Return every content file of the folders, base first, with the name shown in messages, in a fixed order."""
    found: list[tuple[Path, str]] = [(p, f"base/{p.relative_to(BASE).as_posix()}") for p in sorted(BASE.rglob("*.yaml"))]
    for folder in folders:
        # Of several folders each says its own name, or "intents/define.yaml" could be any of them.
        prefix = f"{folder.resolve().name}/" if len(folders) > 1 else ""
        for part in ("intents", "knowledge"):
            for path in sorted((folder / part).rglob("*.yaml")):
                found.append((path, prefix + path.relative_to(folder).as_posix()))
    return found


def load(folders: Sequence[Path], progress: Callable[[int, int], None] | None = None, memory: Memory | None = None) -> Content:
    """Return the content of the folders (and of the domain-free base); raise ContentError with all problems.

    `progress` is called with files read and files in all. `memory` has the files of an earlier reading. Warnings do not
    raise; see `problems_of`.
    """
    draft = _read(folders, progress, memory)
    errors = [p for p in draft.problems if p.severity == "error"]
    if errors:
        raise ContentError(errors)
    return _content(draft)


def generic() -> tuple[Intent, ...]:
    """Return the intent of generic sentences as shipped, or nothing where the file is missing."""
    draft = _Draft()
    root = read(GENERIC, "none.yaml", draft.problems) if GENERIC.is_file() else None
    if root is not None:
        _intent(root, "none.yaml", GENERIC.stem, draft)
    return tuple(draft.intents.values())


def labels_only(content: Content) -> bool:
    """Whether intents are mere labels: none has a slot, and nothing else is authored."""
    known = content.entities or content.statements or content.contrasts or content.tasks or content.constraints
    return not known and not any(i.slots for i in content.intents.values())


def problems_of(folders: Sequence[Path]) -> list[Problem]:
    """Return every problem of the folders, errors and warnings, sorted by place."""
    return sorted(_read(folders, None).problems)


def survey(folders: Sequence[Path]) -> tuple[Content, list[Problem]]:
    """Return what could be read and every problem found on the way: content with errors in it is fit for linting only."""
    draft = _read(folders, None)
    return _content(draft), sorted(draft.problems)


def _content(draft: _Draft) -> Content:
    dates = [s.read for s in draft.sources.values() if s.read]
    return Content(
        properties=draft.properties,
        sources=draft.sources,
        entities=draft.entities,
        statements=draft.statements,
        contrasts=draft.contrasts,
        tasks=draft.tasks,
        constraints=draft.constraints,
        intents=draft.intents,
        lexicon=Lexicon(
            draft.rewrites,
            frozenset(draft.fillers),
            draft.synonyms,
            frozenset(draft.domain),
            frozenset(draft.leadins),
            frozenset(draft.leadouts),
            frozenset(draft.openers),
            frozenset(draft.closers),
            frozenset(draft.fields),
            frozenset(draft.attributes),
            draft.media,
            frozenset(draft.taking),
            draft.families,
            draft.dimensions,
            frozenset(draft.foreign),
            frozenset(draft.asked),
            frozenset(draft.goods),
        ),
        as_of=max(dates, default=""),
    )


def _read(folders: Sequence[Path], progress: Callable[[int, int], None] | None, memory: Memory | None = None) -> _Draft:
    draft = _Draft()
    for folder in folders:
        if not folder.is_dir():
            draft.problems.append(Problem(str(folder), 0, 0, "no such folder", "missing-folder"))
        elif not (folder / "intents").is_dir() and not (folder / "knowledge").is_dir():
            draft.problems.append(Problem(str(folder), 0, 0, "holds neither intents/ nor knowledge/", "missing-folder"))
    found = files(folders)
    # Properties first: facts are read by their types.
    found.sort(key=lambda item: item[0].name != "properties.yaml")
    for number, (path, shown) in enumerate(found):
        root = memory.read(path, shown, draft.problems) if memory else read(path, shown, draft.problems)
        if root is not None:
            _reader_of(path, shown)(root, shown, path.stem, draft)
        if progress:
            progress(number + 1, len(found))
    _cross_check(draft)
    return draft


def _reader_of(path: Path, shown: str) -> Callable[[Node, str, str, _Draft], None]:
    folder = path.parent.name
    if path.stem == "words":
        return _words
    if path.stem == "properties":
        return _properties
    many: dict[str, Callable[[Reader, str, _Draft], None]] = {
        "source": _source,
        "statement": _statement,
        "contrast": _contrast,
        "task": _task,
        "constraint": _constraint,
    }
    if folder in many:
        return lambda root, file, stem, draft: _many(root, file, draft, folder, many[folder])
    if folder in KINDS:
        return _entity
    return _misplaced if "knowledge" in Path(shown).parts[:-1] else _intent


def _misplaced(root: Node, file: str, stem_: str, draft: _Draft) -> None:
    folder = Path(file).parent.name
    kinds = (*KINDS, "source", "statement", "contrast", "task", "constraint")
    hint = nearest(folder, kinds) or f"; the folders are {', '.join(kinds)}"
    draft.problems.append(Problem(file, 0, 0, f"no kind of knowledge '{folder}'{hint}", "unknown-folder"))


def _many(root: Node, file: str, draft: _Draft, what: str, one: Callable[[Reader, str, _Draft], None]) -> None:
    if not isinstance(root.value, dict):
        draft.problems.append(Problem(file, root.line, root.col, f"must map an id to a {what}", "wrong-type"))
        return
    for id, node in root.items():
        one(Reader(node, file, draft.problems, KEYS[what], f"a {what}"), id, draft)


# The keys each kind of record may have: also what `genai-bot schema` tells editors.
KEYS: dict[str, tuple[str, ...]] = {
    "words": (
        "format",
        "rewrites",
        "fillers",
        "synonyms",
        "domain",
        "leadins",
        "leadouts",
        "openers",
        "closers",
        "fields",
        "attributes",
        "media",
        "taking",
        "goods",
        "families",
        "dimensions",
        "foreign",
        "asked",
    ),
    "properties": ("format", "properties"),
    "property": ("type", "label", "of", "inherit", "shelf_life"),
    "entity": ("name", "long", "plural", "countable", "aliases", "ambiguous", "unlike", "described", "also", "facts"),
    "facts": ("source", "as_of", "valid_from", "valid_to", "says"),
    "intent": ("format", "question", "slots", "examples", "unlike", "answers", "act", "by_trade", "replaces"),
    "slot": ("kind", "ask", "optional", "many", "mixed", "default"),
    "answer": ("when", "say", "status"),
    "source": ("title", "publisher", "url", "read", "reader", "note"),
    "statement": ("question", "asks", "claims", "verdict", "say", "more", "about", "source", "as_of", "declines", "trade"),
    "contrast": ("between", "say", "short", "same", "choose", "more", "table", "source", "as_of"),
    "task": (
        "name",
        "cues",
        "weak",
        "makes",
        "needs",
        "suits",
        "say",
        "tools",
        "caution",
        "prompt",
        "general",
        "variants",
        "source",
        "as_of",
    ),
    "constraint": ("name", "cues", "say"),
}


# ------------------------------------------------------------------------------------------------ knowledge


def _words(root: Node, file: str, stem_: str, draft: _Draft) -> None:
    r = Reader(root, file, draft.problems, KEYS["words"], "words.yaml")
    _format(r)
    rewrites = r.get("rewrites")
    for key, node in rewrites.items() if rewrites else ():
        draft.rewrites[key] = tuple(str(node.value).split())
    draft.fillers.update(w for row, *_ in r.lines("fillers") for w in row.split())
    draft.domain.update(stem(w) for row, *_ in r.lines("domain") for w in row.split())
    media = r.get("media")
    for medium, node in media.items() if media else ():
        draft.media.update((stem(w), medium) for w in str(node.value).split())
    dimensions = r.get("dimensions")
    for dimension, node in dimensions.items() if dimensions else ():
        draft.dimensions.update((stem(w), stem(dimension)) for w in str(node.value).split())
    families = r.get("families")
    for concept, node in families.items() if families else ():
        draft.families[concept] = str(node.value)
        draft.refs.append((file, node, str(node.value), KINDS))
    draft.taking.update(stem(w) for row, *_ in r.lines("taking") for w in row.split())
    draft.leadins.update(row for row, *_ in r.lines("leadins"))
    draft.foreign.update(w for row, *_ in r.lines("foreign") for w in row.split())
    draft.asked.update(stem(w) for row, *_ in r.lines("asked") for w in row.split())
    draft.goods.update(stem(w) for row, *_ in r.lines("goods") for w in row.split())
    draft.leadouts.update(row for row, *_ in r.lines("leadouts"))
    draft.openers.update(row for row, *_ in r.lines("openers"))
    draft.closers.update(row for row, *_ in r.lines("closers"))
    draft.attributes.update(_refs(r, "attributes", KINDS, draft))
    draft.fields.update(_refs(r, "fields", KINDS, draft))
    for row, line, col in r.lines("synonyms"):
        stems = [stem(w) for w in row.split()]
        for s in stems:
            if s in draft.synonyms and draft.synonyms[s] != stems[0]:
                message = f"'{s}' already stands in the group of '{draft.synonyms[s]}'"
                draft.problems.append(Problem(file, line, col, message, "duplicate-synonym"))
            draft.synonyms.setdefault(s, stems[0])


def _format(r: Reader, required: bool = False) -> None:
    """Complain of content of another format than this bot reads."""
    if (required or r.has("format")) and r.text("format", required) != FORMAT:
        r.complain(r.get("format") or r.node, f"this bot reads content format {FORMAT}", "format")


def _properties(root: Node, file: str, stem_: str, draft: _Draft) -> None:
    r = Reader(root, file, draft.problems, KEYS["properties"], "properties.yaml")
    _format(r, required=True)
    table = r.get("properties")
    for name, node in table.items() if table else ():
        p = Reader(node, file, draft.problems, KEYS["property"], "a property")
        days = p.text("shelf_life") or "0"
        if not days.isdecimal():
            p.complain(p.get("shelf_life") or node, f"'{days[:20]}' is no number of days", "wrong-type")
            days = "0"
        draft.properties[name] = Property(
            name,
            p.choice("type", TYPES, "text"),
            p.text("label", True),
            p.texts("of"),
            p.yes("inherit", False),
            int(days),
        )


def _source(r: Reader, id: str, draft: _Draft) -> None:
    url = r.text("url", required=True)
    if url and not url.startswith(("https://", "http://")):
        r.complain(r.get("url") or r.node, "a source's url starts with https://", "bad-url")
    source = Source(
        id, r.text("title", True), r.text("publisher", True), url, r.date("read", True), r.choice("reader", ("brief",))
    )
    draft.add(draft.sources, id, source, r)  # type: ignore[arg-type]


def _refs(r: Reader, key: str, kinds: tuple[str, ...], draft: _Draft, required: bool = False) -> tuple[str, ...]:
    nodes = r.nodes(key, required)
    draft.refs.extend((r.file, n, str(n.value), kinds) for n in nodes)
    return tuple(str(n.value) for n in nodes)


def _entity(root: Node, file: str, id: str, draft: _Draft) -> None:
    r = Reader(root, file, draft.problems, KEYS["entity"], "an entity")
    kind = Path(file).parent.name
    facts: list[Fact] = []
    node = r.get("facts")
    groups = node.value if node and isinstance(node.value, list) else []
    if not groups:
        r.complain(root, "an entity needs 'facts', grouped under the source that says so", "missing-key")
    for group in groups:
        facts.extend(_facts(group, file, kind, draft))
    _contradictions(facts, file, draft)
    _check_patterns(r.lines("described"), file, draft)
    entity = Entity(
        id=id,
        kind=kind,
        name=r.text("name", required=True),
        long=r.text("long"),
        plural=r.text("plural"),
        countable=r.yes("countable", True),
        aliases=r.texts("aliases"),
        ambiguous=tuple(a.lower() for a in r.texts("ambiguous")),
        unlike=r.texts("unlike"),
        described=tuple(t for t, *_ in r.lines("described")),
        also=_also(r),
        facts=tuple(facts),
    )
    draft.homes.setdefault(id, file)
    draft.add(draft.entities, id, entity, r)  # type: ignore[arg-type]


def _also(r: Reader) -> tuple[tuple[str, tuple[str, ...]], ...]:
    node = r.get("also")
    table = list(node.items()) if node else []
    for name, words in table:
        if not isinstance(words.value, str):
            r.complain(words, f"what stands beside '{name[:20]}' must be words with spaces between", "wrong-type")
    return tuple((name.lower(), tuple(words.value.split())) for name, words in table if isinstance(words.value, str))


def _contradictions(facts: list[Fact], file: str, draft: _Draft) -> None:
    seen: dict[str, Fact] = {}
    for fact in facts:
        before = seen.setdefault(fact.property, fact)
        if before is not fact and not (fact.valid_to or before.valid_to or fact.valid_from):
            line, col = draft.stated[file, fact.property][-1]
            message = f"'{fact.property}' is stated twice; merge them, or give valid_from / valid_to"
            draft.problems.append(Problem(file, line, col, message, "contradiction"))


def _facts(group: Node, file: str, kind: str, draft: _Draft) -> Iterable[Fact]:
    g = Reader(group, file, draft.problems, KEYS["facts"], "a group of facts")
    sources = _refs(g, "source", ("source",), draft, required=True)
    as_of, valid_from, valid_to = g.date("as_of"), g.date("valid_from"), g.date("valid_to")
    says = g.get("says")
    if says is None or not isinstance(says.value, dict):
        g.complain(group, "a group of facts needs 'says' with property: value lines", "missing-key")
        return
    for name, node in says.items():
        prop = draft.properties.get(name)
        line, col = says.keys[name]
        draft.stated.setdefault((file, name), []).append((line, col))
        if prop is None:
            message = f"no property '{name}' in properties.yaml{nearest(name, draft.properties)}"
            draft.problems.append(Problem(file, line, col, message, "unknown-property"))
            continue
        values = _values(prop, node, file, draft)
        if values:
            yield Fact(name, values, sources, as_of, valid_from, valid_to)


def _values(prop: Property, node: Node, file: str, draft: _Draft) -> tuple[str, ...]:
    def complain(at: Node, message: str, rule: str) -> tuple[str, ...]:
        draft.problems.append(Problem(file, at.line, at.col, message, rule))
        return ()

    if prop.type in ("entities", "texts", "entity"):
        items = node.value if isinstance(node.value, list) else [node]
        good = [n for n in items if isinstance(n.value, str)]
        if len(good) != len(items):
            complain(node, f"'{prop.name}' must be a list of texts", "wrong-type")
        if not all(str(n.value).strip() for n in good) or not items:
            return complain(node, f"'{prop.name}' is empty; leave the line out", "empty-value")
        if prop.type != "texts":
            draft.refs.extend((file, n, str(n.value), prop.of) for n in good)
        return tuple(schema.fold(str(n.value)) for n in good)
    if not isinstance(node.value, str):
        return complain(node, f"'{prop.name}' must be text; put a `|` block or quotes around it", "wrong-type")
    text = schema.fold(node.value)
    if not text:
        return complain(node, f"'{prop.name}' is empty; leave the line out", "empty-value")
    if prop.type == "date" and not schema.is_date(text):
        return complain(node, f"'{text[:20]}' is no date; write YYYY, YYYY-MM or YYYY-MM-DD", "bad-date")
    if prop.type == "verdict" and text not in VERDICTS:
        return complain(node, f"'{text[:20]}' must be one of {', '.join(VERDICTS)}", "unknown-choice")
    if prop.type == "number":
        try:
            float(text)
        except ValueError:
            return complain(node, f"'{text[:20]}' is no number", "wrong-type")
    return (text,)


def _statement(r: Reader, id: str, draft: _Draft) -> None:
    asks, claims, trade = r.lines("asks"), r.lines("claims"), r.lines("trade")
    _check_patterns(asks + claims + trade, r.file, draft)
    if not asks and not claims:
        r.complain(r.node, "a statement needs 'asks' (how people ask it), one a line", "missing-key")
    statement = Statement(
        id=id,
        question=r.text("question", required=True),
        asks=tuple(t for t, *_ in asks),
        claims=tuple(t for t, *_ in claims),
        verdict=r.choice("verdict", ("yes", "no", "partly")),
        say=r.text("say", required=True),
        more=r.text("more"),
        about=_refs(r, "about", KINDS, draft),
        sources=_refs(r, "source", ("source",), draft, required=True),
        as_of=r.date("as_of"),
        declines=r.yes("declines", False),
        trade=tuple(t for t, *_ in trade),
        place=r.place(),
    )
    draft.add(draft.statements, id, statement, r)  # type: ignore[arg-type]


def _contrast(r: Reader, id: str, draft: _Draft) -> None:
    between = _refs(r, "between", KINDS, draft, required=True)
    rows: list[tuple[str, tuple[str, ...]]] = []
    table = r.get("table")
    for name, node in table.items() if table else ():
        cells = tuple(str(n.value) for n in node.value) if isinstance(node.value, list) else ()
        if len(cells) != len(between):
            r.complain(node, f"'{name}' needs one cell for each of {len(between)} things", "wrong-type")
            continue
        rows.append((name, cells))
    contrast = Contrast(
        id=id,
        between=between,
        say=r.text("say", required=True),
        short=r.text("short", required=True),
        same=r.choice("same", ("yes", "no", "partly")),
        choose=r.text("choose"),
        more=r.text("more"),
        table=tuple(rows),
        sources=_refs(r, "source", ("source",), draft, required=True),
    )
    draft.add(draft.contrasts, id, contrast, r)  # type: ignore[arg-type]


def _task(r: Reader, id: str, draft: _Draft) -> None:
    _check_patterns(r.lines("cues") + r.lines("weak"), r.file, draft)
    variants = r.get("variants")
    task = Task(
        id=id,
        name=r.text("name", required=True),
        cues=tuple(c for c, *_ in r.lines("cues")),
        weak=tuple(c for c, *_ in r.lines("weak")),
        makes=r.text("makes"),
        needs=r.text("needs"),
        suits=r.text("suits"),
        say=r.text("say", required=True),
        tools=_refs(r, "tools", KINDS, draft),
        caution=r.text("caution"),
        prompt=r.text("prompt"),
        general=r.yes("general", False),
        variants=tuple((k, schema.fold(str(n.value))) for k, n in variants.items()) if variants else (),
        sources=_refs(r, "source", ("source",), draft, required=True),
    )
    draft.add(draft.tasks, id, task, r)  # type: ignore[arg-type]


def _constraint(r: Reader, id: str, draft: _Draft) -> None:
    _check_patterns(r.lines("cues"), r.file, draft)
    constraint = Constraint(id, r.text("name", True), tuple(c for c, *_ in r.lines("cues")), r.text("say"))
    draft.add(draft.constraints, id, constraint, r)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------ intents


def _intent(root: Node, file: str, name: str, draft: _Draft) -> None:
    r = Reader(root, file, draft.problems, KEYS["intent"], "an intent")
    _format(r)
    slots = _slots(r, draft)
    names = {s.name for s in slots}
    examples = [Line(text, f"{file}:{line}") for text, line, _ in r.lines("examples")]
    unlike = [Line(text, f"{file}:{line}") for text, line, _ in r.lines("unlike")]
    _check_patterns(r.lines("examples") + r.lines("unlike"), file, draft, names)
    act = r.text("act")
    if not examples and act != "system":
        r.complain(root, "an intent needs 'examples', one a line in a `|` block", "missing-key")
    answers = _answers(r, draft)
    if not answers and not act:
        r.complain(root, "an intent needs 'answers', a list of say (and when)", "missing-key")
    by_trade = r.yes("by_trade", False)
    intent = Intent(name, r.text("question", True), slots, tuple(examples), tuple(unlike), answers, act, by_trade, r.place())
    for replaced in _replaced(r, name):
        draft.intents.pop(replaced, None)
    draft.add(draft.intents, name, intent, r)  # type: ignore[arg-type]


def _replaced(r: Reader, name: str) -> tuple[str, ...]:
    """Return the intents that this one stands in for: `replaces: true` is its namesake, a list names them."""
    given = r.texts("replaces")
    return tuple(name if schema.YES.get(g) else g for g in given if schema.YES.get(g) is not False)


def _slots(r: Reader, draft: _Draft) -> tuple[Slot, ...]:
    table = r.get("slots")
    slots: list[Slot] = []
    for name, node in table.items() if table else ():
        s = Reader(node, r.file, draft.problems, KEYS["slot"], f"slot '{name}'")
        kinds = s.texts("kind", required=True)
        for kind, at in zip(kinds, s.nodes("kind"), strict=False):
            if kind not in (*KINDS, "task"):
                s.complain(at, f"no kind '{kind}'{nearest(kind, (*KINDS, 'task'))}", "unknown-kind")
        default = s.text("default")
        if default and default not in ("focus",):
            draft.refs.append((r.file, s.get("default") or node, default, KINDS))
        slots.append(
            Slot(name, kinds, s.text("ask"), s.yes("optional", False), s.yes("many", False), default, s.yes("mixed", False))
        )
    return tuple(slots)


def _answers(r: Reader, draft: _Draft) -> tuple[Answer, ...]:
    node = r.get("answers")
    if node is None:
        return ()
    if not isinstance(node.value, list):
        r.complain(node, "'answers' must be a list: `- say: |`", "wrong-type")
        return ()
    found = []
    for item in node.value:
        a = Reader(item, r.file, draft.problems, KEYS["answer"], "an answer")
        status = a.choice("status", ("answered", "clarify", "abstain"), "answered")
        say = a.get("say")
        text = str(say.value).strip() if say is not None and isinstance(say.value, str) else a.text("say", True)
        found.append(Answer(text, a.text("when"), status, a.place("say"), a.place("when")))  # type: ignore[arg-type]
    return tuple(found)


def _check_patterns(lines: Sequence[tuple[str, int, int]], file: str, draft: _Draft, slots: Collection[str] = ()) -> None:
    for text, line, col in lines:
        _check_pattern(text, line, col, file, draft, slots)


def _check_pattern(text: str, line: int, col: int, file: str, draft: _Draft, slots: Collection[str]) -> None:
    """Add what is wrong with a pattern that starts at the place given."""
    try:
        count = _sentences(text)
    except pattern.PatternError as error:
        draft.problems.append(Problem(file, line, col + error.col - 1, str(error), "pattern"))
        return
    if count > 20_000:
        message = f"stands for {count:,} sentences; split it into several lines"
        draft.problems.append(Problem(file, line, col, message, "pattern-explodes", "warning"))
    for name in pattern.slots_of(text):
        if name not in slots:
            message = f"'{name}' is no slot here{nearest(name, slots)}"
            draft.problems.append(Problem(file, line, col + text.find("{" + name), message, "unknown-slot"))


@lru_cache(maxsize=1 << 16)
def _sentences(text: str) -> int:
    """Return how many sentences a pattern stands for: remembered, as a reload looks at every pattern again."""
    return pattern.count(pattern.parse(text))


# ------------------------------------------------------------------------------------------------ cross-check


def _cross_check(draft: _Draft) -> None:
    entities = draft.entities
    for file, node, id, kinds in draft.refs:
        if kinds == ("source",):
            if id not in draft.sources:
                message = f"no source '{id}'{nearest(id, draft.sources)}"
                draft.problems.append(Problem(file, node.line, node.col, message, "unknown-source"))
        elif id not in entities:
            of_kind = [e for e in entities if not kinds or entities[e].kind in kinds]
            what = kinds[0] if len(kinds) == 1 else "entity"
            message = f"no {what} '{id}'{nearest(id, of_kind)}"
            draft.problems.append(Problem(file, node.line, node.col, message, "unknown-entity"))
        elif kinds and entities[id].kind not in kinds:
            message = f"'{id}' is a {entities[id].kind}; wanted: {' or '.join(kinds)}"
            draft.problems.append(Problem(file, node.line, node.col, message, "wrong-kind"))
    _cycles(draft)


def _cycles(draft: _Draft) -> None:
    parents = {e.id: [v for f in e.facts if f.property == "is_a" for v in f.values] for e in draft.entities.values()}

    def climb(id: str, path: tuple[str, ...]) -> tuple[str, ...]:
        for parent in parents.get(id, ()):
            if parent in path:
                return (*path, parent)
            found = climb(parent, (*path, parent)) if len(path) < 12 else ()
            if found:
                return found
        return ()

    for id in sorted(parents):
        loop = climb(id, (id,))
        if loop and loop[-1] == id:
            file = draft.homes[id]
            line, col = draft.stated[file, "is_a"][0]
            draft.problems.append(Problem(file, line, col, "is_a goes in a circle: " + " -> ".join(loop), "is-a-cycle"))


def digest(folders: Sequence[Path]) -> str:
    """Return the content hash of the folders: the same bytes give the same hash, whatever the machine."""
    import hashlib

    h = hashlib.blake2b(digest_size=16)
    for path, shown in files(folders):
        data = path.read_bytes()
        # Lengths keep "ab"+"c" apart from "a"+"bc".
        h.update(f"{shown}\0{len(data)}\0".encode())
        h.update(data)
    return h.hexdigest()


def pack(content: Content) -> bytes:
    """Return the content as MessagePack."""
    return msgspec.msgpack.encode(content)
