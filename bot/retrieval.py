"""Find the authored statement that an open question is about: TF-IDF cosine over the ways people ask it.

A row is one authored line (its expansions averaged). Words count by their rarity; entities count as words of their own,
and so, more weakly, does everything they are.
"""

from __future__ import annotations

import math
import sys
import zlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

import msgspec

from bot import vectors
from bot.text import STOP, WH, Lexicon, stem
from bot.types import Mention

_ASK_WEIGHT = 0.35
_ASKING = frozenset({"why", "how", "when", "who", "where", "which", "what"})


def features(words: Sequence[str], entities: Sequence[tuple[str, float]], lexicon: Lexicon) -> dict[str, float]:
    """Return feature -> weight for retrieval: content stems, synonym classes, neighbours, question word, entities."""
    found: dict[str, float] = {}
    kept: list[str] = []
    for word in words:
        if word[:1] in "@#" or (word in STOP and word not in WH):
            continue
        if word in WH:
            if word in _ASKING:
                found["?" + word] = _ASK_WEIGHT
            continue
        s = stem(word)
        kept.append(lexicon.synonyms.get(s, s))
        found[s] = 1.0
        c = lexicon.synonyms.get(s)
        if c is not None:
            found["~" + c] = 0.9
            if c != s:
                found[s] = 0.45
    for a, b in pairwise(kept):
        found[f"{a} {b}"] = 0.5
    for id, weight in entities:
        found["e:" + id] = max(weight, found.get("e:" + id, 0.0))
    return found


def fingerprint(words: Sequence[str], lexicon: Lexicon) -> str:
    """Return what only the same words in the same order share, fillers aside: 32 bits as hex."""
    return f"{zlib.crc32(' '.join(w for w in words if w not in lexicon.fillers).encode()):08x}"


class Index(msgspec.Struct, frozen=True, dict=True):
    """Inverted index: `features` in order, `starts` into `rows` / `weights` (one entry a posting, uint16 and float32)."""

    features: tuple[str, ...]
    idf: bytes
    starts: bytes
    rows: bytes
    weights: bytes
    owners: tuple[str, ...]
    lines: tuple[str, ...]
    negative: bytes
    masses: bytes
    meanings: bytes
    rarest: float
    exact: dict[str, str] = {}

    @cached_property
    def _at(self) -> dict[str, int]:
        return {f: i for i, f in enumerate(self.features)}

    @cached_property
    def _mass(self) -> memoryview[float]:
        """The share of each row's squared weight that lies in words, not names."""
        return memoryview(self.masses).cast("f")

    @cached_property
    def _arrays(self) -> tuple[Any, Any]:
        """The postings as numpy arrays: rows, and weights as doubles."""
        import numpy

        return (
            numpy.frombuffer(self.rows, dtype=numpy.uint16).astype(numpy.intp),
            numpy.frombuffer(self.weights, dtype=numpy.float32).astype(numpy.float64),
        )

    @cached_property
    def _tables(self) -> tuple[memoryview[float], memoryview[int], memoryview[int], memoryview[float]]:
        return (
            memoryview(self.idf).cast("f"),
            memoryview(self.starts).cast("I"),
            memoryview(self.rows).cast("H"),
            memoryview(self.weights).cast("f"),
        )

    def search(
        self,
        query: Mapping[str, float],
        most: int = 5,
        without: str = "",
        meaning: bytes = b"",
        asked: Asked | None = None,
    ) -> list[Hit]:
        """Return the best statements, one row each, best first.

        The score is the cosine, lowered where the shared weight is in names alone: a question and a line must share
        words, seen from both sides, not only be about the same thing. `meaning` (a vector of `bot.vectors`) adds how
        alike the words are in sense. Rows of the line `without` are passed over;
        `asked` is the query looked up already.
        """
        if not self.features:
            return []
        asked = asked or Asked(self, query)
        best: dict[str, Hit] = {}
        owners, lines, mass = self.owners, self.lines, self._mass
        rows = asked.sums.best(_MOST)
        senses = vectors.cosines(meaning, self.meanings, rows) if meaning and self.meanings else [0.0] * len(rows)
        for row, sense in zip(rows, senses, strict=True):
            if without and lines[row] == without:
                continue
            score = asked.score(row, mass[row])
            total = score + SENSE * max(0.0, sense)
            if owners[row] not in best or total > best[owners[row]].total:
                best[owners[row]] = Hit(total, score, sense, owners[row], row)
        return sorted(best.values(), key=lambda h: (-h.total, h.owner))[:most]

    @cached_property
    def _words_of(self) -> dict[str, frozenset[int]]:
        """Statement -> the numbers of the word features that its lines have."""
        _, starts, rows, _ = self._tables
        found: dict[str, set[int]] = {}
        for i, feature in enumerate(self.features):
            if " " in feature or feature[:2] == "e:":
                continue
            for row in rows[starts[i] : starts[i + 1]]:
                found.setdefault(self.owners[row], set()).add(i)
        return {owner: frozenset(words) for owner, words in found.items()}

    def left(self, query: Mapping[str, float], owner: str) -> float:
        """Return the share, by rarity (0 to 1), of the query's words that none of the statement's lines has."""
        idf, at, mine = self._tables[0], self._at, self._words_of.get(owner, frozenset())
        total = left = 0.0
        for feature in query:
            if " " in feature or feature[0] in "?~" or feature[:2] == "e:":
                continue
            i = at.get(feature)
            weight = self.rarest if i is None else idf[i]
            total += weight
            if i not in mine and at.get("~" + feature) not in mine:
                left += weight
        return left / total if total else 0.0


class Centroids(msgspec.Struct, frozen=True, dict=True):
    """What all lines of a statement have in common: their sum, as a direction (Rocchio 1971, nearest centroid).

    The sums over words need no table of their own: an index's postings give them. `owners` is the statement of each row
    (uint16), `senses` the summed meanings (float32, statements x DIMENSIONS), `norms` the lengths of the sums (float32).
    """

    ids: tuple[str, ...]
    owners: bytes
    senses: bytes
    norms: bytes
    temperature: float

    def shares(self, asked: Asked, meaning: bytes, most: int = 6, also: Sequence[str] = ()) -> list[tuple[float, str]]:
        """Return (share 0-1, statement id) of the likeliest statements, and of those in `also`, best first."""
        if not self.ids:
            return []
        scores = self._scores(asked, meaning)
        top = max(scores)
        odds = [math.exp((s - top) * self.temperature) for s in scores]
        total = sum(odds)
        best = sorted(range(len(odds)), key=lambda i: (-odds[i], self.ids[i]))[:most]
        best += [i for id in also if (i := self._place[id]) not in best]
        return [(odds[i] / total, self.ids[i]) for i in best]

    @cached_property
    def _place(self) -> dict[str, int]:
        return {id: i for i, id in enumerate(self.ids)}

    def _scores(self, asked: Asked, meaning: bytes) -> list[float]:
        sums = asked.sums.by_owner(memoryview(self.owners).cast("H"), len(self.ids), asked.scale)
        if meaning:
            dots = vectors.dots(meaning, self.senses, len(self.ids))
            sums = [s + SENSE_INPUT**2 * d for s, d in zip(sums, dots, strict=True)]
        return [s / n for s, n in zip(sums, memoryview(self.norms).cast("f"), strict=True)]


# What a meaning counts beside the words where statements are ranked; fitted by leaving authored lines out.
SENSE_INPUT = 0.7


class Hit(msgspec.Struct, frozen=True):
    """A statement found: `total` ranks it; `score` is its share from words and names, `sense` the cosine of meanings."""

    total: float
    score: float
    sense: float
    owner: str
    row: int


# How much a cosine of meanings adds to the score of words; fitted by leaving authored lines out (`genai-bot eval`).
SENSE = 0.9
# Rows scored for the weight they share with the question.
_MOST = 60


class Asked:
    """One query against an index: sums per row of matched weight, of words, of names.

    With numpy or without, the sums are the same: doubles added feature by feature.
    """

    def __init__(self, index: Index, query: Mapping[str, float]) -> None:
        idf, starts, _, _ = index._tables
        at = index._at
        self.norm = self.words = self.subjects = 0.0
        self.sums: _Sums = _ArraySums(index) if "numpy" in sys.modules else _Sums(index)
        for feature, value in query.items():
            i = at.get(feature)
            name, pair = feature[:2] == "e:", " " in feature
            if name and value >= 1.0:
                self.subjects += 1.0
            if i is None:
                # A word the content never uses still makes the question longer: it is about something else.
                if not pair and not name:
                    self.norm += (value * index.rarest) ** 2 * 0.4
                    self.words += (value * index.rarest) ** 2 * 0.4
                continue
            w = value * idf[i]
            self.norm += w * w
            is_word = not name and not pair and feature[0] != "?"
            if is_word:
                self.words += w * w
            self.sums.add(starts[i], starts[i + 1], w, min(value, 1.0) if name else 0.0, is_word)
        self.scale = 1.0 / (math.sqrt(self.norm) or 1.0)

    def score(self, row: int, mass: float) -> float:
        """Return the row's score from words and names, 0 to 1."""
        total, matched, shared, named = self.sums.of(row)
        mine = matched / self.words if self.words else 1.0
        theirs = shared / mass if mass else 1.0
        score = total * self.scale * (0.25 + 0.75 * math.sqrt(0.5 * (mine + theirs)))
        if self.subjects:
            # About other things than the question names: another question, however alike the words.
            score *= 0.45 + 0.55 * min(1.0, named / self.subjects)
        return score


class _Sums:
    """Sums per row in dictionaries: for a process that asks once."""

    def __init__(self, index: Index) -> None:
        _, _, self.rows, self.weights = index._tables
        self.total: dict[int, float] = {}
        self.matched: dict[int, float] = {}
        self.shared: dict[int, float] = {}
        self.named: dict[int, float] = {}

    def add(self, start: int, end: int, w: float, name: float, is_word: bool) -> None:
        """Add one feature's postings."""
        rows, weights = self.rows[start:end], self.weights[start:end]
        for row, weight in zip(rows, weights, strict=True):
            self.total[row] = self.total.get(row, 0.0) + w * weight
            if name:
                self.named[row] = self.named.get(row, 0.0) + name
            elif is_word:
                self.matched[row] = self.matched.get(row, 0.0) + w * w
                self.shared[row] = self.shared.get(row, 0.0) + weight * weight

    def by_owner(self, owners: memoryview[int], count: int, scale: float) -> list[float]:
        """Return the sums of all rows of each owner, 0 to `count` - 1, times `scale`; added up row by row."""
        sums = [0.0] * count
        for row, total in sorted(self.total.items()):
            sums[owners[row]] += total * scale
        return sums

    def best(self, most: int) -> list[int]:
        """Return the rows of the greatest sums, ties by row."""
        return sorted(self.total, key=lambda r: (-self.total[r], r))[:most]

    def of(self, row: int) -> tuple[float, float, float, float]:
        """Return a row's sums: total, matched, shared, named."""
        return self.total.get(row, 0.0), self.matched.get(row, 0.0), self.shared.get(row, 0.0), self.named.get(row, 0.0)


class _ArraySums(_Sums):
    """The same sums in arrays: for a process that has numpy."""

    def __init__(self, index: Index) -> None:
        import numpy

        self.np = numpy
        self.postings = index._arrays
        n = len(index.owners)
        self.sums = numpy.zeros((4, n))

    def add(self, start: int, end: int, w: float, name: float, is_word: bool) -> None:
        """Add one feature's postings; a row occurs once among them."""
        rows, weights = self.postings[0][start:end], self.postings[1][start:end]
        self.sums[0, rows] += w * weights
        if name:
            self.sums[3, rows] += name
        elif is_word:
            self.sums[1, rows] += w * w
            self.sums[2, rows] += weights * weights

    def by_owner(self, owners: memoryview[int], count: int, scale: float) -> list[float]:
        """Return the sums of all rows of each owner, 0 to `count` - 1, times `scale`; added up row by row."""
        sums = self.np.bincount(owners, weights=self.sums[0] * scale, minlength=count)
        return [float(s) for s in sums]

    def best(self, most: int) -> list[int]:
        """Return the rows of the greatest sums, ties by row."""
        total = self.sums[0]
        n = int((total > 0).sum())
        if n > most:
            least = -self.np.partition(-total, most - 1)[most - 1]
            found = self.np.flatnonzero(total >= least)
        else:
            found = self.np.flatnonzero(total > 0)
        order = self.np.lexsort((found, -total[found]))
        return [int(r) for r in found[order][:most]]

    def of(self, row: int) -> tuple[float, float, float, float]:
        """Return a row's sums: total, matched, shared, named."""
        a, b, c, d = self.sums[:, row]
        return float(a), float(b), float(c), float(d)


def entity_weights(mentions: Sequence[Mention], up: Mapping[str, Sequence[str]] | None = None) -> list[tuple[str, float]]:
    """Return (entity id, weight) of the mentions: 1 for itself, .5 and .3 for what it is, nearest first."""
    found: list[tuple[str, float]] = []
    for m in mentions:
        found.append((m.entity, 1.2))
        for depth, ancestor in enumerate((up or {}).get(m.entity, ())[:4]):
            found.append((ancestor, 0.6 if depth < 2 else 0.4))
    return found
