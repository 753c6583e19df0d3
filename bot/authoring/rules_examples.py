"""Lint rules over examples: the same or nearly the same sentence under two intents, too few, too much alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import combinations, product
from typing import TYPE_CHECKING

import msgspec

from bot import pattern
from bot.authoring.workspace import Authored, Workspace
from bot.errors import Problem
from bot.retrieval import Index
from bot.text import Lexicon, tokenize
from bot.types import Intent
from bot.understand import MASK

if TYPE_CHECKING:
    from bot.learn import Example

# Sentences looked at for each authored line: an overlap of two patterns shows in a few dozen of each.
_SENTENCES = 48
# An intent is learned from its lines: below this many, or this many sentences, it is guessed at.
FEWEST_LINES = 3
FEWEST_SENTENCES = 6
# Sentences of fewer words than this are alike by chance.
FEWEST_WORDS = 4
# Share of words in the same order above which two sentences of the same words ask the same, 0 to 1: "what is good X" and
# "what good is X" share .75.
ORDER = 0.8
# Mean share of words that two lines of an intent have in common (Jaccard, 0 to 1), above which they say one thing.
ALIKE = 0.7
# Cosines of the ranker's features, 0 to 1, fitted by eye on the shipped intents: a nearest line above CLOSER
# that beats the own intent's nearest by LEAD stands in the wrong place, or alone.
CLOSER = 0.6
LEAD = 0.25
# Sentences of a line that are held against all others.
_MASKS = 2


def duplicates(w: Workspace) -> Iterator[Problem]:
    """duplicate-example: two intents or statements have the same sentence, up to case and punctuation."""
    yield from _clashes(w, near=False)


def near_duplicates(w: Workspace) -> Iterator[Problem]:
    """near-duplicate: two intents or statements have a sentence of the same words, small words and a word moved aside."""
    yield from _clashes(w, near=True)


def _clashes(w: Workspace, near: bool) -> Iterator[Problem]:
    exact: dict[tuple[str, ...], Authored] = {}
    bags: dict[tuple[str, ...], list[tuple[Authored, tuple[str, ...]]]] = {}
    told: set[tuple[str, str]] = set()
    for line in sorted(w.lines, key=lambda a: (not a.shipped, a.file, a.line)):
        for words in _sentences(line, w.content.intents.get(line.owner), w.content.lexicon):
            found = exact.setdefault(words, line)
            if near:
                found = line if found.owner != line.owner else _near(line, words, bags)
            if found.owner == line.owner or line.shipped or (found.place, line.place) in told:
                continue
            told.add((found.place, line.place))
            yield _clash(w, line, found, words, near)


def _near(
    line: Authored, words: tuple[str, ...], bags: dict[tuple[str, ...], list[tuple[Authored, tuple[str, ...]]]]
) -> Authored:
    """Return an earlier line of another owner with a sentence of these words in nearly this order; the line itself if none."""
    kept = _carrying(words)
    if len(kept) < FEWEST_WORDS:
        return line
    seen = bags.setdefault(tuple(sorted(kept)), [])
    other = next((a for a, k in seen if a.owner != line.owner and SequenceMatcher(None, k, kept).ratio() >= ORDER), line)
    if all(a.place != line.place for a, _ in seen):
        seen.append((line, kept))
    return other


def _clash(w: Workspace, line: Authored, other: Authored, words: Sequence[str], near: bool) -> Problem:
    shown = " ".join(words)
    if near:
        message = f"'{shown}' is nearly asked under {_named(other)} ({other.place}): {_advice(line, other)}"
        return w.problem(line.file, (line.line, line.col), message, "near-duplicate")
    message = f"'{shown}' is also asked under {_named(other)} ({other.place}): {_advice(line, other)}"
    return w.problem(line.file, (line.line, line.col), message, "duplicate-example")


def _named(line: Authored) -> str:
    kind, _, id = line.owner.rpartition(":")
    return f"{kind or 'intent'} '{id}'"


def _advice(line: Authored, other: Authored) -> str:
    if other.shipped:
        return "the base answers that already; leave it out here, or write `replaces: true` in a file of that name"
    return "keep it in one of the two, or add the word that tells them apart"


def _sentences(line: Authored, intent: Intent | None, lexicon: Lexicon) -> Iterator[tuple[str, ...]]:
    """Yield the sentences of a line as words: slots as the masks of their kinds, fillers left out."""
    kinds = {s.name: sorted({MASK[k] for k in s.kinds if k in MASK}) for s in intent.slots} if intent else {}
    try:
        sentences = pattern.expand(line.text, _SENTENCES)
    except pattern.PatternError:
        return  # told already, at its column
    seen = set()
    for sentence in sentences:
        names = list(dict.fromkeys(pattern.slots_of(sentence)))
        for masks in product(*(kinds.get(n) or ["@?"] for n in names)):
            words = _words(sentence, dict(zip(names, masks, strict=True)), lexicon)
            if words and words not in seen:
                seen.add(words)
                yield words


def _words(sentence: str, masks: Mapping[str, str], lexicon: Lexicon) -> tuple[str, ...]:
    found: list[str] = []
    for piece in _pieces(sentence):
        if piece.startswith("{"):
            found.append(masks[piece[1:-1]])
        else:
            found += [t.word for t in tokenize(piece, lexicon) if t.word not in lexicon.fillers]
    return tuple(found)


def _pieces(sentence: str) -> list[str]:
    return [p for part in sentence.split("{") for p in _after(part)] if "{" in sentence else [sentence]


def _after(part: str) -> list[str]:
    name, brace, rest = part.partition("}")
    return [f"{{{name}}}", rest] if brace else [part]


# Words that change nothing of what is asked; forms of one word.
_SMALL = frozenset(["a", "an", "the", "me", "my", "our", "your", "please", "really", "just", "so", "exactly"])
_FORMS = {"is": "be", "are": "be", "was": "were", "does": "do", "has": "have"}


def _carrying(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words that carry a sentence, in order: small words left out, plurals and forms of be, do and have as one."""
    return tuple(_FORMS.get(x) or (x[:-1] if x[-1] == "s" and len(x) > 3 else x) for x in words if x not in _SMALL)


def few(w: Workspace) -> Iterator[Problem]:
    """few-examples: an intent is learned from so few lines that other wordings of it will be missed."""
    for file, (intent, node) in w.intents.items():
        if intent.act == "system" or not intent.examples:
            continue
        total = sum(_count(line.text) for line in intent.examples)
        if len(intent.examples) < FEWEST_LINES or total < FEWEST_SENTENCES:
            here = dict(node.items())["examples"]
            message = f"{len(intent.examples)} line(s), {total} sentence(s): write at least {FEWEST_LINES} lines that differ"
            yield w.problem(file, here, message, "few-examples")


def _count(text: str) -> int:
    try:
        return pattern.count(pattern.parse(text))
    except pattern.PatternError:
        return 0


def uniform(w: Workspace) -> Iterator[Problem]:
    """uniform-examples: an intent's lines are one sentence over and over, so nothing else will be recognised."""
    for file, (intent, node) in w.intents.items():
        bags = []
        for line in w.lines:
            if line.owner == intent.name:
                first = next(_sentences(line, intent, w.content.lexicon), ())
                bags.append(set(_carrying(first)))
        pairs = [len(a & b) / len(a | b) for a, b in combinations(bags[:60], 2) if a | b]
        if pairs and len(bags) >= FEWEST_LINES and sum(pairs) / len(pairs) > ALIKE:
            here = dict(node.items())["examples"]
            share = f"{sum(pairs) / len(pairs):.0%}"
            message = f"the lines share {share} of their words; add lines that put the question in other words"
            yield w.problem(file, here, message, "uniform-examples")


def closer(w: Workspace) -> Iterator[Problem]:
    """closer-elsewhere: a line lies nearer to a line of another intent than to any other line of its own."""
    from bot import compiled, train  # imports scikit-learn: only here, and late

    look = compiled.lookup(w.content)
    found = []
    for intent in w.content.intents.values():
        for line in intent.examples:
            found += train.line_examples(line, intent, look)
    near = train.fit_near(found)
    at = {a.place: a for a in w.lines if a.role == "examples"}
    lines: dict[str, list[Example]] = {}
    for example in found:
        lines.setdefault(example.line, []).append(example)
    for place, examples in lines.items():
        here = at.get(place)
        if here is None or here.shipped:
            continue
        # The first sentences of a line are one sentence with each mask its slot may have.
        pulls = (_pull(near, example) for example in examples[:_MASKS])
        pull = max((p for p in pulls if p), key=lambda p: p.score - p.own, default=None)
        if pull:
            message = (
                f"nearer to intent '{pull.other}' ({pull.place}, {pull.score:.2f}) than to the rest of '{here.owner}' "
                f"({pull.own:.2f}): move it there, or add lines like it here"
            )
            yield w.problem(here.file, (here.line, here.col), message, "closer-elsewhere", "note")


class _Pull(msgspec.Struct, frozen=True):
    """The nearest line of another intent, and how near the nearest other line of the own intent is."""

    other: str
    place: str
    score: float
    own: float


def _pull(near: Index, example: Example) -> _Pull | None:
    """Return what pulls a sentence over to another intent, or None where it lies well in its own."""
    hits = near.search({f: v for f, v in example.features.items() if ".." not in f}, 40, without=example.line)
    own = next((h.score for h in hits if h.owner == example.intent), 0.0)
    other = next((h for h in hits if h.owner != example.intent), None)
    if other is None or other.score < CLOSER or other.score < own + LEAD:
        return None
    return _Pull(other.owner, near.lines[other.row], other.score, own)


RULES = (duplicates, near_duplicates, few, uniform, closer)
