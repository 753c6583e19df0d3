"""Decide a question where intents are labels: none has a slot, and nothing is known but their examples.

An imported data set is such content. What the ranker says is weighed by how much of the question its words know and how
near its nearest example is; a probability fitted on held-out questions decides between answer, asking back, and abstaining.
"""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec

from bot import text as text_
from bot import vectors
from bot.ranker import ROWS, Ranker, probability, row_of
from bot.risk import Claim
from bot.text import STOP, stem
from bot.types import Candidate
from bot.understand import Lookup

NONE = "none"
# Characters of a sentence whose letters are looked at: longer ones are stories.
LONGEST = 400
MOST_LISTED = 5  # a longer list helps nobody choose


class Nearest(msgspec.Struct, frozen=True, dict=True):
    """Every intent's examples as rows of the ranker: `rows` (uint16), `starts` of examples in it (uint32), their lengths
    (float32) and `first`, the first example of each intent."""

    rows: bytes
    starts: bytes
    norms: bytes
    first: tuple[int, ...]

    @cached_property
    def _tables(self) -> tuple[memoryview[int], memoryview[int], memoryview[float]]:
        return memoryview(self.rows).cast("H"), memoryview(self.starts).cast("I"), memoryview(self.norms).cast("f")

    def cosine(self, intent: int, words: Mapping[int, float]) -> float:
        """Return the cosine, 0 to 1, of the words (row -> idf) with the nearest example of an intent."""
        rows, starts, norms = self._tables
        begin, end = self.first[intent], self.first[intent + 1]
        length = math.sqrt(sum(w * w for w in words.values()))
        if not length or begin == end:
            return 0.0
        squares = {r: w * w for r, w in words.items()}
        if "numpy" in sys.modules:
            return self._with_numpy(squares, begin, end) / length
        best = 0.0
        for e in range(begin, end):
            shared = sum(squares.get(r, 0.0) for r in rows[starts[e] : starts[e + 1]])
            best = max(best, shared / norms[e])
        return best / length

    @cached_property
    def _arrays(self) -> tuple[Any, Any, Any]:
        import numpy

        rows = numpy.frombuffer(self.rows, dtype=numpy.uint16).astype(numpy.intp)
        starts = numpy.frombuffer(self.starts, dtype=numpy.uint32).astype(numpy.intp)
        return rows, starts, numpy.frombuffer(self.norms, dtype=numpy.float32).astype(numpy.float64)

    def _with_numpy(self, squares: Mapping[int, float], begin: int, end: int) -> float:
        import numpy

        rows, starts, norms = self._arrays
        table = _scratch()
        at = list(squares)
        table[at] = list(squares.values())
        found = table.take(rows[starts[begin] : starts[end]])
        table[at] = 0.0
        return float((numpy.add.reduceat(found, starts[begin:end] - starts[begin]) / norms[begin:end]).max())


_local = threading.local()


def _scratch() -> Any:
    """Return a table of zeros, one number a row, that this thread may write to; it must leave zeros behind."""
    table = getattr(_local, "table", None)
    if table is None:
        import numpy

        table = _local.table = numpy.zeros(ROWS)
    return table


class Labels(msgspec.Struct, frozen=True):
    """What decides beside the ranker: `answer` and `clarify` are thresholds of the probability, `listed` the least share
    of an intent in a list that asks back, `calibration` the fitted weights, `claim` what all this is worth."""

    nearest: Nearest
    calibration: tuple[float, ...]
    answer: float
    clarify: float
    listed: float
    claim: Claim


class Seen(msgspec.Struct, frozen=True):
    """A question as the ranker sees it."""

    features: dict[str, float]
    meaning: bytes
    sentence: str
    words: tuple[str, ...]


class Verdict(msgspec.Struct, frozen=True):
    """What was decided: `action` is answer, clarify or abstain; `sure` the probability (0 to 1) that `intent` is right;
    `ours` how much the question is like this content's at all (any scale); `options` the intents to ask back about."""

    action: str
    intent: str
    sure: float
    ours: float
    ranking: tuple[Candidate, ...]
    options: tuple[str, ...] = ()


def see(words: Sequence[str], look: Lookup) -> Seen:
    """Return the words of a question as the ranker sees them; training and answering both come through here."""
    sentence = " ".join(words)[:LONGEST]
    return Seen(text_.features(words, look.lexicon), vectors.meaning(words), sentence, tuple(words))


def coverage(words: Sequence[str], look: Lookup) -> float:
    """Return the share, by rarity (0 to 1), of the words that the content knows; function words do not count."""
    known = total = 0.0
    for word in words:
        if word in STOP:
            continue
        idf = look.core.get(stem(word))
        known += idf or 0.0
        total += idf or UNSEEN
    return known / total if total else 1.0


UNSEEN = 9.0  # what a word no example has weighs: more than the rarest that some have


def rows_of(words: Sequence[str], look: Lookup) -> dict[int, float]:
    """Return row -> idf of the words, for the nearest example."""
    found: dict[int, float] = {}
    for word in words:
        s = stem(word)
        idf = look.core.get(s)
        if idf:
            found[row_of(s)] = idf
    return found


def evidence(
    scores: Sequence[float], intents: Sequence[str], known: float, near: float, odds: Sequence[float]
) -> tuple[float, float]:
    """Return (how much the question is ours, log odds of the best intent's share among all).

    The first is (best score + 1) x coverage x (.5 + nearest cosine); `odds` are those of the scores.
    """
    best = likeliest(scores, intents)
    rest = max(sum(odds) - odds[best], 1e-6)
    share = math.log(odds[best] / rest) if odds[best] else -12.0
    return max(0.0, scores[best] + 1.0) * known * (0.5 + near), max(-12.0, min(12.0, share))


def decide(labels: Labels, ranker: Ranker, look: Lookup, words: Sequence[str]) -> Verdict:
    """Return what to do about a question: words as heard, typos corrected."""
    seen = see(words, look)
    scores = ranker.scores(seen.features, seen.meaning, seen.sentence)
    best = likeliest(scores, ranker.intents)
    near = labels.nearest.cosine(best, rows_of(words, look))
    odds = odds_of(scores, ranker.temperature)
    ours, share = evidence(scores, ranker.intents, coverage(words, look), near, odds)
    sure = probability(labels.calibration, inputs(ours, share))
    ranking = _ranking(ranker, odds)
    if sure >= labels.answer:
        return Verdict("answer", ranker.intents[best], sure, ours, ranking)
    options = tuple(c.intent for c in ranking if c.intent != NONE and c.confidence >= labels.listed)
    if sure >= labels.clarify and 1 <= len(options) <= MOST_LISTED:
        return Verdict("clarify", ranker.intents[best], sure, ours, ranking, options)
    return Verdict("abstain", ranker.intents[best], sure, ours, ranking)


def likeliest(scores: Sequence[float], intents: Sequence[str]) -> int:
    """Return the number of the best intent that is one of the content's."""
    best = scores.index(max(scores))
    if intents[best] != NONE:
        return best
    return max((i for i, name in enumerate(intents) if name != NONE), key=lambda i: scores[i])


def odds_of(scores: Sequence[float], heat: float) -> list[float]:
    """Return each score's odds against the best one, 0 to 1."""
    top = max(scores)
    return [math.exp((s - top) * heat) for s in scores]


def inputs(ours: float, share: float) -> tuple[float, float]:
    """Return what the calibration weighs."""
    return (ours, share)


def _ranking(ranker: Ranker, odds: Sequence[float], most: int = 8) -> tuple[Candidate, ...]:
    total = sum(odds)
    least = sorted(odds, reverse=True)[:most][-1]
    kept = sorted([(-o, name) for o, name in zip(odds, ranker.intents, strict=True) if o >= least])
    return tuple([Candidate(name, -o / total) for o, name in kept[:most]])
