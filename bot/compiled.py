"""Build the one immutable artefact, save it, load it: cached by content hash, data only, damage means build afresh."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property
from pathlib import Path

import msgspec

from bot import content as content_
from bot import entities, heldout, pattern, templates
from bot.content import Content
from bot.entities import Cues, Gazetteer, squash
from bot.errors import ContentError
from bot.joint import Joint
from bot.knowledge import Knowledge
from bot.labels import Labels
from bot.ranker import Ranker
from bot.retrieval import Centroids, Index
from bot.text import stem, tokenize
from bot.types import Intent, Settings
from bot.understand import Lookup
from bot.yamlfile import Memory

# Part of the hash: an artefact of another shape is never read.
ARTEFACT = "genai-bot 1.0"
_MAGIC = b"GENAIBOT\n"
_DIGEST = 16
CODE = 8  # digits of a build's name that name the code it was built by
Progress = Callable[[str, float], None]


class Compiled(msgspec.Struct, frozen=True, dict=True):
    """Everything an answer needs, read-only: content, lookup tables, ranker, index. `build` names it."""

    build: str
    content: Content
    look: Lookup
    ranker: Ranker
    index: Index
    near: Index
    statements: Centroids
    statement_calibration: tuple[float, ...]
    joint: Joint
    settings: Settings
    labels: Labels | None = None
    # Of what was trained: see `wording`.
    wording: str = ""
    described: Joint = Joint()

    @cached_property
    def knowledge(self) -> Knowledge:
        """The knowledge base over this content."""
        return Knowledge(self.content)


def build(folders: Sequence[Path], progress: Progress | None = None, earlier: Iterable[Compiled] = ()) -> Compiled:
    """Return the compiled bot of the folders; raise ContentError with every problem. Imports scikit-learn.

    `progress` is called with what is being done and the share done, 0 to 1. Where one of the `earlier` builds of the same
    code has the same wording (only answers and facts differ) its training is taken over, with the same result.
    """
    tell = progress or (lambda what, share: None)
    tell("reading", 0.0)
    content = checked(folders, lambda n, total: tell("reading", 0.3 * n / max(total, 1)))
    worded = wording(content)
    alike = next((e for e in earlier if e.wording == worded), None)
    if alike is not None:
        return retold(alike, content, key(folders))
    tell("learning names", 0.32)
    from bot import train

    tell("learning names", 0.4)
    look = lookup(content)
    if content_.labels_only(content):
        return _labelled(folders, content, look, tell)
    found = train.examples(content, look)
    tell("learning questions", 0.5)
    index, near = train.fit_index(content, look), train.fit_near(found)
    share = {"weighing words": 0.6, "training": 0.65}
    ranker = train.fit_ranker(found, near, lambda what: tell(what, share.get(what, 0.7)))
    ranker = train.with_requests(ranker, content, look)
    tell("learning statements", 0.8)
    statements, calibration = train.fit_statements(index, *train.queries(content, look))
    tell("weighing all answers", 0.85)
    from bot import fit_joint

    joint = fit_joint.fit(content, look)
    tell("learning descriptions", 0.97)
    described = fit_joint.fit_described(content, look)
    tell("done", 1.0)
    trained = (ranker, index, near, statements, calibration, joint)
    return Compiled(key(folders), content, look, *trained, Settings(), wording=worded, described=described)


def retold(trained: Compiled, content: Content, name: str) -> Compiled:
    """Return the build of content that has the wording of another build."""
    return msgspec.structs.replace(trained, build=name, content=content)


def checked(folders: Sequence[Path], progress: Callable[[int, int], None] | None = None, memory: Memory | None = None) -> Content:
    """Return the content of the folders, its templates looked through too; raise ContentError with every problem."""
    content = content_.load(folders, progress, memory)
    unreadable = list(templates.problems_of(content.intents.values()))
    if unreadable:
        raise ContentError(unreadable)
    return content


def wording(content: Content) -> str:
    """Return a hash of all that `lookup` and training read of content as it is authored, its order included.

    Two contents with the same are trained alike. A build's own content has lost its order: ask `Compiled.wording`.
    """
    replace = msgspec.structs.replace
    is_a = {e.id: tuple(f for f in e.facts if f.property == "is_a") for e in content.entities.values()}
    read = (
        # An example's place is read too: it names the fold.
        [replace(i, question="", answers=()) for i in content.intents.values()],
        [replace(s, say="", more="", sources=(), as_of="", place="") for s in content.statements.values()],
        [replace(e, facts=tuple(replace(f, sources=(), as_of="") for f in is_a[e.id])) for e in content.entities.values()],
        [(t.id, t.cues, t.weak) for t in content.tasks.values()],
        [(c.id, c.cues) for c in content.constraints.values()],
        content.lexicon,
    )
    return hashlib.blake2b(msgspec.msgpack.encode(read, order="deterministic"), digest_size=_DIGEST).hexdigest()


# Examples in which a word must stand to be the intent's own: "bank" in one of them does not make it so.
OWN_WORD = 2


def _labelled(folders: Sequence[Path], content: Content, look: Lookup, tell: Progress) -> Compiled:
    """Return the compiled bot of content whose intents are labels. The examples themselves are not kept."""
    from bot import fit_labels, train

    share = {"weighing words": 0.5, "training": 0.6, "calibrating": 0.8}
    settings = Settings()
    own = list(content.intents.values())
    ranker, decider = fit_labels.build(
        own, content_.generic(), heldout.read(folders), look, settings, lambda what: tell(what, share[what])
    )
    empty = train.fit_index(content, look)
    statements, calibration = train.fit_statements(empty, [], [])
    bare = {i.name: msgspec.structs.replace(i, examples=(), unlike=()) for i in own}
    content = msgspec.structs.replace(content, intents=bare)
    tell("done", 1.0)
    return Compiled(key(folders), content, look, ranker, empty, empty, statements, calibration, Joint(), settings, decider)


def lookup(content: Content) -> Lookup:
    """Return the tables that understanding words needs, made from the content."""
    from bot import train

    lines = [(line.text, intent.act != "none") for intent in content.intents.values() for line in intent.examples]
    asks = [a for s in content.statements.values() for a in (s.question, *s.asks, *s.claims)]
    asks += [line for e in content.entities.values() for line in e.described]
    subject = [_words(text) for text, ours in lines if ours] + [_words(a) for a in asks]
    core = train.core_of(subject)
    vocabulary = _vocabulary(content, [_words(t) for t, _ in lines] + [_words(a) for a in asks])
    return Lookup(
        gazetteer=_gazetteer(content, vocabulary),
        tasks=_cues({t.id: t.cues for t in content.tasks.values()}),
        weak_tasks=_cues({t.id: t.weak for t in content.tasks.values()}),
        constraints=_cues({c.id: c.cues for c in content.constraints.values()}),
        trades=_cues({s.id: s.trade for s in content.statements.values()}),
        lexicon=content.lexicon,
        kinds={e.id: e.kind for e in content.entities.values()},
        core=core,
        intent_words={i.name: _intent_words(i, content) for i in content.intents.values()},
        domain=content.lexicon.domain,
        shared=_shared(content),
        sold=frozenset(
            e.id for e in content.entities.values() if e.kind == "company" and any(f.property == "outputs" for f in e.facts)
        ),
    )


def _intent_words(intent: Intent, content: Content) -> frozenset[str]:
    """Return the stems that several of an intent's examples share, and the first of each one's synonym group."""
    count = Counter(s for line in intent.examples for s in {stem(w) for w in _words(line.text)})
    least = OWN_WORD if len(intent.examples) > 10 * OWN_WORD else 1
    stems = {s for s, n in count.items() if n >= least}
    return frozenset(stems | {content.lexicon.synonyms.get(s, s) for s in stems})


def _words(line: str) -> list[str]:
    plain = "".join(" " if c in "()[]|" else c for c in line)
    for name in pattern.slots_of(plain):
        plain = plain.replace("{" + name + "}", " ")
    return [t.word for t in tokenize(plain)]


def _vocabulary(content: Content, lines: Sequence[Sequence[str]]) -> dict[str, int]:
    """Return word -> how often authors use it: what a misspelt ordinary word may have meant."""
    count: dict[str, int] = {}
    for words in lines:
        for word in words:
            count[word] = count.get(word, 0) + 3
    cues = [t.cues for t in content.tasks.values()] + [c.cues for c in content.constraints.values()]
    for listed in cues:
        for cue in listed:
            for word in _words(cue):
                count[word] = count.get(word, 0) + 3
    return entities.spelt({w: n for w, n in sorted(count.items()) if w.isalpha() and len(w) > 2}, english_words())


def _shared(content: Content) -> dict[str, tuple[tuple[str, frozenset[str]], ...]]:
    """Return the names that mean another thing beside certain words -> (that thing, the words' stems)."""
    found: dict[str, tuple[tuple[str, frozenset[str]], ...]] = {}
    for e in content.entities.values():
        for name, beside in e.also:
            key = squash(name)
            found[key] = (*found.get(key, ()), (e.id, frozenset(stem(w.lower()) for w in beside)))
    return found


def _gazetteer(content: Content, vocabulary: dict[str, int]) -> Gazetteer:
    names: dict[str, str] = {}
    ambiguous: set[str] = set()
    unlike: set[str] = set()
    for e in content.entities.values():
        written = [e.name, e.long, e.plural, *e.aliases, *_plurals(e.name, e.long, e.kind == "concept" and e.countable)]
        for name in written:
            key = squash(name)
            if len(key) > 1:
                names.setdefault(key, e.id)
        ambiguous.update(squash(name) for name in e.ambiguous)
        unlike.update(squash(phrase) for phrase in e.unlike)
    # "llama.cpp" is no Llama, but it is a name of its own, and longer.
    # A term with members by number is a family all the same: "GPT", beside GPT-4.
    families = {names[stem] for name in names if (stem := name.rstrip("0123456789.")) != name and stem in names}
    kinds = ("concept", "company")
    unversioned = frozenset(e.id for e in content.entities.values() if e.kind in kinds and e.id not in families)
    return Gazetteer(names, frozenset(ambiguous), frozenset(unlike - names.keys()), vocabulary, english_words(), unversioned)


def _plurals(name: str, long: str, countable: bool) -> list[str]:
    return [f"{n}s" for n in (name, long) if n and countable]


@cache
def english_words() -> entities.Words:
    """Return the ordinary English words, from pyspellchecker's list (MIT licence)."""
    from spellchecker import SpellChecker

    frequency = SpellChecker(language="en").word_frequency
    return entities.words_of(w for w, n in frequency.items() if n >= 100 and w.isascii())


def _cues(table: dict[str, tuple[str, ...]]) -> Cues:
    phrases: dict[str, str] = {}
    for id, cues in table.items():
        for cue in cues:
            for sentence in pattern.expand(cue, 200):
                phrases.setdefault(" ".join(stem(t.word) for t in tokenize(sentence)), id)
    return Cues(phrases)


# ------------------------------------------------------------------------------------------------ cache


def key(folders: Sequence[Path]) -> str:
    """Return the name of the build the folders would give: 32 hex digits, the first CODE of them the code's."""
    code = hashlib.blake2b(ARTEFACT.encode(), digest_size=CODE // 2)
    # A changed tokeniser or trainer makes another artefact of the same content.
    for module in (
        "text",
        "pattern",
        "entities",
        "understand",
        "train",
        "learn",
        "fit_labels",
        "labels",
        "risk",
        "ranker",
        "retrieval",
        "vectors",
        "joint",
        "fit_joint",
        "described",
        "compiled",
        "types",
        "content",
    ):
        code.update((Path(__file__).parent / f"{module}.py").read_bytes())
    name = content_.digest(folders).encode()
    # What content of labels learns from beside its own files.
    extra = heldout.bytes_of(folders) + (content_.GENERIC.read_bytes() if content_.GENERIC.is_file() else b"")
    return code.hexdigest() + hashlib.blake2b(name + extra, digest_size=16 - CODE // 2).hexdigest()


def dump(compiled: Compiled) -> bytes:
    """Return the artefact as bytes: magic, checksum, MessagePack. The same content gives the same bytes."""
    body = msgspec.msgpack.encode(compiled, order="deterministic")
    return _MAGIC + hashlib.blake2b(body, digest_size=_DIGEST).digest() + body


def parse(data: bytes) -> Compiled | None:
    """Return the compiled bot in the bytes, or None where they are damaged or of another version."""
    head = len(_MAGIC) + _DIGEST
    body = data[head:]
    if data[: len(_MAGIC)] != _MAGIC or hashlib.blake2b(body, digest_size=_DIGEST).digest() != data[len(_MAGIC) : head]:
        return None
    try:
        return msgspec.msgpack.decode(body, type=Compiled)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None  # another version's shape: the caller builds afresh


def cached(folders: Sequence[Path], cache: Path, progress: Progress | None = None) -> Compiled:
    """Return the compiled bot from the cache folder, building and storing it where it is missing or damaged.

    What only differs in answers and facts from a build in the cache is not trained again. Raises ContentError; a failed
    build leaves older artefacts alone. A cache that cannot be written is no error.
    """
    name = key(folders)
    found = stored(name, cache)
    if found is not None:
        return found
    others = sorted(cache.glob(f"{name[:CODE]}*.bot"), key=_age)
    compiled = build(folders, progress, (e for path in others if (e := stored(path.stem, cache)) is not None))
    # A file saved while we were building belongs to another build.
    if compiled.build == name:
        _store(cache / f"{name}.bot", dump(compiled))
    return compiled


def stored(name: str, cache: Path) -> Compiled | None:
    """Return the build of that name from the cache folder, or None where it is missing or damaged."""
    try:
        return parse((cache / f"{name}.bot").read_bytes())
    except OSError:
        return None


def _age(path: Path) -> float:
    """Return what sorts newest first; a file that has just gone comes last."""
    try:
        return -path.stat().st_mtime
    except OSError:
        return 0.0


def _store(path: Path, data: bytes) -> None:
    """Write atomically: a reader sees the old file or the whole new one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    except OSError:
        return  # an unwritable folder: the bot lives in memory
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        os.replace(temporary, path)
        _tidy(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)


def _tidy(newest: Path, keep: int = 4) -> None:
    """Remove the oldest artefacts beyond `keep`."""
    old = sorted(newest.parent.glob("*.bot"), key=_age)
    for path in old[keep:]:
        path.unlink(missing_ok=True)
